import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { RoutePieces } from '../../lib/netlink/guard-pieces.js';
import { dumpTypes, guardOf } from '../../lib/netlink/guards.js';
import { MessageView } from '../../lib/netlink/message.js';

/** A route as the kernel writes it: its table and its destination first. */
function route(leads: boolean, table: number, destination: number, family = 2): MessageView {
  const bytes = new Uint8Array(28);
  const view = new DataView(bytes.buffer);
  bytes[0] = family;
  bytes[4] = Math.min(table, 252);
  view.setUint16(12, 8, true);
  view.setUint16(14, 15, true);
  view.setUint32(16, table, true);
  view.setUint16(20, 8, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, destination, false);
  return Object.assign(new MessageView(), { bytes, view, body: 0, end: bytes.length, type: 24, leads });
}

function pass(messages: readonly MessageView[], disturbed: boolean): RoutePieces {
  const pieces = new RoutePieces(() => true);
  for (const message of messages) pieces.object(message);
  if (disturbed) pieces.event(new MessageView());
  return pieces;
}

describe('the guard of dumps', () => {
  it('is told for each type in the guide to whole lists, as in the table of the library', () => {
    const guide = readFileSync(new URL('../../../docs/guides/consistency.md', import.meta.url), 'utf8');
    const rows = new Map(
      guide
        .split('\n')
        .filter((line) => line.startsWith('| '))
        .map((line) => line.split('|').map((cell) => cell.trim()))
        .map((cells) => [cells[1] ?? '', cells[3] ?? '']),
    );
    for (const { title, guarding } of dumpTypes) expect(rows.get(title), title).to.match(new RegExp(`^${guarding}\\b`));
  });

  it('hears the groups in which the kernel tells of the rules of multicast routing', () => {
    expect(guardOf(0, 34, Uint8Array.of(128))?.groups).to.deep.equal([8]);
    expect(guardOf(0, 34, Uint8Array.of(129))?.groups).to.deep.equal([19]);
    expect(guardOf(16, 34, Uint8Array.of(2))).to.equal(undefined);
  });

  it('minds changes of IPv4 routes only where a piece ended among the routes to one destination', () => {
    const apart = [route(true, 254, 1), route(false, 254, 1), route(true, 254, 2), route(false, 255, 1)];
    expect(pass(apart, true).torn).to.equal(false);
    const among = [route(true, 254, 1), route(true, 254, 1)];
    expect(pass(among, false).torn).to.equal(false);
    expect(pass(among, true).torn).to.equal(true);
  });

  it('knows a table that comes again, and destinations that go back', () => {
    expect(pass([route(true, 254, 9), route(false, 1000, 1), route(true, 254, 9)], false).torn).to.equal(true);
    expect(pass([route(true, 254, 9), route(true, 254, 8)], false).torn).to.equal(true);
    expect(pass([route(true, 254, 0x0a000000), route(true, 254, 0xc0a80000)], false).torn).to.equal(false);
  });

  it('minds changes of IPv6 routes when they come in more than one piece', () => {
    expect(pass([route(true, 254, 1, 10), route(false, 254, 1, 10)], true).torn).to.equal(false);
    expect(pass([route(true, 254, 1), route(false, 254, 1, 10), route(true, 254, 1, 10)], true).torn).to.equal(true);
  });
});

import { expect } from 'chai';
import { encodeToBytes } from '../../lib/codec/codec.js';
import { LITTLE_ENDIAN } from '../../lib/netlink/constants.js';
import type { Message } from '../../lib/netlink/message.js';
import { LinkStates } from '../../lib/netlink/route/link-states.js';
import { link } from '../../lib/schema/route/link.js';

const [NEWLINK, DELLINK, NEWROUTE] = [16, 17, 24];
const [UP, RUNNING, PROMISCUOUS, LOWER_UP] = [0x1, 0x40, 0x100, 0x1_0000];

function message(type: number, index: number, flags: number, changed = 0): Message {
  const body = encodeToBytes(link, { index, name: 'v0' });
  const view = new DataView(body.buffer, body.byteOffset);
  view.setUint32(8, flags, LITTLE_ENDIAN);
  view.setUint32(12, changed, LITTLE_ENDIAN);
  return { type, flags: 0, sequence: 0, port: 0, body };
}

describe('What events tell of the state of links', () => {
  it('is another where a link goes up or down, gets or loses its carrier, or goes', () => {
    const states = new LinkStates();
    states.take(message(NEWLINK, 3, 0, 0xffff_ffff));
    const steps = [UP, UP | LOWER_UP, UP | LOWER_UP | RUNNING, UP | LOWER_UP, 0].map((flags) => states.take(message(NEWLINK, 3, flags)));
    expect(steps).to.deep.equal([true, true, true, true, true]);
    expect(states.take(message(DELLINK, 3, 0))).to.equal(true);
  });

  it('is the same where something else of a link changes, of a new link, and of other families and objects', () => {
    const states = new LinkStates();
    const up = UP | LOWER_UP | RUNNING;
    expect(states.take(message(NEWLINK, 3, up, 0xffff_ffff)), 'a new link').to.equal(false);
    expect(states.take(message(NEWLINK, 3, up)), 'another name').to.equal(false);
    expect(states.take(message(NEWLINK, 3, up | PROMISCUOUS, PROMISCUOUS)), 'promiscuous').to.equal(false);
    expect(states.take(message(NEWLINK, 4, up, PROMISCUOUS)), 'which is said, of an unknown one').to.equal(false);
    const ofBridge = message(NEWLINK, 3, 0);
    ofBridge.body[0] = 7;
    expect(states.take(ofBridge), 'a port').to.equal(false);
    expect(states.take(message(NEWROUTE, 3, 0)), 'a route').to.equal(false);
  });

  it('may be another where nothing is known of a link, at first and after a loss', () => {
    const states = new LinkStates();
    expect([1, 2].map(() => states.take(message(NEWLINK, 3, UP)))).to.deep.equal([true, false]);
    expect(states.take(message(NEWLINK, 4, UP, UP))).to.equal(true);
    states.forget();
    expect([1, 2].map(() => states.take(message(NEWLINK, 3, UP)))).to.deep.equal([true, false]);
  });
});

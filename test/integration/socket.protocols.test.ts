import { expect } from 'chai';
import { closeSync } from 'node:fs';
import type { SystemError } from '../../lib/errors.js';
import { native } from '../../lib/native.js';
import type { Namespace } from '../../lib/namespace.js';
import { protocols, type ProtocolName } from '../../lib/netlink/constants.js';
import { attribute, concat, i32, text, u32 } from '../native/support/frames.js';
import { rejectionOf } from '../support/error-of.js';
import { needsMachineRoot, skip } from '../support/skip.js';
import { carriers, Scratch, type Carrier } from './support/namespaces.js';
import { newBridge } from './support/route.js';

const AF_NETLINK = 16;
const SOCK_RAW = 3;

/** struct fib_result_nl (net/ip_fib.h): the way to an address in the table local. */
function lookupOf(...address: readonly number[]): Uint8Array {
  const lookup = new Uint8Array(20);
  lookup.set(address);
  lookup[10] = 255;
  return lookup;
}

describe('A socket of any protocol', function () {
  this.timeout(60_000);
  const scratch = new Scratch();
  let namespace: Namespace;
  const places = new Map<Carrier, Namespace>();

  before(async () => {
    for (const carrier of carriers) places.set(carrier, await scratch.namespace(carrier));
    namespace = places.get('lane') ?? (await scratch.namespace());
    await scratch.socket(namespace);
  });
  after(() => scratch.close());

  /** What socket(2) itself says, inside. */
  function has(protocol: number): boolean {
    try {
      closeSync(native().openSocket(namespace.fd, AF_NETLINK, SOCK_RAW, protocol));
      return true;
    } catch (error) {
      if (error instanceof Error && 'errno' in error && error.errno === -93) return false;
      throw error;
    }
  }

  function needsProtocol(context: Mocha.Context, protocol: ProtocolName): void {
    if (!has(protocols[protocol])) skip(context, `no netlink protocol ${protocol} here`);
  }

  it('opens where the kernel has it, else says EPROTONOSUPPORT', async () => {
    for (let protocol = 0; protocol < 32; protocol++) {
      for (const [carrier, place] of places) {
        const opening = scratch.socket(place, protocol, { carrier });
        if (has(protocol)) {
          expect((await opening).port).to.be.greaterThan(0);
          continue;
        }
        const error = (await rejectionOf(opening)) as SystemError;
        expect(error).to.include({ code: 'EPROTONOSUPPORT', errno: -93, syscall: 'socket', namespace: String(place) });
        expect(error.message).to.include(String(place));
      }
    }
  });

  it('goes by its name as well as by its number', async () => {
    for (const [name, number] of Object.entries(protocols)) {
      if (!has(number)) continue;
      const socket = await scratch.socket(namespace, name as ProtocolName);
      expect(socket.protocol).to.equal(name);
    }
    for (const wrong of ['rout', -1, 32, 1.5, undefined, null, {}, Object.create(null), ['route']]) {
      const error = await rejectionOf(namespace.netlink(wrong as never));
      expect(error).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
  });

  for (const carrier of carriers) {
    describe(carrier, () => {
      const open = (protocol: ProtocolName) => scratch.socket(places.get(carrier) ?? namespace, protocol, { carrier });

      it('asks generic netlink for a family', async () => {
        const socket = await open('generic');
        const byName = (name: string) => concat(new Uint8Array([3, 1, 0, 0]), attribute(2, text(name)));
        const { messages } = await socket.request({ type: 16, body: byName('nlctrl') });
        expect(messages).to.have.length(1);
        expect(messages[0]).to.include({ type: 16, port: socket.port });
        const error = await rejectionOf(socket.request({ type: 16, body: byName('no such family') }));
        expect(error).to.include({ code: 'ENOENT', operation: 'generic request type 16' });
        const families = await socket.request({ type: 16, flags: 0x300, body: new Uint8Array([3, 1, 0, 0]) });
        expect(families.messages.length).to.be.greaterThan(1);
      });

      it('asks xfrm for its counters, and lists no associations', async function () {
        needsProtocol(this, 'xfrm');
        const socket = await open('xfrm');
        const { messages } = await socket.request({ type: 0x23, body: u32(0) });
        expect(messages.map(({ type }) => type)).to.deep.equal([0x22]);
        expect((await socket.request({ type: 0x12, flags: 0x300 })).messages).to.deep.equal([]);
      });

      it('asks nftables for its generation', async function () {
        needsProtocol(this, 'netfilter');
        const socket = await open('netfilter');
        const { messages } = await socket.request({ type: (10 << 8) | 16, body: new Uint8Array(4) });
        expect(messages.map(({ type }) => type)).to.deep.equal([(10 << 8) | 15]);
      });

      it('asks sock_diag for sockets', async function () {
        needsProtocol(this, 'sock_diag');
        const socket = await open('sock_diag');
        const request = new Uint8Array(56);
        request.set([2, 6]);
        new DataView(request.buffer).setUint32(4, 0xffffffff, true);
        expect((await socket.request({ type: 20, flags: 0x300, body: request })).messages).to.deep.equal([]);
        request.set([255, 6]);
        expect(await rejectionOf(socket.request({ type: 20, flags: 0x300, body: request })))
          .to.have.property('code')
          .that.matches(/ENOENT|EINVAL/);
      });

      it('asks the audit subsystem for its state', async function () {
        needsProtocol(this, 'audit');
        needsMachineRoot(this, 'the audit subsystem');
        const socket = await open('audit');
        const { messages } = await socket.request({ type: 1000 });
        expect(messages.map(({ type }) => type)).to.deep.equal([1000]);
      });

      it('asks for the way to each of many addresses', async function () {
        needsProtocol(this, 'fib_lookup');
        const socket = await open('fib_lookup');
        const found = await Promise.all([1, 2, 3, 4].map((last) => socket.request({ type: 32, body: lookupOf(127, 0, 0, last) })));
        // The answer is the request with the rest filled in: the table, 255, and at the end the type, RTN_LOCAL, the scope, and no error.
        const ends = found.map(({ messages }) => messages.map(({ body }) => [body[3], body[11], ...body.subarray(14)]));
        expect(ends).to.deep.equal([1, 2, 3, 4].map((last) => [[last, 255, 2, 254, 0, 0, 0, 0]]));
        const nowhere = await socket.request({ type: 32, body: lookupOf(192, 0, 2, 1) });
        expect(nowhere.messages.map(({ body }) => [...body.subarray(16)])).to.deep.equal([[...i32(-11)]]);
        if (carrier !== 'caller') return;
        expect(socket.requestSync({ type: 32, body: lookupOf(127, 0, 0, 1) }).messages.map(({ body }) => body[14])).to.deep.equal([2]);
      });

      it('hears what devices come, in the words of udev', async function () {
        needsProtocol(this, 'kobject_uevent');
        const place = places.get(carrier) ?? namespace;
        const socket = await scratch.socket(place, 'kobject_uevent', { carrier, groups: [1] });
        const route = await scratch.socket(place, 'route', { carrier });
        await route.request(newBridge('announced'));
        for await (const message of socket.messages()) {
          const words = new TextDecoder().decode(message.body).split('\0');
          if (words[0] !== 'add@/devices/virtual/net/announced') continue;
          expect(words).to.include.members(['ACTION=add', 'SUBSYSTEM=net', 'INTERFACE=announced']);
          expect(message).to.include({ type: 0, flags: 0, sequence: 0, port: 0, group: 1 });
          break;
        }
      });
    });
  }
});

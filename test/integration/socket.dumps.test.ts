import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { NetlaneError } from '../../lib/errors.js';
import type { Namespace } from '../../lib/namespace.js';
import type { Message } from '../../lib/netlink/message.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import { addonPath } from '../native/support/addon.js';
import { attribute, concat, text, u32 } from '../native/support/frames.js';
import { rejectionOf } from '../support/error-of.js';
import { carriers, openFds, Scratch } from './support/namespaces.js';
import {
  allLinks,
  attributesOf,
  deleteLink,
  getLink,
  IFLA_IFNAME,
  IFLA_LINKINFO,
  ifinfomsg,
  linkOf,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  rename,
  RTM_DELRULE,
  RTM_GETRULE,
  RTM_NEWLINK,
  RTM_NEWRULE,
  until,
} from './support/route.js';

/** Together far more than the slabs of a dump and the kernel's buffer hold, so that its end is not made yet when its beginning is read. */
const links = 1400;
const first = 100;

const newIfb = (index: number) => ({
  type: RTM_NEWLINK,
  flags: NLM_F_CREATE | NLM_F_EXCL,
  body: concat(ifinfomsg({ index }), attribute(IFLA_IFNAME, text(`i${index}`)), attribute(IFLA_LINKINFO, attribute(1, text('ifb')))),
});

/** The links that never change, each once, whatever else there is. */
function expectStable(messages: readonly Message[]): void {
  const indexes = messages.map((message) => linkOf(message).index);
  expect(new Set(indexes).size, 'no link is there twice').to.equal(indexes.length);
  const stable = new Map(messages.map((message) => [linkOf(message).index, linkOf(message).name]));
  for (let index = first; index < first + links; index++) expect(stable.get(index), `link ${index}`).to.equal(`i${index}`);
}

/**
 * Adds, renames and deletes a link again and again, on a thread of its own, until it is ended. The pauses get longer, so that a dump fits
 * into one at last however slow the machine is.
 */
async function churn(file: string, namespace: number): Promise<void> {
  const { NetlinkSocket: Native } = process.getBuiltinModule('node:module').createRequire('/')(file) as {
    NetlinkSocket: new (options: object) => { send(bytes: Uint8Array, port: number, groups: number): number };
  };
  const socket = new Native({ namespace, protocol: 0, port: 0 });
  const message = (type: number, flags: number, index: number, name?: string, kind?: string): Uint8Array => {
    const attributes = [
      ...(name === undefined ? [] : [{ type: 3, value: Buffer.from(`${name}\0`) }]),
      ...(kind === undefined ? [] : [{ type: 18, value: Buffer.concat([Buffer.from([4 + kind.length, 0, 1, 0]), Buffer.from(kind)]) }]),
    ];
    const bytes = Buffer.alloc(32 + attributes.reduce((sum, { value }) => sum + 4 + ((value.length + 3) & ~3), 0));
    bytes.writeUInt32LE(bytes.length, 0);
    bytes.writeUInt16LE(type, 4);
    bytes.writeUInt16LE(flags, 6);
    bytes.writeInt32LE(index, 20);
    let at = 32;
    for (const { type: number, value } of attributes) {
      bytes.writeUInt16LE(4 + value.length, at);
      bytes.writeUInt16LE(number, at + 2);
      bytes.set(value, at + 4);
      at += 4 + ((value.length + 3) & ~3);
    }
    return bytes;
  };
  for (let round = 0; ; round++) {
    socket.send(message(16, 0x601, 5000, 'churn', 'ifb'), 0, 0);
    socket.send(message(16, 1, 5000, `churn${round % 100}`), 0, 0);
    socket.send(message(17, 1, 5000), 0, 0);
    if (round % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 10 + round / 10));
  }
}

for (const carrier of carriers) {
  describe(`Dumps of what changes meanwhile (${carrier})`, function () {
    this.timeout(60_000);
    const scratch = new Scratch();
    let namespace: Namespace;
    let socket: NetlinkSocket;
    let other: NetlinkSocket;

    before(async function () {
      this.timeout(60_000);
      namespace = await scratch.namespace(carrier);
      socket = await scratch.socket(namespace, 'route', { carrier });
      other = await scratch.socket(namespace, 'route', { thread: 'caller' });
      await Promise.all(Array.from({ length: links }, (_, at) => socket.request(newIfb(first + at))));
    });
    after(() => scratch.close());

    /** Lists links, and makes a change when the first message of an attempt is read. */
    async function listWhile(change: (attempt: number) => void): Promise<{ messages: Message[]; attempts: number }> {
      const messages: Message[] = [];
      let attempts = 0;
      let fresh = false;
      await socket.request(allLinks, {
        restart: () => {
          attempts++;
          fresh = true;
          messages.length = 0;
        },
        sink: (view) => {
          if (fresh) change(attempts);
          fresh = false;
          messages.push(view.copy());
        },
      });
      return { messages, attempts };
    }

    it('are made once when nothing changes', async () => {
      const { messages, attempts } = await listWhile(() => undefined);
      expect(attempts).to.equal(1);
      expectStable(messages);
      expect(messages.reduce((sum, { body }) => sum + body.length, 0)).to.be.greaterThan(1.25 * 1024 * 1024);
    });

    it('are made again when a link is added, and when it is deleted', async () => {
      const { messages, attempts } = await listWhile((attempt) => {
        if (attempt === 1) other.requestSync(newIfb(3000));
        if (attempt === 2) other.requestSync(deleteLink(3000));
      });
      expect(attempts).to.equal(3);
      expectStable(messages);
      expect(messages).to.have.length(links + 1);
    });

    it('are right when a link changes its name', async () => {
      other.requestSync(newIfb(3000));
      const { messages } = await listWhile((attempt) => {
        if (attempt === 1) other.requestSync(rename(3000, 'another'));
      });
      expectStable(messages);
      expect(messages.filter((message) => linkOf(message).index === 3000)).to.have.length(1);
      other.requestSync(deleteLink(3000));
    });

    it('give up after ten attempts, with an error and not a part', async () => {
      let attempts = 0;
      let there = false;
      const toggle = (attempt: number): void => {
        attempts = attempt;
        other.requestSync(there ? deleteLink(3000) : newIfb(3000));
        there = !there;
      };
      const error = (await rejectionOf(listWhile(toggle))) as NetlaneError;
      expect(error).to.include({ code: 'NETLANE_DUMP_INTERRUPTED', namespace: String(namespace), operation: 'route request RTM_GETLINK' });
      expect(attempts).to.equal(10);
      if (there) other.requestSync(deleteLink(3000));
      expectStable((await socket.request(allLinks)).messages);
    });

    it('are right or refused, never wrong, while another thread churns', async function () {
      const body = `(${String(churn)})(${JSON.stringify(addonPath)}, ${namespace.fd});`;
      const worker = new Worker(body, { eval: true });
      let attempts = 0;
      let right = 0;
      try {
        const enough = performance.now() + 1500;
        while (performance.now() < enough || right === 0 || attempts === right) {
          try {
            const messages: Message[] = [];
            await socket.request(allLinks, {
              restart: () => {
                attempts++;
                messages.length = 0;
              },
              sink: (view) => void messages.push(view.copy()),
            });
            expectStable(messages);
            right++;
          } catch (error) {
            expect(error).to.include({ code: 'NETLANE_DUMP_INTERRUPTED' });
          }
        }
      } finally {
        await worker.terminate();
      }
      expect(attempts).to.be.greaterThan(right);
      if ((await socket.request(getLink(5000)).catch(() => undefined)) !== undefined) await socket.request(deleteLink(5000));
    });

    it('tell a stream at its end that it was interrupted', async () => {
      const stream = async (): Promise<number> => {
        let count = 0;
        for await (const message of socket.stream(allLinks)) {
          expect(message.type).to.equal(RTM_NEWLINK);
          if (count++ === 0) other.requestSync(newIfb(3000));
        }
        return count;
      };
      expect(await rejectionOf(stream())).to.include({ code: 'NETLANE_DUMP_INTERRUPTED', namespace: String(namespace) });
      other.requestSync(deleteLink(3000));
      expect(await stream().catch((error: NetlaneError) => error.code)).to.equal('NETLANE_DUMP_INTERRUPTED');
      other.requestSync(deleteLink(3000));
    });

    /** netlink sockets inside that are in the middle of a dump. */
    async function dumping(): Promise<number> {
      const { stdout } = await promisify(execFile)('nsenter', [
        `--net=/proc/${process.pid}/fd/${namespace.fd}`,
        'cat',
        '/proc/self/net/netlink',
      ]);
      return stdout.split('\n').filter((line) => line.trim().split(/\s+/)[6] === '1').length;
    }

    it('leave in the kernel what a stream does not take, and close its fd when it is left', async () => {
      await socket.request(allLinks);
      const before = openFds();
      const stream = socket.stream(allLinks);
      const { value } = await stream.next();
      expect(value?.type).to.equal(RTM_NEWLINK);
      await until('the slabs are full', async () => (await dumping()) === 1);
      // All that can be read ahead has been by now.
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await dumping()).to.equal(1);
      await stream.return(undefined);
      // Nobody reads it to its end any more: only closing its fd ends it.
      await until('the dump has ended', async () => (await dumping()) === 0);
      await until('the fd is closed', () => openFds() <= before);
      expect((await stream.next()).done).to.equal(true);
    });

    it('give a slow stream everything', async () => {
      const messages: Message[] = [];
      for await (const message of socket.stream(allLinks)) {
        messages.push(message);
        if (messages.length % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      expectStable(messages);
    });

    it('close their fds when a loop throws', async () => {
      await socket.request(allLinks);
      const before = openFds();
      const loop = async (): Promise<void> => {
        for await (const message of socket.stream(allLinks)) throw new Error(`stopped at ${message.type}`);
      };
      for (let count = 0; count < 20; count++) expect((await rejectionOf(loop())).message).to.equal('stopped at 16');
      await until('the fds are closed', () => openFds() <= before);
    });
  });
}

describe('A dump of rules', function () {
  this.timeout(60_000);
  const rules = 7000;
  const scratch = new Scratch();
  let socket: NetlinkSocket;
  let other: NetlinkSocket;

  const rule = (priority: number) =>
    concat(new Uint8Array([2, 0, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0]), attribute(6, u32(priority)), attribute(15, u32(254)));
  const prioritiesOf = (messages: readonly Message[]): number[] =>
    messages.map((message) => {
      const value = attributesOf(message.body, 12).get(6);
      return value === undefined ? 0 : new DataView(value.buffer).getUint32(0, true);
    });

  before(async function () {
    this.timeout(60_000);
    const namespace = await scratch.namespace();
    socket = await scratch.socket(namespace, 'route', { thread: 'caller' });
    other = await scratch.socket(namespace, 'route', { thread: 'caller' });
    const flags = NLM_F_CREATE | NLM_F_EXCL;
    // From the last on: the kernel looks for the place of a new rule from the front.
    await Promise.all(
      Array.from({ length: rules }, (_, at) => socket.request({ type: RTM_NEWRULE, flags, body: rule(1000 + rules - at) })),
    );
  });
  after(() => scratch.close());

  it('which the kernel does not guard, is guarded here: nothing is missing, nothing is twice', async () => {
    let attempts = 0;
    let fresh = false;
    const messages: Message[] = [];
    await socket.request(
      { type: RTM_GETRULE, flags: NLM_F_DUMP, body: new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) },
      {
        restart: () => {
          attempts++;
          fresh = true;
          messages.length = 0;
        },
        sink: (view) => {
          // Rules at the front go: those behind move up, and an unguarded dump, which counts, passes over as many.
          if (fresh && attempts <= 2) {
            for (let count = 0; count < 20; count++)
              other.requestSync({ type: RTM_DELRULE, body: rule(1001 + (attempts - 1) * 20 + count) });
          }
          fresh = false;
          messages.push(view.copy());
        },
      },
    );
    expect(attempts).to.equal(3);
    const priorities = prioritiesOf(messages);
    expect(priorities).to.deep.equal([0, ...Array.from({ length: rules - 40 }, (_, at) => 1041 + at), 32766, 32767]);
  });
});

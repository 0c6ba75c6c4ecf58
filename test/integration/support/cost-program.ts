import { existsSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { MessagePort } from 'node:worker_threads';
import { slabSize } from '../../../lib/netlink/pump.js';
import type { Namespace } from '../../../lib/namespace.js';

/*
 * Does each operation once to be ready for it, and once between two system calls that strace(1) shows as marks, and prints what JavaScript
 * knows of the second time: the messages that crossed between this thread and others, by ports and through rings, and the slabs that were made here.
 */

const threads = createRequire(import.meta.url)('node:worker_threads') as typeof import('node:worker_threads');
const count = { posted: 0, taken: 0, slabs: 0 };

// Before anything of the library is loaded, which calls what it finds then.
const { receiveMessageOnPort, MessagePort: Port } = threads;
threads.receiveMessageOnPort = (port) => {
  const received = receiveMessageOnPort(port);
  if (received !== undefined && typeof received.message !== 'number') count.taken++;
  return received;
};
syncBuiltinESMExports();
const prototype = Port.prototype as Pick<MessagePort, 'postMessage' | 'on'>;
const { postMessage, on } = prototype;
prototype.postMessage = function (this: MessagePort, ...given: Parameters<MessagePort['postMessage']>): void {
  // A number only wakes the other thread, where that sleeps.
  if (typeof given[0] !== 'number') count.posted++;
  postMessage.apply(this, given);
};
prototype.on = function (this: MessagePort, event: string, listener: (...values: unknown[]) => void) {
  if (event !== 'message') return on.call(this, event as 'message', listener);
  return on.call(this, 'message', (value: unknown) => {
    if (typeof value !== 'number') count.taken++;
    listener(value);
  });
} as MessagePort['on'];
globalThis.ArrayBuffer = new Proxy(ArrayBuffer, {
  construct(target, given: [number], newTarget: typeof ArrayBuffer) {
    if (given[0] === slabSize) count.slabs++;
    return Reflect.construct(target, given, newTarget) as ArrayBuffer;
  },
});

// What is short goes through rings instead.
const { Ring } = await import('../../../lib/lane/ring.js');
const ring = Ring.prototype as Pick<InstanceType<typeof Ring>, 'put' | 'take'>;
const { put, take } = ring;
ring.put = function (this: InstanceType<typeof Ring>, ...given: Parameters<typeof put>): boolean {
  const done = put.apply(this, given);
  if (done) count.posted++;
  return done;
};
ring.take = function (this: InstanceType<typeof Ring>, ...given: Parameters<typeof take>): boolean {
  const done = take.apply(this, given);
  if (done) count.taken++;
  return done;
};

const { Namespace: Namespaces } = await import('../../../lib/namespace.js');

const results: Record<string, typeof count> = {};

async function measure(name: string, operation: () => unknown): Promise<void> {
  await operation();
  const before = { ...count };
  existsSync(`/netlane-cost/begin/${name}`);
  await operation();
  existsSync(`/netlane-cost/end/${name}`);
  results[name] = {
    posted: count.posted - before.posted,
    taken: count.taken - before.taken,
    slabs: count.slabs - before.slabs,
  };
}

/** As many operations as start at once. */
const many = Array.from({ length: 64 }, (_, index) => index);

async function onCarrier(namespace: Namespace, carrier: 'lane' | 'caller', routes: number): Promise<void> {
  const route = await namespace.route({ thread: carrier });
  const destination = (number: number): { destination: string; link: number } => ({ destination: `10.2.3.${number}`, link: 1 });
  await measure(`${carrier}: get`, () => route.links.get(1));
  await measure(`${carrier}: 64 changes`, () => Promise.all(many.map((number) => route.routes.replace(destination(number)))));
  await measure(`${carrier}: batch of 64`, () =>
    route.batch((batch) => {
      for (const number of many) batch.routes.replace(destination(number));
    }),
  );
  await measure(`${carrier}: 64 gets`, () => Promise.all(many.map(() => route.links.get(1))));
  await measure(`${carrier}: addresses`, () => route.addresses.list());
  await measure(`${carrier}: routes`, async () => {
    const { length } = await route.routes.list({ family: 'ipv4', table: 1000 });
    if (length !== routes) throw new Error(`${length} routes`);
  });
  await measure(`${carrier}: socket`, async () => (await namespace.netlink('route', { thread: carrier })).close());
  await route.close();
}

const [, , path = '', routes = ''] = process.argv;
const namespace = await Namespaces.open({ path });
try {
  const socket = await namespace.netlink('route', { thread: 'caller' });
  const body = new Uint8Array(16);
  new DataView(body.buffer).setInt32(4, 1, true);
  await measure('caller: 10 requestSync()', () => {
    for (let count = 0; count < 10; count++) socket.requestSync({ type: 18, body });
  });
  await socket.close();
  await onCarrier(namespace, 'caller', Number(routes));
  await onCarrier(namespace, 'lane', Number(routes));
  await measure('sockets', async () => {
    for (let count = 0; count < 8; count++) await (await namespace.socket({ family: 'ipv4', type: 'datagram' })).close();
  });
  // The thread starts, and what it and Piscina have to say of that is heard.
  await namespace.run(() => 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await measure('run', () => namespace.run(() => 1));
  await measure('namespace', async () => (await Namespaces.create()).close());
} finally {
  await namespace.close();
}
process.stdout.write(JSON.stringify(results));

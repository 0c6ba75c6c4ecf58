import type { Message, Namespace, Reply } from 'netlane';

export async function raw(namespace: Namespace, signal: AbortSignal): Promise<number> {
  const socket = await namespace.netlink('route', { groups: [1, 5], thread: 'lane', from: 'kernel' });
  await namespace.netlink(16);
  const reply: Reply = await socket.request({ type: 18, flags: 5, body: new Uint8Array(16), signal, timeout: 1000 });
  const [first]: readonly Message[] = reply.messages;
  for await (const { type, flags, sequence, port, body, nsid, group } of socket.messages()) {
    void [type + flags + sequence + port, body.length, nsid ?? 0, group ?? 0];
    break;
  }
  let count = 0;
  for await (const message of socket.stream({ type: 18, flags: 0x300, body: new Uint8Array(16) })) count += message.body.length;
  const sync = await namespace.netlink('generic', { thread: 'caller' });
  sync.requestSync({ type: 16 });
  await sync.close();
  return count + (first?.type ?? 0);
}

export async function typed(namespace: Namespace, other: Namespace): Promise<string[]> {
  const route = await namespace.route({ thread: 'caller', timeout: 1000, bigint: true });
  await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1', namespace: other } });
  await route.links.set({ name: 'v0' }, { up: true, mtu: 1400 });
  await route.addresses.add({ link: 'v0', address: '10.0.0.1/24' });
  await route.routes.add({ destination: '10.1.0.0/16', gateway: '10.0.0.2' });
  const results = await route.batch((batch) => {
    batch.routes.add({ destination: '10.2.0.0/16', gateway: '10.0.0.2' });
  });
  for (const result of results) if (!result.ok) throw result.error;
  const watch = route.watch(['link', 'ipv4-route'], { existing: true });
  await watch.ready;
  for await (const event of watch) {
    if (event.action === 'overrun' || event.action === 'synchronized') continue;
    void [event.namespace.id, event.object, event.value, event.previous];
    break;
  }
  const names: string[] = [];
  for (const { name } of await route.links.list()) if (name !== undefined) names.push(name);
  const found = await route.links.find('v0');
  names.push(found?.name ?? 'none', (await route.links.get('v0')).name ?? '');
  // What a list gave can be added again: read-only fields are ignored.
  for (const entry of await route.routes.list({ table: 'main' })) await route.routes.add(entry);
  return names;
}

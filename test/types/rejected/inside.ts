import type { Namespace } from 'netlane';

export async function wrong(namespace: Namespace): Promise<void> {
  // @ts-expect-error: a misspelt option
  await namespace.connect({ hots: '10.0.0.2', port: 80 });
  // @ts-expect-error: a family that is none
  await namespace.connect({ port: 80, family: 5 });
  // @ts-expect-error: a type of another module
  await namespace.udp({ type: 'udp' });
  // @ts-expect-error: the type is missing
  await namespace.socket({ family: 'ipv4' });
  // @ts-expect-error: a protocol without an agent
  namespace.agent('ftp:');
  // @ts-expect-error: where to connect to is the request's business
  namespace.agent('https:', { connection: { host: 'x' } });
  // @ts-expect-error: a protocol that nobody knows
  await namespace.packet({ protocol: 'ipv5' });
  // @ts-expect-error: one address, not a list
  const [first] = await namespace.lookup('name');
  void first;
}

import type { Counted, Link, Namespace, RouteClient, Statistics, WithBigint } from 'netlane';

/** Counters are numbers, or bigint where the client was asked for them; all else is the same. */
export async function program(namespace: Namespace): Promise<void> {
  const plain = await namespace.route();
  const received: number | undefined = (await plain.links.get('lo')).statistics?.rxBytes;
  const also: Link = await plain.links.get('lo');

  const exact = await namespace.route({ thread: 'caller', bigint: true });
  const link = await exact.links.get('lo');
  const bytes: bigint | undefined = link.statistics?.rxBytes;
  const mtu: number | undefined = link.mtu;
  const values: WithBigint<Link>[] = await exact.links.list();
  if (link.kind === 'vlan') {
    const id: number | undefined = link.data?.id;
    process.stdout.write(String(id));
  }
  const [statistics] = await exact.statistics.list();
  const packets: bigint | undefined = statistics?.link64?.txPackets;
  for await (const one of exact.statistics.stream()) process.stdout.write(String((one.link64?.rxBytes ?? 0n) + 1n));
  for await (const event of exact.watch(['link'])) {
    if (!('object' in event) || event.object !== 'link') continue;
    const count: bigint | undefined = event.value.statistics?.rxErrors;
    process.stdout.write(String(count));
  }
  await exact.links.waitFor('lo', (one) => (one?.statistics?.rxBytes ?? 0n) > 0n);
  // What either lists, either adds.
  await plain.links.add(link);
  await exact.links.add(also);
  await exact.links.ensure({ name: 'b0', kind: 'bridge' });
  const either: RouteClient<Namespace, 'bigint'> = exact;
  const total: Counted<Statistics, 'bigint'>[] = await either.statistics.list();
  process.stdout.write(String([received, bytes, mtu, packets, values.length, total.length]));
}

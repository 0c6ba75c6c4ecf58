import type { Namespace } from 'netlane';

export async function program(namespace: Namespace): Promise<void> {
  const plain = await namespace.route({ bigint: false });
  const exact = await namespace.route({ bigint: true });
  const link = await exact.links.get('lo');
  // @ts-expect-error: a bigint, as asked
  const bytes: number | undefined = link.statistics?.rxBytes;
  // @ts-expect-error: a number, since nobody asked
  const packets: bigint | undefined = (await plain.links.get('lo')).statistics?.rxPackets;
  // @ts-expect-error: nor in a list
  const all: number[] = [link.statistics?.txBytes ?? 0n];
  // @ts-expect-error: what does not count 64 bits stays a number
  const mtu: bigint | undefined = link.mtu;
  process.stdout.write(String([bytes, packets, all.length, mtu]));
}

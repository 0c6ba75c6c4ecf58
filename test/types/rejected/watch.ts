import type { Namespace } from 'netlane';

export async function program(namespace: Namespace): Promise<void> {
  const route = await namespace.route();
  for await (const event of route.watch(['link'])) {
    // @ts-expect-error: a mark has no value
    process.stdout.write(String(event.value));
    if (event.action === 'overrun' || event.action === 'synchronized') continue;
    // @ts-expect-error: nothing of this name is told
    if (event.object === 'links') continue;
    // @ts-expect-error: only a link has one
    if (event.object === 'address') process.stdout.write(String(event.value.mtu));
  }
}

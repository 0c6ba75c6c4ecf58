import { Namespace, transfer, type TaskIterator } from 'netlane';

const blue = await Namespace.create({ taskThreads: 2, taskIdle: 1000 });

export const sum: number = await blue.run((one: number, two: number) => one + two, { args: [1, 2], timeout: 1000 });
export const nothing: number | undefined = await blue.run((): number | undefined => undefined);
export const awaited: string = await blue.run(async (text?: string) => (await import('node:path')).basename(text ?? ''));
export const optional: string = await blue.run((text?: string) => text ?? '', { args: ['x'] });
export const mounted: string[] = await blue.run(() => ['eth0'], { mounts: false, resourceLimits: { maxOldGenerationSizeMb: 64 } });

const counting = async function* (to: number): AsyncGenerator<number> {
  yield await Promise.resolve(to);
};
export const iterator: TaskIterator<number> = await blue.run(counting, { args: [3] });
for await (const number of blue.run(counting, { args: [3] })) console.log(number.toFixed());
for await (const text of await blue.run(function* () {
  yield 'text';
}))
  console.log(text.length);

interface Probe {
  probe(port: number): Promise<{ readonly open: boolean }>;
  many(): AsyncIterable<string>;
  readonly constant: number;
}
const url = new URL('./probe.js', import.meta.url);
export const probed: { readonly open: boolean } = await blue.run<Probe, 'probe'>(url, { export: 'probe', args: [80] });
for await (const text of blue.run<Probe, 'many'>(url, { export: 'many' })) console.log(text.length);
export const untyped: unknown = await blue.run(url, { export: 'probe', args: [80] });
export const single: number = await blue.run<{ default: () => number }>(url);

export const moved: Uint8Array = transfer(new Uint8Array(8), []);

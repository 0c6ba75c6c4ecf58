import { Namespace } from 'netlane';

const blue = await Namespace.create();

// @ts-expect-error arguments that the function needs
await blue.run((one: number) => one);
// @ts-expect-error of another type
await blue.run((one: number) => one, { args: ['one'] });
// @ts-expect-error too many
await blue.run((one: number) => one, { args: [1, 2] });
// @ts-expect-error the result is a number
export const text: string = await blue.run(() => 1);
// @ts-expect-error an option that does not exist
await blue.run(() => 1, { argument: [1] });
// @ts-expect-error neither a function nor a URL
await blue.run(5);
// @ts-expect-error not iterable
export const iterable: AsyncIterable<number> = blue.run(() => 1);
// @ts-expect-error threads are counted
await Namespace.create({ taskThreads: 'many' });

interface Probe {
  probe(port: number): number;
  readonly constant: number;
}
const url = new URL('./probe.js', import.meta.url);
// @ts-expect-error the module has no such function
await blue.run<Probe, 'constant'>(url, { export: 'constant' });
// @ts-expect-error of another type
await blue.run<Probe, 'probe'>(url, { export: 'probe', args: ['80'] });

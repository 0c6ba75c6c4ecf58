import { Namespace } from 'netlane';

// @ts-expect-error only the library makes handles
export const made = new Namespace();
// @ts-expect-error a name is a string
await Namespace.create(7);
// @ts-expect-error an option that does not exist
await Namespace.create('blue', { lo: true });
// @ts-expect-error the other value is 'error'
await Namespace.create('blue', { ifExists: 'replace' });
// @ts-expect-error something must be named
await Namespace.open();
// @ts-expect-error a thread without its process
await Namespace.open({ tid: 1 });
// @ts-expect-error two places
await Namespace.open({ pid: 1, fd: 3 });
// @ts-expect-error a thread, but of a pidfd
await Namespace.open({ pidfd: 3, tid: 1 });
// @ts-expect-error ids of processes are numbers
await Namespace.attach('blue', { pid: '1' });

const here = await Namespace.current();
// @ts-expect-error read-only
here.name = 'green';
// @ts-expect-error cookies are bigint
export const cookie: number = here.cookie;
// @ts-expect-error compared with handles only
here.equals('blue');

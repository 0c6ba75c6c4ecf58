import { Namespace } from 'netlane';

const namespace = await Namespace.create();
// @ts-expect-error a line for a shell is no array of arguments
await namespace.exec('ip', 'addr');
// @ts-expect-error exec has streams of its own
await namespace.exec('ip', [], { stdio: 'inherit' });
// @ts-expect-error there is no shell
await namespace.spawn('ip', [], { shell: true });
// @ts-expect-error null where it is not a pipe
(await namespace.spawn('ip', [], { stdio: 'ignore' })).stdin.end();
// @ts-expect-error no signal of this name
(await namespace.spawn('ip')).kill('TERM');
// @ts-expect-error a value is text or a number
await namespace.sysctl('net.ipv4.ip_forward', true);

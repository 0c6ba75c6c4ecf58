import type { Child, ExecResult, Namespace, ProcessError } from 'netlane';

export async function processes(namespace: Namespace, signal: AbortSignal): Promise<string> {
  const child = await namespace.spawn('cat', ['-n'], {
    cwd: '/',
    env: { A: 'b' },
    mounts: true,
    uid: 1,
    gid: 1,
    groups: [1],
    signal,
    timeout: 5,
  });
  child.stdin.end('text');
  child.stdout.setEncoding('utf8').on('data', (part: string) => void part.length);
  child.on('exit', (code, signalCode) => void [code?.toFixed(), signalCode]);
  const quiet: Child = await namespace.spawn('true', [], { stdio: ['ignore', 'inherit', 2, 'pipe'] });
  quiet.stdin?.end();
  quiet.kill('SIGTERM');
  const { stdout, stderr, exitCode, signal: killedBy }: ExecResult = await namespace.exec('ip', ['addr'], { reject: false });
  const raw: Buffer = (await namespace.exec('ip', ['addr'], { encoding: 'buffer', input: new Uint8Array(3), maxBuffer: Infinity })).stdout;
  const forwarding: string = await namespace.sysctl('net.ipv4.ip_forward');
  await namespace.sysctl('net.ipv4.ip_forward', 1);
  const bytes: Buffer = await namespace.readFile('/proc/net/dev', { encoding: 'buffer' });
  const text: string = await namespace.readFile('/proc/net/dev');
  return [stdout, stderr, exitCode, killedBy, raw.length, forwarding, bytes.length, text].join();
}

export function outcome(error: ProcessError): string {
  return `${error.code} ${error.exitCode ?? error.signal ?? ''} ${String(error.stderr)}`;
}

import { once } from 'node:events';
import type { Child } from '../../../lib/execution/child.js';
import type { Namespace } from '../../../lib/namespace.js';
import { limit } from '../../support/time.js';

/** Runs dnsmasq inside as a DNS server at an address, with nothing but what the options say, until the work is done. */
export async function withDnsmasq<T>(namespace: Namespace, address: string, options: readonly string[], use: () => Promise<T>): Promise<T> {
  const fixed = ['--no-daemon', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--user=root', '--pid-file='];
  const listening = [`--listen-address=${address}`, '--bind-interfaces', '--log-facility=-', '--local=/test/'];
  const child = await namespace.spawn('dnsmasq', [...fixed, ...listening, ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: limit(60_000),
  });
  const closed = once(child, 'close');
  try {
    await started(child);
    return await use();
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
}

/** It says so when it serves; where it ends instead, what it said is the error. */
async function started(child: Child): Promise<void> {
  let said = '';
  for await (const part of child.stderr ?? []) {
    said += String(part);
    if (/started, version/.test(said)) {
      child.stderr?.resume();
      return;
    }
  }
  throw new Error(`dnsmasq did not start: ${said}`);
}

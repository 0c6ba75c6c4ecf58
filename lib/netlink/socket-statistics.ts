import type { Line } from './line.js';
import type { TransportStatistics } from './transport.js';

/** Counters of a socket. */
export interface SocketStatistics extends TransportStatistics {
  /** Datagrams and messages that were dropped here: from others than the kernel, too late, or not what they say they are. */
  dropped: number;
}

/** The counters of several lines together. */
export async function sumStatistics(lines: readonly (Line | undefined)[], dropped: number): Promise<SocketStatistics> {
  const total: SocketStatistics = { sent: 0, received: 0, overruns: 0, truncated: 0, dropped };
  for (const line of lines) {
    const one = await line?.transport.statistics();
    for (const name of ['sent', 'received', 'overruns', 'truncated'] as const) total[name] += one?.[name] ?? 0;
  }
  return total;
}

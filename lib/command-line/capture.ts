import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isatty } from 'node:tty';
import { pcapng, type Namespace, type PacketOptions, type PacketSocket } from '../index.js';
import { exitCodes, UsageError, type Call, type Command } from './command.js';
import { parseFilter } from './filter-text.js';
import { ending } from './signals.js';
import { openArgument, sourceText } from './source.js';
import { plural, type Terminal } from './terminal.js';

interface Settings {
  readonly name: string;
  readonly packets: PacketOptions;
  readonly file: string;
  readonly count: number | undefined;
  /** Seconds. */
  readonly duration: number | undefined;
}

/** The value of an option as a number. Throws UsageError. */
function numberOf({ values }: Call, option: string, unit: string, [least, most]: readonly [number, number]): number | undefined {
  const text = values[option];
  if (typeof text !== 'string') return undefined;
  const value = Number(text);
  const isWhole = unit === 'seconds' || Number.isInteger(value);
  if (!/^\d+(\.\d+)?$/.test(text) || !isWhole || value < least || value > most)
    throw new UsageError(`--${option} takes ${unit}, ${least} to ${most}, not ${JSON.stringify(text)}`);
  return value;
}

function settingsOf(call: Call): Settings {
  const { values, positionals } = call;
  const [name = '', device = ''] = positionals;
  const { write, filter } = values;
  if (typeof write !== 'string' || write === '') throw new UsageError("capture needs a file to write: -w FILE, or '-w -' for a pipe");
  if (write === '-' && isatty(1)) throw new UsageError("a terminal cannot show a capture: pipe it, for instance '| tcpdump -r -'");
  const snapLength = numberOf(call, 'snap-length', 'bytes', [1, 262_144]);
  const buffer = numberOf(call, 'buffer', 'KiB', [128, 2 ** 20]);
  const all = device === 'any';
  if (all && values['promiscuous'] === true) throw new UsageError('--promiscuous is the mode of one device, not of any');
  const packets: PacketOptions = {
    ...(!all && { link: device }),
    ...(typeof filter === 'string' && { filter: parseFilter(filter) }),
    ...(snapLength !== undefined && { snapLength }),
    ...(buffer !== undefined && { buffer: buffer * 1024 }),
    promiscuous: values['promiscuous'] === true,
  };
  const count = numberOf(call, 'count', 'packets', [1, Number.MAX_SAFE_INTEGER]);
  return { name, packets, file: write, count, duration: numberOf(call, 'duration', 'seconds', [0.001, 2_147_483]) };
}

function open(file: string, terminal: Terminal): Writable {
  // More than a block of the kernel's, so that the packets of a block leave in few writes.
  const highWaterMark = 2 ** 20;
  if (file !== '-') return createWriteStream(file, { highWaterMark });
  // Not a stream of the file system's on 1, which fails where a slow reader lets the pipe be full: Node has it not block.
  return new Writable({
    highWaterMark,
    write: (chunk: Buffer, _encoding, callback) => terminal.bytes(chunk, callback),
    writev: (chunks, callback) => terminal.bytes(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), callback),
  });
}

/** Whether it was a reader who has had enough: `netlane capture ... -w - | tcpdump -r - -c 1`. */
function isLeft(error: unknown, file: string): boolean {
  return file === '-' && (error as { code?: unknown }).code === 'EPIPE';
}

async function write(packets: PacketSocket, { file, count, duration }: Settings, { terminal }: Call): Promise<void> {
  const stop = (): void => {
    if (!packets.closed) packets.stop();
  };
  void ending().then(stop);
  const timer = duration === undefined ? undefined : setTimeout(stop, duration * 1000);
  const end = terminal.progress(() => `${plural(packets.taken, 'packet')}; Ctrl-C ends the capture`);
  const stream = open(file, terminal);
  // Else it would be noticed with the next packet only.
  stream.once('error', stop);
  const stay = file === '-' ? terminal.whenLeft(stop) : undefined;
  try {
    await pipeline(pcapng(packets, { count }), stream);
  } catch (error) {
    if (!isLeft(error, file)) throw error;
  } finally {
    clearTimeout(timer);
    stay?.();
    end();
  }
}

async function run(call: Call): Promise<number> {
  const settings = settingsOf(call);
  let namespace: Namespace | undefined;
  try {
    namespace = await openArgument(settings.name);
    const packets = await namespace.packet(settings.packets);
    await write(packets, settings, call);
    const { received, dropped } = await packets.statistics();
    const more = received - packets.taken;
    call.terminal.complain(`${plural(packets.taken, 'packet')} captured, ${more} more heard, ${dropped} lost for want of buffer`);
    return exitCodes.ok;
  } finally {
    await namespace?.close();
  }
}

export const capture: Command = {
  name: 'capture',
  summary: 'Write what goes over a device of a namespace to a file, for tcpdump and Wireshark',
  usage: 'capture [--filter PROGRAM] [--snap-length BYTES] [--count N] [--duration SECONDS] NAME DEVICE -w FILE',
  options: {
    write: { type: 'string', short: 'w', value: 'FILE', text: "the file, which is made anew; '-' for a pipe", completes: 'files' },
    filter: { type: 'string', short: 'f', value: 'PROGRAM', text: 'which packets: classic BPF as tcpdump -ddd prints it' },
    'snap-length': { type: 'string', short: 's', value: 'BYTES', text: 'keep so many bytes of each packet (default: all)' },
    count: { type: 'string', short: 'c', value: 'N', text: 'end after so many packets' },
    duration: { type: 'string', short: 'd', value: 'SECONDS', text: 'end after so long' },
    promiscuous: { type: 'boolean', text: 'hear what is for other hosts as well' },
    buffer: { type: 'string', short: 'B', value: 'KIB', text: 'memory for what is not written yet (default: 4096)' },
  },
  positionals: [2, 2],
  completes: 'namespaces',
  details: `${sourceText}
DEVICE is one of its links, or 'any'. The file is pcapng, with times in nanoseconds; tcpdump reads one only if all its links are of a kind.
Ctrl-C ends the capture with a whole file and exit code 0, a second one at once. How many packets were lost is told at the end.

netlane capture blue v0 -w dns.pcapng --filter "$(tcpdump -ddd -y EN10MB 'port 53')"
netlane capture blue v0 -w - | tcpdump -n -r -`,
  run,
};

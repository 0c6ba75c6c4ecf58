import { Socket } from 'node:net';
import { invalidArgument, NetlaneError } from '../errors.js';
import { isObject } from '../arguments.js';
import { childDescriptors, native } from '../native.js';
import { sealPipe } from './sealed.js';

/**
 * What a child has as one of its descriptors: 'pipe', a stream between the two; 'ignore', /dev/null; 'inherit', the caller's descriptor of the
 * same number; the number of any descriptor of the caller's; or a stream that has one (a socket, an open file, a terminal). null and undefined
 * are the default: 'pipe' for 0, 1 and 2, 'ignore' for all others.
 */
export type Stdio = 'pipe' | 'ignore' | 'inherit' | number | StdioStream | null | undefined;

/** A stream, or a file handle, with a descriptor. */
export interface StdioStream {
  readonly fd?: unknown;
  readonly writable?: unknown;
  readonly readable?: unknown;
}

const words = ['pipe', 'ignore', 'inherit'] as const;
const expected = "'pipe', 'ignore', 'inherit', a file descriptor, or a stream that has one";
/** Of an extra descriptor: more is a mistake, and costs the child's. */
const most = 1024;

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0x7fffffff ? value : undefined;
}

/** The descriptor of a stream: its own, or that of the handle below (a socket of node:net). */
function fdOf(stream: Readonly<Record<string, unknown>>): number | undefined {
  const handle = stream['_handle'];
  return numberOf(stream['fd']) ?? (isObject(handle) ? numberOf(handle['fd']) : undefined);
}

/** What native code makes of it. */
function descriptorOf(value: unknown, index: number): number {
  const path = `options.stdio[${index}]`;
  if (value === 'ignore') return childDescriptors.ignored;
  if (value === 'inherit') return index;
  if (value === 'pipe') {
    if (index > 2) return childDescriptors.both;
    return index === 0 ? childDescriptors.toChild : childDescriptors.fromChild;
  }
  if (value === null || value === undefined) return descriptorOf(index <= 2 ? 'pipe' : 'ignore', index);
  if (typeof value === 'number') {
    const fd = numberOf(value);
    if (fd === undefined) throw invalidArgument(path, expected, value);
    return fd;
  }
  if (value === 'ipc' || value === 'overlapped') {
    throw new NetlaneError('NETLANE_INVALID_ARGUMENT', `${path} cannot be '${value}'`, {
      hint: "use 'pipe': a descriptor above 2 is a stream in both directions",
    });
  }
  if (!isObject(value)) throw invalidArgument(path, expected, value);
  const fd = fdOf(value);
  if (fd !== undefined) return fd;
  throw invalidArgument(path, expected, value, {
    hint: "the stream has none: it is not open yet (wait for its 'open' event), or has closed",
  });
}

/** Checks options.stdio: one word for all three, or an array. */
export function checkStdio(stdio: unknown): readonly number[] {
  if (stdio === undefined) return checkStdio('pipe');
  if (typeof stdio === 'string') {
    if (!(words as readonly string[]).includes(stdio)) throw invalidArgument('options.stdio', `${expected}, or an array of these`, stdio);
    return checkStdio([stdio, stdio, stdio]);
  }
  if (!Array.isArray(stdio) || stdio.length > most) throw invalidArgument('options.stdio', `${expected}, or an array of these`, stdio);
  const all: unknown[] = [...(stdio as unknown[])];
  while (all.length < 3) all.push(undefined);
  return all.map(descriptorOf);
}

/** The caller's ends as streams on his loop, null where the child has something else. @param label the namespace's. */
export function openStreams(fds: readonly number[], label: string): (Socket | null)[] {
  return fds.map((fd, index) => {
    if (fd < 0) return null;
    const socket = new Socket({ fd, readable: index !== 0, writable: index === 0 || index > 2 });
    // Only now: it is closed with the thread otherwise, and by nobody in between.
    native().forgetFd(fd);
    return sealPipe(socket, label);
  });
}

import { littleEndian, readView } from './byte-order.js';
import { readCnMsg, sizeofCnMsg, type CnMsg } from './connector.js';
import { bytesToString } from './payload.js';

/* Kinds of process events (linux/cn_proc.h), one bit each. */
export const PROC_EVENT_NONE = 0x0000_0000;
export const PROC_EVENT_FORK = 0x0000_0001;
export const PROC_EVENT_EXEC = 0x0000_0002;
export const PROC_EVENT_UID = 0x0000_0004;
export const PROC_EVENT_GID = 0x0000_0040;
export const PROC_EVENT_SID = 0x0000_0080;
export const PROC_EVENT_PTRACE = 0x0000_0100;
export const PROC_EVENT_COMM = 0x0000_0200;
export const PROC_EVENT_COREDUMP = 0x4000_0000;
export const PROC_EVENT_EXIT = 0x8000_0000;

/** The connector's user that tells process events; its multicast group has the same number. */
export const CN_IDX_PROC = 1;
export const CN_VAL_PROC = 1;

interface EventHeader {
  /** The processor that it happened on. */
  readonly cpu: number;
  /** Nanoseconds since the machine started (CLOCK_MONOTONIC). */
  readonly timestamp: bigint;
}

/** The one it happened to. The kernel's "pid" is a thread, its "tgid" the process: equal for a process's first thread. */
interface Subject extends EventHeader {
  readonly processPid: number;
  readonly processTgid: number;
}

/** The parent at that moment; absent on kernels before 4.18. */
interface WithParent {
  readonly parentPid?: number;
  readonly parentTgid?: number;
}

/** A process or thread began: a thread when childTgid is not childPid. */
export interface ForkProcEvent extends EventHeader {
  readonly kind: 'fork';
  readonly parentPid: number;
  readonly parentTgid: number;
  readonly childPid: number;
  readonly childTgid: number;
}

/** A process began to run another program. */
export interface ExecProcEvent extends Subject {
  readonly kind: 'exec';
}

export interface UidProcEvent extends Subject {
  readonly kind: 'uid';
  readonly ruid: number;
  readonly euid: number;
}

export interface GidProcEvent extends Subject {
  readonly kind: 'gid';
  readonly rgid: number;
  readonly egid: number;
}

/** A process became the leader of a new session. */
export interface SidProcEvent extends Subject {
  readonly kind: 'sid';
}

/** A tracer attached; detached when tracerPid is 0. */
export interface PtraceProcEvent extends Subject {
  readonly kind: 'ptrace';
  readonly tracerPid: number;
  readonly tracerTgid: number;
}

/** A thread was given another name. */
export interface CommProcEvent extends Subject {
  readonly kind: 'comm';
  readonly comm: string;
}

export interface CoredumpProcEvent extends Subject, WithParent {
  readonly kind: 'coredump';
}

/** A thread ended; with it the process when processPid is processTgid. */
export interface ExitProcEvent extends Subject, WithParent {
  readonly kind: 'exit';
  /** As wait(2) gives it: 256 times the exit status, or the number of the signal. */
  readonly exitCode: number;
  /** What the parent is told with: SIGCHLD is 17; 2^32-1 for a thread. */
  readonly exitSignal: number;
}

/** The kernel's answer to LISTEN or IGNORE; every listener hears it. */
export interface AcknowledgementProcEvent extends EventHeader {
  readonly kind: 'acknowledgement';
  /** Positive errno; 0 is success. */
  readonly errno: number;
}

/** A kind that this version does not know. */
export interface UnknownProcEvent extends EventHeader {
  readonly kind: 'unknown';
  /** PROC_EVENT_*. */
  readonly what: number;
}

/** What happens to processes. */
export type ProcEvent =
  | ForkProcEvent
  | ExecProcEvent
  | UidProcEvent
  | GidProcEvent
  | SidProcEvent
  | PtraceProcEvent
  | CommProcEvent
  | CoredumpProcEvent
  | ExitProcEvent
  | UnknownProcEvent;

/** Reads numbers one after the other; those beyond the end, on older kernels, are absent. */
class Fields {
  readonly #view: DataView;
  #at: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  next(): number {
    const at = this.#at;
    this.#at += 4;
    return at + 4 <= this.#view.byteLength ? this.#view.getUint32(at, littleEndian) : 0;
  }

  parent(): WithParent {
    if (this.#at + 8 > this.#view.byteLength) return {};
    return { parentPid: this.next(), parentTgid: this.next() };
  }
}

/** Bytes before the part that differs: what, cpu, timestamp. */
const headerSize = 16;

function decodeBody(what: number, header: EventHeader, body: Uint8Array): ProcEvent | AcknowledgementProcEvent {
  const fields = new Fields(readView('process event', body, headerSize + 4), headerSize);
  if (what === PROC_EVENT_NONE) return { kind: 'acknowledgement', ...header, errno: fields.next() };
  if (what === PROC_EVENT_FORK) {
    return {
      kind: 'fork',
      ...header,
      parentPid: fields.next(),
      parentTgid: fields.next(),
      childPid: fields.next(),
      childTgid: fields.next(),
    };
  }
  const subject = { ...header, processPid: fields.next(), processTgid: fields.next() };
  switch (what) {
    case PROC_EVENT_EXEC:
      return { kind: 'exec', ...subject };
    case PROC_EVENT_UID:
      return { kind: 'uid', ...subject, ruid: fields.next(), euid: fields.next() };
    case PROC_EVENT_GID:
      return { kind: 'gid', ...subject, rgid: fields.next(), egid: fields.next() };
    case PROC_EVENT_SID:
      return { kind: 'sid', ...subject };
    case PROC_EVENT_PTRACE:
      return { kind: 'ptrace', ...subject, tracerPid: fields.next(), tracerTgid: fields.next() };
    case PROC_EVENT_COMM:
      return { kind: 'comm', ...subject, comm: bytesToString(body.subarray(headerSize + 8, headerSize + 24)) };
    case PROC_EVENT_COREDUMP:
      return { kind: 'coredump', ...subject, ...fields.parent() };
    case PROC_EVENT_EXIT:
      return { kind: 'exit', ...subject, exitCode: fields.next(), exitSignal: fields.next(), ...fields.parent() };
    default:
      return { kind: 'unknown', ...header, what };
  }
}

/**
 * Reads what follows the header of a connector message of the process-event user: the connector's own header, and the event.
 * @throws DecodeError for fewer bytes than an event has.
 */
export function decodeProcessEvent(bytes: Uint8Array): { readonly connector: CnMsg; readonly event: ProcEvent | AcknowledgementProcEvent } {
  const connector = readCnMsg(bytes);
  const body = bytes.subarray(sizeofCnMsg, sizeofCnMsg + connector.length);
  const view = readView('process event', body, headerSize + 4);
  const header = { cpu: view.getUint32(4, littleEndian), timestamp: view.getBigUint64(8, littleEndian) };
  return { connector, event: decodeBody(view.getUint32(0, littleEndian), header, body) };
}

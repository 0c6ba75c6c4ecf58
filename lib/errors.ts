import { codeOfErrno, describeErrno } from './errno.js';

/**
 * Codes of netlane's own. docs/errors.md lists each with its cause and remedy, and a test checks that the page and this list agree.
 * Match errors by `code`, never by instanceof: with several threads there are several copies of every class.
 */
export const netlaneCodes = [
  'NETLANE_CLOSED',
  'NETLANE_TIMEOUT',
  'NETLANE_LANE_LOST',
  'NETLANE_DUMP_INTERRUPTED',
  'NETLANE_REPLY_LOST',
  'NETLANE_BUSY',
  'NETLANE_REBIND',
  'NETLANE_NOT_A_NETNS',
  'NETLANE_FOREIGN_USERNS',
  'NETLANE_OVERRUN',
  'NETLANE_UNSUPPORTED_PLATFORM',
  'NETLANE_NATIVE_MISSING',
  'NETLANE_INVALID_ARGUMENT',
  'NETLANE_DECODE',
  'NETLANE_MESSAGE_TOO_LONG',
  'NETLANE_CONTAINER_NOT_FOUND',
  'NETLANE_CONTAINER_AMBIGUOUS',
  'NETLANE_FILTER_REFUSED',
  'NETLANE_NOT_SUPPORTED',
  'NETLANE_NO_NSID',
  'NETLANE_UNEXPECTED_REPLY',
  'NETLANE_PROCESS_FAILED',
  'NETLANE_OUTPUT_TOO_LONG',
  'NETLANE_FUNCTION_REFUSED',
  'NETLANE_NOT_SELF_CONTAINED',
  'NETLANE_NOT_CLONEABLE',
  'NETLANE_NO_EXPORT',
  'NETLANE_TASK_LOST',
  'NETLANE_OUT_OF_MEMORY',
  'NETLANE_NO_RESOLVER',
] as const;

export type NetlaneCode = (typeof netlaneCodes)[number];

export interface ErrorContext {
  /** The namespace the operation was for, as String(namespace) prints it. */
  readonly namespace?: string | undefined;
  /** What was asked, in words: 'set link v0'. */
  readonly operation?: string | undefined;
  readonly cause?: unknown;
  /** What to do about it, in one sentence; printed after the reason. */
  readonly hint?: string | undefined;
  /** Further own fields, each of them cloneable. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

function sentence(parts: { what: string; reason: string; context: ErrorContext }): string {
  const where = parts.context.namespace === undefined ? '' : ` in ${parts.context.namespace}`;
  const head = parts.what === '' ? '' : `${parts.what}${where}: `;
  const hint = parts.context.hint === undefined ? '' : ` (${parts.context.hint})`;
  return `${head}${parts.reason}${hint}`;
}

/** Sets the fields that are there as own enumerable properties, so that they are logged, cloned and compared. */
export function assign(target: object, fields: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
  }
}

function causeOf(context: ErrorContext): ErrorOptions | undefined {
  return context.cause === undefined ? undefined : { cause: context.cause };
}

/** An error that netlane itself found: closed, timed out, lost, refused. `code` says which. */
export class NetlaneError extends Error {
  declare readonly code: NetlaneCode | 'ABORT_ERR';
  declare readonly namespace?: string;
  declare readonly operation?: string;
  declare readonly details?: Readonly<Record<string, unknown>>;

  constructor(code: NetlaneCode | 'ABORT_ERR', reason: string, context: ErrorContext = {}) {
    super(sentence({ what: context.operation ?? '', reason, context }), causeOf(context));
    assign(this, { code, namespace: context.namespace, operation: context.operation, details: context.details });
  }
}
Object.defineProperty(NetlaneError.prototype, 'name', { value: 'NetlaneError', configurable: true, writable: true });

export interface SystemFailure {
  /** Of either sign. */
  readonly errno: number;
  readonly syscall: string;
  readonly path?: string | undefined;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}

/** A system call that failed, in Node's own shape: `code` 'EPERM', `errno` negative, `syscall`. */
export class SystemError extends Error {
  declare readonly code: string;
  declare readonly errno: number;
  declare readonly syscall: string;
  declare readonly path?: string;
  /** Of a socket: where it was to connect to. */
  declare readonly address?: string;
  declare readonly port?: number;
  declare readonly namespace?: string;
  declare readonly operation?: string;

  constructor(failure: SystemFailure, context: ErrorContext = {}) {
    const errno = -Math.abs(failure.errno);
    const code = codeOfErrno(errno);
    const path = failure.path === undefined ? '' : ` '${failure.path}'`;
    super(
      sentence({ what: context.operation ?? '', reason: `${code}: ${describeErrno(errno)}, ${failure.syscall}${path}`, context }),
      causeOf(context),
    );
    const { syscall, address, port } = failure;
    assign(this, { code, errno, syscall, path: failure.path, address, port, namespace: context.namespace, operation: context.operation });
  }
}
Object.defineProperty(SystemError.prototype, 'name', { value: 'SystemError', configurable: true, writable: true });

/** A name that could not be turned into an address, with the codes of Node's resolver: ENOTFOUND, ESERVFAIL, EREFUSED, ETIMEOUT, ... */
export class LookupError extends Error {
  declare readonly code: string;
  /** Always 'lookup'. */
  declare readonly syscall: string;
  declare readonly hostname: string;
  declare readonly namespace?: string;
  declare readonly operation?: string;

  constructor(code: string, hostname: string, reason: string, context: ErrorContext = {}) {
    super(sentence({ what: context.operation ?? '', reason: `${code}: ${reason}`, context }), causeOf(context));
    assign(this, { code, syscall: 'lookup', hostname, namespace: context.namespace, operation: context.operation });
  }
}
Object.defineProperty(LookupError.prototype, 'name', { value: 'LookupError', configurable: true, writable: true });

/** What the kernel says about an attribute that it would have accepted (NLMSGERR_ATTR_POLICY). */
export interface AttributePolicy {
  readonly type: string;
  readonly minimum?: bigint | undefined;
  readonly maximum?: bigint | undefined;
  readonly mask?: bigint | undefined;
  readonly minimumLength?: number | undefined;
  readonly maximumLength?: number | undefined;
}

export interface NetlinkFailure {
  /** As the kernel sends it: negative. */
  readonly errno: number;
  /** What was asked, in words: 'add link v0'; 'request 16' where nothing better is known. */
  readonly operation: string;
  /** The kernel's own text (NLMSGERR_ATTR_MSG). */
  readonly kernelMessage?: string | undefined;
  /** Offset in the request of the attribute that the kernel disliked (NLMSGERR_ATTR_OFFS). */
  readonly offset?: number | undefined;
  /** The attribute at that offset: its name where a schema knows it, else the path of its type numbers: '18.2.1'. */
  readonly attribute?: string | undefined;
  /** The attribute that the kernel misses: name or type number (NLMSGERR_ATTR_MISS_TYPE, Linux 6.1). */
  readonly missingAttribute?: string | undefined;
  /** Offset of the nest that misses it (NLMSGERR_ATTR_MISS_NEST); undefined for the message itself. */
  readonly missingNest?: number | undefined;
  readonly policy?: AttributePolicy | undefined;
  /** The subsystem's own bytes (NLMSGERR_ATTR_COOKIE). */
  readonly cookie?: Uint8Array | undefined;
}

/** The kernel's answer to a netlink request that it refused. */
export class NetlinkError extends Error {
  declare readonly code: string;
  declare readonly errno: number;
  /** Always 'netlink': the call that failed is a message. */
  declare readonly syscall: string;
  declare readonly operation: string;
  declare readonly namespace?: string;
  declare readonly kernelMessage?: string;
  declare readonly offset?: number;
  declare readonly attribute?: string;
  declare readonly missingAttribute?: string;
  declare readonly missingNest?: number;
  declare readonly policy?: AttributePolicy;
  declare readonly cookie?: Uint8Array;

  constructor(failure: NetlinkFailure, context: Omit<ErrorContext, 'operation'> = {}) {
    const code = codeOfErrno(failure.errno);
    const text = failure.kernelMessage ?? describeErrno(failure.errno);
    const at = failure.attribute === undefined ? '' : `, at ${failure.attribute}`;
    const missing = failure.missingAttribute === undefined ? '' : `, ${failure.missingAttribute} is missing`;
    super(sentence({ what: failure.operation, reason: `${code}: ${text}${at}${missing}`, context }), causeOf(context));
    assign(this, { ...failure, code, errno: -Math.abs(failure.errno), syscall: 'netlink', namespace: context.namespace });
  }
}
Object.defineProperty(NetlinkError.prototype, 'name', { value: 'NetlinkError', configurable: true, writable: true });

/** Bytes that are not what they should be. Never thrown for longer or shorter structs of other kernels, which are tolerated. */
export class DecodeError extends Error {
  declare readonly code: 'NETLANE_DECODE';
  /** What is wrong with the bytes. */
  declare readonly reason: string;
  /** Where in the object: 'link.linkinfo.data'. */
  declare readonly path: string;
  /** Offset in the message. */
  declare readonly offset: number;
  /** A copy of the bytes around the offset (64 at most). */
  declare readonly bytes: Uint8Array;

  constructor(reason: string, at: { path: string; offset: number; bytes?: Uint8Array | undefined; cause?: unknown }) {
    super(`cannot decode ${at.path === '' ? 'the message' : at.path} at offset ${at.offset}: ${reason}`, causeOf({ cause: at.cause }));
    assign(this, { code: 'NETLANE_DECODE', reason, path: at.path, offset: at.offset, bytes: (at.bytes ?? new Uint8Array()).slice(0, 64) });
  }
}
Object.defineProperty(DecodeError.prototype, 'name', { value: 'DecodeError', configurable: true, writable: true });

/** How a program ended that should have ended otherwise, and what it said until then. */
export interface ProcessOutcome {
  readonly stdout: string | Uint8Array;
  readonly stderr: string | Uint8Array;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A program that exec() ran and that failed, took too long or wrote too much. */
export class ProcessError extends NetlaneError {
  /** What it had written. */
  declare readonly stdout: string | Uint8Array;
  declare readonly stderr: string | Uint8Array;
  /** null when it had not ended, or when a signal ended it. */
  declare readonly exitCode: number | null;
  /** The signal that ended it. */
  declare readonly signal: string | null;

  constructor(code: NetlaneCode, reason: string, outcome: ProcessOutcome, context: ErrorContext = {}) {
    super(code, reason, context);
    assign(this, { ...outcome });
  }
}
Object.defineProperty(ProcessError.prototype, 'name', { value: 'ProcessError', configurable: true, writable: true });

/** The argument of a call that cannot be meant: thrown before anything is changed. */
export function invalidArgument(name: string, expected: string, received: unknown, context: ErrorContext = {}): NetlaneError {
  return new NetlaneError('NETLANE_INVALID_ARGUMENT', `${name} must be ${expected}, got ${describeValue(received)}`, context);
}

/** The error of an aborted call: `code` ABORT_ERR, the signal's reason as its cause. */
export function abortError(signal: AbortSignal, context: ErrorContext = {}): NetlaneError {
  return new NetlaneError('ABORT_ERR', 'the operation was aborted', { ...context, cause: signal.reason });
}

/** What cannot be read (a getter that throws, a revoked Proxy) is not there. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Whether it is an Error; what cannot even be asked is none. */
export function isError(value: unknown): value is Error {
  return attempt(() => value instanceof Error) === true;
}

/** A value as an error message shows it: short, and never throwing. */
export function describeValue(value: unknown): string {
  return attempt(() => descriptionOf(value)) ?? 'an object that cannot be read';
}

function descriptionOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || value === undefined) return String(value);
  if (typeof value === 'symbol') return value.toString();
  if (typeof value === 'function') return `function ${value.name}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const constructorName: unknown = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  return typeof constructorName === 'string' && constructorName !== 'Object' ? `a ${constructorName}` : 'an object';
}

import {
  assign,
  attempt,
  DecodeError,
  describeValue,
  isError,
  LookupError,
  NetlaneError,
  NetlinkError,
  ProcessError,
  SystemError,
} from './errors.js';

/* Errors on their way to another thread: structured clone drops `code` and every other field of an Error, and its class. */

const classes = {
  NetlaneError,
  SystemError,
  LookupError,
  NetlinkError,
  DecodeError,
  ProcessError,
  EvalError,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  AggregateError,
} as const;

/** An error as plain data. Causes may go round in a circle. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Fields that are errors. */
  inner?: Readonly<Record<string, ErrorData>> | undefined;
  cause?: ErrorData | { readonly value: unknown } | undefined;
  /** Those of an AggregateError. */
  errors?: readonly ErrorData[] | undefined;
  /** Its `code` comes from its name. */
  readonly isDOMException?: boolean;
}

/** Errors that are part of a value, posted beside it in the same message: structured clone keeps which object is which. */
export interface ErrorsBeside {
  readonly errors: readonly object[];
  readonly data: readonly ErrorData[];
}

/** Errors of errors that are kept whole; what is further down is cloned. */
const deepest = 8;

/** A copy that can be sent, made now, so that sending it cannot fail; undefined for what cannot be cloned, which only structured clone knows. */
function copyOf(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'number') return value;
  return attempt((): unknown => structuredClone(value));
}

/** Takes an error apart so that it can be posted to another thread. Anything that was thrown is accepted; what of it cannot cross is left out. */
export function packError(thrown: unknown): ErrorData {
  return pack(thrown, 0, new Map());
}

/** Takes errors apart that are part of a value which is posted itself. */
export function packErrors(errors: readonly object[]): ErrorsBeside {
  const packed = new Map<unknown, ErrorData>();
  return { errors, data: errors.map((each) => pack(each, 0, packed)) };
}

/**
 * Posts a value with the errors in it. Their causes are in what is posted beside it, and structured clone does not see them: it would refuse those that
 * cannot be cloned, and write what it cannot read again where causes go round in a circle.
 */
export function postBeside(beside: ErrorsBeside | undefined, post: () => void): void {
  const taken: (readonly [error: object, cause: PropertyDescriptor])[] = [];
  try {
    for (const error of beside?.errors ?? []) {
      const cause = Object.getOwnPropertyDescriptor(error, 'cause');
      if (cause !== undefined && 'value' in cause && Reflect.defineProperty(error, 'cause', { value: undefined }))
        taken.push([error, cause]);
    }
    post();
  } finally {
    for (const [error, cause] of taken) Object.defineProperty(error, 'cause', cause);
  }
}

function pack(thrown: unknown, depth: number, packed: Map<unknown, ErrorData>): ErrorData {
  const before = packed.get(thrown);
  if (before !== undefined) return before;
  if (!isError(thrown)) {
    const value = copyOf(thrown);
    return { name: 'Error', message: `thrown: ${describeValue(thrown)}`, fields: {}, cause: value === undefined ? undefined : { value } };
  }
  const read = (name: string): unknown => attempt((): unknown => Reflect.get(thrown, name));
  const text = (name: string): string | undefined => {
    const value = read(name);
    return typeof value === 'string' ? value : undefined;
  };
  const fields: Record<string, unknown> = {};
  const data: ErrorData = {
    name: text('name') ?? 'Error',
    message: text('message') ?? '',
    stack: text('stack'),
    fields,
    isDOMException: thrown instanceof DOMException,
  };
  packed.set(thrown, data);
  const inner = (value: unknown): ErrorData => pack(value, depth + 1, packed);
  const innerFields: Record<string, ErrorData> = {};
  for (const name of attempt(() => Object.keys(thrown)) ?? []) {
    if (name === 'cause') continue;
    const value = read(name);
    if (isError(value) && depth < deepest) innerFields[name] = inner(value);
    else fields[name] = copyOf(value);
  }
  if (Object.keys(innerFields).length > 0) data.inner = innerFields;
  const cause = read('cause');
  if (isError(cause) && depth < deepest) data.cause = inner(cause);
  else {
    const value = copyOf(cause);
    if (value !== undefined) data.cause = { value };
  }
  const errors = thrown instanceof AggregateError ? read('errors') : undefined;
  if (Array.isArray(errors) && depth < deepest) data.errors = errors.map(inner);
  return data;
}

/** Puts an error together again: the same class where it is one of netlane's or of the language's, with all its fields, its stack and its causes. */
export function unpackError(data: ErrorData): Error {
  return unpack(data, new Map());
}

/** Makes whole what structured clone has left of errors, each in its place. */
export function completeErrors({ errors, data }: ErrorsBeside): void {
  const pairs = data.map((each, at) => [each, errors[at] as Error] as const);
  // All of them before the first is made whole: another one may be its cause.
  const unpacked = new Map(pairs);
  for (const [each, error] of pairs) complete(error, each, unpacked);
}

function unpack(data: ErrorData, unpacked: Map<ErrorData, Error>): Error {
  const before = unpacked.get(data);
  if (before !== undefined) return before;
  const error = data.isDOMException === true ? new DOMException(data.message, data.name) : new Error(data.message);
  unpacked.set(data, error);
  complete(error, data, unpacked);
  return error;
}

/** @param error an Error or DOMException of that message; or what structured clone makes of either, which may be an object without anything. */
function complete(error: Error, data: ErrorData, unpacked: Map<ErrorData, Error>): void {
  const set = (name: string, value: unknown): void => {
    Object.defineProperty(error, name, { value, configurable: true, writable: true });
  };
  if (data.isDOMException === true) {
    if (!(error instanceof DOMException)) {
      // Node.js 20 clones nothing of it. What its prototype has can only be asked of one that was constructed.
      Object.setPrototypeOf(error, DOMException.prototype);
      set('name', data.name);
      set('message', data.message);
      set('code', new DOMException('', data.name).code);
    }
  } else {
    const prototype = Object.hasOwn(classes, data.name) ? classes[data.name as keyof typeof classes].prototype : Error.prototype;
    Object.setPrototypeOf(error, prototype);
    if (error.message !== data.message) set('message', data.message);
    if (prototype === Error.prototype && data.name !== 'Error') set('name', data.name);
  }
  if (data.stack !== undefined) set('stack', data.stack);
  assign(error, data.fields);
  for (const [name, inner] of Object.entries(data.inner ?? {})) assign(error, { [name]: unpack(inner, unpacked) });
  if (data.cause !== undefined) set('cause', 'value' in data.cause ? data.cause.value : unpack(data.cause, unpacked));
  if (data.errors !== undefined)
    set(
      'errors',
      data.errors.map((each) => unpack(each, unpacked)),
    );
}

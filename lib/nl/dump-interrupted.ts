import { NetlaneError, type ErrorContext } from '../errors.js';

/**
 * A dump that the kernel marked as inconsistent (NLM_F_DUMP_INTR): something changed while it ran. `messages` is what it gave all the same.
 * The ancestor's is one value to compare with; here each is an error of its own, so use ErrDumpInterrupted.is(error), or `error.code`.
 */
export class ErrDumpInterrupted extends NetlaneError {
  /** EINTR, negative as everywhere in Node. */
  declare readonly errno: number;
  /** true: the same request may well succeed when it is sent again. */
  declare readonly temporary: boolean;
  /** What the dump gave; empty from executeIter, whose function had it already. */
  declare readonly messages: readonly Uint8Array[];

  constructor(messages: readonly Uint8Array[] = [], context: ErrorContext = {}) {
    super('NETLANE_DUMP_INTERRUPTED', 'results may be incomplete or inconsistent', context);
    Object.assign(this, { errno: -4, temporary: true, messages });
  }

  /** Whether an error is this one, or has it among its causes: Go's errors.Is. Right for errors of other threads, too. */
  static is(error: unknown): boolean {
    for (let current = error, depth = 0; current instanceof Error && depth < 16; current = current.cause, depth += 1) {
      if ('code' in current && current.code === 'NETLANE_DUMP_INTERRUPTED') return true;
    }
    return false;
  }
}

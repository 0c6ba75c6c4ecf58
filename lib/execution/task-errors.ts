import { NetlaneError, type ErrorContext } from '../errors.js';

/** What structured clone refuses: functions, symbols, sockets, ... `what` is the plural or singular subject: 'the arguments'. */
export function notCloneable(what: string, cause: unknown, context: ErrorContext): NetlaneError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NetlaneError('NETLANE_NOT_CLONEABLE', `${what} cannot be sent to another thread: ${reason}`, {
    ...context,
    cause,
    hint: 'what can cross: plain data, Map, Set, Date, Error, typed arrays, and what is transferred (MessagePort, streams)',
  });
}

/** What the system has no more of, as the errors of a thread that does not start name it. */
const shortage = /\b(?:EMFILE|ENFILE|EAGAIN|ENOMEM)\b/;

/** The thread of a task could not start: no task of it has run. undefined: the cause is none of that kind. */
export function notStarted(cause: unknown, context: ErrorContext): NetlaneError | undefined {
  if (!(cause instanceof Error)) return undefined;
  const [lacking] = shortage.exec(cause.message) ?? [];
  if (lacking === undefined && !('code' in cause && cause.code === 'ERR_WORKER_INIT_FAILED')) return undefined;
  return new NetlaneError('NETLANE_TASK_LOST', `its thread could not start: ${cause.message}`, {
    ...context,
    cause,
    hint:
      lacking === 'EMFILE'
        ? "this process is out of file descriptors: raise 'ulimit -n'; the next call tries anew"
        : 'the function was not called; the next call tries anew',
  });
}

/** The thread of a task ended before the task did. */
export function taskLost(how: { readonly exitCode: number } | { readonly cause: unknown }, context: ErrorContext): NetlaneError {
  if ('exitCode' in how) {
    return new NetlaneError('NETLANE_TASK_LOST', `its thread ended with exit code ${how.exitCode} before there was a result`, {
      ...context,
      hint: 'something in it called process.exit(); nothing else was harmed',
      details: { exitCode: how.exitCode },
    });
  }
  const { cause } = how;
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new NetlaneError('NETLANE_OUT_OF_MEMORY', 'it reached the memory limit of its thread', {
      ...context,
      cause,
      hint: 'nothing else was harmed; resourceLimits sets how much it may have',
    });
  }
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new NetlaneError('NETLANE_TASK_LOST', `an exception that nobody caught ended its thread: ${reason}`, {
    ...context,
    cause,
    hint: 'it was thrown in a callback or a promise that the function did not wait for; nothing else was harmed',
  });
}

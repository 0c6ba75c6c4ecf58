import { invalidArgument, NetlaneError } from '../../errors.js';
import type { Message } from '../message.js';
import type { Exchange, OperationOptions } from './exchange.js';

const RTNLGRP_LINK = 1;

/** Milliseconds after which it is looked again without an event: of a link that is down, and of some settings, the kernel tells nothing. */
const interval = 250;

/** Who waits is woken by what happened meanwhile as well, once for all of it. */
class Bell {
  #rung = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake?.();
  }

  /** Resolves when it has rung since it was last heard. Rejects with what it failed of. */
  async heard(): Promise<void> {
    if (!this.#rung && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#rung = false;
  }
}

async function ringAtEach(messages: AsyncIterable<Message>, bell: Bell): Promise<void> {
  try {
    for await (const _ of messages) bell.ring();
  } catch (error) {
    bell.fail(error);
  }
}

/** Whether a predicate holds. Throws NETLANE_INVALID_ARGUMENT for one that does not say it at once: its promise would be taken for a yes. */
export function holds<T>(predicate: (value: T) => unknown, value: T): boolean {
  const held = predicate(value);
  if (!(held instanceof Promise)) return Boolean(held);
  held.catch(() => undefined);
  throw invalidArgument('predicate', 'a function that says it at once, not an async one', predicate);
}

/** What LinkClient.waitFor() does: looks at once, whenever a link changes, and at intervals, until `look` says that it is enough. */
export async function waitForLink<R extends object>(
  exchange: Exchange,
  look: (options: OperationOptions) => Promise<R | undefined>,
  operation: string,
  { signal, timeout = 0, onWarning }: OperationOptions,
): Promise<R> {
  const ending = new AbortController();
  const abort = (): void => ending.abort(signal?.reason);
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort);
  let late: NetlaneError | undefined;
  const end = (): void => {
    if (ending.signal.aborted) return;
    late = new NetlaneError('NETLANE_TIMEOUT', `not as it is waited for after ${timeout} ms`, {
      operation,
      namespace: exchange.namespace,
    });
    ending.abort(late);
  };
  const timer = timeout === 0 ? undefined : setTimeout(end, timeout);
  try {
    return await lookUntilFound(exchange, look, { signal: ending.signal, onWarning });
  } catch (error) {
    throw late ?? error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

async function lookUntilFound<R extends object>(
  exchange: Exchange,
  look: (options: OperationOptions) => Promise<R | undefined>,
  options: OperationOptions,
): Promise<R> {
  // Subscribed first: what changes after the look is told.
  const events = await exchange.subscribe([RTNLGRP_LINK]);
  const bell = new Bell();
  // Or not, where this thread makes the change.
  const unhear = exchange.hearLinkChanges(() => bell.ring());
  const listening = ringAtEach(events.messages({ signal: options.signal }), bell);
  const clock = setInterval(() => bell.ring(), interval);
  try {
    for (;;) {
      const found = await look(options);
      if (found !== undefined) return found;
      await bell.heard();
    }
  } finally {
    clearInterval(clock);
    unhear();
    await events.close();
    await listening;
  }
}

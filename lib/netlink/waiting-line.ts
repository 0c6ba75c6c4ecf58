import type { Alarm } from './alarm.js';
import { deadlineOf, type Pending } from './pending.js';
import { Queue } from './queue.js';

/**
 * Requests that wait for room on their fd, in order. The time of each runs from its call, and anew with any answer to those before it:
 * that is progress for all.
 */
export class WaitingLine extends Queue<Pending> {
  readonly #alarm: Alarm;
  #progress = 0;

  constructor(alarm: Alarm) {
    super();
    this.#alarm = alarm;
  }

  join(pending: Pending): void {
    pending.deadline = deadlineOf(pending, performance.now());
    this.push(pending);
    this.#alarm.set(pending.deadline);
  }

  /** An answer came, or a part of one. */
  progressed(): void {
    if (this.length > 0) this.#progress = performance.now();
  }

  /** Takes those out whose time is over, and sets the alarm for the others. */
  takeLate(now: number): Pending[] {
    return this.deleteAll((pending) => {
      pending.deadline = Math.max(pending.deadline, deadlineOf(pending, this.#progress));
      if (pending.deadline > now) this.#alarm.set(pending.deadline);
      return pending.deadline <= now;
    });
  }
}

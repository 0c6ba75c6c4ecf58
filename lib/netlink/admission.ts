import { Alarm } from './alarm.js';
import type { CheckedRequest } from './pending.js';
import { Queue } from './queue.js';
import { noTurn, type Asked } from './refusal.js';
import type { Waiting } from './waiting.js';

/** One of the places. Its owner says when it waits for its consumer and not for the kernel. */
export class Place {
  /** Whether its owner waits for its consumer. */
  resting = false;
  /** Grows whenever the consumer takes something, or gets something to take. */
  steps = 0;
  /** `steps` at the last look. */
  seen = -1;
}

/** One in the line. */
class Waiter {
  readonly asked: Asked;
  /** Milliseconds; 0 is no limit. */
  readonly timeout: number;
  /** performance.now() at which the wait is over, if nothing moves. */
  due: number;
  readonly turn: Promise<Place>;
  /** What it got. */
  place: Place | undefined;
  #resolve: (place: Place) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(asked: Asked, timeout: number) {
    this.asked = asked;
    this.timeout = timeout;
    this.due = timeout === 0 ? Infinity : performance.now() + timeout;
    this.turn = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  give(place: Place): void {
    this.place = place;
    this.#resolve(place);
  }

  giveUp(): void {
    this.#reject(noTurn(this.asked, this.timeout));
  }
}

/**
 * So many may do something at the same time, the others wait in line. The wait is over with the request's signal, and with its time-out when
 * in all that time nobody before it got any further. Whoever waits for its consumer loses its place to the line, though it goes on: the
 * consumer may be waiting for somebody in the line.
 */
export class Admission {
  readonly #limit: number;
  readonly #waiting: Waiting;
  readonly #progress: () => number;
  readonly #places = new Set<Place>();
  readonly #line = new Queue<Waiter>();
  readonly #alarm = new Alarm(() => {
    this.#expire();
  });
  /** performance.now() when a place was given last. */
  #moved = 0;
  #looking = false;

  /** @param progress performance.now() when one with a place got any further. */
  constructor(limit: number, waiting: Waiting, progress: () => number) {
    this.#limit = limit;
    this.#waiting = waiting;
    this.#progress = progress;
  }

  /** Waits for a place; give() gives it back. One that comes in the moment of an abort goes to the next: there is no gap in the line. */
  async take(asked: Asked, { signal, timeout }: CheckedRequest): Promise<Place> {
    if (this.#places.size < this.#limit) return this.#grant();
    const waiter = new Waiter(asked, timeout);
    this.#line.push(waiter);
    this.#alarm.set(waiter.due);
    this.#look();
    try {
      return await this.#waiting.for(waiter.turn, signal);
    } catch (error) {
      if (waiter.place === undefined) this.#line.delete(waiter);
      else this.give(waiter.place);
      throw error;
    }
  }

  #grant(): Place {
    const place = new Place();
    this.#places.add(place);
    return place;
  }

  /** The place goes to the next in the line, which is true, or is free. Harmless for one that was lost. */
  give(place: Place): boolean {
    if (!this.#places.delete(place)) return false;
    const next = this.#line.shift();
    if (next === undefined) return false;
    this.#moved = performance.now();
    next.give(this.#grant());
    return true;
  }

  /** The owner has something for its consumer, and waits until that has taken it. */
  rest(place: Place): void {
    place.resting = true;
    place.steps++;
    this.#look();
  }

  /**
   * Looks in the next turn of the loop, and the one after, for places whose consumers took nothing in between. One that takes all there is
   * without returning to the loop keeps its place, so that any number of such do not open any number of fds.
   */
  #look(): void {
    if (this.#looking || this.#line.length === 0 || ![...this.#places].some(({ resting }) => resting)) return;
    this.#looking = true;
    setImmediate(() => {
      this.#looking = false;
      for (const place of this.#places) {
        if (!place.resting || this.#line.length === 0) continue;
        if (place.steps === place.seen) this.give(place);
        else place.seen = place.steps;
      }
      this.#look();
    });
  }

  #expire(): void {
    const now = performance.now();
    const moved = Math.max(this.#moved, this.#progress());
    const late = this.#line.deleteAll((waiter) => {
      if (moved + waiter.timeout > waiter.due) waiter.due = moved + waiter.timeout;
      this.#alarm.set(waiter.due > now ? waiter.due : Infinity);
      return waiter.due <= now;
    });
    for (const waiter of late) waiter.giveUp();
  }

  /** For good: nobody waits any more (Waiting.end() has told them). */
  close(): void {
    this.#alarm.clear();
  }
}

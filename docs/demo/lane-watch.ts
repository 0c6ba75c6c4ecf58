import type { Event, Link, Namespace, ObjectChange, RouteClient, RouteWatch } from '../../lib/index.js';
import { plural } from './screen.js';

const signs = { existing: '', added: '+ ', changed: '', removed: '- ' } as const;

/** One namespace with a typed client and a watch on its lane: asks, and writes down what it hears. */
export class LaneWatch {
  readonly title: string;
  readonly namespace: Namespace;
  readonly route: RouteClient;
  events = 0;
  overruns = 0;
  /** When the last event came, on the clock of performance.now(). */
  heard = 0;
  readonly #watch: RouteWatch;
  readonly #links = new Map<string, Link>();
  readonly #listeners = new Set<() => void>();
  #lines: string[] = [];
  /** Routes of other tables than the main one, which the kernel makes for addresses of its own: counted only. */
  #local = { added: 0, changed: 0, removed: 0, existing: 0 };
  readonly #listening: Promise<void>;

  private constructor(title: string, namespace: Namespace, route: RouteClient, watch: RouteWatch) {
    this.title = title;
    this.namespace = namespace;
    this.route = route;
    this.#watch = watch;
    this.#listening = this.#listen();
  }

  static async open(title: string, namespace: Namespace): Promise<LaneWatch> {
    const route = await namespace.route();
    const watch = route.watch(['link', 'ipv4-address', 'ipv4-route', 'neighbour'], { existing: true });
    await watch.ready;
    return new LaneWatch(title, namespace, route, watch);
  }

  async #listen(): Promise<void> {
    try {
      for await (const event of this.#watch) {
        if (event.action === 'existing') continue;
        this.heard = performance.now();
        this.#note(event);
        for (const listener of this.#listeners) listener();
      }
    } catch (error) {
      // That is how a loop over a watch ends which somebody closes.
      if ((error as { code?: unknown }).code !== 'NETLANE_CLOSED') throw error;
    }
  }

  #note(event: Event): void {
    if (event.action === 'synchronized') return;
    if (event.action === 'overrun') {
      this.overruns++;
      return;
    }
    this.events++;
    const text = this.#describe(event);
    if (text !== undefined) this.#lines.push(`${signs[event.action]}${text}`);
  }

  #describe({ action, object, value }: ObjectChange): string | undefined {
    switch (object) {
      case 'link':
        return this.#describeLink(action, value);
      case 'address':
        return `address ${value.address}`;
      case 'route': {
        const { table, destination = 'default', gateway } = value;
        if (table !== 'main') this.#local[action]++;
        // A changed one has lost or found its carrier: the link tells that already.
        return table === 'main' && action !== 'changed'
          ? `route ${destination}${gateway === undefined ? '' : ` via ${gateway}`}`
          : undefined;
      }
      case 'neighbour': {
        const { address, state } = value;
        // Multicast groups are not what anybody calls a neighbour.
        if (address === undefined || address.startsWith('ff')) return undefined;
        return `neighbour ${address}${action === 'removed' ? '' : ` ${String(state)}`}`;
      }
      default:
        return object;
    }
  }

  #describeLink(action: ObjectChange['action'], link: Link): string | undefined {
    const { name } = link;
    if (action === 'removed') this.#links.delete(name);
    const before = this.#links.get(name);
    if (action !== 'removed') this.#links.set(name, link);
    if (action !== 'changed') return `link ${name}`;
    if (before?.up === link.up && before?.carrier === link.carrier) return undefined;
    return `${name} ${link.up ? (link.carrier === true ? 'up' : 'up, no carrier') : 'down'}`;
  }

  /** What was heard since the last call, the same things told once. */
  take(): string[] {
    const lines = [...new Set(this.#lines)];
    if (this.#local.added > 0) lines.push(`+ ${plural(this.#local.added, 'local route')}`);
    if (this.#local.removed > 0) lines.push(`- ${plural(this.#local.removed, 'local route')}`);
    this.#lines = [];
    this.#local = { added: 0, changed: 0, removed: 0, existing: 0 };
    return lines;
  }

  /** Resolves when the kernel has told that the link is up, and so is what is at its other end. */
  async carrier(name: string): Promise<void> {
    while (this.#links.get(name)?.carrier !== true) await this.#event(`a carrier on ${name}`);
  }

  #event(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(done);
        reject(new Error(`${String(this.namespace)}: the lane heard nothing of ${what} for 20 s`));
      }, 20_000);
      this.#listeners.add(done);
    });
  }

  async close(): Promise<void> {
    await this.route.close();
    await this.#listening;
  }
}

/** Resolves when no lane has heard anything for a moment (10 ms), or after a tenth of a second. */
export async function quiet(watches: readonly LaneWatch[]): Promise<void> {
  const start = performance.now();
  for (;;) {
    const last = Math.max(start, ...watches.map((watch) => watch.heard));
    const now = performance.now();
    if (now - last >= 10 || now - start >= 100) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(last + 10 - now, 10)));
  }
}

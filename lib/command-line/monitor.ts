import process from 'node:process';
import { Namespace, type Event, type NamespaceEntry, type WatchedName } from '../index.js';
import { exitCodes, UsageError, type Call, type Command } from './command.js';
import { actions, describeEvent } from './event-text.js';
import { codeOfSignal, ending } from './signals.js';
import { openArgument, sourceText } from './source.js';
import { openEntry } from './survey.js';
import { plural, printable, type Style, type Terminal } from './terminal.js';

const known: readonly WatchedName[] = ['link', 'address', 'route', 'rule', 'neighbour', 'fdb', 'nexthop'];
const usual: readonly WatchedName[] = ['link', 'address', 'route', 'rule', 'neighbour'];
const colours: readonly Style[] = ['cyan', 'magenta', 'blue', 'yellow', 'green'];

interface Settings {
  readonly objects: readonly WatchedName[];
  readonly existing: boolean;
  readonly json: boolean;
}

function settingsOf({ values }: Call): Settings {
  const { objects } = values;
  const wanted = typeof objects === 'string' ? objects.split(',') : [...usual];
  const wrong = wanted.find((name) => !(known as readonly string[]).includes(name));
  if (wrong !== undefined)
    throw new UsageError(`there is nothing called ${JSON.stringify(wrong)} to watch (known are ${known.join(', ')})`);
  return { objects: wanted as WatchedName[], existing: values['existing'] === true, json: values['json'] === true };
}

/** All namespaces that are watched, and what is printed of them. */
class Monitor {
  readonly #settings: Settings;
  readonly #terminal: Terminal;
  /** By id, so that one with two names is watched once. */
  readonly #watched = new Map<string, Namespace>();
  /** Names of links by index, for each namespace: addresses and routes tell the index only. */
  readonly #links = new Map<string, Map<number, string>>();
  readonly #ended = new AbortController();

  constructor(settings: Settings, terminal: Terminal) {
    this.#settings = settings;
    this.#terminal = terminal;
  }

  get size(): number {
    return this.#watched.size;
  }

  #labelOf(namespace: Namespace): string {
    return printable(namespace.name ?? namespace.id);
  }

  /** A line about a namespace. The time is that of this process: the kernel tells none. */
  #print(label: string, sign: string, style: Style, text: string): void {
    const time = new Date().toISOString().slice(11, 23);
    let hash = 0;
    for (const character of label) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
    const colour = colours[hash % colours.length] ?? 'cyan';
    const left = `${this.#terminal.style('dim', time)} ${this.#terminal.style(colour, label.padEnd(12))}`;
    this.#terminal.line(`${left} ${this.#terminal.style(style, `${sign} ${text}`)}`);
  }

  #tell(namespace: Namespace, event: Event<Namespace>): void {
    const { sign, style } = actions[event.action];
    const links = this.#links.get(namespace.id);
    if (event.action !== 'overrun' && event.action !== 'synchronized' && event.object === 'link')
      links?.set(event.value.index, event.value.name);
    // What is there is listened to in any case: it is what changes are the difference to.
    if (event.action === 'existing' && !this.#settings.existing) return;
    if (!this.#settings.json) {
      this.#print(this.#labelOf(namespace), sign, style, describeEvent(event, links ?? new Map()));
      return;
    }
    this.#terminal.json({ time: new Date().toISOString(), ...event, namespace: { name: namespace.name, id: namespace.id } });
  }

  /** A namespace that came or went, with its name. */
  note(action: 'added' | 'removed', name: string): void {
    const { sign, style } = actions[action];
    if (!this.#settings.json) {
      this.#print(printable(name), sign, style, 'namespace');
      return;
    }
    this.#terminal.json({ time: new Date().toISOString(), action, object: 'namespace', namespace: { name } });
  }

  /** Watches it from now on, and owns it. Resolves when the kernel tells its changes. */
  async watch(namespace: Namespace): Promise<void> {
    if (this.#watched.has(namespace.id) || this.#ended.signal.aborted) return namespace.close();
    this.#watched.set(namespace.id, namespace);
    const route = await namespace.route({ thread: 'caller' });
    this.#links.set(namespace.id, new Map((await route.links.list()).map(({ index, name }) => [index, name])));
    const watch = route.watch(this.#settings.objects, { existing: true, signal: this.#ended.signal });
    await watch.ready;
    void this.#follow(namespace, watch);
  }

  async #follow(namespace: Namespace, watch: AsyncIterable<Event<Namespace>>): Promise<void> {
    try {
      for await (const event of watch) this.#tell(namespace, event);
    } catch (error) {
      // One that was let go ends so.
      const wanted = this.#watched.get(namespace.id) === namespace;
      if (wanted && !this.#ended.signal.aborted) this.#terminal.complain(`${this.#labelOf(namespace)}: ${(error as Error).message}`);
    }
  }

  /** A namespace without a name that nobody else uses is gone when its handle is: so those whose name has gone are let go. */
  async forget(id: string): Promise<void> {
    const namespace = this.#watched.get(id);
    this.#watched.delete(id);
    this.#links.delete(id);
    await namespace?.close();
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await Promise.all([...this.#watched.values()].map((namespace) => namespace.close()));
  }
}

/** Namespaces that exist, and those that get a name while this runs. */
async function watchAll(monitor: Monitor, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const names = Namespace.watch({ signal });
  await names.ready;
  const entries = await Namespace.list({ all: true });
  let refused = 0;
  const add = async (entry: NamespaceEntry): Promise<void> => {
    try {
      const namespace = await openEntry(entry);
      if (namespace !== undefined) await monitor.watch(namespace);
    } catch (error) {
      refused += 1;
      if (refused === 1) terminal.complain(`${entry.name ?? entry.id} cannot be watched: ${(error as Error).message}`);
    }
  };
  const end = terminal.progress(() => `${monitor.size} of ${plural(entries.length, 'namespace')}`);
  for (const entry of entries) await add(entry);
  end();
  if (refused > 1) terminal.complain(`${plural(refused, 'namespace')} cannot be watched`);
  void (async () => {
    const ids = new Map<string, string>(entries.flatMap(({ name, id }) => (name === undefined ? [] : [[name, id]])));
    try {
      for await (const { action, name } of names) {
        if (action === 'existing') continue;
        monitor.note(action === 'removed' ? 'removed' : 'added', name);
        if (action === 'removed') {
          await monitor.forget(ids.get(name) ?? '');
          continue;
        }
        const namespace = await Namespace.open(name);
        ids.set(name, namespace.id);
        await monitor.watch(namespace);
      }
    } catch (error) {
      if (!signal.aborted) terminal.complain((error as Error).message);
    }
  })();
}

async function run(call: Call): Promise<number> {
  const { positionals, terminal } = call;
  const monitor = new Monitor(settingsOf(call), terminal);
  const stop = new AbortController();
  const over = ending();
  let stay: () => void = () => undefined;
  const left = new Promise<undefined>((resolve) => (stay = terminal.whenLeft(() => resolve(undefined))));
  try {
    if (positionals.length === 0) await watchAll(monitor, terminal, stop.signal);
    for (const argument of positionals) await monitor.watch(await openArgument(argument));
    if (monitor.size === 0) {
      terminal.complain('there is no namespace that could be watched');
      return exitCodes.failed;
    }
    if (process.stdout.isTTY) terminal.complain(`watching ${plural(monitor.size, 'namespace')}; Ctrl-C ends it`);
    // Its sockets keep the process alive.
    const signal = await Promise.race([over, left]);
    return signal === undefined ? exitCodes.ok : codeOfSignal(signal);
  } finally {
    stay();
    stop.abort();
    await monitor.close();
  }
}

export const monitor: Command = {
  name: 'monitor',
  summary: 'Tell the changes in namespaces as they happen',
  usage: 'monitor [--existing] [--objects LIST] [--json] [NAME...]',
  options: {
    existing: { type: 'boolean', short: 'e', text: 'tell first what is there' },
    objects: { type: 'string', short: 'o', value: 'LIST', text: `of ${known.join(',')} (default: ${usual.join(',')})` },
    json: { type: 'boolean', text: 'each event as one line of JSON' },
  },
  positionals: [0, Infinity],
  completes: 'namespaces',
  details: `${sourceText}
Without any, all are watched: those that have names or processes now, and those that get a name later. + is added, ~ changed,
- removed, ! that events were lost.`,
  run,
};

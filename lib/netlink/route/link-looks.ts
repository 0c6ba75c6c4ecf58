import { debug } from '../../diagnostics.js';
import type { Message } from '../message.js';
import type { NetlinkSocket } from '../socket.js';
import type { ChangedLink } from './link-changes.js';
import { askForLink, RTM_GETLINK } from './link-request.js';

type Known = Readonly<Record<string, unknown>>;
type Reference = number | string;

/** Kinds of links that come in pairs, each with the other's index as its parent. */
const paired: ReadonlySet<unknown> = new Set(['veth', 'vxcan', 'netkit']);

function namesOf(link: Known): readonly string[] {
  const { name, alternativeNames } = link as { readonly name?: string; readonly alternativeNames?: readonly string[] };
  return [...(name === undefined ? [] : [name]), ...(alternativeNames ?? [])];
}

/** What of a link on top of another decides what that one lets through. */
const lent = ['up', 'address', 'promiscuity', 'allMulticast', 'master'] as const;
/** What of a link those on top of it follow. */
const followed = ['up', 'carrier', 'operationalState'] as const;

function isAnother(names: readonly string[], before: Known | undefined, now: Known | undefined): boolean {
  return before === undefined || now === undefined || names.some((name) => before[name] !== now[name]);
}

/** The link of this namespace that a link is on top of. */
function underneath(link: Known | undefined): number | undefined {
  const { kind, parent, linkNamespaceId } = link ?? {};
  return typeof parent === 'number' && parent > 0 && linkNamespaceId === undefined && !paired.has(kind) ? parent : undefined;
}

/**
 * Asks for links that were changed in silence, on the socket of the watch itself: the kernel puts the answer behind what it told before the
 * change and before what it tells later, so that it is read like an event. An answer that does not fit is an overrun, as an event is.
 * Links that are up are not asked for: their changes are told.
 */
export class LinkLooks {
  #socket: NetlinkSocket | undefined;
  #port = 0;
  /** What the watch knows, by the index: as of what it has read. */
  readonly #link: (index: number) => Known | undefined;
  readonly #all: () => Iterable<object>;
  readonly #failed: () => void;
  /**
   * Links that were changed while they were up, as far as is known, and how they were called: where that was known too late, an event that
   * says it is still to come.
   */
  readonly #changed = new Map<number, Set<Reference>>();
  /** Whether all links of some group were changed: new ones may have been there already. */
  #groupChanged = false;
  /** Who has a name, as far as is known; not kept before a link is changed by its name. */
  #names: Map<string, number> | undefined;
  /** Links on top of others, by those. */
  readonly #above = new Map<number, Set<number>>();
  /** Asked for at the end of what is done now: several changes of one link are one look. */
  readonly #asked = new Set<Reference>();

  /** @param failed called when something could not be asked. */
  constructor(known: { readonly link: (index: number) => object | undefined; readonly all: () => Iterable<object> }, failed: () => void) {
    this.#link = (index) => known.link(index) as Known | undefined;
    this.#all = known.all;
    this.#failed = failed;
  }

  /** Asks from now on, on this socket, also for what was changed before. */
  begin(socket: NetlinkSocket): void {
    this.#socket = socket;
    this.#port = socket.port;
    this.#send();
  }

  /** Whether a message of the socket answers what was asked here. */
  isAnswer({ port }: Message): boolean {
    return this.#socket !== undefined && port === this.#port;
  }

  /** A link was changed here. */
  changed({ index, name, untold = false }: ChangedLink): void {
    const reference = index ?? name;
    if (reference === undefined) {
      this.#groupChanged = true;
      for (const link of this.#all()) this.#consider(Number((link as Known)['index']));
    } else if (untold) this.#ask(reference);
    else this.#consider(reference);
  }

  /** What is known of a link is another from now on. */
  told(previous: object | undefined, value: object | undefined): void {
    const [before, now] = [previous as Known | undefined, value as Known | undefined];
    const index = Number((now ?? before)?.['index']);
    if (this.#names !== undefined) {
      if (before !== undefined) for (const name of namesOf(before)) this.#names.delete(name);
      if (now !== undefined) for (const name of namesOf(now)) this.#names.set(name, index);
    }
    if (before !== undefined && before['master'] !== now?.['master']) {
      // What a bridge can send follows from its ports, and is not told.
      for (const master of [before['master'], now?.['master']]) if (typeof master === 'number' && master > 0) this.#ask(master);
    }
    if (before === undefined || now === undefined) {
      // The first end of a pair is told before there is a second, and not when that goes elsewhere.
      const end = this.#link(Number((now ?? before)?.['parent']));
      if (end !== undefined && paired.has(end['kind'])) this.#ask(Number(end['index']));
    }
    this.#stack(index, before, now);
    if (before === undefined && this.#groupChanged) this.#consider(index);
    const references = this.#changed.get(index);
    if (references === undefined) return;
    this.#changed.delete(index);
    for (const reference of references) this.#consider(reference);
  }

  /** A link takes its addresses into the one underneath, and its carrier from there: neither is told of the other, or of one that is down. */
  #stack(index: number, before: Known | undefined, now: Known | undefined): void {
    const [was, is] = [underneath(before), underneath(now)];
    if (was !== is) {
      if (was !== undefined) this.#above.get(was)?.delete(index);
      if (was !== undefined && this.#above.get(was)?.size === 0) this.#above.delete(was);
      if (is !== undefined) this.#above.set(is, (this.#above.get(is) ?? new Set()).add(index));
    }
    if (isAnother(lent, before, now)) for (const one of [was, is]) if (one !== undefined) this.#ask(one);
    const above = this.#above.get(index);
    if (above === undefined || before === undefined || !isAnother(followed, before, now)) return;
    for (const one of above) if (this.#link(one)?.['up'] !== true) this.#ask(one);
  }

  /** Asks for a link, unless it is up: then it may only be that what takes it down was not read yet. */
  #consider(reference: Reference): void {
    const link = typeof reference === 'number' ? this.#link(reference) : this.#called(reference);
    if (link?.['up'] !== true) {
      this.#ask(reference);
      return;
    }
    const index = Number(link['index']);
    const references = this.#changed.get(index) ?? new Set();
    this.#changed.set(index, references.add(reference));
  }

  #called(name: string): Known | undefined {
    this.#names ??= new Map(
      [...this.#all()].flatMap((link) => namesOf(link as Known).map((one) => [one, Number((link as Known)['index'])])),
    );
    const index = this.#names.get(name);
    const link = index === undefined ? undefined : this.#link(index);
    return link !== undefined && namesOf(link).includes(name) ? link : undefined;
  }

  #ask(reference: Reference): void {
    if (this.#asked.size === 0 && this.#socket !== undefined) queueMicrotask(this.#send);
    this.#asked.add(reference);
  }

  readonly #send = (): void => {
    const socket = this.#socket;
    if (socket === undefined) return;
    const asked = [...this.#asked];
    this.#asked.clear();
    for (const reference of asked) {
      if (socket.closed) return;
      socket.send({ type: RTM_GETLINK, body: askForLink(reference) }).catch((error: unknown) => {
        if (socket.closed) return;
        debug('a link that was changed could not be looked at: %s', String(error));
        this.#failed();
      });
    }
  };
}

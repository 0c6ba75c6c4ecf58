import { checkInteger, isRecord } from '../../arguments.js';
import { debug } from '../../diagnostics.js';
import { invalidArgument, NetlinkError } from '../../errors.js';
import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL } from '../constants.js';
import type { Codec } from '../../codec/codec.js';
import type { Counted, Counting } from '../../codec/scalars.js';
import type { LinkReference } from '../../codec/references.js';
import type { Link, LinkChanges, LinkInput } from '../../schema/route/link.js';
import { checkOperationOptions, counting, type Call, type Exchange, type OperationOptions } from './exchange.js';
import { leftAsItIs } from './ensuring.js';
import { askedOf, checkData, checkKind, linkChanges, wantedOf } from './link-ensuring.js';
import { atOnce, checkEncodes, checkLater, differing, furtherNames, takenLater, tunChangesOf } from './link-making.js';
import { linkType } from './object-types.js';
import { isCode } from './codes.js';
import { attempts, type Ensured, type Filter, type Verb } from './object-client.js';
import { holds, waitForLink } from './link-waiting.js';
import { openTunDevice, type TunDevice, type TunOptions } from './tun.js';
import { ViewedClient, viewOf, type ViewOptions } from './viewed-client.js';
import { listedWith } from './link-request.js';
import type { Plain } from './matching.js';

const RTM_NEWLINKPROP = 108;
const RTM_DELLINKPROP = 109;
/** Which link is meant, as requests say it. */
interface Target {
  readonly index?: number;
  readonly name?: string;
  readonly alternativeName?: string;
  /** Where it is, when it was listed in another namespace. */
  readonly targetNamespaceId?: number;
}

/** Room of IFLA_IFNAME; the kernel finds alternative names by it as well, and longer ones by an attribute of their own. */
const longestName = 15;

function byName(name: string): Target {
  return Buffer.byteLength(name) > longestName ? { alternativeName: name } : { name };
}

/** Changes and gets take the link by its name as well (IFLA_IFNAME with index 0). */
function naming(reference: LinkReference): Target {
  if (typeof reference === 'string' && reference !== '') return byName(reference);
  if (typeof reference === 'number' && Number.isInteger(reference) && reference > 0) return { index: reference };
  if (typeof reference === 'object' && reference !== null) {
    const { targetNamespaceId } = reference as { readonly targetNamespaceId?: number };
    const where = targetNamespaceId === undefined ? {} : { targetNamespaceId };
    if (typeof reference.index === 'number' && reference.index > 0) return { index: reference.index, ...where };
    if (typeof reference.name === 'string' && reference.name !== '') return { ...byName(reference.name), ...where };
  }
  throw invalidArgument('link', 'the name of a link, its index, or an object with one of them', reference);
}

/** All links of a group at once. */
export interface LinkGroup {
  readonly group: LinkInput['group'] & {};
}

/** The same, or all links of a group: the kernel takes the group's number where there is no index. */
function targeting(reference: LinkReference | LinkGroup): Target | LinkGroup {
  if (typeof reference !== 'object' || reference === null || !('group' in reference)) return naming(reference);
  // A link that lacks its name is not meant to stand for all of its group.
  const given = Object.entries(reference).filter(([, value]) => value !== undefined);
  return given.length === 1 && given[0]?.[0] === 'group' ? { group: reference.group } : naming(reference as LinkReference);
}

/** Network devices. */
export class LinkClient<C extends Counting = 'number'> extends ViewedClient<Counted<Link, C>, LinkInput> {
  constructor(exchange: Exchange) {
    super(exchange, { ...linkType, codec: counting(linkType.codec) });
  }

  /** Only a list that asks for something beside the usual has pieces that are large enough for each link: others leave some out in silence. */
  override normalize(filter: Filter<LinkInput>, options?: OperationOptions): ReturnType<ViewedClient<Link, LinkInput>['normalize']> {
    return super.normalize(isRecord(filter) ? { extended: listedWith, ...filter } : filter, options);
  }

  /**
   * What list() gave, the kernel does not take as it is for a new link: no settings of address families, and some switches not even to say
   * that they are off, which a new link's are.
   */
  override call(verb: Verb, value: LinkInput): Call<LinkInput> {
    this.checkValue('value', value);
    this.checkHere(verb, value);
    checkData(value);
    if (verb !== 'add') return super.call(verb, value);
    return super.call(verb, atOnce(value));
  }

  /** The call that add() makes; undefined where it takes more than one message. */
  addCall(value: LinkInput): Call<LinkInput> | undefined {
    this.checkValue('value', value);
    if (value.kind === 'tun' || furtherNames(value).length > 0 || Object.keys(takenLater(value)).length > 0) return undefined;
    const call = this.call('add', value);
    checkLater(value, {});
    return call;
  }

  /**
   * Adds a link. Rejects with EEXIST when there is one of this name, of kind 'tun' with EBUSY. What the kernel passes over in a new link (alias, alternative names,
   * protocolDown, settings of a port and of address families) is set once it is there; where that is refused, the link is deleted. A tun or tap device (kind 'tun') is made through /dev/net/tun, to
   * stay when nobody has it open, with the type, owner, group and so on of its data; openTun() gives its fds.
   */
  override async add(value: LinkInput, options?: OperationOptions): Promise<void> {
    this.checkValue('value', value);
    checkOperationOptions(options);
    this.checkHere('add', value);
    if (value.kind === 'tun') {
      await this.#addTun(value, options);
      return;
    }
    const later = takenLater(value);
    checkLater(value, later);
    checkEncodes(this.exchange, later);
    await super.add(value, options);
    await this.#complete(value, later, options);
  }

  /** Sets what the kernel passed over. Where it refuses, there is no link. */
  async #complete(value: LinkInput, later: Readonly<Record<string, unknown>>, options: OperationOptions | undefined): Promise<void> {
    const { name } = value;
    const alternativeNames = furtherNames(value);
    if (name === undefined || (Object.keys(later).length === 0 && alternativeNames.length === 0)) return;
    try {
      const found = await this.get(name, options);
      const changes = differing(later, found as unknown as Readonly<Record<string, unknown>>);
      if (Object.keys(changes).length > 0) await this.set(found.index, changes, options);
      if (alternativeNames.length > 0) await this.addAlternativeNames(found.index, alternativeNames, options);
    } catch (error) {
      await this.#takeBack(name);
      throw error;
    }
  }

  /** Deletes a link that is not as it was to be. That it cannot be deleted either is not what the caller must know. */
  async #takeBack(name: string): Promise<void> {
    try {
      await this.delete(name);
    } catch (error) {
      debug(
        '%s: a link that could not be made as asked stays, unless somebody else deleted it: %s',
        this.exchange.namespace,
        String(error),
      );
    }
  }

  async #addTun(value: LinkInput & { readonly kind: 'tun' }, options: OperationOptions | undefined): Promise<void> {
    const { name } = value;
    // What can be set along with the rest, in whatever namespace it is to be, is not set later.
    const { alias: _alias, protocolDown: _protocolDown, ...later } = takenLater(value);
    checkLater({ ...value, name: undefined }, later, { isNamed: true });
    // The name is that of the device, with the rules for that.
    checkEncodes(this.exchange, { ...atOnce(value), ...later, name: undefined });
    if (value.index !== undefined) checkInteger('index', value.index, 0, 0x7fffffff);
    const { type = 'tun', owner, group, multiQueue, packetInformation, vnetHeader } = value.data ?? {};
    if (type !== 'tun' && type !== 'tap') throw invalidArgument('data.type', "'tun' or 'tap'", type);
    const index = value.index === 0 ? undefined : value.index;
    const made = { mode: type, name, index, owner, group, multiQueue, packetInformation, vnetHeader, persistent: true };
    const device = openTunDevice(this.exchange, made);
    await device.close();
    const changes = tunChangesOf(value);
    if (Object.keys(changes).length > 0) {
      try {
        await this.set(device.name, changes, options);
      } catch (error) {
        await this.#takeBack(device.name);
        throw error;
      }
    }
    await this.#complete({ ...value, name: device.name }, later, options);
  }

  /**
   * Opens a tun or tap device, made if it is not there: its fds are for packets. Made and opened before the promise is returned. Rejects
   * with EBUSY when there is a link of this name, EPERM without CAP_NET_ADMIN.
   */
  // eslint-disable-next-line require-await -- a failure must be a rejection
  async openTun(options: TunOptions): Promise<TunDevice> {
    return openTunDevice(this.exchange, options);
  }

  /**
   * Changes a link, or with { group: 7 } all links of a group: only what is given. `name` among the changes renames it; `namespace` moves
   * it there.
   */
  async set(reference: LinkReference | LinkGroup, changes: LinkChanges, options?: OperationOptions): Promise<void> {
    checkOperationOptions(options);
    await this.exchange.change(await this.setCall(reference, changes, options), options);
  }

  /** The call that set() makes. A renaming by name needs the index first. */
  setCall(
    reference: LinkReference | LinkGroup,
    changes: LinkChanges,
    options?: OperationOptions,
  ): Call<LinkInput> | Promise<Call<LinkInput>> {
    this.checkValue('changes', changes);
    checkData(changes);
    const target = targeting(reference);
    this.checkHere('set', { ...changes, ...target });
    if ('group' in target) {
      if (changes.name !== undefined || changes.group !== undefined)
        throw invalidArgument('changes', 'without name and group where the links of a group change', changes);
      return this.#setCall(target, changes);
    }
    const called = target.name ?? target.alternativeName;
    if (called === undefined || changes.name === undefined || changes.name === called) return this.#setCall(target, changes);
    return this.exchange.linkIndex(called, options).then((index) => this.#setCall({ index }, changes, called));
  }

  #setCall(target: Target | LinkGroup, changes: LinkChanges, called?: string): Call<LinkInput> {
    const operation = this.words('set', called === undefined ? target : { name: called });
    const { alternativeNames } = changes as { readonly alternativeNames?: unknown };
    // The kernel would pass over them.
    if (alternativeNames !== undefined)
      throw invalidArgument(
        'changes.alternativeNames',
        'left out: addAlternativeNames() and deleteAlternativeNames() change them',
        alternativeNames,
      );
    return { type: linkType.types.create, flags: 0, codec: linkType.codec, value: { ...changes, ...target }, operation };
  }

  override async change(value: LinkInput, options?: OperationOptions): Promise<void> {
    this.checkValue('value', value);
    const { index, ...changes } = value;
    await this.set(typeof index === 'number' ? index : { name: value.name }, changes, options);
  }

  /** The kernel has no replacing of links: a link of this name is changed, one that is missing is added. */
  override async replace(value: LinkInput & { readonly name: string }, options?: OperationOptions): Promise<void> {
    await this.ensure(value, options);
  }

  /** A link by name (an alternative one as well), index or object. Rejects with ENODEV when there is none. */
  override get(reference: LinkReference | Filter<LinkInput>, options?: ViewOptions): Promise<Counted<Link, C>> {
    if (options !== undefined) return this.#getWith(reference, options);
    try {
      return this.exchange.get(this.#getCall(naming(reference as LinkReference)));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #getWith(reference: LinkReference | Filter<LinkInput>, options: ViewOptions): Promise<Counted<Link, C>> {
    const { nsid, rest } = viewOf(options);
    const named = naming(reference as LinkReference);
    const value = nsid === undefined ? named : { ...named, targetNamespaceId: await this.target(nsid, rest) };
    return this.exchange.get(this.#getCall(value), rest);
  }

  #getCall(target: Target): Call<LinkInput> & { readonly reply: Codec<Counted<Link, C>, never> } {
    const { codec } = this.type;
    return { type: linkType.types.get, flags: 0, codec, value: target, reply: codec, operation: this.words('get', target) };
  }

  /** As get(), with undefined when there is none; or the first link that a filter fits. An object with an index is that link, and no filter. */
  override async find(reference: LinkReference | Filter<LinkInput>, options?: ViewOptions): Promise<Counted<Link, C> | undefined> {
    const isFilter = typeof reference === 'object' && reference !== null && typeof reference.index !== 'number';
    if (isFilter && !(Object.keys(reference).length === 1 && ('name' in reference || 'index' in reference)))
      return (await this.list(reference, options))[0];
    try {
      return await this.get(reference, options);
    } catch (error) {
      if (error instanceof NetlinkError && error.code === 'ENODEV') return undefined;
      throw error;
    }
  }

  /** Deletes a link, or with { group: 7 } all links of a group that can be deleted. Rejects with EPERM for the group 'default'. */
  override async delete(reference: LinkReference | LinkGroup | LinkInput, options?: OperationOptions): Promise<void> {
    checkOperationOptions(options);
    await this.exchange.change(this.deleteCall(reference), options);
  }

  deleteCall(reference: LinkReference | LinkGroup | LinkInput): Call<LinkInput> {
    const target = targeting(reference as LinkReference | LinkGroup);
    return {
      type: linkType.types.delete,
      flags: 0,
      codec: linkType.codec,
      value: target,
      operation: this.words('delete', target),
    };
  }

  /** Gives a link further names, of 1 to 127 bytes (Linux 5.5). Rejects with EEXIST for one that is taken, also by another link. */
  async addAlternativeNames(reference: LinkReference, names: readonly string[], options?: OperationOptions): Promise<void> {
    const flags = NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND;
    await this.#changeNames({ type: RTM_NEWLINKPROP, flags, verb: 'add names of' }, reference, names, options);
  }

  /** Takes further names away from a link (Linux 5.5). Rejects with ENOENT for one that it does not have. */
  async deleteAlternativeNames(reference: LinkReference, names: readonly string[], options?: OperationOptions): Promise<void> {
    await this.#changeNames({ type: RTM_DELLINKPROP, flags: 0, verb: 'delete names of' }, reference, names, options);
  }

  async #changeNames(
    what: { readonly type: number; readonly flags: number; readonly verb: string },
    reference: LinkReference,
    names: readonly string[],
    options: OperationOptions | undefined,
  ): Promise<void> {
    checkOperationOptions(options);
    if (!Array.isArray(names) || names.length === 0) throw invalidArgument('names', 'a list of one name or more', names);
    const target = naming(reference);
    const { type, flags, verb } = what;
    this.checkHere(verb, target);
    const value = { ...target, alternativeNames: names } as LinkInput;
    await this.exchange.change({ type, flags, codec: linkType.codec, value, operation: this.words(verb, target) }, options);
  }

  /**
   * Makes it so: adds the link when it is missing, else changes what was named and differs; further names are added, `peer` is about a new link.
   * Rejects with EEXIST for a link of another kind, with NETLANE_INVALID_ARGUMENT for a link of another namespace (a client there can do it), with
   * NETLANE_NOT_SUPPORTED where the kernel left a field as it was (`details`: field, found, wanted). What it does not tell is set each time.
   * Of callers that make the same link at once, one is told `changed`; more may be where it takes several messages (an alias, further names).
   */
  override async ensure(value: LinkInput & { readonly name: string }, options?: OperationOptions): Promise<Ensured<Counted<Link, C>>> {
    checkOperationOptions(options);
    this.checkValue('value', value);
    this.checkHere('ensure', value);
    const { name, others } = wantedOf(value);
    checkData(value);
    let read: Plain | undefined;
    let [changed, isSet] = [false, false];
    for (let attempt = 1; ; attempt++) {
      const found = await this.find(name, options);
      if (found === undefined) {
        if (changed) throw this.missing({ name });
        try {
          await this.add(value, options);
          changed = true;
        } catch (error) {
          // Somebody else was faster: it is looked at again.
          if (attempt === attempts || !isCode(error, ['EEXIST'])) throw error;
        }
        continue;
      }
      const context = { operation: this.words('ensure', value)(), namespace: this.exchange.namespace };
      checkKind(value, found.kind, context);
      read ??= await this.asked(askedOf(value), options);
      const { changes, left } = linkChanges(value, { read, link: found as unknown as Plain, isSet });
      const names = others.filter((one) => one !== found.name && found.alternativeNames?.includes(one) !== true);
      if (isSet && left !== undefined) throw leftAsItIs(left, context);
      if (isSet || (changes === undefined && names.length === 0)) return { changed, value: found };
      if (changes !== undefined) await this.set({ index: found.index }, changes, options);
      if (names.length > 0) await this.#addMissingNames(found.index, names, options);
      [changed, isSet] = [true, true];
    }
  }

  /** Names that somebody else gave it meanwhile are no error. */
  async #addMissingNames(index: number, names: readonly string[], options: OperationOptions | undefined): Promise<void> {
    try {
      await this.addAlternativeNames(index, names, options);
    } catch (error) {
      const { alternativeNames = [] } = await this.get({ index }, options);
      if (!isCode(error, ['EEXIST']) || !names.every((one) => alternativeNames.includes(one))) throw error;
    }
  }

  /**
   * Waits until a link is as the predicate wants it; undefined is given to it while there is no such link. Looks at once, whenever a link
   * changes, and several times a second, since some changes the kernel tells nobody.
   * @param options timeout: milliseconds for all of the wait, without one it has no end; the looks have that of the client.
   * @returns The link that the predicate held for. Rejects with NETLANE_TIMEOUT, ABORT_ERR, NETLANE_CLOSED, with NETLANE_INVALID_ARGUMENT where the predicate is async, and with what it throws.
   */
  async waitFor(
    reference: LinkReference,
    predicate: (link: Counted<Link, C> | undefined) => boolean,
    options: OperationOptions = {},
  ): Promise<Counted<Link, C> | undefined> {
    checkOperationOptions(options);
    if (typeof predicate !== 'function') throw invalidArgument('predicate', 'a function', predicate);
    const target = naming(reference);
    const named = target.targetNamespaceId === undefined ? (target.index ?? target.name ?? target.alternativeName ?? '') : target;
    const look = async (looking: OperationOptions): Promise<{ readonly link: Counted<Link, C> | undefined } | undefined> => {
      const link = await this.find(named, looking);
      return holds(predicate, link) ? { link } : undefined;
    };
    const { link } = await waitForLink(this.exchange, look, this.words('wait for', target)(), options);
    return link;
  }
}

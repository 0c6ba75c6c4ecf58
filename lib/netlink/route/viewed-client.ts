import { checkInteger, isRecord } from '../../arguments.js';
import { invalidArgument, NetlaneError } from '../../errors.js';
import { namespaceId } from '../../schema/route/namespace-id.js';
import type { Batches } from '../entries.js';
import { checkOperationOptions, type Call, type Exchange, type OperationOptions } from './exchange.js';
import { ObjectClient, type Filter, type Verb } from './object-client.js';

/** Options of what can be read in another namespace as well. */
export interface ViewOptions extends OperationOptions {
  /**
   * Look into another namespace, by its nsid here or by its handle, without a socket there: it needs an nsid here (NETLANE_NO_NSID) and
   * CAP_NET_ADMIN over it. Names in a filter are those over there. Source: IFLA_TARGET_NETNSID, IFA_TARGET_NETNSID (Linux 4.20).
   */
  readonly nsid?: number | object | undefined;
}

const RTM_GETNSID = 90;

/** The number of a namespace here; undefined while it has none. Never gives it one. */
export async function nsidOf(exchange: Exchange, namespace: object, options?: OperationOptions): Promise<number | undefined> {
  const found = await exchange.get(
    { type: RTM_GETNSID, flags: 0, codec: namespaceId, value: { namespace }, reply: namespaceId, operation: () => 'get namespace id' },
    options,
  );
  return found.id === undefined || found.id < 0 ? undefined : found.id;
}

/** Fields of filters that name a link. */
const references = ['link', 'parent', 'master'] as const;

/** The place to look into, and the options for it. */
export function viewOf(options: ViewOptions): { readonly nsid: ViewOptions['nsid']; readonly rest: OperationOptions } {
  const given: unknown = options;
  if (!isRecord(given)) throw invalidArgument('options', 'a plain object', given);
  const { nsid, ...rest } = options;
  checkOperationOptions(rest);
  return { nsid, rest };
}

/** Objects that the kernel tells of other namespaces as well, by their nsid. */
export class ViewedClient<T extends object, I extends object> extends ObjectClient<T, I> {
  /** What of a filter is to be added to look into another namespace. */
  protected async viewing(
    filter: Filter<I>,
    options: ViewOptions,
  ): Promise<{ readonly filter: Filter<I>; readonly options: OperationOptions }> {
    const { nsid, rest } = viewOf(options);
    const target = await this.target(nsid, rest);
    const resolved: Record<string, unknown> = { ...filter, targetNamespaceId: target };
    for (const name of references) {
      const value = resolved[name];
      if (typeof value === 'string') resolved[name] = await this.exchange.linkIndex(value, rest, target);
    }
    return { filter: resolved as Filter<I>, options: rest };
  }

  /** Refuses to change what is in another namespace: the kernel would pass over its number, or take it for the place to move to. */
  protected checkHere(verb: string, value: object): void {
    if ((value as { readonly targetNamespaceId?: unknown }).targetNamespaceId === undefined) return;
    throw new NetlaneError('NETLANE_INVALID_ARGUMENT', 'it is in another namespace (targetNamespaceId), and cannot be changed from here', {
      operation: this.words(verb, value)(),
      namespace: this.exchange.namespace,
      hint: 'open a client there',
    });
  }

  protected async target(nsid: ViewOptions['nsid'], options: OperationOptions): Promise<number> {
    if (typeof nsid === 'number') {
      checkInteger('nsid', nsid, 0, 0x7fffffff);
      return nsid;
    }
    if (typeof nsid !== 'object' || nsid === null) throw invalidArgument('nsid', 'a number or a Namespace', nsid);
    const number = await nsidOf(this.exchange, nsid, options);
    if (number === undefined) {
      throw new NetlaneError('NETLANE_NO_NSID', `${(nsid as { toString(): string }).toString()} has no nsid here`, {
        operation: this.words('look at', {})(),
        namespace: this.exchange.namespace,
        hint: 'route.namespaceIds.add(namespace) gives it one, which it keeps; or open a client there',
      });
    }
    return number;
  }

  override async list(filter: Filter<I> = {}, options?: ViewOptions): Promise<T[]> {
    if (options?.nsid === undefined) return super.list(filter, options);
    const view = await this.viewing(filter, options);
    return super.list(view.filter, view.options);
  }

  override stream(filter: Filter<I> = {}, options?: ViewOptions): AsyncGenerator<T, undefined, undefined> {
    return super.stream(filter, options);
  }

  protected override async batches(filter: Filter<I>, options: ViewOptions | undefined): Promise<Batches<T>> {
    if (options?.nsid === undefined) return super.batches(filter, options);
    const view = await this.viewing(filter, options);
    return super.batches(view.filter, view.options);
  }

  override async find(filter: Filter<I>, options?: ViewOptions): Promise<T | undefined> {
    return (await this.list(filter, options))[0];
  }

  override async get(filter: Filter<I>, options?: ViewOptions): Promise<T> {
    const found = await this.find(filter, options);
    if (found === undefined) throw this.missing(filter);
    return found;
  }
}

/** Addresses, which the kernel tells of other namespaces, and changes in its own only. */
export class AddressClient<T extends object, I extends object> extends ViewedClient<T, I> {
  override call(verb: Verb, value: I): Call<I> {
    this.checkValue('value', value);
    this.checkHere(verb, value);
    return super.call(verb, value);
  }
}

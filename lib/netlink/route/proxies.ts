import type { Neighbour, ProxyInput } from '../../schema/route/neighbour.js';
import type { Call, Exchange, OperationOptions } from './exchange.js';
import { ObjectClient, type Ensured, type Verb } from './object-client.js';
import { proxyType } from './object-types.js';

/** NTF_PROXY, neighbour.h. */
const isProxy = 0x08;

/** The value with the flag without which it would be a neighbour. */
function asProxy(value: ProxyInput): ProxyInput {
  const { flags } = value;
  if (typeof flags === 'number') return { ...value, flags: flags | isProxy };
  const given: unknown = flags;
  return Array.isArray(given) && !given.includes('proxy') ? { ...value, flags: [...(flags ?? []), 'proxy'] } : value;
}

/** Addresses that are answered for (proxy ARP, proxied neighbour discovery). */
export class ProxyClient extends ObjectClient<Neighbour, ProxyInput> {
  constructor(exchange: Exchange) {
    super(exchange, proxyType);
  }

  override call(verb: Verb, value: ProxyInput): Call<ProxyInput> {
    this.checkValue('value', value);
    return super.call(verb, asProxy(value));
  }

  // eslint-disable-next-line require-await -- a failure must be a rejection
  override async ensure(value: ProxyInput, options?: OperationOptions): Promise<Ensured<Neighbour>> {
    this.checkValue('value', value);
    return super.ensure(asProxy(value), options);
  }
}

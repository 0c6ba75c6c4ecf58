import { NetlaneError, NetlinkError } from '../../errors.js';
import { NLM_F_CREATE } from '../constants.js';
import type { Rule, RuleInput } from '../../schema/route/rule.js';
import { checkOperationOptions, type Call, type Exchange, type OperationOptions } from './exchange.js';
import { ruleChoices, ruleSays } from './identities.js';
import { same } from './matching.js';
import { ObjectClient, plain, type Ensured, type Verb } from './object-client.js';
import { ruleType } from './object-types.js';

/**
 * Rules that choose the routing table. A rule is all that it says: there is no key by which the kernel would find the one to change, so
 * that it has neither replacing nor changing. Delete the one and add the other.
 */
export class RuleClient extends ObjectClient<Rule, RuleInput> {
  constructor(exchange: Exchange) {
    super(exchange, ruleType);
  }

  /** Asked to replace or change a rule, the kernel would add a second one beside it. */
  override call(verb: Verb, value: RuleInput): Call<RuleInput> {
    if (verb === 'add' || verb === 'delete') return super.call(verb, value);
    this.checkValue('value', value);
    throw new NetlaneError('NETLANE_NOT_SUPPORTED', `the kernel cannot ${verb} a rule: it would add a second one`, {
      operation: this.words(verb, value)(),
      namespace: this.exchange.namespace,
      hint: 'delete() the one and add() the other; ensure() adds a rule that is not there',
    });
  }

  /** There is no such thing: rejects with NETLANE_NOT_SUPPORTED. */
  override async replace(value: never): Promise<never> {
    return this.#refuse('replace', value);
  }

  /** There is no such thing: rejects with NETLANE_NOT_SUPPORTED. */
  override async change(value: never): Promise<never> {
    return this.#refuse('change', value);
  }

  // eslint-disable-next-line require-await -- a failure must be a rejection
  async #refuse(verb: 'replace' | 'change', value: RuleInput): Promise<never> {
    this.call(verb, value);
    throw new TypeError('a rule was changed');
  }

  /** Adds the rule where there is none that says the same; one that says more or less is another rule, and is left alone. */
  override async ensure(value: RuleInput, options?: OperationOptions): Promise<Ensured<Rule>> {
    checkOperationOptions(options);
    const there = await this.#same(value, options);
    if (there !== undefined) return { changed: false, value: there };
    try {
      await this.add(value, options);
    } catch (error) {
      if (!(error instanceof NetlinkError) || error.code !== 'EEXIST') throw error;
      const faster = await this.#same(value, options);
      if (faster !== undefined) return { changed: false, value: faster };
      // The kernel takes a rule with a source or destination for the same as one without.
      const call = this.call('add', value);
      await this.exchange.change({ ...call, flags: NLM_F_CREATE }, options);
    }
    const made = await this.#same(value, options);
    if (made === undefined) throw this.missing(value);
    return { changed: true, value: made };
  }

  /** The rule that says this and no more. */
  async #same(value: RuleInput, options: OperationOptions | undefined): Promise<Rule | undefined> {
    // What the kernel is told, as it would tell it: flags that are its own are not among that.
    const encoded = await this.exchange.encode(this.call('add', value), options);
    encoded.release();
    const told = plain(this.exchange.read(this.type.codec, encoded.bytes));
    const wanted = ruleSays(told);
    const chosen = ruleChoices.filter((name) => value[name] !== undefined && told[name] !== undefined);
    return (await this.list({ family: told['family'] } as RuleInput, options)).find(
      (rule) => chosen.every((name) => same(rule[name], told[name])) && same(ruleSays(plain(rule)), wanted),
    );
  }
}

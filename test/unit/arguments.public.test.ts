import { expect } from 'chai';
import * as nl from '../../lib/nl.js';
import * as kit from '../../lib/testing.js';
import { hostile as common } from '../support/hostile.js';

/*
 * What a stranger can do wrong: everything in the place of everything else. Whatever it is, the answer is a result or an error with a code,
 * never a TypeError out of the middle of the library.
 */

/** Besides those that are hostile everywhere, what may be meant elsewhere. */
const hostile: readonly unknown[] = [...common, 0, Infinity, 2 ** 53, 'text', [], [1], new Map(), Promise.resolve()];

/** Those that make something in the machine are tested where there is one; errors are made by the library alone. */
const privileged = /^(Err|get(?!IPFamily)|new(Handle|Named|Ns)|subscribe|configure|delete|package|watchProcesses|openSocket)/;

/** Calls a function, or a constructor, with each value in each of its first places; gives what was thrown without a code. */
function complaints(name: string, callable: (...args: unknown[]) => unknown): string[] {
  const found: string[] = [];
  const constructs = /^class\b/.test(Function.prototype.toString.call(callable));
  for (const value of hostile) {
    for (const args of [[value], [1, value], [value, value, value]]) {
      try {
        const result: unknown = constructs ? Reflect.construct(callable, args) : callable(...args);
        if (typeof result === 'object' && result !== null && Symbol.iterator in result && !Array.isArray(result)) {
          for (const one of result as Iterable<unknown>) if (one === result) break;
        }
      } catch (thrown) {
        const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
        if (!/^(NETLANE_|EINVAL$)/.test(code)) found.push(`${name}: ${String(thrown)}`);
      }
    }
  }
  return [...new Set(found)];
}

function callables(names: object): [string, (...args: unknown[]) => unknown][] {
  return Object.entries(names).filter(([name, value]) => typeof value === 'function' && !privileged.test(name)) as [
    string,
    (...args: unknown[]) => unknown,
  ][];
}

for (const [title, names] of [
  ['netlane/nl', nl],
  ['netlane/testing', kit],
] as const) {
  describe(`the names of ${title}`, () => {
    const timeout = nl.getSocketTimeout();
    after(() => {
      nl.setSocketTimeout(timeout);
    });
    for (const [name, callable] of callables(names)) {
      it(`${name} takes what it can use, and refuses the rest with a code`, () => {
        expect(complaints(name, callable)).to.deep.equal([]);
      });
    }
  });
}

describe('the methods of netlane/nl', () => {
  const makers: Readonly<Record<string, () => object>> = {
    RtAttr: () => nl.newRtAttr(1, new Uint8Array(4)),
    NetlinkRequest: () => nl.newNetlinkRequest(nl.RTM_GETLINK, nl.NLM_F_DUMP),
    CnMsgOp: () => nl.newCnMsg(1, 1, 1),
    IfInfomsg: () => nl.newIfInfomsg(0),
    NsHandle: () => nl.none(),
  };
  const asynchronous = new Set(['execute', 'executeIter', 'close', 'reopen', 'constructor']);
  for (const [title, make] of Object.entries(makers)) {
    it(`of ${title} refuse what they cannot use with a code`, () => {
      const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(make())).filter((name) => !asynchronous.has(name));
      for (const method of methods) {
        const call = (...args: unknown[]): unknown => {
          const target = make() as Record<string, unknown>;
          const found = target[method];
          return typeof found === 'function' ? (found as (...args: unknown[]) => unknown).apply(target, args) : undefined;
        };
        expect(complaints(`${title}.${method}`, call)).to.deep.equal([]);
      }
    });
  }
});

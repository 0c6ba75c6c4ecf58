import { expect } from 'chai';
import fc from 'fast-check';
import { checkRules, isRecord, nearest } from '../../lib/arguments.js';
import { errorOf } from '../support/error-of.js';

interface Options {
  readonly loopback?: boolean | undefined;
  readonly directory?: string | undefined;
  readonly lane?: 'own' | 'shared' | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly other?: unknown;
}

const rules = { loopback: 'boolean', directory: 'string', lane: ['own', 'shared'], signal: 'signal', other: 'any' } as const;

function check(options: unknown): Options {
  return checkRules<Options>('options', options, rules);
}

describe('options', () => {
  it('come back as they are, an empty object for none', () => {
    const options = { loopback: true, directory: '/x', lane: 'own', signal: new AbortController().signal, other: 5 };
    expect(check(options)).to.equal(options);
    expect(check(undefined)).to.deep.equal({});
    expect(check({ loopback: undefined, lane: undefined })).to.deep.equal({ loopback: undefined, lane: undefined });
    expect(check(Object.create(null))).to.deep.equal({});
  });

  it('of a wrong type are refused by name', () => {
    for (const [options, message] of [
      [{ loopback: 1 }, 'options.loopback must be true or false, got 1'],
      [{ directory: null }, 'options.directory must be a string, got null'],
      [{ lane: 'mine' }, `options.lane must be 'own' or 'shared', got "mine"`],
      [{ signal: {} }, 'options.signal must be an AbortSignal, got an object'],
      [null, 'options must be a plain object, got null'],
      [[], 'options must be a plain object, got an array of 0'],
      [new Map(), 'options must be a plain object, got a Map'],
      ['x', 'options must be a plain object, got "x"'],
    ] as const) {
      expect(errorOf(() => check(options))).to.include({ code: 'NETLANE_INVALID_ARGUMENT', message });
    }
  });

  it('that are misspelt are refused with what was probably meant', () => {
    for (const [key, meant] of [
      ['loopbak', 'loopback'],
      ['Loopback', 'loopback'],
      ['direcotry', 'directory'],
      ['signl', 'signal'],
    ] as const) {
      expect(errorOf(() => check({ [key]: true })).message).to.equal(`options has no option "${key}" (did you mean ${meant}?)`);
    }
    expect(errorOf(() => check({ completelyDifferent: 1 })).message).to.include('known are loopback, directory, lane, signal, other');
    expect(errorOf(() => check({ toString: 1 }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => check(JSON.parse('{"__proto__": 1}')))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('never make the check throw anything but NETLANE_INVALID_ARGUMENT', () => {
    fc.assert(
      fc.property(fc.anything(), (options) => {
        try {
          check(options);
        } catch (error) {
          expect(error).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
        }
      }),
    );
  });

  it('are suggested only where a word is near', () => {
    expect(nearest('', ['a'])).to.equal('a');
    expect(nearest('xxxxxxxx', ['loopback'])).to.equal(undefined);
    fc.assert(fc.property(fc.string({ minLength: 1 }), (word) => nearest(word, [word]) === word));
  });
});

describe('a record', () => {
  it('is a plain object, and nothing else', () => {
    for (const value of [{}, Object.create(null), structuredClone({ a: 1 })]) expect(isRecord(value)).to.equal(true);
    for (const value of [null, undefined, [], new Map(), new Error('x'), () => undefined, 'x', 5]) expect(isRecord(value)).to.equal(false);
  });
});

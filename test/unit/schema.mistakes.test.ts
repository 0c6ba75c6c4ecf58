import { expect } from 'chai';
import fc from 'fast-check';
import { encodeToBytes, type Codec } from '../../lib/codec/codec.js';
import { NetlaneError } from '../../lib/errors.js';
import { arbitrary, type ArbitraryOptions } from '../support/arbitraries.js';
import { messages, partOptions, parts } from '../support/schemas.js';

const runs = process.env['NETLANE_LONG'] === '1' ? 3000 : 150;

/** What people write where something else is wanted. */
const odd: readonly unknown[] = [
  null,
  0,
  -1,
  Number.NaN,
  1.5,
  2 ** 60,
  5n,
  -5n,
  true,
  '',
  ' ',
  'x',
  '\0',
  '10.0.0.1',
  'fe80::1',
  '10.0.0.0/33',
  '-5',
  'x'.repeat(3000),
  [],
  [null],
  [[]],
  ['x'],
  {},
  { x: 1 },
  { length: 3 },
  Object.create(null),
  () => 1,
  Symbol('x'),
  new Date(0),
  new Map(),
  new Uint8Array(3),
];

/** A copy in which something, however deep, is another value. */
function spoiled(value: unknown, odds: { readonly value: unknown; readonly at: readonly number[] }, depth = 0): unknown {
  const at = odds.at[depth] ?? 0;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || at === 0) return odds.value;
  const keys = Object.keys(value);
  const key = keys[at % keys.length];
  if (key === undefined) return odds.value;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
  copy[key] = spoiled(copy[key], odds, depth + 1);
  return copy;
}

function property(codec: Codec<object, never>, options: ArbitraryOptions | undefined): void {
  fc.assert(
    fc.property(
      arbitrary(codec, options),
      fc.record({ value: fc.constantFrom(...odd), at: fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 5 }) }),
      (value, odds) => {
        try {
          encodeToBytes(codec as unknown as Codec<object, object>, spoiled(value, odds) as object);
        } catch (error) {
          if (!(error instanceof NetlaneError)) throw error;
          expect(['NETLANE_INVALID_ARGUMENT', 'NETLANE_MESSAGE_TOO_LONG']).to.include(error.code);
          expect(error.message.length, error.message).to.be.at.most(1000);
        }
      },
    ),
    { numRuns: runs },
  );
}

describe('values that are wrong somewhere are encoded or refused by name, and nothing else happens', () => {
  for (const [name, { codec, options }] of Object.entries(messages)) it(name, () => property(codec, options));
  for (const [name, codec] of Object.entries(parts)) it(name, () => property(codec, partOptions[name]));
});

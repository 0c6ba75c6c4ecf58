import { MessageChannel } from 'node:worker_threads';
import { expect } from 'chai';
import { contentsOf } from '../../lib/execution/contents.js';

function foundIn(value: unknown): readonly object[] {
  return contentsOf(value).errors?.errors ?? [];
}

describe('What a value has that is not simply copied', () => {
  it('is found in plain objects, arrays, maps and sets, once, whatever goes round in a circle', () => {
    const errors = [1, 2, 3, 4, 5, 6].map((number) => new Error(String(number)));
    const value: Record<string, unknown> = {
      list: [1, 'two', null, errors[0], [{ deep: errors[1] }]],
      map: new Map<unknown, unknown>([
        ['key', errors[2]],
        [errors[3], 1],
      ]),
      set: new Set([errors[4], errors[0]]),
      bare: Object.assign(Object.create(null) as object, { error: errors[5] }),
    };
    value['self'] = value;
    expect(foundIn(value)).to.have.members(errors).and.to.have.lengthOf(6);
    expect(foundIn(errors[0])).to.deep.equal([errors[0]]);
  });

  it('may be to be moved, too', () => {
    const { port1, port2 } = new MessageChannel();
    const stream = new ReadableStream();
    try {
      const error = new Error('beside');
      const found = contentsOf([port1, { port: port1, stream }, new Set([port2]), error]);
      expect(found.moved).to.deep.equal([port1, stream, port2]);
      expect(found.errors?.errors).to.deep.equal([error]);
    } finally {
      port1.close();
    }
  });

  it('is nothing in a value that has no parts, or none but plain ones', () => {
    for (const value of [
      undefined,
      null,
      5,
      'text',
      5n,
      true,
      {},
      [],
      [1, 2],
      new Uint8Array(8),
      new Date(),
      /x/,
      new Map([[1, { two: 2 }]]),
    ]) {
      expect(contentsOf(value)).to.deep.equal({ moved: [], errors: undefined });
    }
  });

  it('is found in what shares its parts very often, and in what is very deep as far as it goes', () => {
    const error = new Error('in the leaf');
    let tree: unknown = [error];
    for (let depth = 0; depth < 60; depth++) tree = { left: tree, right: [tree] };
    expect(foundIn(tree)).to.deep.equal([error]);
    let chain: unknown = undefined;
    for (let depth = 0; depth < 100_000; depth++) chain = { error, chain };
    expect(foundIn(chain)).to.deep.equal([error]);
  });

  it('is found without a look at each of four milliards of holes', () => {
    const error = new Error('far out');
    const holes: unknown[] = [];
    holes[2 ** 32 - 2] = error;
    expect(foundIn(holes)).to.deep.equal([error]);
  });

  it('is what was found until something cannot be read: structured clone says that better', () => {
    const error = new Error('before');
    const getter = {
      error,
      get broken(): never {
        throw new Error('by the getter');
      },
    };
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(foundIn([error, getter])).to.deep.equal([error]);
    expect(foundIn([error, proxy])).to.deep.equal([error]);
  });
});

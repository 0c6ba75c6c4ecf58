import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { needsRoot } from '../support/skip.js';

describe('An error in what a task gives or is given', function () {
  this.timeout(60_000);
  let namespace: Namespace;

  before(async function () {
    needsRoot(this);
    namespace = await Namespace.create({ loopback: true });
  });
  after(() => namespace?.close());

  it('comes back whole in a result: class, code, fields, cause, stack', async () => {
    const error = await namespace.run(function maker() {
      const cause = Object.assign(new RangeError('deeper'), { code: 'E_DEEPER' });
      return Object.assign(new TypeError('returned', { cause }), { code: 'E_RETURNED', errno: -5 });
    });
    expect(error).to.be.instanceOf(TypeError).and.to.include({ message: 'returned', code: 'E_RETURNED', errno: -5 });
    expect(error.cause).to.be.instanceOf(RangeError).and.to.include({ code: 'E_DEEPER' });
    expect(error.stack).to.match(/^TypeError: returned\n\s+at maker /);
  });

  it('comes back whole from Promise.allSettled(), among values, in maps and sets', async () => {
    const settled = await namespace.run(async () => {
      const { readFileSync } = await import('node:fs');
      const { connect } = await import('node:net');
      return Promise.allSettled([
        Promise.resolve(1),
        Promise.resolve().then(() => readFileSync('/nowhere')),
        new Promise((_resolve, reject) => connect(1, '127.0.0.1').on('error', reject)),
        Promise.reject(AbortSignal.abort().reason as DOMException),
      ]);
    });
    expect(settled.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'rejected', 'rejected']);
    const [, missing, refused, aborted] = settled.map((each) => (each.status === 'rejected' ? (each.reason as Error) : undefined));
    expect(missing).to.include({ code: 'ENOENT', syscall: 'open', path: '/nowhere' });
    expect(refused).to.include({ code: 'ECONNREFUSED', address: '127.0.0.1', port: 1 });
    expect(aborted).to.be.instanceOf(DOMException).and.to.include({ name: 'AbortError', code: DOMException.ABORT_ERR });
    const held = await namespace.run(() => {
      const error = Object.assign(new Error('held'), { code: 'E_HELD' });
      return { map: new Map([['key', error]]), set: new Set([error]) };
    });
    expect(held.map.get('key')).to.include({ code: 'E_HELD' });
    expect([...held.set]).to.deep.equal([held.map.get('key')]);
  });

  it('may be one of netlane itself', async () => {
    const url = new URL('../../lib/index.js', import.meta.url).href;
    const error = await namespace.run(
      async (library: string) => {
        const { Namespace: Inner } = (await import(library)) as { readonly Namespace: typeof Namespace };
        const [outcome] = await Promise.allSettled([Inner.open('no-such-name')]);
        return { outcome };
      },
      { args: [url] },
    );
    expect(error).to.have.nested.property('outcome.reason.name', 'SystemError');
    expect(error).to.have.nested.property('outcome.reason.code', 'ENOENT');
    expect(error).to.have.nested.property('outcome.reason.operation');
  });

  it('comes back whole in the values of an iterator, and goes there whole by next() and throw()', async () => {
    const heard = await namespace.run(function* (): Generator<unknown, unknown, unknown> {
      const about = (error: unknown): unknown => [error instanceof RangeError, Reflect.get(error as object, 'code')];
      let value: unknown = Object.assign(new Error('yielded'), { code: 'E_YIELDED' });
      for (;;) {
        try {
          const given = yield value;
          if (given === 'end') return { error: Object.assign(new Error('last'), { code: 'E_LAST' }) };
          value = about((given as { readonly error: unknown }).error);
        } catch (error) {
          value = about(error);
        }
      }
    });
    const error = Object.assign(new RangeError('given'), { code: 'E_GIVEN' });
    expect((await heard.next()).value).to.include({ message: 'yielded', code: 'E_YIELDED' });
    expect((await heard.next({ error })).value).to.deep.equal([true, 'E_GIVEN']);
    expect((await heard.throw(error)).value).to.deep.equal([true, 'E_GIVEN']);
    expect((await heard.next('end')).value).to.have.nested.property('error.code', 'E_LAST');
  });

  it('may have a cause that cannot be cloned, or that goes round in a circle, in either direction', async () => {
    const maker = (): readonly Error[] => {
      const circle = Object.assign(new Error('circle'), { code: 'E_CIRCLE' });
      circle.cause = new TypeError('inner', { cause: circle });
      const odd = Object.assign(new Error('odd', { cause: () => 1 }), { code: 'E_ODD' });
      return [circle, odd, Object.freeze(new Error('frozen', { cause: 5 })) as Error];
    };
    const check = ([circle, odd, frozen]: readonly Error[]): void => {
      expect(circle).to.include({ message: 'circle', code: 'E_CIRCLE' });
      expect(circle?.cause).to.be.instanceOf(TypeError).and.to.have.property('cause', circle);
      expect(odd).to.include({ message: 'odd', code: 'E_ODD', cause: undefined });
      expect(frozen).to.include({ message: 'frozen', cause: 5 });
    };
    check(await namespace.run(maker));
    const given = maker();
    for (const back of await Promise.all(
      Array.from({ length: 8 }, () => namespace.run((errors: readonly Error[]) => errors, { args: [given] })),
    )) {
      check(back);
    }
    const echo = await namespace.run(function* (): Generator<unknown, void, unknown> {
      let value: unknown = 'ready';
      for (;;) value = yield value;
    });
    await echo.next();
    check((await echo.next(given)).value as readonly Error[]);
    await echo.return();
    // What is posted is as it was.
    expect(given[0]?.cause).to.be.instanceOf(TypeError);
    expect(given[1]?.cause).to.be.a('function');
  });

  it('arrives whole among the arguments, also of a call that waits', async () => {
    const about = (given: { readonly errors: readonly Error[] }): unknown =>
      given.errors.map((error): unknown => [error instanceof RangeError, error.message, 'code' in error && error.code, error.cause]);
    const args: [{ readonly errors: readonly Error[] }] = [
      { errors: [Object.assign(new RangeError('given', { cause: 5 }), { code: 'E_GIVEN' })] },
    ];
    const all = await Promise.all(Array.from({ length: 12 }, () => namespace.run(about, { args })));
    for (const each of all) expect(each).to.deep.equal([[true, 'given', 'E_GIVEN', 5]]);
  });

  it('is thrown as it was made: a ReferenceError of its own, one named like what every object has', async () => {
    const own = await rejectionOf(
      namespace.run(() => {
        throw new ReferenceError('user is not defined');
      }),
    );
    expect(own).to.be.instanceOf(ReferenceError).and.to.have.property('message', 'user is not defined');
    const odd = await rejectionOf(
      namespace.run(() => {
        throw Object.defineProperty(new Error('odd'), 'name', { value: 'toString' });
      }),
    );
    expect(odd).to.include({ name: 'toString', message: 'odd' });
  });

  it('tells of the this of an arrow function, and of what cannot be read', async () => {
    const object = {
      value: 5,
      arrow(): () => number {
        return () => this.value;
      },
    };
    expect(await rejectionOf(namespace.run(object.arrow()))).to.deep.include({
      code: 'NETLANE_NOT_SELF_CONTAINED',
      details: { variable: 'this', identifier: 'this' },
    });
    const unreadable = [
      namespace.run(() => ({
        get broken(): never {
          throw new Error('by the getter');
        },
      })),
      namespace.run(() => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return { proxy };
      }),
    ];
    for (const each of unreadable) expect(await rejectionOf(each)).to.have.property('code', 'NETLANE_NOT_CLONEABLE');
  });
});

import { expect } from 'chai';
import { completeErrors, packError, packErrors, unpackError } from '../../lib/error-data.js';
import { describeValue, NetlaneError, SystemError } from '../../lib/errors.js';

/** As it arrives in another thread. */
function cross(thrown: unknown): Error & Readonly<Record<string, unknown>> {
  return unpackError(structuredClone(packError(thrown))) as Error & Readonly<Record<string, unknown>>;
}

/** As a value arrives in which these errors are. */
function crossBeside<T>(value: T, errors: readonly object[]): T {
  const message = structuredClone({ value, ...packErrors(errors) });
  completeErrors(message);
  return message.value;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function throwing(): object {
  return Object.defineProperty({}, 'value', {
    enumerable: true,
    get: () => {
      throw new Error('by the getter');
    },
  });
}

describe('An error that crosses to another thread', () => {
  const uncloneable: Readonly<Record<string, () => unknown>> = {
    'a function': () => () => 1,
    'a symbol': () => Symbol('field'),
    'a promise': () => Promise.resolve(),
    'a map of functions': () => new Map([[1, () => 1]]),
    'a WeakMap': () => new WeakMap(),
    'an object with a getter that throws': throwing,
    'a revoked proxy': revoked,
  };
  for (const [what, make] of Object.entries(uncloneable)) {
    it(`keeps its message and its code where it has ${what} as a field, or as its cause`, () => {
      const error = cross(Object.assign(new RangeError('real'), { code: 'E_REAL', field: make() }));
      expect(error).to.be.instanceOf(RangeError).and.to.include({ message: 'real', code: 'E_REAL' });
      expect(error).not.to.have.property('field');
      expect(cross(Object.assign(new Error('real', { cause: make() }), { code: 'E_REAL' }))).to.include({
        message: 'real',
        code: 'E_REAL',
      });
    });
  }

  it('keeps fields that are errors, with theirs, also where they are in a circle', () => {
    const original = Object.assign(new SystemError({ errno: 2, syscall: 'open' }), { statement: 5 });
    original.cause = original;
    const error = cross(Object.assign(new Error('outer'), { original, self: original }));
    expect(error['original']).to.be.instanceOf(SystemError).and.to.include({ code: 'ENOENT', statement: 5, cause: error['self'] });
    expect(Object.keys(error)).to.deep.equal(['original', 'self']);
  });

  it('may be named as no class is, not even those that every object has', () => {
    for (const name of ['toString', 'constructor', '__proto__']) {
      const error = cross(Object.defineProperty(new Error('odd'), 'name', { value: name }));
      expect(error).to.be.instanceOf(Error).and.to.include({ name, message: 'odd' });
    }
    expect(cross(new URIError('bad'))).to.be.instanceOf(URIError);
    expect(cross(new EvalError('bad'))).to.be.instanceOf(EvalError);
  });

  it('keeps fields that hold themselves, or the same thing very often', () => {
    const circle: Record<string, unknown> = { name: 'circle' };
    circle['self'] = circle;
    const found = cross(Object.assign(new Error('real'), { circle }))['circle'] as typeof circle;
    expect(found['self']).to.equal(found);
    let tree: object = { leaf: true };
    for (let depth = 0; depth < 60; depth++) tree = { left: tree, right: tree };
    const { left, right } = cross(Object.assign(new Error('real'), { tree }))['tree'] as {
      readonly left: unknown;
      readonly right: unknown;
    };
    expect(left).to.equal(right);
  });

  it('keeps causes that go round in a circle, and an AggregateError that is among its own', () => {
    const first = Object.assign(new Error('first'), { code: 'E_FIRST' });
    first.cause = Object.assign(new TypeError('second', { cause: first }), { code: 'E_SECOND' });
    const error = cross(first);
    expect(error).to.include({ message: 'first', code: 'E_FIRST' });
    const second = error.cause as Error;
    expect(second).to.be.instanceOf(TypeError).and.to.include({ message: 'second', code: 'E_SECOND', cause: error });
    const all = new AggregateError([], 'all');
    all.errors.push(all, new Error('another'));
    const aggregate = cross(all) as unknown as AggregateError;
    expect(aggregate.errors[0]).to.equal(aggregate);
    expect(aggregate.errors[1]).to.have.property('message', 'another');
  });

  it('is a DOMException again where it was one, with the code of its name', () => {
    const error = cross(new DOMException('too late', 'TimeoutError'));
    expect(error)
      .to.be.instanceOf(DOMException)
      .and.to.include({ name: 'TimeoutError', message: 'too late', code: DOMException.TIMEOUT_ERR });
  });

  it('ends a chain of causes that is very long', () => {
    let chain = new Error('innermost');
    for (let depth = 0; depth < 100_000; depth++) chain = new Error('outer', { cause: chain });
    expect(cross(chain).message).to.equal('outer');
  });

  it('is one where what was thrown cannot even be looked at, or only in part', () => {
    expect(cross(revoked()).message).to.equal('thrown: an object that cannot be read');
    expect(cross(throwing()).message).to.equal('thrown: an object');
    expect(describeValue(revoked())).to.equal('an object that cannot be read');
    const hidden = Object.defineProperties(
      new Error('real'),
      Object.getOwnPropertyDescriptors({
        get stack() {
          return revoked();
        },
      }),
    );
    expect(cross(hidden).message).to.equal('real');
    expect(cross(Object.assign(new Error('real'), { stack: [() => 1] }))).to.have.property('message', 'real');
    expect(cross(Object.assign(new AggregateError([], 'real'), { errors: 5 }))).to.have.property('message', 'real');
  });
});

describe('Errors within a value that crosses to another thread', () => {
  it('are made whole, each in its place: class, fields, causes, stack', () => {
    const cause = new SystemError({ errno: 1, syscall: 'bind' }, { operation: 'listen', namespace: 'blue' });
    const reason = Object.assign(new TypeError('bad', { cause }), { code: 'E_BAD', port: 80 });
    const closed = new NetlaneError('NETLANE_CLOSED', 'the namespace was closed', { details: { id: 5 } });
    const [first, again, second, third] = crossBeside([{ reason }, { reason }, closed, cause] as const, [reason, closed, cause]);
    expect(first.reason).to.be.instanceOf(TypeError).and.to.include({ code: 'E_BAD', port: 80, stack: reason.stack });
    expect(again.reason).to.equal(first.reason);
    expect(second)
      .to.be.instanceOf(NetlaneError)
      .and.to.deep.include({ code: 'NETLANE_CLOSED', details: { id: 5 } });
    expect(third).to.be.instanceOf(SystemError).and.to.include({ code: 'EPERM', syscall: 'bind', namespace: 'blue', stack: cause.stack });
    expect(first.reason.cause).to.equal(third);
    for (const [at, one] of [first.reason, second, third].entries()) {
      expect(Object.keys(one), String(at)).to.deep.equal(Object.keys([reason, closed, cause][at] ?? {}));
      expect(one).to.include({ name: [reason, closed, cause][at]?.name, message: [reason, closed, cause][at]?.message });
    }
  });

  it('may be DOMExceptions, AggregateErrors, errors of classes of yours and of old ways to make one', () => {
    class OwnError extends RangeError {
      override readonly name = 'OwnError';
    }
    const old = Object.assign(Object.create(Error.prototype) as Error, { message: 'old', code: 'E_OLD' });
    const late = new DOMException('too late', 'TimeoutError');
    const all = new AggregateError([Object.assign(new Error('one'), { code: 'E_ONE' })], 'all');
    const own = new OwnError('own');
    const value = crossBeside({ old, late, all, own }, [old, late, all, own]);
    expect(value.late)
      .to.be.instanceOf(DOMException)
      .and.to.include({ name: 'TimeoutError', message: 'too late', code: DOMException.TIMEOUT_ERR, stack: late.stack });
    expect(value.all).to.be.instanceOf(AggregateError).and.to.have.nested.property('errors[0].code', 'E_ONE');
    expect(value.own).to.be.instanceOf(Error).and.to.include({ name: 'OwnError', message: 'own' });
    expect(value.old).to.be.instanceOf(Error).and.to.include({ message: 'old', code: 'E_OLD' });
  });
});

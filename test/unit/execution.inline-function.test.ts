import { Script } from 'node:vm';
import { expect } from 'chai';
import { inlineFunction, type InlineFunction } from '../../lib/execution/inline-function.js';
import { explainReference, functionOf, muteLoaderWarning, type Callable } from '../../lib/execution/task-function.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { transformed } from '../support/transformed.js';

type Any = (...args: never[]) => unknown;

const site = '    at caller (file:///project/src/file.js:3:4)\n    at another (/elsewhere/file.js:1:1)';

/** The value of an expression: a function whose text is just that, as no compiler and no formatter has seen it. */
function withText(text: string): Any {
  return new Script(`(${text})`).runInThisContext() as Any;
}

function take(fn: Any): InlineFunction {
  return inlineFunction(fn, site);
}

/** As a task thread does: compiled from the text, called, a missing variable explained. */
async function call(inline: InlineFunction, args: readonly unknown[] = []): Promise<unknown> {
  const code = { kind: 'inline', inline } as const;
  try {
    return await ((await functionOf(code)) as Callable)(...args);
  } catch (error) {
    throw explainReference(error, code);
  }
}

async function listOf(values: unknown): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const value of values as AsyncIterable<unknown>) all.push(value);
  return all;
}

describe('A function as text', () => {
  before(muteLoaderWarning);

  it('is refused for what it is, and belongs to its file, when another one with the same text went before', async () => {
    const text = 'function() { return 1; }';
    const first = take(withText(text));
    expect(await call(first)).to.equal(1);
    const method = (withText(`() => ({ ${text} })`) as unknown as () => Record<string, Any>)()['function'];
    expect(errorOf(() => take(method ?? (() => undefined)))).to.include({ code: 'NETLANE_FUNCTION_REFUSED' });
    expect(take(withText(text))).to.deep.equal(first);
    const elsewhere = inlineFunction(withText(text), '    at caller (file:///elsewhere/file.js:3:4)');
    expect(elsewhere.file).to.equal('file:///elsewhere/file.js');
    // More than are remembered.
    for (let count = 0; count < 120; count += 1) expect(await call(take(withText(`() => ${count}`)))).to.equal(count);
    expect(take(withText(text))).to.deep.equal(first);
  });

  it('does what the function did', async () => {
    expect(
      await call(
        take((a: number, b: number) => a + b),
        [1, 2],
      ),
    ).to.equal(3);
    expect(
      await call(
        take(function named(this: unknown) {
          return this === undefined ? named.name : 'has a this';
        }),
      ),
    ).to.equal('named');
    expect(await call(take(() => Promise.resolve(5)))).to.equal(5);
    expect(
      await listOf(
        await call(
          take(async function* () {
            yield await Promise.resolve(1);
            yield 2;
          }),
        ),
      ),
    ).to.deep.equal([1, 2]);
  });

  it('has the file of its caller, so that imports in it start there', () => {
    expect(take(() => 1).file).to.equal('file:///project/src/file.js');
    const plain = inlineFunction(() => 1, '    at Object.<anonymous> (/project/with space/file.cjs:3:4)');
    expect(plain.file).to.equal('file:///project/with%20space/file.cjs');
    for (const [place, file] of [
      ['fn (file:///project/(group)/file.js:3:4)', 'file:///project/(group)/file.js'],
      ['file:///project/(group)/file.js:3:4', 'file:///project/(group)/file.js'],
      ['/project (1)/file.cjs:3:4', 'file:///project%20(1)/file.cjs'],
      ['Object.<anonymous> (/project (1)/a:b.cjs:3:4)', 'file:///project%20(1)/a:b.cjs'],
      ['eval (eval at fn (file:///other.js:1:2), <anonymous>:1:1)', 'file:///project/src/file.js'],
      ['async file:///project/awaiting.js:3:4', 'file:///project/awaiting.js'],
    ] as const)
      expect(inlineFunction(() => 1, `    at ${place}\n${site}`).file, place).to.equal(file);
    expect(inlineFunction(() => 1, '    at REPL1:1:1').file).to.equal(`file://${encodeURI(process.cwd())}/run`);
  });

  it('keeps its line numbers', async () => {
    const error = await rejectionOf(
      call(
        take(() => {
          throw new Error('in the third line');
        }),
      ),
    );
    expect(error.stack).to.match(/file:\/\/\/project\/src\/file\.js:2:/);
  });

  it('of sloppy code is compiled as such, all other code as strict', async () => {
    expect(await call(take(withText('function () { return this === globalThis; }')))).to.equal(false);
    expect(await call(take(withText('function () { with ({ inner: 5 }) { return inner; } }')))).to.equal(5);
  });

  it('finds require() in it, relative to the file', async () => {
    expect(await call(take(withText("() => require('node:path').basename('/a/b')")))).to.equal('b');
  });

  const refusals: readonly (readonly [kind: string, text: string])[] = [
    ['native', 'Math.max'],
    ['native', 'new Proxy(() => 1, {})'],
    ['bound', '(() => 1).bind(null)'],
    ['bound', '(function named() {}).bind(null)'],
    ['class', 'class Some {}'],
    ['class', 'class extends Array {}'],
    ['method', '({ short() { return 1; } }).short'],
    ['method', '({ async short() {} }).short'],
    ['method', '({ *short() {} }).short'],
    ['method', "({ ['computed']() {} }).computed"],
    ['method', "({ 'quoted'() {} }).quoted"],
    ['method', '({ upper() { return super.toString(); } }).upper'],
    ['method', '(class { static fixed() {} }).fixed'],
    ['method', '({ function() { return 1; } }).function'],
    ['method', '({ *function() {} }).function'],
    ['accessor', "Object.getOwnPropertyDescriptor({ get value() { return 1; } }, 'value').get"],
    ['accessor', "Object.getOwnPropertyDescriptor({ set value(to) {} }, 'value').set"],
  ];
  for (const [kind, text] of refusals) {
    it(`is refused where it cannot stand alone: ${text} is ${kind}`, () => {
      const error = errorOf(() => take(withText(text)));
      expect(error).to.have.property('code', 'NETLANE_FUNCTION_REFUSED');
      expect(error).to.have.nested.property('details.kind', kind);
    });
  }

  it('is refused where what it uses can be seen at once: private names, super, import.meta', () => {
    const secret = withText('new (class { #secret = 1; arrow = () => this.#secret; })().arrow');
    expect(errorOf(() => take(secret))).to.deep.include({
      code: 'NETLANE_NOT_SELF_CONTAINED',
      details: { variable: '#secret', identifier: '#secret' },
    });
    const upper = withText('new (class extends Array { arrow = () => super.toString(); })().arrow');
    expect(errorOf(() => take(upper))).to.have.nested.property('details.variable', 'super');
    expect(errorOf(() => take(() => import.meta.url))).to.have.nested.property('details.variable', 'import.meta');
  });

  it('that is the value of a property is a function like any other', async () => {
    expect(await call(take(withText('({ property: () => 1 }).property')))).to.equal(1);
    expect(await call(take(withText('({ property: function () { return 2; } }).property')))).to.equal(2);
    expect(await call(take(withText('({ get: (value) => value }).get')), [3])).to.equal(3);
    expect(await call(take(withText('({ function: function () { return 4; } }).function')))).to.equal(4);
    expect(await call(take(withText('({ function: function* () {} }).function')))).to.have.property('next');
  });

  it('tells by name what it misses, and leaves other ReferenceErrors alone', async () => {
    const outer = 1;
    const missing = await rejectionOf(call(take(() => outer)));
    expect(missing).to.deep.include({ code: 'NETLANE_NOT_SELF_CONTAINED', details: { variable: 'outer', identifier: 'outer' } });
    expect(missing.cause).to.be.instanceOf(ReferenceError);
    const elsewhere = await rejectionOf(call(take(async () => import('data:text/javascript,notThere' as string))));
    expect(elsewhere).to.be.instanceOf(ReferenceError);
  });

  for (const text of [
    '() => user + 1',
    '() => user?.name',
    '() => user.name()',
    '() => user[0]',
    '() => { user = 5; }',
    '() => { user.name = 5; }',
    '() => ({ user })',
    '() => `${user}`',
    '() => new user.Name()',
    '() => new Error(user)',
    '() => { throw new TypeError(`${user} is not defined`); }',
    'async () => { await user; }',
    'async () => { await 1;\n\n  return [user]; }',
    '(name = user) => name',
    '() => JSON.stringify({ name: [user] })',
    '() => [1].map(() => user)',
    '() => class extends user {}',
    'function () { return (function inner() { return user; })(); }',
    "() => eval('user')",
  ]) {
    it(`tells what it misses, wherever V8 says that it was: ${text}`, async () => {
      const error = await rejectionOf(call(take(withText(text))));
      expect(error).to.deep.include({ code: 'NETLANE_NOT_SELF_CONTAINED', details: { variable: 'user', identifier: 'user' } });
    });
  }

  it('tells a variable of its file from the counters of a coverage tool, whose names begin alike', async () => {
    for (const [variable, text] of [
      ['cov_rows', '() => cov_rows'],
      ['cov_total', '() => { cov_total += 1; }'],
      ['cov_rows', '() => cov_rows.s[0]'],
      ['cov_rows', '() => cov_rows()'],
      ['cov_rows', '() => { cov_1abc().s[0]++; return cov_rows; }'],
    ] as const) {
      const error = await rejectionOf(call(take(withText(text))));
      expect(error, text).to.deep.include({ code: 'NETLANE_NOT_SELF_CONTAINED', details: { variable, identifier: variable } });
    }
    expect(await call(take(withText('() => { cov_1abc().f[0]++; cov_1abc().bT[0][1]++; return (cov_1abc().b[2][0]++, 5); }')))).to.equal(5);
  });

  for (const text of [
    "() => { throw new ReferenceError('user is not defined'); }",
    "() => { throw ReferenceError('user is not defined'); }",
    '(user = 1) => { if (user) throw new ReferenceError("user is not defined"); }',
    '(name = "user", user = 1) => { throw Object.assign(new globalThis.ReferenceError(`${name} is not defined`), { user }); }',
    "() => { const name = 'user'; throw new ReferenceError(`${name} is not defined`); }",
    "() => { class Own extends ReferenceError {} throw new Own('user is not defined'); }",
    "async () => { const user = await 1; class OwnReferenceError extends ReferenceError {}\n throw new OwnReferenceError('user is not defined', user); }",
    "() => { throw Reflect.construct(ReferenceError, ['user is not defined']); }",
    "() => { throw new ReferenceError('user.name() is not defined'); }",
  ]) {
    it(`may throw a ReferenceError of its own: ${text}`, async () => {
      const error = await rejectionOf(call(take(withText(text))));
      expect(error).to.be.instanceOf(ReferenceError).and.not.to.have.property('code');
      expect(error.message).to.match(/^user(\.name\(\))? is not defined$/);
    });
  }

  it('has a ReferenceError as it is where nothing tells where it comes from', async () => {
    const before = { prepareStackTrace: Reflect.get(Error, 'prepareStackTrace') as unknown, stackTraceLimit: Error.stackTraceLimit };
    try {
      Error.stackTraceLimit = 0;
      expect(await rejectionOf(call(take(withText('() => user'))))).to.be.instanceOf(ReferenceError);
      Error.stackTraceLimit = 10;
      Error.prepareStackTrace = (_error, sites) => sites;
      expect(await rejectionOf(call(take(withText('() => user'))))).to.be.instanceOf(ReferenceError);
      Error.prepareStackTrace = () => {
        throw new TypeError('by prepareStackTrace');
      };
      expect(await rejectionOf(call(take(withText('() => user'))))).to.be.instanceOf(ReferenceError);
    } finally {
      Object.assign(Error, before);
    }
  });

  for (const [variable, text] of [
    ['this', '() => this.name'],
    ['this', '() => { this.name = 5; }'],
    ['this', 'async () => this.connect()'],
    ['this', '() => "name" in this'],
    ['this', '() => Object.keys(this)'],
    ['this', '() => [1].map(() => this.name)'],
    ['this', '() => String(this)'],
    ['this', '() => this'],
    ['this', '(new (class { name = 1; arrow = () => this.name; })()).arrow'],
    ['this', '() => { with ({}) { return this.name; } }'],
    ['arguments', '() => arguments.length'],
    ['arguments', '() => [...arguments]'],
  ] as const) {
    it(`that is an arrow function is told that it uses what it has from outside: ${text}`, async () => {
      const error = await rejectionOf(call(take(withText(text))));
      expect(error).to.deep.include({ code: 'NETLANE_NOT_SELF_CONTAINED', details: { variable, identifier: variable } });
    });
  }

  it('that is an arrow function may ask whether there is a this, as compilers do', async () => {
    expect(await call(take(withText('() => (this && this.__awaiter) || 5')))).to.equal(5);
    expect(await call(take(withText('() => typeof (this && this.__importDefault)')))).to.equal('undefined');
  });

  it('that is no arrow function has a this and arguments of its own', async () => {
    expect(await call(take(withText('function () { return [this, ...arguments]; }')), [1])).to.deep.equal([undefined, 1]);
    expect(await call(take(withText('function () { return (() => [this, ...arguments]).call(5); }')), [1])).to.deep.equal([undefined, 1]);
    expect(await call(take(withText('() => ({ method() { return this.field; }, field: 6 }).method()')))).to.equal(6);
    expect(await call(take(withText('() => new (class { field = 7; get = () => this.field; })().get()')))).to.equal(7);
    const target = errorOf(() => take(withText('(function () { return () => new.target; })()')));
    expect(target).to.have.nested.property('details.variable', 'new.target');
  });
});

describe('A function that went through a tool', () => {
  before(muteLoaderWarning);

  for (const [tool, functions] of Object.entries(transformed)) {
    describe(`(${tool})`, () => {
      const test = (name: string, what: string, check: (fn: Any) => Promise<void>): void => {
        const text = functions[name];
        if (text !== undefined) it(what, () => check(withText(text)));
      };

      test('plain', 'has its inner functions', async (fn) => {
        expect(await call(take(fn), [2])).to.equal(10);
        expect(await call(take(fn), [-2])).to.equal(0);
      });
      test('withImport', 'imports inside', async (fn) => {
        expect(await call(take(fn), ['/a/b'])).to.equal('b');
      });
      test('dynamic', 'imports inside, in a test', async (fn) => {
        expect(await call(take(fn))).to.equal('b');
      });
      test('counting', 'generates', async (fn) => {
        expect(await listOf(await call(take(fn), [3]))).to.deep.equal([0, 1, 2]);
      });
      test('withClass', 'has its inner classes', async (fn) => {
        expect(await call(take(fn), ['blue'])).to.equal('hello blue 1');
      });
      for (const name of ['fromOutside', 'inTest']) {
        test(name, `is told the name of the import that it uses: ${name}`, async (fn) => {
          const error = await rejectionOf((async () => call(take(fn)))());
          expect(error).to.have.property('code', 'NETLANE_NOT_SELF_CONTAINED');
          expect(error).to.have.nested.property('details.variable', 'readFileSync');
          expect(error.message).to.include('the function uses readFileSync');
        });
      }
    });
  }
});

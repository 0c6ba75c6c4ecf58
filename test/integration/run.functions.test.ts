import { readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { linkOf, withDirectory } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { transformed } from '../support/transformed.js';

async function listOf(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const value of values) all.push(value);
  return all;
}

describe('A function that runs in a namespace', function () {
  let namespace: Namespace;

  before(async function () {
    needsRoot(this);
    namespace = await Namespace.create({ loopback: true });
  });
  after(() => namespace?.close());

  it('is inside, and the caller is not', async () => {
    const seen = await namespace.run(() => process.getBuiltinModule('node:fs').readlinkSync('/proc/thread-self/ns/net'));
    expect(seen).to.equal(linkOf(namespace));
    expect(readlinkSync('/proc/thread-self/ns/net')).to.equal(readlinkSync('/proc/self/ns/net'));
    expect(readlinkSync('/proc/self/ns/net')).not.to.equal(seen);
  });

  it('gets its arguments, and what it returns comes back', async () => {
    const values = [1, 'two', 3n, null, undefined, { deep: [new Map([['key', new Set([1])]])] }, new Date(5), /x/g, new Uint8Array([1, 2])];
    expect(await namespace.run((...given: unknown[]) => given, { args: values })).to.deep.equal(values);
    expect(await namespace.run(async (one: number, two: number) => Promise.resolve(one + two), { args: [1, 2] })).to.equal(3);
    expect(await namespace.run((): number | undefined => undefined)).to.equal(undefined);
  });

  it('gets the arguments as they were at the call', async () => {
    const list = [1];
    const running = namespace.run((given: number[]) => given, { args: [list] });
    list.push(2);
    expect(await running).to.deep.equal([1]);
  });

  it('has its arguments moved, where it is asked for', async () => {
    const bytes = new Uint8Array(1000).fill(7);
    const sum = await namespace.run((given: Uint8Array) => given.reduce((total, byte) => total + byte), {
      args: [bytes],
      transfer: [bytes.buffer],
    });
    expect(sum).to.equal(7000);
    expect(bytes.byteLength).to.equal(0);
  });

  it('throws with class, code, fields, cause and stack, and the stack goes on with the caller', async () => {
    const error = await rejectionOf(
      namespace.run(function thrower() {
        const cause = Object.assign(new RangeError('deeper'), { code: 'E_DEEPER' });
        throw Object.assign(new TypeError('on purpose', { cause }), { code: 'E_PURPOSE', errno: -5, port: 80 });
      }),
    );
    expect(error).to.be.instanceOf(TypeError);
    expect(error).to.include({ message: 'on purpose', code: 'E_PURPOSE', errno: -5, port: 80 });
    expect(error.cause).to.be.instanceOf(RangeError);
    expect(error.cause).to.include({ message: 'deeper', code: 'E_DEEPER' });
    expect(error.stack)
      .to.match(/^TypeError: on purpose\n\s+at .*thrower/)
      .and.to.match(/in a task of Namespace\(.*\), run\n\s+at .*run\.functions/);
  });

  it('throws what is no error: the value is the cause', async () => {
    const error = await rejectionOf(
      namespace.run(() => {
        const thrown: unknown = { some: 'object' };
        throw thrown;
      }),
    );
    expect(error.message).to.equal('thrown: an object');
    expect(error.cause).to.deep.equal({ some: 'object' });
  });

  it('is told by name what it uses from outside', async () => {
    const outside = 5;
    const error = await rejectionOf(namespace.run(() => outside + 1));
    expect(error).to.deep.include({ code: 'NETLANE_NOT_SELF_CONTAINED', details: { variable: 'outside', identifier: 'outside' } });
    expect(error.message).to.include('the function uses outside');
  });

  it('may throw ReferenceErrors of its own', async () => {
    const error = await rejectionOf(
      namespace.run(() => {
        throw new ReferenceError('something is not defined, but by me');
      }),
    );
    expect(error).to.be.instanceOf(ReferenceError).and.not.to.have.property('code');
  });

  it('imports what it needs, relative to the file it stands in', async () => {
    const exported = await namespace.run(async () => Object.keys(await import('../../lib/errno.js')));
    expect(exported).to.include('codeOfErrno');
    expect(await namespace.run(async () => (await import('node:path')).basename('/a/b'))).to.equal('b');
  });

  it('may have gone through tsx, esbuild, tsc, nyc or vitest: it runs inside all the same', async () => {
    const expected: Readonly<Record<string, readonly [args: unknown[], result: unknown]>> = {
      plain: [[2], 10],
      withImport: [['/a/b'], 'b'],
      dynamic: [[], 'b'],
      counting: [[3], [0, 1, 2]],
      withClass: [['blue'], 'hello blue 1'],
    };
    let count = 0;
    for (const [tool, functions] of Object.entries(transformed)) {
      for (const [name, text] of Object.entries(functions)) {
        const fn = new Script(`(${text})`).runInThisContext() as (...args: unknown[]) => unknown;
        const [args, result] = expected[name] ?? [[], undefined];
        const run = namespace.run(fn, { args });
        count += 1;
        if (result === undefined) {
          const error = await rejectionOf(run);
          expect(error, `${tool}: ${name}`).to.have.nested.property('details.variable', 'readFileSync');
          continue;
        }
        const given: unknown = await run;
        const isIterable = typeof given === 'object' && given !== null && Symbol.asyncIterator in given;
        expect(isIterable ? await listOf(given as AsyncIterable<unknown>) : given, `${tool}: ${name}`).to.deep.equal(result);
      }
    }
    expect(count).to.be.above(20);
  });

  it('that cannot be sent is refused by a code before anything happens', async () => {
    const object = {
      method(this: void): number {
        return 1;
      },
    };
    class Some {
      readonly field = 1;
    }
    for (const [kind, fn] of [
      ['method', object.method],
      ['bound', object.method.bind(undefined)],
      ['native', Math.max],
      ['class', Some],
    ] as const) {
      const error = await rejectionOf(namespace.run(fn as () => unknown));
      expect(error, kind).to.have.property('code', 'NETLANE_FUNCTION_REFUSED');
      expect(error, kind).to.have.nested.property('details.kind', kind);
    }
  });

  it('has what cannot cross refused, on either side', async () => {
    const argument = await rejectionOf(namespace.run((given: unknown) => given, { args: [() => 1] }));
    expect(argument).to.have.property('code', 'NETLANE_NOT_CLONEABLE');
    const result = await rejectionOf(namespace.run(() => () => 1));
    expect(result).to.have.property('code', 'NETLANE_NOT_CLONEABLE');
    expect(await namespace.run(() => 'still there')).to.equal('still there');
  });

  it('has errors in a circle refused where only V8 would read them, in objects of classes, and thrown ones arrive', async () => {
    const circle = (): { readonly error: Error } => {
      const held = new (class {
        readonly error = new Error('in a circle');
      })();
      held.error.cause = new Error('cause', { cause: held.error });
      return held;
    };
    const make = new Script(`(${circle.toString()})`).runInThisContext() as typeof circle;
    expect(await rejectionOf(namespace.run(make))).to.have.property('code', 'NETLANE_NOT_CLONEABLE');
    const args: [{ readonly error: Error }] = [make()];
    const given = [1, 2, 3, 4, 5, 6, 7, 8].map(() =>
      rejectionOf(namespace.run(({ error }: { readonly error: Error }) => error.message, { args })),
    );
    for (const error of await Promise.all(given)) expect(error).to.have.property('code', 'NETLANE_NOT_CLONEABLE');
    const iterator = await namespace.run(function* () {
      const error = new Error('in a circle');
      error.cause = error;
      yield new (class {
        readonly held = error;
      })();
    });
    expect(await rejectionOf(iterator.next())).to.have.property('code', 'NETLANE_NOT_CLONEABLE');
    const echo = await namespace.run(function* (): Generator<string, void, unknown> {
      for (;;) yield String(yield 'ready');
    });
    await echo.next();
    expect(await rejectionOf(echo.next(make()))).to.have.property('code', 'NETLANE_NOT_CLONEABLE');
    const thrown = await rejectionOf(
      namespace.run(() => {
        const error = Object.assign(new Error('in a circle'), { code: 'E_CIRCLE', left: Promise.resolve() });
        error.cause = error;
        throw error;
      }),
    );
    expect(thrown).to.include({ code: 'E_CIRCLE', cause: thrown });
    expect(await namespace.run(() => 'still there')).to.equal('still there');
  });

  it('is checked with its options before anything is done', async () => {
    const wrong = [
      namespace.run('./relative.js'),
      namespace.run(5 as never),
      namespace.run(() => 1, { argz: [] } as never),
      namespace.run((given: number) => given, { args: 5 as never }),
      namespace.run(() => 1, { timeout: -1 }),
      namespace.run(() => 1, { signal: {} as never }),
      namespace.run(() => 1, { transfer: {} as never }),
      namespace.run(() => 1, { mounts: 1 as never }),
      namespace.run(() => 1, { mounts: true }),
      namespace.run(() => 1, { export: 'x' } as never),
      namespace.run(() => 1, { resourceLimits: { maxOldGenerationSizeMb: 0 } }),
      // Node.js would end the whole process.
      ...[0.49, 4097, 1e9, 1.8e13, 1e300, Infinity, NaN].map((stackSizeMb) => namespace.run(() => 1, { resourceLimits: { stackSizeMb } })),
      ...[0, 4097, 1e9, Infinity].map((codeRangeSizeMb) => namespace.run(() => 1, { resourceLimits: { codeRangeSizeMb } })),
      namespace.run(() => 1, { resourceLimits: { maxOld: 1 } as never }),
    ];
    for (const each of await Promise.allSettled(wrong)) {
      expect(each).to.have.property('status', 'rejected');
      expect(each).to.have.nested.property('reason.code', 'NETLANE_INVALID_ARGUMENT');
    }
    expect(await namespace.run(() => 'the least', { resourceLimits: { stackSizeMb: 0.5 } })).to.equal('the least');
    const all = { maxOldGenerationSizeMb: Infinity, maxYoungGenerationSizeMb: Infinity, codeRangeSizeMb: 64, stackSizeMb: 64 };
    expect(await namespace.run(() => 'more', { resourceLimits: all })).to.equal('more');
  });
});

describe('A module that runs in a namespace', function () {
  let namespace: Namespace;
  const url = new URL('./support/probe.js', import.meta.url);

  before(async function () {
    needsRoot(this);
    namespace = await Namespace.create({ loopback: true });
  });
  after(() => namespace?.close());

  it('has its export called, inside', async () => {
    const probed = await namespace.run<typeof import('./support/probe.js'), 'probe'>(url, { export: 'probe', args: [3] });
    expect(probed).to.deep.equal({ namespace: linkOf(namespace), tripled: 9 });
    expect(await namespace.run(url.href, { export: 'probe', args: [1] })).to.have.property('tripled', 3);
    expect(await namespace.run(url.pathname, { export: 'probe', args: [1] })).to.have.property('tripled', 3);
  });

  it('says which functions it has when there is none of the name', async () => {
    const error = await rejectionOf(namespace.run(url, { export: 'prob' }));
    expect(error).to.have.property('code', 'NETLANE_NO_EXPORT');
    expect(error.message).to.match(/did you mean probe\?/);
    expect(await rejectionOf(namespace.run(url)))
      .to.have.nested.property('details.functions')
      .that.includes('probe');
  });

  it('may have classes, which are no functions to call', async () => {
    const module = 'data:text/javascript,export class K {}; export const f = () => 1';
    expect(await rejectionOf(namespace.run(module, { export: 'K' }))).to.include({ code: 'NETLANE_FUNCTION_REFUSED' });
    expect(await rejectionOf(namespace.run(module, { export: 'L' })))
      .to.have.nested.property('details.functions')
      .that.deep.equals(['f']);
  });

  it('that is not there, or does not load, says what Node says', async () => {
    const missing = await rejectionOf(namespace.run(new URL('./no-such-file.js', import.meta.url)));
    expect(missing).to.have.property('code', 'ERR_MODULE_NOT_FOUND');
    const broken = await rejectionOf(namespace.run('data:text/javascript,throw new RangeError("at load")'));
    expect(broken).to.be.instanceOf(RangeError).and.to.have.property('message', 'at load');
    expect(missing.message).to.include('no-such-file.js').and.not.to.include('imported from');
    const syntax = await rejectionOf(namespace.run('data:text/javascript,export const = 1'));
    expect(syntax).to.be.instanceOf(SyntaxError);
    expect(syntax.message).to.equal("Unexpected token '=', in data:text/javascript,export const = 1 or a module that it imports");
    expect(syntax.stack).to.include(syntax.message);
    const other = await rejectionOf(namespace.run(new URL('../../../package.json', import.meta.url)));
    expect(other).to.have.property('code').that.is.a('string');
    await withDirectory(async (directory) => {
      const file = join(directory, 'module.other');
      writeFileSync(file, 'export default () => 1;');
      const unknown = await rejectionOf(namespace.run(pathToFileURL(file)));
      expect(unknown).to.have.property('code', 'ERR_UNKNOWN_FILE_EXTENSION');
      expect(unknown.message).to.include('are not in tasks');
      const common = join(directory, 'common.cjs');
      writeFileSync(common, "const whole = () => 'whole'; whole[`in${'ner'}`] = () => 'inner'; module.exports = whole;");
      expect(await namespace.run(common, { export: 'inner' })).to.equal('inner');
      expect(await namespace.run(common)).to.equal('whole');
      // What every object has is no export.
      expect(await rejectionOf(namespace.run(common, { export: 'toString' }))).to.have.property('code', 'NETLANE_NO_EXPORT');
    });
  });
});

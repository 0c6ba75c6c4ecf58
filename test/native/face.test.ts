import { expect } from 'chai';
import { resultOfProgram } from '../support/namespaces.js';
import { addon } from './support/addon.js';

describe('The addon', () => {
  it('has exactly the functions that lib/native.ts describes', () => {
    expect(Object.keys(addon()).sort()).to.deep.equal(
      [
        'InsideSocket',
        'NetlinkSocket',
        'accessFileAsync',
        'bindNameAsync',
        'closeFd',
        'cookie',
        'createNamespaceAsync',
        'currentNamespace',
        'duplicateNamespace',
        'endOpener',
        'enterMounts',
        'enterNamespace',
        'entryOf',
        'followDirectory',
        'forgetFd',
        'inodeOf',
        'identity',
        'namespaceOfForeignSocket',
        'namespaceOfOpener',
        'namespaceOfPidfd',
        'namespaceOfSocket',
        'namespaceType',
        'now',
        'openNamespace',
        'openSocket',
        'openTun',
        'owner',
        'spawnAsync',
        'threadId',
        'unbindNameAsync',
        'watchHangUp',
        'watchMounts',
      ].sort(),
    );
  });

  it('is found without a report on the process, which would ask the name server for every peer', () => {
    const text = `
      process.report.getReport = () => { throw new Error('a report was made'); };
      const before = Object.getOwnPropertyDescriptor(process.report, 'excludeNetwork')?.value;
      const here = await Namespace.current();
      await here.close();
      console.log(JSON.stringify(before === Object.getOwnPropertyDescriptor(process.report, 'excludeNetwork')?.value));`;
    expect(resultOfProgram(text)).to.equal(true);
  });

  it('tells the thread and a time that never goes back', () => {
    expect(addon().threadId()).to.equal(process.pid);
    const [first, second] = [addon().now(), addon().now()];
    expect(second).to.be.at.least(first);
    const hrtime = Number(process.hrtime.bigint());
    expect(addon().now()).to.be.at.least(hrtime - 256); // A double holds nanoseconds to within 256 after 26 days.
  });

  it('refuses arguments that it cannot use, before it does anything', () => {
    const native = addon();
    for (const wrong of [undefined, null, '3', 1.5, Number.NaN, 2 ** 31, -(2 ** 31) - 1, {}, 3n]) {
      expect(() => native.identity(wrong as number)).to.throw(TypeError);
      expect(() => {
        native.closeFd(wrong as number);
      }).to.throw(TypeError);
      expect(() => native.openSocket(-1, 1, 1, wrong as number)).to.throw(TypeError);
      expect(() => native.openTun(-1, 'tap0', { flags: wrong } as never)).to.throw(TypeError);
      expect(() => native.bindNameAsync('/tmp', 'name', wrong as number)).to.throw(TypeError);
    }
    for (const wrong of [undefined, 1, null, {}, 'with\0NUL']) {
      expect(() => native.openNamespace(wrong as string)).to.throw(TypeError);
      expect(() => native.bindNameAsync(wrong as string, 'name', 0)).to.throw(TypeError);
      expect(() => native.unbindNameAsync('/tmp', wrong as string)).to.throw(TypeError);
    }
    expect(() => native.createNamespaceAsync(undefined as never)).to.throw(TypeError);
  });
});

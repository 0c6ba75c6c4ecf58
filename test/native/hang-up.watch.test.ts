import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { errorOf } from '../support/error-of.js';
import { addon } from './support/addon.js';

function flagsOf(fd: number): string | undefined {
  return /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'netlane-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('Watching for the end of a reader', () => {
  it('tells of a pipe that nobody reads any more, and not before; the pipe blocks as it did', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'pipe');
      execFileSync('mkfifo', [path]);
      const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writing = openSync(path, constants.O_WRONLY);
      const before = flagsOf(writing);
      let calls = 0;
      let told: () => void = () => undefined;
      const gone = new Promise<void>((resolve) => (told = resolve));
      const watch = addon().watchHangUp(writing, () => {
        calls += 1;
        watch.close();
        told();
      });
      watch.ref(true);
      expect(flagsOf(writing)).to.equal(before);
      for (let count = 0; count < 5; count += 1) await turn();
      expect(calls).to.equal(0);
      closeSync(reading);
      await gone;
      for (let count = 0; count < 5; count += 1) await turn();
      expect(calls).to.equal(1);
      closeSync(writing);
    }));

  it('tells of a socket that the other end closed, and not of one that it only ended', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'socket');
      const server = createServer({ allowHalfOpen: true }).listen(path);
      await once(server, 'listening');
      const client = createConnection({ path, allowHalfOpen: true });
      const [accepted] = (await once(server, 'connection')) as [Socket];
      const { fd } = (accepted as unknown as { _handle: { fd: number } })._handle;
      let calls = 0;
      const watch = addon().watchHangUp(fd, () => {
        calls += 1;
        watch.close();
      });
      client.end();
      await once(accepted.resume(), 'end');
      for (let count = 0; count < 5; count += 1) await turn();
      expect(calls).to.equal(0);
      client.destroy();
      while (calls === 0) await turn();
      accepted.destroy();
      server.close();
      await once(server, 'close');
    }));

  it('refuses what cannot be watched', () => {
    const file = openSync('/proc/self/exe', 'r');
    expect(errorOf(() => addon().watchHangUp(file, () => undefined))).to.include({ errno: -1, syscall: 'uv_poll_init' });
    closeSync(file);
    expect(errorOf(() => addon().watchHangUp(-1, () => undefined))).to.include({ errno: -9 });
    expect(() => addon().watchHangUp(0, undefined as never)).to.throw(TypeError);
  });
});

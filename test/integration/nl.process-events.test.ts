import { spawn, type ChildProcess } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { expect } from 'chai';
import * as nl from '../../lib/nl.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { needsProcessEvents } from '../support/process-events.js';
import { needsRoot } from '../support/skip.js';

/** Runs a program to its end. */
async function run(file: string): Promise<ChildProcess> {
  const child = spawn(file, { stdio: 'ignore' });
  await once(child, 'exit');
  return child;
}

describe('nl process events', () => {
  it('tell of a fork, an exec and an exit', async function () {
    await needsProcessEvents(this);
    const watch = nl.watchProcesses();
    await watch.ready;
    const ended = run('false');
    const kinds: string[] = [];
    const pid = (await ended).pid;
    for await (const event of watch) {
      if (event.kind === 'fork' && event.childPid === pid) {
        expect(event.childTgid).to.equal(pid);
        expect(event.parentTgid).to.equal(process.pid);
        kinds.push(event.kind);
      }
      if (event.kind === 'exec' && event.processTgid === pid) kinds.push(event.kind);
      if (event.kind === 'exit' && event.processPid === pid) {
        expect(event).to.include({ exitCode: 256, exitSignal: 17, processTgid: pid });
        expect(event.timestamp > 0n).to.equal(true);
        kinds.push(event.kind);
        break;
      }
    }
    expect(kinds).to.deep.equal(['fork', 'exec', 'exit']);
    // The loop was left: the watch has ended.
    await watch.close();
    expect(await watch[Symbol.asyncIterator]().next()).to.deep.equal({ value: undefined, done: true });
  });

  it('go to several watches, and on when one of them ends', async function () {
    await needsProcessEvents(this);
    const watches = [nl.watchProcesses(), nl.watchProcesses()] as const;
    await Promise.all(watches.map((watch) => watch.ready));
    await watches[0].close();
    const { pid } = await run('true');
    for await (const event of watches[1]) if (event.kind === 'exit' && event.processPid === pid) break;
  });

  it('end with close() and with a signal', async function () {
    await needsProcessEvents(this);
    const closed = nl.watchProcesses();
    const closing = closed.close();
    expect(closed.close()).to.equal(closing);
    await closing;
    for await (const event of closed) expect.fail(`a closed watch told ${event.kind}`);
    const controller = new AbortController();
    const watch = nl.watchProcesses({ signal: controller.signal });
    await watch.ready;
    const reading = (async (): Promise<void> => {
      for await (const _ of watch) controller.abort(new Error('enough'));
    })();
    await run('true');
    const error = await rejectionOf(reading);
    expect(error).to.include({ code: 'ABORT_ERR' });
    expect(error.cause).to.have.property('message', 'enough');
    const late = nl.watchProcesses({ signal: controller.signal });
    expect(await rejectionOf(late.ready)).to.include({ code: 'ABORT_ERR' });
  });

  it('end when their reader leaves', async function () {
    await needsProcessEvents(this);
    const watch = nl.watchProcesses();
    const events = watch[Symbol.asyncIterator]();
    const waiting = events.next();
    await watch.ready;
    await events.return(undefined);
    await waiting;
    expect(await events.next()).to.deep.equal({ done: true, value: undefined });
    await watch.close();
  });

  it('share a signal', async function () {
    await needsProcessEvents(this);
    const controller = new AbortController();
    const watches = Array.from({ length: 12 }, () => nl.watchProcesses({ signal: controller.signal }));
    await Promise.all(watches.map(({ ready }) => ready));
    expect(getEventListeners(controller.signal, 'abort')).to.have.length(1);
    await Promise.all(watches.map((watch) => watch.close()));
    expect(getEventListeners(controller.signal, 'abort')).to.have.length(0);
  });

  it('are the initial namespace’s: in any other the watch says so', async function () {
    needsRoot(this);
    const ns = await nl.newNs();
    const watch = nl.watchProcesses({ netNS: ns });
    await ns.close();
    expect(await rejectionOf(watch.ready)).to.include({ code: 'NETLANE_NOT_SUPPORTED' });
    expect(await rejectionOf(watch[Symbol.asyncIterator]().next())).to.include({ code: 'NETLANE_NOT_SUPPORTED' });
    await watch.close();
  });

  it('refuse options that do not exist', () => {
    expect(errorOf(() => nl.watchProcesses({ sginal: undefined } as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => nl.watchProcesses({ signal: {} as never }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});

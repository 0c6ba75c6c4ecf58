import { closeSync, openSync } from 'node:fs';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { added, settled, snapshot } from '../support/leaks.js';

describe('the leak check', () => {
  it('sees a descriptor that was opened, and that it is closed again', async () => {
    const before = snapshot();
    const fd = openSync('/dev/null', 'r');
    expect(added(before)).to.deep.equal([`fd ${fd} -> /dev/null`]);
    closeSync(fd);
    expect(await settled(before)).to.deep.equal([]);
  });

  it('sees a worker thread, and waits until its end is complete', async () => {
    const before = snapshot();
    const worker = new Worker('setInterval(() => undefined, 1000)', { eval: true });
    await once(worker, 'online');
    expect(added(before).join('\n')).to.match(/thread \d+/);
    await worker.terminate();
    expect(await settled(before)).to.deep.equal([]);
  });

  it('says what is left when the patience is over', async () => {
    const before = snapshot();
    const fd = openSync('/dev/zero', 'r');
    try {
      expect(await settled(before, 30)).to.deep.equal([`fd ${fd} -> /dev/zero`]);
    } finally {
      closeSync(fd);
    }
  });
});

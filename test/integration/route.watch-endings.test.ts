import { once } from 'node:events';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { withNamespace } from '../support/namespaces.js';

describe('A watch', () => {
  it('ends with the stream that is made of it, also while nothing happens', () =>
    withNamespace(async (namespace) => {
      const route = await namespace.route();
      for (const watch of [route.watch(['link']), Namespace.watchAll([namespace], ['link'])]) {
        await watch.ready;
        const stream = Readable.from(watch).resume();
        // Reading has begun by then.
        await new Promise((resolve) => setImmediate(resolve));
        const closed = once(stream, 'close');
        stream.destroy();
        await closed;
        expect(await rejectionOf(watch[Symbol.asyncIterator]().next())).to.include({ code: 'NETLANE_CLOSED' });
      }
    }));

  it('of a namespace that is named twice is one', () =>
    withNamespace(async (namespace) => {
      const route = await namespace.route();
      const watch = Namespace.watchAll([namespace, namespace], ['link'], { existing: true });
      await watch.ready;
      await route.links.add({ name: 'q0', kind: 'ifb' });
      await route.links.add({ name: 'last', kind: 'ifb' });
      const told: string[] = [];
      for await (const event of watch) {
        if (!('value' in event) || event.object !== 'link') continue;
        told.push(`${event.action} ${event.value.name}`);
        if (event.value.name === 'last') break;
      }
      expect(told).to.deep.equal(['existing lo', 'added q0', 'added last']);
    }));
});

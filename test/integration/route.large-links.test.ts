import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { limit } from '../support/time.js';

describe('A link with so many names that it is larger than a piece of a list', function () {
  this.timeout(limit(10_000));

  for (const thread of ['lane', 'caller'] as const) {
    it(`is in lists, streams and watches by a socket of the ${thread}`, async () => {
      await using namespace = await Namespace.create();
      const route = await namespace.route({ thread });
      await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
      const names = Array.from({ length: 480 }, (_, number) => `${'n'.repeat(100)}${number}`);
      for (let at = 0; at < names.length; at += 40) await route.links.addAlternativeNames('v0', names.slice(at, at + 40));
      const all = ['lo', 'v0', 'v1'];
      const named = (links: readonly { readonly name: string }[]): string[] => links.map(({ name }) => name).sort();
      expect(named(await route.links.list())).to.deep.equal(all);
      expect(named(await route.links.list({ kind: 'veth' }))).to.deep.equal(['v0', 'v1']);
      expect((await route.links.find({ alternativeNames: names }))?.name).to.equal('v0');
      const streamed: { readonly name: string }[] = [];
      for await (const link of route.links.stream()) streamed.push(link);
      expect(named(streamed)).to.deep.equal(all);
      const watch = route.watch(['link'], { existing: true });
      const known: { readonly name: string }[] = [];
      for await (const event of watch) {
        if ('value' in event && event.object === 'link') known.push(event.value);
        if (known.length === all.length) break;
      }
      expect(named(known)).to.deep.equal(all);
    });
  }
});

import { expect } from 'chai';
import type { RouteClient } from '../../lib/netlink/route.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteInput } from '../../lib/schema/route/route.js';
import { rejectionOf } from '../support/error-of.js';
import { ipJson } from '../support/namespaces.js';

interface Shown {
  readonly dst: string;
  readonly metric?: number;
  readonly nexthops?: readonly unknown[];
}

/** Values are encoded where they will leave from: whatever else is put down meanwhile must not stand there as well. */
for (const thread of ['lane', 'caller'] as const) {
  describe(`A change that is written into the outgoing buffer (${thread})`, () => {
    let namespace: Namespace;
    let route: RouteClient<Namespace>;

    beforeEach(async () => {
      namespace = await Namespace.create({ loopback: true });
      route = await namespace.route({ thread });
    });
    afterEach(() => namespace.close());

    const shown = (): string[] =>
      ipJson<Shown>(namespace, 'route show')
        .map(({ dst, metric = 0 }) => `${dst} ${metric}`)
        .sort();

    it('is whole where reading the value makes other changes, before it and in its midst', async () => {
      const others: Promise<void>[] = [];
      const nested = (at: number): RouteInput => ({
        destination: `10.${at}.0.0/16`,
        link: 1,
        get metric() {
          if (at % 4 !== 0) others.push(route.routes.add(nested(at + 1)));
          return at;
        },
      });
      await Promise.all([1, 5, 9, 13].map((at) => route.routes.add(nested(at))));
      await Promise.all(others);
      expect(shown()).to.deep.equal(Array.from({ length: 16 }, (_, index) => `10.${index + 1}.0.0/16 ${index + 1}`).sort());
    });

    it('leaves nothing behind where the value cannot be encoded, or names a link that must be looked up', async () => {
      const changes = [
        route.routes.add({ destination: '10.1.0.0/16', link: 1, metric: 1 }),
        rejectionOf(route.routes.add({ destination: '10.2.0.0/16', link: 1, metric: 'x' as never })),
        route.routes.add({ destination: '10.3.0.0/16', link: 'lo', metric: 3 }),
        rejectionOf(route.routes.add({ destination: '10.4.0.0/16', link: 1, nonsense: 4 } as never)),
        route.routes.add({ destination: '10.5.0.0/16', link: 1, metric: 5 }),
      ];
      await Promise.all(changes);
      expect(shown()).to.deep.equal(['10.1.0.0/16 1', '10.3.0.0/16 3', '10.5.0.0/16 5']);
    });

    it('may be longer than the buffer, between others', async () => {
      const many = Array.from({ length: 200 }, (_, index) => ({ link: 1, weight: index + 1 }));
      const wide = [1, 2, 3].map((at) => route.routes.add({ destination: `10.${at}.0.0/16`, nexthops: many }));
      const short = [4, 5, 6].map((at) => route.routes.add({ destination: `10.${at}.0.0/16`, link: 1 }));
      await Promise.all([...wide, ...short]);
      const lengths = ipJson<Shown>(namespace, 'route show').map(({ nexthops }) => nexthops?.length ?? 0);
      expect(lengths).to.deep.equal([200, 200, 200, 0, 0, 0]);
    });

    it('is what it was when it was put down, though its owner goes on with the object', async () => {
      const value = { destination: '10.1.0.0/16', link: 'lo' as string | number, metric: 1 };
      const first = route.routes.add(value);
      value.metric = 2;
      value.link = 1;
      const second = route.routes.add(value);
      value.destination = '10.9.0.0/16';
      await Promise.all([first, second]);
      expect(shown()).to.deep.equal(['10.1.0.0/16 1', '10.1.0.0/16 2']);
    });
  });
}

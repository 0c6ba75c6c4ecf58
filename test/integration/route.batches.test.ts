import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { limit } from '../support/time.js';

describe('A batch', function () {
  this.timeout(limit(20_000));

  it('sends values as they were when they were put down, however many', async () => {
    const namespace = await Namespace.create({ loopback: true });
    try {
      const route = await namespace.route({ thread: 'caller' });
      const values = Array.from({ length: 500 }, (_, index) => ({
        destination: `10.${10 + (index >> 8)}.${index & 255}.0/24`,
        link: 'lo',
        table: 77,
      }));
      const wanted = values.map(({ destination }) => destination);
      const changes = { mtu: 1400 };
      const which = { name: 'lo' };
      const made = route.batch((batch) => {
        for (const value of values) batch.routes.add(value);
        batch.links.set(which, changes);
      });
      for (const value of values) value.destination = '10.99.0.0/24';
      changes.mtu = 1500;
      which.name = 'v9';
      expect((await made).filter(({ ok }) => !ok)).to.deep.equal([]);
      expect((await route.routes.list({ table: 77 })).map(({ destination }) => destination)).to.have.members(wanted);
      expect((await route.links.get('lo')).mtu).to.equal(1400);
    } finally {
      await namespace.close();
    }
  });
});

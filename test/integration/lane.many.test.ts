import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { timeFactor } from '../support/time.js';
import { Scratch } from './support/namespaces.js';
import { allLinks, getLink, linkOf, newBridge } from './support/route.js';

const many = timeFactor > 1 ? 30 : 200;

describe(`${many} lanes at once`, function () {
  this.timeout(240_000);
  const scratch = new Scratch();

  after(() => scratch.close());

  it('answer each from its own namespace', async () => {
    const namespaces = await Promise.all(Array.from({ length: many }, () => scratch.namespace()));
    const sockets = await Promise.all(namespaces.map((namespace) => scratch.socket(namespace)));
    await Promise.all(sockets.map((socket, at) => socket.request(newBridge(`only-${at}`, 7))));
    const answers = await Promise.all(
      sockets.flatMap((socket) => Array.from({ length: 20 }, async () => (await socket.request(getLink(7))).messages.map(linkOf))),
    );
    answers.forEach((links, count) => expect(links.map(({ name }) => name)).to.deep.equal([`only-${Math.floor(count / 20)}`]));
    const lists = await Promise.all(
      sockets.map(async (socket) => (await socket.request(allLinks)).messages.map((message) => linkOf(message).name)),
    );
    lists.forEach((names, at) => expect(names).to.deep.equal(['lo', `only-${at}`]));

    const { threads } = Namespace.leaks();
    const lanes = threads.filter(({ owner }) => owner?.startsWith('the lane of '));
    expect(lanes).to.have.length(many);
    expect(new Set(lanes.map(({ id }) => id))).to.deep.equal(new Set(namespaces.map(({ id }) => id)));
    expect(threads).to.have.length(many);
  });
});

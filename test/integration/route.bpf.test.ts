import { expect } from 'chai';
import { needs } from '../support/skip.js';
import { limit } from '../support/time.js';
import { withProgram } from './support/bpf.js';

const library = new URL('../../lib/index.js', import.meta.url).href;

/** What a process does with a client and the descriptor `fd`, and prints. */
function program(body: string): string {
  return `
    import { execFileSync } from 'node:child_process';
    import { Namespace } from ${JSON.stringify(library)};
    const fd = Number(process.env.PROGRAM_FD);
    const namespace = await Namespace.create({ loopback: true });
    const ip = async (...args) => JSON.parse((await namespace.exec('ip', ['-j', '-d', ...args])).stdout);
    const route = await namespace.route({ thread: 'caller' });
    await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
    await route.links.set('v0', { up: true });
    await route.links.set('v1', { up: true });
    const told = {};
    ${body}
    await namespace.close();
    console.log(JSON.stringify(told));
  `;
}

interface XdpTold {
  readonly shown: { readonly xdp?: { readonly mode?: number; readonly prog?: { readonly id?: number } } };
  readonly listed: { readonly attached?: string; readonly programId?: number; readonly genericProgramId?: number };
  readonly refused: string;
  readonly after: object;
  readonly shownAfter: object;
}

describe('BPF programs on links and routes', function () {
  this.timeout(limit(60_000));

  it('are attached to a link, listed as ip shows them, replaced only if they are what was expected, and taken away', async function () {
    await needs(this, 'XDP programs', () => withProgram('xdp', "console.log('{}')"));
    const told = withProgram(
      'xdp',
      program(`
        await route.links.set('v0', { xdp: { fd, flags: ['generic'] } });
        [told.shown] = await ip('link', 'show', 'dev', 'v0');
        told.listed = (await route.links.get('v0')).xdp;
        told.refused = await route.links.set('v0', { xdp: { fd, flags: ['generic', 'if-none'] } }).then(() => 'made', (error) => error.code);
        await route.links.set('v0', { xdp: { fd, expectedFd: fd, flags: ['generic', 'replace'] } });
        await route.links.set('v0', { xdp: { fd: -1, flags: ['generic'] } });
        told.after = (await route.links.get('v0')).xdp;
        [told.shownAfter] = await ip('link', 'show', 'dev', 'v0');
      `),
    ) as XdpTold;
    const id = told.shown.xdp?.prog?.id;
    expect(id).to.be.a('number');
    expect(told.listed).to.include({ attached: 'generic', programId: id, genericProgramId: id });
    // enum XDP_ATTACHED_SKB
    expect(told.shown.xdp?.mode).to.equal(2);
    expect(told.refused).to.equal('EBUSY');
    expect(told.after).to.deep.equal({ attached: 'none' });
    expect(told.shownAfter).to.not.have.property('xdp');
  });

  it('are on a new link from the start', async function () {
    await needs(this, 'XDP programs', () => withProgram('xdp', "console.log('{}')"));
    const told = withProgram(
      'xdp',
      program(`
        await route.links.add({ name: 'w0', kind: 'veth', peer: { name: 'w1' }, xdp: { fd, flags: ['generic'] } });
        told.listed = (await route.links.get('w0')).xdp;
      `),
    ) as XdpTold;
    expect(told.listed).to.have.property('attached', 'generic');
  });

  for (const [type, field] of [
    ['lwt-in', 'in'],
    ['lwt-out', 'out'],
    ['lwt-xmit', 'xmit'],
  ] as const) {
    it(`are run for packets of a route (${field}), and listed by name`, async function () {
      const body = `
        await route.addresses.add({ link: 'v0', address: '10.0.0.1/24' });
        await route.routes.add({
          destination: '10.9.0.0/16', gateway: '10.0.0.2', link: 'v0', encapsulation: { type: 'bpf', ${field}: { fd, name: 'passes' } },
        });
        [told.shown] = await ip('route', 'show', '10.9.0.0/16');
        told.listed = (await route.routes.get({ destination: '10.9.0.0/16' })).encapsulation;
      `;
      let told: unknown;
      await needs(this, `BPF programs of routes (${field})`, () => {
        told = withProgram(type, program(body));
      });
      const { shown, listed } = told as { shown: object; listed: object };
      expect(listed).to.deep.include({ type: 'bpf', [field]: { name: 'passes' } });
      expect(JSON.stringify(shown)).to.include('passes');
    });
  }
});

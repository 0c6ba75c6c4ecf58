import { expect } from 'chai';
import { execInside } from '../namespaces.js';
import { skip } from '../skip.js';
import { limit } from '../time.js';
import { Namespace } from '../../../lib/namespace.js';
import type { RouteClient } from '../../../lib/netlink/route.js';
import { compare } from './compare.js';
import { parseJson } from './json.js';
import { isPlain, type ObjectTable, type Plain } from './table.js';
import { build, type Part } from './scene.js';

/** What iproute2 prints as JSON inside the namespace; every object of all its lists. */
export function printedBy(namespace: Namespace, tool: 'ip' | 'bridge', line: string): Plain[] {
  const text = execInside(namespace, tool, ['-json', ...line.split(' ')]);
  const value = text.trim() === '' ? [] : parseJson(text);
  return (Array.isArray(value) ? value : [value]).filter(isPlain).filter((one) => Object.keys(one).length > 0);
}

/** Two ways to the same objects. */
export interface Ways {
  readonly printed: () => readonly Plain[];
  readonly listed: () => Promise<readonly object[]>;
  /** What an object is called here; several may be called the same. */
  readonly label: (printed: Plain) => string;
}

/** What does not agree, by the label of the object. */
export type Outcome = ReadonlyMap<string, readonly string[]>;

/** What a suite stages: the objects of a namespace that has been built. */
export interface Stage {
  readonly table: ObjectTable;
  readonly scene: readonly Part[];
  readonly ways: (namespace: Namespace, route: RouteClient<Namespace>) => Ways;
}

const attempts = 3;

/**
 * Compares what iproute2 prints with what the library lists just before and just after. While the library lists something else after than
 * before, it is looked at again. Things may change there and back in between, so that a difference counts when it is there three times.
 */
export async function outcomeOf(table: ObjectTable, ways: Ways, route: RouteClient<Namespace>): Promise<Outcome> {
  const end = Date.now() + limit(30_000);
  for (let attempt = 1; ;) {
    const links = new Map((await route.links.list()).map((link) => [link.index, link as unknown as Plain]));
    const before = await ways.listed();
    const printed = ways.printed();
    const after = await ways.listed();
    const outcome = new Map<string, string[]>();
    const said = (label: string, texts: readonly string[]): void => void outcome.set(label, [...(outcome.get(label) ?? []), ...texts]);
    let unsettled = before.length !== after.length;
    if (printed.length !== after.length) said('all', [`ip prints ${printed.length} objects, the library lists ${after.length}`]);
    else {
      for (const [index, shown] of printed.entries()) {
        const listed = (after[index] ?? {}) as Plain;
        const linkOf = (link: unknown): Plain | undefined => links.get(link as number);
        const result = compare(
          table,
          { printed: shown, before: (before[index] ?? listed) as Plain, after: listed, linkOf },
          ways.label(shown),
        );
        unsettled ||= result.unsettled;
        said(ways.label(shown), result.differences);
      }
    }
    const agrees = [...outcome.values()].every((texts) => texts.length === 0);
    if (!unsettled && (agrees || attempt >= attempts)) return outcome;
    if (Date.now() > end) {
      said('all', ['what the library lists does not come to rest']);
      return outcome;
    }
    if (!unsettled) attempt += 1;
  }
}

/** Fails with all that does not agree. */
export function expectAgreement(outcome: Outcome): void {
  const texts = [...outcome.values()].flat();
  expect(texts, texts.join('\n')).to.deep.equal([]);
}

/** A scene and what came of it: filled by the hooks of the suite, read by its tests. */
export interface Staged {
  missing: ReadonlyMap<string, string>;
  outcome: Outcome;
}

/** A test for each part of a scene: its objects are there, and agree. Those that the kernel has not got are skipped. */
export function testParts(parts: readonly Part[], staged: () => Staged): void {
  for (const part of parts) {
    it(`${part.name}: iproute2 and the library agree`, function () {
      const { missing, outcome } = staged();
      const said = missing.get(part.name);
      if (said !== undefined) skip(this, `not in this kernel: ${part.name}`);
      const { objects } = part;
      const own = [...outcome].filter(([label]) => objects === undefined || objects.test(label));
      expect(own.length, `objects of ${part.name}, of ${[...outcome.keys()].join(', ')}`).to.be.greaterThan(0);
      expectAgreement(new Map(own));
    });
  }
}

function hasNothing(stage: Stage, staged: Staged): boolean {
  return staged.missing.size === stage.scene.length;
}

/** A suite: builds the scene in a namespace of its own, compares, and has a test for each part and one for all. */
export function describeAgreement(title: string, stage: Stage): void {
  describe(title, function () {
    this.timeout(limit(120_000));
    let namespace: Namespace;
    const staged: Staged = { missing: new Map(), outcome: new Map() };

    before(async () => {
      namespace = await Namespace.create({ loopback: true });
      const route = await namespace.route({ thread: 'caller' });
      staged.missing = build(namespace, stage.scene);
      // Where nothing of the scene can be made, the kernel may not even list such objects.
      if (!hasNothing(stage, staged)) staged.outcome = await outcomeOf(stage.table, stage.ways(namespace, route), route);
    });
    after(() => namespace.close());

    testParts(stage.scene, () => staged);

    it('all of them agree, those that the kernel made as well, key by key and field by field', function () {
      if (hasNothing(stage, staged)) skip(this, `not in this kernel: ${stage.scene[0]?.name ?? ''}`);
      expectAgreement(staged.outcome);
    });
  });
}

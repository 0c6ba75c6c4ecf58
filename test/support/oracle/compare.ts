import { isDeepStrictEqual } from 'node:util';
import {
  at,
  isPlain,
  pathsOf,
  type Conversion,
  type Holds,
  type Lists,
  type ObjectTable,
  type Plain,
  type Shows,
  type Surroundings,
  type Table,
} from './table.js';

/** What is compared: an object as iproute2 printed it, and as the library listed it just before and just after. */
export interface Compared {
  readonly printed: Plain;
  readonly before: Plain;
  readonly after: Plain;
  readonly linkOf: (index: unknown) => Plain | undefined;
}

interface State {
  readonly linkOf: (index: unknown) => Plain | undefined;
  readonly whole: readonly [Plain, Plain];
  readonly differences: string[];
  /** Paths of fields that a row showed. */
  readonly shown: Set<string>;
  /** Whether the library listed something else before than after. */
  unsettled: boolean;
}

function text(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value, (_name, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one));
}

/** JSON has numbers and no bigint, and iproute2 prints addresses and flags in lists: equal as JSON is equal here. */
function equal(one: unknown, other: unknown): boolean {
  const plain = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
  return isDeepStrictEqual(plain(one), plain(other));
}

/** Where the comparison is: what iproute2's key is called, what field that is, and the two listed objects whose fields are looked at. */
interface Place {
  readonly path: string;
  readonly prefix: string;
  readonly objects: readonly [Plain, Plain];
}

const asIs: Conversion = (value) => value;

function join(prefix: string, field: string): string {
  return prefix === '' ? field : field === '' ? prefix : `${prefix}.${field}`;
}

function around(state: State, place: Place, index: 0 | 1): Surroundings {
  return { object: place.objects[index], whole: state.whole[index], linkOf: state.linkOf };
}

function compareValue(state: State, place: Place, row: Shows, printed: unknown): void {
  for (const field of [row.field, ...(row.with ?? [])]) state.shown.add(join(place.prefix, field));
  const as = row.as ?? asIs;
  const before = as(at(place.objects[0], row.field), around(state, place, 0));
  const after = as(at(place.objects[1], row.field), around(state, place, 1));
  const differs = (what: unknown): void =>
    void state.differences.push(
      `${place.path}: ip prints ${text(printed)}, the library has ${text(what)} (${join(place.prefix, row.field)})`,
    );
  if (row.moving === 'free') {
    if (typeof printed !== typeof before) differs(before);
  } else if (row.moving === 'between' && typeof printed === 'number' && typeof before === 'number' && typeof after === 'number') {
    const { slack = 0 } = row;
    if (printed < Math.min(before, after) - slack || printed > Math.max(before, after) + slack) differs([before, after]);
  } else {
    if (!equal(before, after)) state.unsettled = true;
    if (!equal(printed, after)) differs(after);
  }
}

function compareLists(state: State, place: Place, row: Lists, printed: unknown): void {
  const listOf = (index: 0 | 1): Plain[] => {
    const value = at(place.objects[index], row.each);
    const all = Array.isArray(value) ? value.filter(isPlain) : [];
    const { only } = row;
    return only === undefined ? all : all.filter((object) => only(object, { ...around(state, place, index), object }));
  };
  const before = listOf(0);
  const after = listOf(1);
  if (before.length !== after.length) state.unsettled = true;
  const elements: readonly unknown[] = Array.isArray(printed) ? printed : [];
  if (elements.length !== after.length || (printed === undefined && row.empty === true && at(place.objects[1], row.each) !== undefined)) {
    state.differences.push(`${place.path}: ip prints ${text(printed)}, the library has ${text(after)} (${join(place.prefix, row.each)})`);
    return;
  }
  for (const [index, element] of elements.entries()) {
    const one = after[index] ?? {};
    const inside = {
      path: `${place.path}[${index}]`,
      prefix: join(place.prefix, `${row.each}[]`),
      objects: [before[index] ?? one, one],
    } as const;
    compareTable(state, inside, row.keys, isPlain(element) ? element : {});
  }
}

/** The same place, one object deeper. */
function into(place: Place, field: string | undefined): Place {
  if (field === undefined) return place;
  const inner = (object: Plain): Plain => {
    const value = at(object, field);
    return isPlain(value) ? value : {};
  };
  return { path: place.path, prefix: join(place.prefix, field), objects: [inner(place.objects[0]), inner(place.objects[1])] };
}

/** The fields of keys that are rightly not printed are shown in that. */
function showAll(state: State, prefix: string, keys: Table): void {
  for (const row of Object.values(keys)) if ('field' in row) state.shown.add(join(prefix, row.field));
}

function compareHeld(state: State, place: Place, row: Holds, printed: unknown): void {
  const expected = row.when?.(place.objects[1]);
  if (expected !== undefined && expected !== isPlain(printed)) {
    state.differences.push(`${place.path}: ip prints ${text(printed)}, the library's object makes it ${expected ? 'due' : 'a surprise'}`);
  }
  if (expected === false && printed === undefined) {
    showAll(state, into(place, row.of).prefix, row.keys);
    return;
  }
  compareTable(state, into(place, row.of), row.keys, isPlain(printed) ? printed : {});
}

function compareTable(state: State, place: Place, table: Table, printed: Plain): void {
  for (const [key, value] of Object.entries(printed)) {
    if (!Object.hasOwn(table, key))
      state.differences.push(`${place.path}.${key}: ip prints ${text(value)}, and no row of the table has this key`);
  }
  for (const [key, row] of Object.entries(table)) {
    const value = printed[key];
    const inside = { ...place, path: `${place.path}.${key}` };
    if ('unmapped' in row) continue;
    if ('field' in row) compareValue(state, inside, row, value);
    else if ('each' in row) compareLists(state, inside, row, value);
    else if ('cases' in row) {
      const choice = at(place.objects[1], row.by);
      state.shown.add(join(place.prefix, row.by));
      compareTable(state, into(inside, row.of), typeof choice === 'string' ? (row.cases[choice] ?? {}) : {}, isPlain(value) ? value : {});
    } else compareHeld(state, inside, row, value);
  }
}

function covers(covering: Iterable<string>, path: string): boolean {
  for (const one of covering) if (path === one || path.startsWith(`${one}.`) || path.startsWith(`${one}[]`)) return true;
  return false;
}

/** What does not agree, in words, and whether the library listed the same before and after: if not, it has to be looked at again. */
export function compare(table: ObjectTable, compared: Compared, label: string): { differences: string[]; unsettled: boolean } {
  const { printed, before, after, linkOf } = compared;
  const state: State = { linkOf, whole: [before, after], differences: [], shown: new Set(), unsettled: false };
  compareTable(state, { path: label, prefix: '', objects: [before, after] }, table.keys, printed);
  const known = [...state.shown, ...Object.keys(table.beyond)];
  for (const path of pathsOf(after)) {
    if (!covers(known, path)) state.differences.push(`${label}: the library lists ${path}, which no key shows and nothing says why`);
  }
  return { differences: state.differences, unsettled: state.unsettled };
}

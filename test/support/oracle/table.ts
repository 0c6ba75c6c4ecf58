/*
 * What iproute2 prints, as data: a table has a row for each key of its JSON, which says what field of the library's objects the key shows,
 * and how. A key without a row is an error, and so is a field of the library that no row shows and that is not listed as one which
 * iproute2 does not print. So neither side can have something that the other has and nobody noticed.
 */

/** An object that iproute2 printed or the library listed. */
export type Plain = Readonly<Record<string, unknown>>;

/** What conversions may need beside the value. */
export interface Surroundings {
  /** The object that has the field; within lists, the element. */
  readonly object: Plain;
  /** The whole listed object. */
  readonly whole: Plain;
  /** The listed link that has this index. */
  readonly linkOf: (index: unknown) => Plain | undefined;
}

/** What iproute2 prints for the value of a field; undefined when it prints nothing. */
export type Conversion = (value: unknown, around: Surroundings) => unknown;

/** A key that shows a field. */
export interface Shows {
  /** Path of the field; '' for the object itself. */
  readonly field: string;
  readonly as?: Conversion | undefined;
  /** Further fields that the conversion looks at. */
  readonly with?: readonly string[] | undefined;
  /**
   * The value changes by itself: it must lie between what the library listed before and after ('between'), or only be of the same type
   * ('free': it goes up and down).
   */
  readonly moving?: 'between' | 'free' | undefined;
  /** Of what lies between: how far beside it may lie, since it can start anew meanwhile. */
  readonly slack?: number | undefined;
}

/** A key whose value is an object. */
export interface Holds {
  /** Path of the field whose fields are shown in it; undefined for those of the same object. */
  readonly of?: string | undefined;
  readonly keys: Table;
  /** Whether the key is there; default: when one of its keys is, or when the field is. */
  readonly when?: ((object: Plain) => boolean) | undefined;
}

/** A key whose value depends on a field, such as the kind of a link. */
export interface Chooses {
  readonly by: string;
  readonly of: string;
  readonly cases: Readonly<Record<string, Table>>;
}

/** A key whose value is a list of objects. */
export interface Lists {
  readonly each: string;
  readonly keys: Table;
  /** Elements that are shown; default all. */
  readonly only?: ((element: Plain, around: Surroundings) => boolean) | undefined;
  /** Whether an empty list is printed. */
  readonly empty?: boolean | undefined;
}

/** A key that shows nothing which the library has. */
export interface Unmapped {
  readonly unmapped: string;
}

export type Row = Shows | Holds | Chooses | Lists | Unmapped;
export type Table = Readonly<Record<string, Row>>;

/** An object type: its keys, and the fields that iproute2 does not print, with the reason. */
export interface ObjectTable {
  readonly keys: Table;
  /** Fields of the library that no key shows: path (with all below it) and reason. */
  readonly beyond: Readonly<Record<string, string>>;
}

export function shows(field: string, as?: Conversion, more: Omit<Shows, 'field' | 'as'> = {}): Shows {
  return { field, as, ...more };
}

export function unmapped(reason: string): Unmapped {
  return { unmapped: reason };
}

/** Rows for keys that show fields as they are: { key: 'field' }. */
export function plainly(keys: Readonly<Record<string, string>>, as?: Conversion): Record<string, Shows> {
  return Object.fromEntries(Object.entries(keys).map(([key, field]) => [key, shows(field, as)]));
}

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** The value at a path: 'data.flags.gvrp'. */
export function at(object: unknown, path: string): unknown {
  if (path === '') return object;
  let value = object;
  for (const name of path.split('.')) {
    if (!isPlain(value)) return undefined;
    value = value[name];
  }
  return value;
}

/** Paths of all that an object has, the elements of lists as one: 'nexthops[].gateway'. */
export function pathsOf(value: unknown, prefix = ''): Set<string> {
  const found = new Set<string>();
  const walk = (one: unknown, path: string): void => {
    if (Array.isArray(one) && one.some(isPlain)) for (const element of one as unknown[]) walk(element, `${path}[]`);
    else if (isPlain(one)) for (const [name, member] of Object.entries(one)) walk(member, path === '' ? name : `${path}.${name}`);
    else if (one !== undefined) found.add(path);
  };
  walk(value, prefix);
  return found;
}

/** Every row of a table that is no table itself, with the path of the object whose fields it shows and the cases that it is in. */
function* rowsOf(
  table: Table,
  prefix = '',
  cases: readonly string[] = [],
): Generator<{ row: Shows | Unmapped; prefix: string; cases: readonly string[] }> {
  const join = (field: string): string => (prefix === '' ? field : field === '' ? prefix : `${prefix}.${field}`);
  for (const row of Object.values(table)) {
    if ('unmapped' in row || 'field' in row) yield { row, prefix, cases };
    else if ('each' in row) yield* rowsOf(row.keys, join(row.each), cases);
    else if ('cases' in row) {
      yield { row: shows(row.by), prefix, cases };
      for (const [name, keys] of Object.entries(row.cases)) yield* rowsOf(keys, join(row.of), [...cases, name]);
    } else yield* rowsOf(row.keys, join(row.of ?? ''), cases);
  }
}

/** The fields that a table shows, and of which case they are: of a kind of link, of a type of encapsulation. */
export function shownFields(table: Table): { readonly path: string; readonly cases: readonly string[] }[] {
  const found: { path: string; cases: readonly string[] }[] = [];
  for (const { row, prefix, cases } of rowsOf(table)) {
    if ('unmapped' in row) continue;
    for (const field of [row.field, ...(row.with ?? [])])
      found.push({ path: prefix === '' ? field : field === '' ? prefix : `${prefix}.${field}`, cases });
  }
  return found;
}

/** How many keys of a table show a field, and why the others do not. */
export function countKeys(table: Table): { readonly mapped: number; readonly reasons: readonly string[] } {
  const rows = [...rowsOf(table)].map(({ row }) => row);
  return {
    mapped: rows.filter((row) => 'field' in row).length,
    reasons: rows.flatMap((row) => ('unmapped' in row ? [row.unmapped] : [])),
  };
}

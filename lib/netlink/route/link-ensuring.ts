import { invalidArgument, NetlinkError } from '../../errors.js';
import type { LinkInput } from '../../schema/route/link.js';
import { Comparison, named, type Difference } from './ensuring.js';
import { differing, furtherNames, takenLater } from './link-making.js';
import { isPlain, type Plain } from './matching.js';

/* What ensure() makes of a link that is there, and what may not be asked of one. */

/** Fields that say where a link goes, not what it is. */
const places = ['namespace', 'namespacePid', 'newNamespaceId', 'newIndex'] as const satisfies readonly (keyof LinkInput)[];

/** What is told in another form than it is asked for */
const otherwiseTold: ReadonlySet<string> = new Set([
  'carrier',
  'operationalState',
  'protocolDownReasons',
  'virtualFunctions',
  'virtualPorts',
  'portSelf',
]);

/** What a link is to have beside its name, and its further names. Throws for what is not in the client's namespace. */
export function wantedOf(value: LinkInput): { readonly name: string; readonly wanted: Plain; readonly others: readonly string[] } {
  if (typeof value.name !== 'string') throw invalidArgument('value.name', 'the name of the link', value.name);
  const others = furtherNames(value);
  if (value.name.includes('%d')) throw invalidArgument('value.name', 'the name of one link, without %d', value.name);
  const place = places.find((name) => value[name] !== undefined);
  if (place !== undefined)
    throw invalidArgument(
      `value.${place}`,
      'left out: a client there makes the link so, this one looks in its own namespace',
      value[place],
    );
  // Of the flags, those that can be set are fields of their own.
  const { name, peer: _peer, flags: _flags, protocols: _protocols, alternativeNames: _names, ...wanted } = value;
  return { name, wanted, others };
}

/** The same with the settings of address families: what the codec is to check. */
export function askedOf(value: LinkInput): LinkInput {
  const { protocols } = takenLater(value);
  return { ...wantedOf(value).wanted, ...(protocols !== undefined && { protocols }) } as LinkInput;
}

/** The kernel takes the data of a link by the kind that comes with it, and passes over what comes with none. */
export function checkData(value: { readonly kind?: unknown; readonly data?: unknown }): void {
  if (value.data !== undefined && value.kind === undefined) throw invalidArgument('kind', 'given: the data are of a kind', undefined);
}

const EEXIST = 17;

/** Refuses a link of another kind under the name. */
export function checkKind(
  value: LinkInput,
  kind: string | undefined,
  context: { readonly operation: string; readonly namespace: string },
): void {
  if (value.kind === undefined || kind === value.kind) return;
  const wanted: unknown = value.kind;
  if (typeof wanted !== 'string') throw invalidArgument('value.kind', 'a kind of link', wanted);
  const kernelMessage = `the link is of kind ${kind ?? 'none'}, not ${wanted.slice(0, 80)}`;
  throw new NetlinkError({ errno: -EEXIST, kernelMessage, operation: context.operation }, { namespace: context.namespace });
}

/** Settings of address families as lists have them: names for numbers, addresses in their usual form. */
function protocolsOf(value: LinkInput, read: unknown): Plain | undefined {
  const { protocols } = takenLater(value);
  if (!isPlain(protocols)) return undefined;
  const told = isPlain(read) ? read : {};
  const families = Object.entries(protocols).map(([family, settings]): [string, unknown] => {
    // Those of IPv4 are asked for in another form than they are told in, which is that of the input.
    const isSame = family === 'ipv4' || !isPlain(told[family]);
    return [family, isSame ? settings : named(settings, told[family])];
  });
  return Object.fromEntries(families);
}

/**
 * What is to be changed, and after a change what was not.
 * @param read What the kernel is told.
 */
export function linkChanges(
  value: LinkInput,
  { read, link, isSet }: { readonly read: Plain; readonly link: Plain; readonly isSet: boolean },
): { readonly changes: Plain | undefined; readonly left: Difference | undefined } {
  const protocols = protocolsOf(value, read['protocols']);
  const wanted: Plain = { ...(named(wantedOf(value).wanted, read) as Plain), ...(protocols !== undefined && { protocols }) };
  const changes = differing(wanted, link);
  const told = Object.fromEntries(Object.entries(wanted).filter(([name]) => !otherwiseTold.has(name)));
  const left = new Comparison({ untold: true }, isSet, {}).difference(told, link);
  if (Object.keys(changes).length === 0) return { changes: undefined, left };
  return { changes: { ...changes, ...('data' in changes && { kind: link['kind'] }) }, left };
}

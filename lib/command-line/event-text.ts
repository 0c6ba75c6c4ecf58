import type { Event } from '../index.js';
import { printable, type Style } from './terminal.js';

type Plain = Readonly<Record<string, unknown>>;
/** Names of links by index. */
export type LinkNames = ReadonlyMap<number, string>;

/** How an action is shown: a sign for the eye, and its colour. */
export const actions: Readonly<Record<Event['action'], { readonly sign: string; readonly style: Style }>> = {
  existing: { sign: ' ', style: 'dim' },
  added: { sign: '+', style: 'green' },
  changed: { sign: '~', style: 'yellow' },
  removed: { sign: '-', style: 'red' },
  overrun: { sign: '!', style: 'red' },
  synchronized: { sign: '=', style: 'dim' },
};

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return printable(value);
  return printable(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)));
}

/** 'via 10.0.0.1' where there is a value, nothing where there is none. */
function part(word: string, value: unknown): string {
  return value === undefined ? '' : ` ${word} ${text(value)}`;
}

/** What says nothing about what the object is, or always changes with everything else. */
const unsaid: readonly string[] = ['index', 'statistics', 'cache', 'unknown', 'flags', 'family', 'changed'];

/** What is new in a value: 'mtu 1500 -> 1400'. Of what has parts of its own, only that it is new. */
function differences(value: Plain, previous: Plain): string {
  const names = [...new Set([...Object.keys(previous), ...Object.keys(value)])].filter((name) => !unsaid.includes(name));
  const changed = names.filter((name) => text(value[name]) !== text(previous[name]));
  const show = (name: string): string =>
    isPlain(value[name]) || isPlain(previous[name]) ? name : `${name} ${text(previous[name]) || 'none'} -> ${text(value[name]) || 'none'}`;
  return changed.map(show).join(', ');
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function subject(object: string, value: Plain, links: LinkNames): string {
  const link = typeof value['link'] === 'number' && value['link'] !== 0 ? (links.get(value['link']) ?? value['link']) : undefined;
  const device = part('dev', link);
  switch (object) {
    case 'link': {
      const kind = value['kind'] === undefined ? '' : ` (${text(value['kind'])})`;
      return `${text(value['name'])}${kind} ${value['up'] === true ? 'up' : 'down'}${part('mtu', value['mtu'])}${part('address', value['address'])}`;
    }
    case 'address':
      return `${text(value['address'])}${part('peer', value['peer'])}${device}`;
    case 'route':
      return `${text(value['destination'])}${part('via', value['gateway'])}${device}${part('table', value['table'])}`;
    case 'neighbour':
    case 'fdb':
      return `${text(value['address'])}${part('at', value['hardwareAddress'])}${device}${part('state', value['state'])}`;
    default: {
      const fields = Object.entries(value).filter(([name, each]) => !unsaid.includes(name) && each !== undefined);
      return fields.map(([name, each]) => `${name} ${text(each)}`).join(' ');
    }
  }
}

/** An event as one line, without its namespace. */
export function describeEvent(event: Event, links: LinkNames): string {
  if (event.action === 'overrun') return 'events came faster than they were read, and the kernel dropped some';
  if (event.action === 'synchronized') return 'what was dropped is told';
  const { object, value } = event;
  const previous: unknown = 'previous' in event ? event.previous : undefined;
  const what = `${object} ${subject(object, value as unknown as Plain, links)}`;
  const changes = event.action === 'changed' && previous !== undefined ? differences(value as unknown as Plain, previous as Plain) : '';
  return changes === '' ? what : `${what}: ${changes}`;
}

import { LITTLE_ENDIAN } from './constants.js';
import type { MessageView } from './message.js';

/* What tells listed objects apart, as text, without what changes by itself (timers, counters, states): two lists are compared by it. */

function text(message: MessageView, from: number, to: number): string {
  return Buffer.from(message.bytes.buffer, message.bytes.byteOffset + from, to - from).toString('latin1');
}

/** Gives type, start and end of the content of each attribute between two offsets. */
function* attributes(message: MessageView, from: number, to: number): Generator<readonly [type: number, start: number, end: number]> {
  for (let at = from; at + 4 <= to;) {
    const length = message.view.getUint16(at, LITTLE_ENDIAN);
    if (length < 4 || at + length > to) return;
    yield [message.view.getUint16(at + 2, LITTLE_ENDIAN) & 0x3fff, at + 4, at + length];
    at += (length + 3) & ~3;
  }
}

const ndmsg = 12;
const NDA_CACHEINFO = 3;
const NDA_PROBES = 4;

function neighbour(message: MessageView): string {
  const { body, end } = message;
  // ndm_state changes by itself: family and link, flags and type.
  let result = text(message, body, body + 8) + text(message, body + 10, Math.min(body + ndmsg, end));
  for (const [type, start, stop] of attributes(message, body + ndmsg, end)) {
    if (type !== NDA_CACHEINFO && type !== NDA_PROBES) result += `${type}:${text(message, start, stop)}`;
  }
  return result;
}

const brPortMsg = 8;
const MDBA_MDB = 1;

/** A message has many groups; each has its entry as a struct, and timers behind it. */
function multicastDatabase(message: MessageView): string {
  const { body, end } = message;
  const entries: string[] = [];
  for (const [type, start, stop] of attributes(message, body + brPortMsg, end)) {
    if (type !== MDBA_MDB) continue;
    for (const [, group, groupEnd] of attributes(message, start, stop)) {
      for (const [, entry, entryEnd] of attributes(message, group, groupEnd)) {
        entries.push(text(message, entry, Math.min(entry + 28, entryEnd)));
      }
    }
  }
  // Where one message ends and the next begins is nothing that a list is compared by.
  return entries.map((entry) => text(message, body + 4, Math.min(body + brPortMsg, end)) + entry).join('\n');
}

const ndtmsg = 4;
const NDTA_NAME = 1;
const NDTA_PARMS = 6;
const NDTPA_IFINDEX = 1;

function neighbourTable(message: MessageView): string {
  const { body, end } = message;
  let result = text(message, body, body + 1);
  for (const [type, start, stop] of attributes(message, body + ndtmsg, end)) {
    if (type === NDTA_NAME) result += text(message, start, stop);
    if (type !== NDTA_PARMS) continue;
    for (const [inner, from, to] of attributes(message, start, stop)) if (inner === NDTPA_IFINDEX) result += text(message, from, to);
  }
  return result;
}

function whole(message: MessageView): string {
  return text(message, message.body, message.end);
}

export const identities = { neighbour, multicastDatabase, neighbourTable, whole };

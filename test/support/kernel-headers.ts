import { existsSync, readFileSync } from 'node:fs';

/* The numbers of the kernel's enumerations, and where the members of its structs are, read from the headers that the C library's development package brings. */

const folder = '/usr/include/linux/';

/** Headers that messages of rtnetlink are described by. */
const files = [
  'amt.h',
  'batman_adv.h',
  'bpf.h',
  'caif/if_caif.h',
  'can/netlink.h',
  'can/vxcan.h',
  'devlink.h',
  'dpll.h',
  'fib_rules.h',
  'if_addr.h',
  'if_addrlabel.h',
  'if_bonding.h',
  'if_bridge.h',
  'if_link.h',
  'if_tunnel.h',
  'ila.h',
  'ioam6.h',
  'ioam6_iptunnel.h',
  'lwtunnel.h',
  'mpls.h',
  'mpls_iptunnel.h',
  'neighbour.h',
  'net_namespace.h',
  'netconf.h',
  'nexthop.h',
  'rpl.h',
  'rpl_iptunnel.h',
  'rtnetlink.h',
  'seg6.h',
  'seg6_iptunnel.h',
  'seg6_local.h',
  'veth.h',
  'wwan.h',
];

/** A version of the kernel as a number that can be compared: 6.1 is 6001. */
export function versionNumber(text: string): number {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return major * 1000 + minor;
}

export interface KernelHeaders {
  /** As versionNumber() has it. */
  readonly version: number;
  readonly numbers: ReadonlyMap<string, number>;
  readonly structs: ReadonlyMap<string, KernelStruct>;
}

/** A struct of the kernel as the C compiler lays it out. */
export interface KernelStruct {
  readonly offsets: ReadonlyMap<string, number>;
  readonly size: number;
  readonly alignment: number;
}

/** Sizes of types, which are also what they are aligned to. */
const sizes: Readonly<Record<string, number>> = {
  __u8: 1,
  __s8: 1,
  char: 1,
  'unsigned char': 1,
  __u16: 2,
  __s16: 2,
  __be16: 2,
  __le16: 2,
  short: 2,
  'unsigned short': 2,
  __u32: 4,
  __s32: 4,
  __be32: 4,
  int: 4,
  unsigned: 4,
  'unsigned int': 4,
  'struct in_addr': 4,
  __u64: 8,
  __s64: 8,
  __be64: 8,
};

/** Numbers that the headers define for the preprocessor. */
const defined: Readonly<Record<string, number>> = { MAX_ADDR_LEN: 32, PORT_PROFILE_MAX: 40, ETH_ALEN: 6 };

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*.*?\*\//gs, ' ').replaceAll(/\/\/[^\n]*/g, ' ');
}

/** Adds the members of each enumeration; what is given by an expression that is no number and no other member is left out. */
function addEnumerations(text: string, numbers: Map<string, number>): void {
  // A name may be defined as itself, within the enumeration.
  const bare = withoutComments(text).replaceAll(/^\s*#[^\n]*$/gm, '');
  for (const [, body = ''] of bare.matchAll(/\benum\b[^{};]*\{([^}]*)\}/g)) {
    let next: number | undefined = 0;
    for (const member of body.split(',')) {
      const [, name, expression] = /^\s*(\w+)\s*(?:=\s*(.+?)\s*)?$/s.exec(member) ?? [];
      if (name === undefined) continue;
      if (expression !== undefined) next = /^(?:0x)?[\da-f]+$/i.test(expression) ? Number(expression) : numbers.get(expression);
      if (next === undefined) continue;
      numbers.set(name, next);
      next += 1;
    }
  }
}

/** Size and alignment of a type; undefined of what is not known here. */
function measure(type: string, structs: ReadonlyMap<string, KernelStruct>): readonly [size: number, alignment: number] | undefined {
  if (type === 'struct in6_addr') return [16, 4];
  const size = type.startsWith('enum ') ? 4 : sizes[type];
  if (size !== undefined) return [size, size];
  const inner = structs.get(type.replace('struct ', ''));
  return inner === undefined ? undefined : [inner.size, inner.alignment];
}

/** The layout of a body; undefined where it has unions, bit fields or types that are not known here. */
function layOut(body: string, numbers: ReadonlyMap<string, number>, structs: ReadonlyMap<string, KernelStruct>): KernelStruct | undefined {
  const offsets = new Map<string, number>();
  let [at, widest] = [0, 1];
  for (const line of body.split(';').map((one) => one.trim().replaceAll(/\s+/g, ' '))) {
    if (line === '') continue;
    const [, type = '', names = ''] = /^((?:struct |enum |unsigned )?\w+) ([\w, [\]]+)$/.exec(line) ?? [];
    const measured = measure(type, structs);
    if (measured === undefined) return undefined;
    const [size, alignment] = measured;
    for (const one of names.split(',')) {
      const [, name, count = '1'] = /^\s*(\w+)(?: ?\[(\w+)\])?\s*$/.exec(one) ?? [];
      const times = /^\d+$/.test(count) ? Number(count) : (defined[count] ?? numbers.get(count));
      if (name === undefined || times === undefined) return undefined;
      at = Math.ceil(at / alignment) * alignment;
      offsets.set(name, at);
      at += size * times;
      widest = Math.max(widest, alignment);
    }
  }
  return { offsets, size: Math.ceil(at / widest) * widest, alignment: widest };
}

function addStructs(text: string, numbers: ReadonlyMap<string, number>, structs: Map<string, KernelStruct>): void {
  const bare = withoutComments(text).replaceAll(/^\s*#[^\n]*$/gm, '');
  for (const [, name = '', body = ''] of bare.matchAll(/\bstruct\s+(\w+)\s*\{([^{}]*)\}/g)) {
    const laidOut = layOut(body, numbers, structs);
    if (laidOut !== undefined) structs.set(name, laidOut);
  }
}

/** What is installed; undefined where nothing is. */
export function kernelHeaders(): KernelHeaders | undefined {
  if (!existsSync(`${folder}version.h`)) return undefined;
  const version = readFileSync(`${folder}version.h`, 'utf8');
  const [major, minor] = ['MAJOR', 'PATCHLEVEL'].map((part) => new RegExp(`LINUX_VERSION_${part}\\s+(\\d+)`).exec(version)?.[1]);
  if (major === undefined || minor === undefined) return undefined;
  const numbers = new Map<string, number>();
  const structs = new Map<string, KernelStruct>();
  const texts = files.filter((file) => existsSync(folder + file)).map((file) => readFileSync(folder + file, 'utf8'));
  for (const text of texts) addEnumerations(text, numbers);
  for (const text of texts) addStructs(text, numbers, structs);
  return { version: versionNumber(`${major}.${minor}`), numbers, structs };
}

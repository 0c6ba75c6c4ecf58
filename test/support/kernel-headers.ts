import { existsSync, readFileSync } from 'node:fs';

/* The numbers of the kernel's enumerations, read from the headers that the C library's development package brings. */

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
  'ioam6_iptunnel.h',
  'lwtunnel.h',
  'mpls.h',
  'mpls_iptunnel.h',
  'neighbour.h',
  'net_namespace.h',
  'netconf.h',
  'nexthop.h',
  'rpl_iptunnel.h',
  'rtnetlink.h',
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
}

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

/** What is installed; undefined where nothing is. */
export function kernelHeaders(): KernelHeaders | undefined {
  if (!existsSync(`${folder}version.h`)) return undefined;
  const version = readFileSync(`${folder}version.h`, 'utf8');
  const [major, minor] = ['MAJOR', 'PATCHLEVEL'].map((part) => new RegExp(`LINUX_VERSION_${part}\\s+(\\d+)`).exec(version)?.[1]);
  if (major === undefined || minor === undefined) return undefined;
  const numbers = new Map<string, number>();
  for (const file of files) if (existsSync(folder + file)) addEnumerations(readFileSync(folder + file, 'utf8'), numbers);
  return { version: versionNumber(`${major}.${minor}`), numbers };
}

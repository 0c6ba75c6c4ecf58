import { getSystemErrorMap } from 'node:util';

/**
 * Errno values that Linux uses and libuv has no name for (asm-generic/errno.h); libuv's table has the rest.
 */
const others: ReadonlyMap<number, readonly [string, string]> = new Map([
  [8, ['ENOEXEC', 'exec format error']],
  [10, ['ECHILD', 'no child processes']],
  [15, ['ENOTBLK', 'block device required']],
  [33, ['EDOM', 'numerical argument out of domain']],
  [35, ['EDEADLK', 'resource deadlock avoided']],
  [36, ['ENAMETOOLONG', 'file name too long']],
  [37, ['ENOLCK', 'no locks available']],
  [42, ['ENOMSG', 'no message of desired type']],
  [43, ['EIDRM', 'identifier removed']],
  [52, ['EBADE', 'invalid exchange']],
  [61, ['ENODATA', 'no data available']],
  [62, ['ETIME', 'timer expired']],
  [64, ['ENONET', 'machine is not on the network']],
  [65, ['ENOPKG', 'package not installed']],
  [67, ['ENOLINK', 'link has been severed']],
  [71, ['EPROTO', 'protocol error']],
  [72, ['EMULTIHOP', 'multihop attempted']],
  [74, ['EBADMSG', 'bad message']],
  [75, ['EOVERFLOW', 'value too large for defined data type']],
  [76, ['ENOTUNIQ', 'name not unique on network']],
  [77, ['EBADFD', 'file descriptor in bad state']],
  [85, ['ERESTART', 'interrupted system call should be restarted']],
  [87, ['EUSERS', 'too many users']],
  [95, ['EOPNOTSUPP', 'operation not supported']],
  [96, ['EPFNOSUPPORT', 'protocol family not supported']],
  [102, ['ENETRESET', 'network dropped connection on reset']],
  [115, ['EINPROGRESS', 'operation now in progress']],
  [116, ['ESTALE', 'stale file handle']],
  [121, ['EREMOTEIO', 'remote I/O error']],
  [122, ['EDQUOT', 'disk quota exceeded']],
  [126, ['ENOKEY', 'required key not available']],
  [524, ['ENOTSUPP', 'operation is not supported (internal errno of the kernel)']],
]);

let map: ReadonlyMap<number, readonly [string, string]> | undefined;

function lookUp(errno: number): readonly [string, string] | undefined {
  const positive = Math.abs(errno);
  map ??= getSystemErrorMap();
  // EOPNOTSUPP is what netlink's authors write; libuv calls 95 ENOTSUP.
  return others.get(positive) ?? map.get(-positive);
}

/** The name of an errno of either sign: 'ENODEV'. 'E' and the number where it has none. */
export function codeOfErrno(errno: number): string {
  return lookUp(errno)?.[0] ?? `E${Math.abs(errno)}`;
}

/** The text of an errno of either sign: 'no such device'. */
export function describeErrno(errno: number): string {
  return lookUp(errno)?.[1] ?? `unknown error ${Math.abs(errno)}`;
}

let numbers: Map<string, number> | undefined;

/** The negative number of an errno's name, undefined for a name that is none. */
export function errnoOfCode(code: string): number | undefined {
  if (numbers === undefined) {
    numbers = new Map([...getSystemErrorMap()].map(([number, [name]]) => [name, number]));
    for (const [number, [name]] of others) numbers.set(name, -number);
  }
  return numbers.get(code);
}

import type { Readable, Writable } from 'node:stream';
import type { ExecOptions, ExecResult } from '../execution/exec.js';
import type { Child } from '../execution/child.js';
import type { ReadFileOptions } from '../execution/files.js';
import type { SpawnOptions } from '../execution/spawn-options.js';
import { within } from './place.js';
import { Sockets } from './sockets.js';
import * as exec from '../execution/exec.js';
import * as files from '../execution/files.js';
import * as spawn from '../execution/spawn.js';

/** The half of Namespace that runs things inside: processes, and files that differ between namespaces. */
export abstract class Executor extends Sockets {
  /**
   * Starts a process inside: neither the calling thread nor any that lives on enters the namespace. Resolves when the program runs, so that the child has
   * its pid, and whatever kept it from starting rejects. Its signals are reset, and it has no other descriptors than `stdio` says.
   *
   * @param file name of a program, looked for in the PATH of the child's environment, or its path. No shell is involved.
   * @param args its arguments, without argv[0].
   * @param options see SpawnOptions; what is not there is as in node:child_process.
   * @returns the child, with streams on the caller's loop. It lives on when the namespace's handle is closed, and keeps the namespace alive.
   * @throws NETLANE_INVALID_ARGUMENT; NETLANE_CLOSED; ABORT_ERR; a SystemError whose `syscall` tells the step: execve (ENOENT, EACCES), chdir, setuid,
   *   setgid, setgroups, mount, clone (EAGAIN), setns (EPERM; NETLANE_FOREIGN_USERNS).
   * Any number of calls may run at the same time. Source: setns(2), clone(2), execve(2), ip-netns(8). Since Linux 5.4.
   */
  spawn(
    file: string,
    args?: readonly string[],
    options?: SpawnOptions & { readonly stdio?: 'pipe' | undefined },
  ): Promise<Child<Writable, Readable, Readable>>;
  spawn(file: string, args?: readonly string[], options?: SpawnOptions): Promise<Child>;
  spawn(file: string, args?: readonly string[], options?: SpawnOptions): Promise<Child> {
    return within(this, (place) => spawn.spawnInside(place, file, args, options));
  }

  /**
   * Runs a program inside to its end, as spawn does, and gives what it wrote.
   *
   * @returns stdout and stderr as strings (or as Buffers, with `encoding: 'buffer'`), exitCode, and the signal that ended it.
   * @throws as spawn; a ProcessError, which has stdout, stderr, exitCode and signal: NETLANE_PROCESS_FAILED when it ended with another status than 0 or by
   *   a signal, unless `reject` is false; NETLANE_TIMEOUT; NETLANE_OUTPUT_TOO_LONG. ABORT_ERR, NETLANE_CLOSED. The program is sent killSignal then.
   */
  exec(
    file: string,
    args: readonly string[] | undefined,
    options: ExecOptions & { readonly encoding: 'buffer' },
  ): Promise<ExecResult<Buffer>>;
  exec(
    file: string,
    args?: readonly string[],
    options?: ExecOptions & { readonly encoding?: BufferEncoding | undefined },
  ): Promise<ExecResult>;
  exec(file: string, args?: readonly string[], options?: ExecOptions): Promise<ExecResult<string | Buffer>> {
    return within(this, (place) => exec.execInside(place, file, args, options));
  }

  /**
   * Reads a parameter of the namespace, or sets it.
   *
   * @param name as sysctl(8) takes it, below net: 'net.ipv4.ip_forward' or 'net/ipv4/ip_forward'. A dot in the name of a device is a slash in the first form:
   *   'net.ipv4.conf.eth0/100.forwarding'.
   * @param value a number, or one line of text; '' empties a parameter that is a list.
   * @returns the value as the kernel writes it, without the line's end: '1', '4096\t131072\t6291456'; undefined when it was set.
   * @throws NETLANE_INVALID_ARGUMENT for what is not below net; ENOENT when the namespace has no such parameter (`syscall` 'open'), or the kernel nothing of
   *   that name for it ('write'); EINVAL for a value that the kernel refuses; EACCES, EPERM; EROFS; NETLANE_CLOSED; as spawn where the namespace cannot be entered. Source: sysctl(8), proc(5).
   */
  sysctl(name: string): Promise<string>;
  sysctl(name: string, value: string | number): Promise<void>;
  sysctl(name: string, value?: string | number): Promise<string | void> {
    return within(this, (place) => files.sysctlInside(place, name, value));
  }

  /**
   * Reads a file of /proc/net (or /proc/sys/net), /sys/class/net or /sys/devices/.../net as the namespace has it, whole and in one go. Other threads, mounts
   * and paths of this process stay as they are.
   *
   * @param path absolute, without '.' and '..'.
   * @returns its text, or its bytes with `encoding: 'buffer'`.
   * @throws NETLANE_INVALID_ARGUMENT for any other path; ENOENT; EISDIR; EINVAL, with which many files of /sys answer while a device is down; EACCES;
   *   NETLANE_CLOSED; EPERM where the namespace, or its /sys, is out of reach: without CAP_SYS_ADMIN a /sys can be read in the process's own namespace, where
   *   the one that is mounted shows its devices. Source: proc(5), sysfs(5). /sys of others since Linux 5.2.
   */
  readFile(path: string, options: ReadFileOptions & { readonly encoding: 'buffer' }): Promise<Buffer>;
  readFile(path: string, options?: ReadFileOptions & { readonly encoding?: BufferEncoding | undefined }): Promise<string>;
  readFile(path: string, options?: ReadFileOptions): Promise<string | Buffer> {
    return within(this, (place) => files.readFileInside(place, path, options));
  }
}

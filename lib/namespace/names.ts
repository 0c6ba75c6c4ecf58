import { lstatSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import { invalidArgument, SystemError } from '../errors.js';
import { checkRules } from '../arguments.js';
import { codeOf, namespaceError } from './entry-error.js';

/*
 * Names of namespaces are files of a directory. iproute2 calls it /var/run/netns, most others /run/netns; on most systems they are one.
 */

export const nameDirectories: readonly string[] = ['/run/netns', '/var/run/netns'];

const ENOENT = 2;

/** Checks a name and gives it back. Throws NETLANE_INVALID_ARGUMENT. */
export function checkName(name: unknown, argument = 'name'): string {
  const expected = 'the name of a namespace: a file name of 1 to 255 bytes';
  if (typeof name !== 'string') throw invalidArgument(argument, expected, name);
  if (name.includes('/')) throw invalidArgument(argument, expected, name, { hint: 'a name has no slash; to open a file use { path }' });
  if (name === '' || name === '.' || name === '..' || name.includes('\0') || Buffer.byteLength(name) > 255) {
    throw invalidArgument(argument, expected, name);
  }
  // A lone surrogate would become U+FFFD on the way to the kernel, and so another name.
  if (Buffer.from(name).toString() !== name) throw invalidArgument(argument, expected, name);
  return name;
}

/** Checks the option `directory` and gives it back, normalised. */
export function checkDirectory(directory: string): string {
  if (!isAbsolute(directory) || directory.includes('\0')) throw invalidArgument('options.directory', 'an absolute path', directory);
  return normalize(`${directory}/`).slice(0, -1) || '/';
}

/** Checks options that are only about the directory, and gives it back. */
export function checkDirectoryOption(options: unknown): string | undefined {
  const { directory } = checkRules<{ directory?: string | undefined }>('options', options, { directory: 'string' });
  return directory === undefined ? undefined : checkDirectory(directory);
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The directories to search, in this order, each real one once. They need not exist. */
export function searchDirectories(directory: string | undefined): readonly string[] {
  if (directory !== undefined) return [checkDirectory(directory)];
  const [first, second] = nameDirectories as readonly [string, string];
  const real = realPath(second);
  return real === undefined || real === realPath(first) ? [first] : [first, second];
}

/** Where a new name goes: where the machine already keeps its names, else /run/netns. */
export function creationDirectory(directory: string | undefined): string {
  if (directory !== undefined) return checkDirectory(directory);
  const [first, second] = nameDirectories as readonly [string, string];
  return !isDirectory(first) && isDirectory(second) ? second : first;
}

/** Whether the directory has an entry of that name, whatever it is. Symbolic links are not followed. Where there is no directory there is none. */
export function hasEntry(directory: string, name: string, operation: string): boolean {
  try {
    return lstatSync(join(directory, name), { throwIfNoEntry: false }) !== undefined;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOTDIR') return false;
    throw namespaceError(thrown, { operation });
  }
}

/** The directory that has the name. Throws ENOENT, naming what was searched. */
export function directoryOf(name: string, directory: string | undefined, operation: string): string {
  const directories = searchDirectories(directory);
  const found = directories.find((candidate) => hasEntry(candidate, name, operation));
  if (found !== undefined) return found;
  throw new SystemError(
    { errno: ENOENT, syscall: 'open', path: join(directories[0] ?? '/', name) },
    { operation, hint: `no namespace has this name; searched: ${directories.join(', ')}` },
  );
}

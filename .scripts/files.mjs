import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's top folder, where every script works. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** All files under a folder of the project, as sorted paths relative to its top; none when the folder is missing. */
export function filesUnder(folder, suffixes = ['']) {
  const start = join(root, folder);
  if (statSync(start, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && suffixes.some((suffix) => entry.name.endsWith(suffix)))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((path) => !path.split('/').includes('node_modules'))
    .sort();
}

/** One hash over names and contents of files, and whatever else the result depends on. */
export function hashOf(files, ...others) {
  const hash = createHash('sha256');
  for (const other of others) hash.update(`${other}\0`);
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

/** The content of a small file, undefined when it is not there. */
export function readIfThere(path) {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

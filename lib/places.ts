import { createRequire } from 'node:module';
import { SystemError } from './errors.js';

/*
 * Where the package's own files are. The only module that knows its own place: the package has its modules put together into a few files
 * (.scripts/bundle.mjs), and these are in lib/ or in workers/, as this one is.
 */

const require = createRequire(import.meta.url);

/** The file of an entry point in the folder workers/. */
export function workerUrl(name: 'lane' | 'task'): string {
  return new URL(`../workers/${name}.js`, import.meta.url).href;
}

/** Of a file by its path from the package's top. */
export function packageUrl(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}

function load(path: string): unknown {
  try {
    return require(`../lib/${path}`);
  } catch (thrown) {
    const { code, errno, syscall, path: file } = thrown as NodeJS.ErrnoException;
    if (errno === undefined || syscall === undefined) throw thrown;
    const hint = code === 'EMFILE' ? "this process is out of file descriptors: raise 'ulimit -n'; the next use tries anew" : undefined;
    throw new SystemError({ errno, syscall, path: file }, { operation: 'load a part of netlane', hint });
  }
}

/**
 * A part of the library that is loaded, from a file of its own, when it is first used: importing netlane costs what all programs need, and no
 * more. Loaded at once, so that methods need not be asynchronous for it; by require(), which, unlike import(), forgets a module that could not
 * be read: a process that was out of descriptors is not left without it. Throws a SystemError then.
 *
 * @param path of the module, from lib/. That it is the one whose type is given is checked by the linter.
 */
export function lazily<Module>(path: string): () => Module {
  let loaded: Module | undefined;
  return () => (loaded ??= load(path) as Module);
}

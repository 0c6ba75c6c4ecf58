import { SystemError } from './errors.js';

/**
 * What the package has in place of `import * as part from './part.js'` (.scripts/parts.mjs): a function that loads the part when it is first called. At
 * once, so that no method need be asynchronous for it. A part that could not be read is tried again the next time: a process that was out of
 * descriptors is not left without it.
 *
 * Other packages that not every program needs are loaded by it as well: import() would remember for ever that one could not be read, and leaves its fd
 * open where the thread ends meanwhile.
 *
 * @param load require() of the part's file.
 * @param operation what it does, for the error.
 * @returns the module's exports; throws a SystemError when its file cannot be read.
 */
export function whenUsed<Module>(load: () => Module, operation = 'load a part of netlane'): () => Module {
  let loaded: Module | undefined;
  return () => (loaded ??= attempt(load, operation));
}

function attempt<Module>(load: () => Module, operation: string): Module {
  try {
    return load();
  } catch (thrown) {
    const { code, errno, syscall, path } = thrown as NodeJS.ErrnoException;
    if (errno === undefined || syscall === undefined) throw thrown;
    const hint = code === 'EMFILE' ? "this process is out of file descriptors: raise 'ulimit -n'; the next use tries again" : undefined;
    throw new SystemError({ errno, syscall, path }, { operation, hint });
  }
}

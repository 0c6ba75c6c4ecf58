/*
 * Where the package's own files are. The only module that knows its own place: the package has its modules put together into a few files
 * (.scripts/bundle.mjs), and these are in lib/ or in workers/, as this one is.
 */

/** The file of an entry point in the folder workers/. */
export function workerUrl(name: 'lane' | 'task'): string {
  return new URL(`../workers/${name}.js`, import.meta.url).href;
}

/** Of a file by its path from the package's top. */
export function packageUrl(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}

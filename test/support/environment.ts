/**
 * The environment for programs that are nobody's business here: without the sanitizer that .scripts/sanitize.mjs puts in front of each process, with
 * which curl, for one, never ends.
 */
export function foreignEnvironment(): NodeJS.ProcessEnv {
  const { LD_PRELOAD: _preload, ...others } = process.env;
  return others;
}

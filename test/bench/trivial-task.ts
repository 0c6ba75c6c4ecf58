/** What a bare Piscina runs in the benchmark. */
export function trivial(): number {
  return 1;
}

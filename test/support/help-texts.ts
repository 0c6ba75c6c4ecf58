/** What stands for several words: '[no][i|o]seq' is seq, noseq, iseq, ... */
function spelledOut(text: string): string[] {
  const match = /\[([a-z|]+)\]/.exec(text);
  if (match === null) return [text];
  const [all = '', choices = ''] = match;
  return ['', ...choices.split('|')].flatMap((choice) =>
    spelledOut(text.slice(0, match.index) + choice + text.slice(match.index + all.length)),
  );
}

/** Whether an optional part is glued to a word, and not a word of its own: '[no]proxy', '[i|o]key'. */
const glued = /\[[a-z|]+\][a-z[]/;

/**
 * The words of a help text of iproute2 that are typed as they are: options, their names and their values. Capital letters, numbers and
 * <words> stand for something else. Prose between them is not told apart.
 */
export function literalWords(lines: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const line of lines) {
    const text = line
      .replace(/^Usage:?/, '')
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\(default[^)]*\)/g, ' ');
    for (const piece of text.split(/\s+/)) {
      for (const word of glued.test(piece) ? spelledOut(piece.replace(/^\[(?=\[)/, '')) : [piece]) {
        for (const one of word.split(/[|,{}[\]()"“”]+|\.\.+/)) {
          const bare = one.replace(/[.:;]$/, '');
          if (/^[a-z0-9][\w.+-]*$/.test(bare) && /[a-z]/.test(bare) && !bare.startsWith('0x')) found.add(bare);
        }
      }
    }
  }
  return found;
}

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's top folder, with a slash at its end. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

function filesIn(folder: string, name: RegExp): string[] {
  return readdirSync(`${root}${folder}`, { recursive: true })
    .map((entry) => `${folder}/${String(entry)}`)
    .filter((path) => name.test(path))
    .sort();
}

export function exampleFiles(): string[] {
  return filesIn('docs/examples', /\.[mc]js$/);
}

/** The pages that people read. What is generated is not among them. */
export function pages(): string[] {
  const docs = filesIn('docs', /\.md$/).filter((path) => !path.startsWith('docs/api/'));
  return [...readdirSync(root).filter((name) => name.endsWith('.md')), ...docs];
}

/** What an example says that it prints: a pattern for each line, in which … stands for anything; alone at the end for any more lines. */
export function promisedBy(source: string): { readonly text: string; readonly pattern: RegExp }[] {
  const [, block = ''] = /^\/\/ Prints:\n((?:\/\/ {3}.*\n)+)/m.exec(source) ?? [];
  return block
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice('//   '.length))
    .map((text) => ({ text, pattern: new RegExp(`^${text.split('…').map(escaped).join('.*')}$`) }));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/** A fenced block of a page. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** Of its first line, from 1 on. */
  readonly line: number;
}

export function codeBlocks(page: string): CodeBlock[] {
  const text = readFileSync(`${root}${page}`, 'utf8');
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    code: match[2] ?? '',
    line: text.slice(0, match.index).split('\n').length + 1,
  }));
}

/** Without the indentation that all lines have. */
function dedented(code: string): string {
  const lines = code.split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)?.[0].length ?? 0);
  const common = Math.min(...indents);
  return lines.map((line) => line.slice(common)).join('\n');
}

/** Whether the code stands in the source, as whole lines and one after the other; indented as a whole as it may be. */
export function isExcerpt(code: string, source: string): boolean {
  const wanted = dedented(code.trimEnd());
  const height = wanted.split('\n').length;
  const lines = source.split('\n');
  return lines.some((_, start) => dedented(lines.slice(start, start + height).join('\n')) === wanted);
}

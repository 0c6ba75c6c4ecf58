import type { FilterInstruction } from '../index.js';
import { UsageError } from './command.js';

const number = '(0x[0-9a-f]+|\\d+)';
const instruction = new RegExp(`^${Array.from({ length: 4 }, () => number).join('\\s+')}$`, 'i');

const remedy = 'give it what tcpdump makes of an expression: --filter "$(tcpdump -ddd -y EN10MB \'port 53\')"';

/**
 * A classic BPF program as `tcpdump -ddd` and nfbpf_compile(8) print it: how many instructions there are, then each as its four numbers, on lines of
 * their own or with commas between them. The number in front may be left out. Throws UsageError.
 */
export function parseFilter(text: string): FilterInstruction[] {
  const parts = text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const [first = ''] = parts;
  const count = /^\d+$/.test(first) ? Number(first) : undefined;
  const lines = count === undefined ? parts : parts.slice(1);
  if (lines.length === 0) throw new UsageError(`the filter has no instructions (${remedy})`);
  if (count !== undefined && count !== lines.length)
    throw new UsageError(`the filter says that it has ${count} instructions, and has ${lines.length}`);
  return lines.map((line) => {
    const [, code, jt, jf, k] = instruction.exec(line) ?? [];
    if (k === undefined) throw new UsageError(`${JSON.stringify(line)} is no instruction of classic BPF (${remedy})`);
    return { code: Number(code), jt: Number(jt), jf: Number(jf), k: Number(k) };
  });
}

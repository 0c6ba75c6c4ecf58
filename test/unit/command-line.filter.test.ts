import { expect } from 'chai';
import { UsageError } from '../../lib/command-line/command.js';
import { parseFilter } from '../../lib/command-line/filter-text.js';
import { errorOf } from '../support/error-of.js';

const program = [
  { code: 0x28, jt: 0, jf: 0, k: 12 },
  { code: 0x15, jt: 0, jf: 1, k: 0x806 },
  { code: 6, jt: 0, jf: 0, k: 262144 },
  { code: 6, jt: 0, jf: 0, k: 0 },
];

describe('a filter as text', () => {
  it('is what tcpdump -ddd and nfbpf_compile print, with and without the number in front', () => {
    const lines = ['40 0 0 12', '21 0 1 2054', '6 0 0 262144', '6 0 0 0'];
    for (const text of [
      ['4', ...lines].join('\n'),
      `${lines.join('\n')}\n`,
      ['4', ...lines].join(','),
      ' 0x28 0 0 0x0C,\n21 0  1 2054, 6 0 0 262144,6 0 0 0,',
    ])
      expect(parseFilter(text), text).to.deep.equal(program);
  });

  it('that is none is refused, with how to get one', () => {
    for (const [text, message] of [
      ['', 'has no instructions'],
      ['0', 'has no instructions'],
      ['port 53', '"port 53" is no instruction of classic BPF'],
      ['2\n6 0 0 0', 'says that it has 2 instructions, and has 1'],
      ['6 0 0', '"6 0 0" is no instruction'],
      ['6 0 0 -1', '"6 0 0 -1" is no instruction'],
    ] as const) {
      const error = errorOf(() => parseFilter(text));
      expect(error, text).to.be.instanceOf(UsageError);
      expect(error.message).to.include(message);
    }
  });
});

import { expect } from 'chai';
import { helpOf, parse, UsageError, type Command } from '../../lib/command-line/command.js';
import { describeEvent } from '../../lib/command-line/event-text.js';
import { printable, Terminal } from '../../lib/command-line/terminal.js';
import { errorOf } from '../support/error-of.js';

const plain: Command = {
  name: 'plain',
  summary: 'Do something',
  usage: 'plain [--json] [--level N] [NAME]',
  options: { json: { type: 'boolean', short: 'j', text: 'as JSON' }, level: { type: 'string', short: 'l', value: 'N', text: 'how much' } },
  positionals: [0, 1],
  details: 'That is all.',
  run: () => Promise.resolve(0),
};
const runner: Command = { ...plain, name: 'runner', positionals: [1, 1], runs: true };
const terminal = new Terminal();

describe('arguments of the command line', () => {
  it('are options, long and short, and what they stand for', () => {
    for (const args of [
      ['--json', '--level', '3', 'blue'],
      ['-j', '-l', '3', 'blue'],
      ['blue', '--level=3', '--json'],
    ]) {
      const { values, positionals, rest } = parse(plain, args, terminal);
      expect({ ...values }, args.join(' ')).to.deep.equal({ json: true, level: '3' });
      expect(positionals).to.deep.equal(['blue']);
      expect(rest).to.deep.equal([]);
    }
  });

  it('of a command that runs another end where the other begins, and are not looked at behind that', () => {
    for (const args of [
      ['--json', 'blue', '--', 'ls', '--json', '-l', '--', 'x'],
      ['--json', 'blue', 'ls', '--json', '-l', '--', 'x'],
      ['--level', '3', '-j', 'blue', '--', 'ls', '--json', '-l', '--', 'x'],
    ]) {
      const { values, positionals, rest } = parse(runner, args, terminal);
      expect(values['json'], args.join(' ')).to.equal(true);
      expect(positionals).to.deep.equal(['blue']);
      expect(rest).to.deep.equal(['ls', '--json', '-l', '--', 'x']);
    }
  });

  it('that cannot be meant are refused, and near misses are named', () => {
    const wrong: [Command, string[], string][] = [
      [plain, ['--jsn'], 'plain has no option --jsn (did you mean --json?)'],
      [plain, ['--xyzzyxyzzy'], 'known are --json, --level, --help'],
      [plain, ['-x'], 'plain has no option -x'],
      [plain, ['--level'], 'plain: option '],
      [plain, ['--json=yes'], 'plain: option '],
      [plain, ['one', 'two'], 'plain takes no argument "two"'],
      [runner, [], 'runner needs an argument more'],
      [runner, ['blue'], 'runner needs a command to run, behind --'],
      [runner, ['blue', '--'], 'runner needs a command to run, behind --'],
    ];
    for (const [command, args, text] of wrong) {
      const error = errorOf(() => parse(command, args, terminal));
      expect(error, args.join(' ')).to.be.instanceOf(UsageError);
      expect(error.message).to.include(text);
    }
  });

  it('may always ask for help, which names every option', () => {
    expect(parse(runner, ['--help'], terminal).values['help']).to.equal(true);
    expect(helpOf(plain)).to.equal(
      [
        'usage: netlane plain [--json] [--level N] [NAME]',
        '',
        'Do something.',
        '',
        '  -j, --json     as JSON',
        '  -l, --level N  how much',
        '  -h, --help     show this help',
        '',
        'That is all.',
      ].join('\n'),
    );
  });
});

describe('what the command line shows', () => {
  it('holds no orders to the terminal', () => {
    expect(printable('v0')).to.equal('v0');
    expect(printable('\u001b[2Jv\n\u009b0é')).to.equal('\\x1b[2Jv\\x0a\\x9b0é');
  });

  it('says of an event what happened to what, and what is new', () => {
    const links = new Map([[3, 'v0']]);
    const tell = (event: object): string => describeEvent({ namespace: undefined, ...event } as never, links);
    const address = { family: 'ipv4', link: 3, address: '10.0.0.1/24' };
    expect(tell({ action: 'added', object: 'address', value: address })).to.equal('address 10.0.0.1/24 dev v0');
    expect(tell({ action: 'added', object: 'address', value: { ...address, link: 4 } })).to.equal('address 10.0.0.1/24 dev 4');
    const route = { destination: 'default', gateway: '10.0.0.2', link: 3, table: 'main' };
    expect(tell({ action: 'removed', object: 'route', value: route })).to.equal('route default via 10.0.0.2 dev v0 table main');
    const link = { index: 3, name: 'v\u001b', kind: 'veth', up: true, mtu: 1400, settings: { a: 1 } };
    const previous = { ...link, up: false, mtu: 1500, settings: { a: 2 } };
    expect(tell({ action: 'changed', object: 'link', value: link, previous })).to.equal(
      'link v\\x1b (veth) up mtu 1400: up false -> true, mtu 1500 -> 1400, settings',
    );
    expect(tell({ action: 'added', object: 'rule', value: { family: 'ipv4', priority: 5, table: 'main' } })).to.equal(
      'rule priority 5 table main',
    );
    expect(tell({ action: 'overrun' })).to.include('dropped some');
  });
});

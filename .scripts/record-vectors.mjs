// node .scripts/record-vectors.mjs [--missing] [--folder FOLDER] [--iproute2 FOLDER] [FILE...]
//
// Records what iproute2 sends for each command of test/vectors/*.json. What this iproute2 does not know yet is in test/vectors/newer:
//   node .scripts/record-vectors.mjs --folder test/vectors/newer --iproute2 FOLDER-WITH-NEWER-PROGRAMS
//
// As root. What wants a VRF, or is dangerous elsewhere, is recorded in the guest:
//   bash test/guest/run.sh -w test/vectors node .scripts/record-vectors.mjs --missing
// A new vector is a new entry with a command; `--missing` records those that have no requests yet, and leaves the help texts as they are.
// Wants strace, iproute2 and util-linux.
//
// The commands run in a namespace made for it, as a user without privileges: the kernel answers look-ups of names, and refuses every
// change before it looks at it. So nothing changes, and the request is sent all the same, whether this kernel knows the kind or not.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { root } from './files.mjs';

const self = fileURLToPath(import.meta.url);
/** Linux 6.18 was seen to hang for ever on these; they are recorded in the guest only, though the kernel should not come to look at them. */
const dangerous = /_opts\b/;
const inGuest = readFileSync('/proc/cmdline', 'utf8').includes('netlane_run=');

/** Links that commands name, with the index that the requests have for it. */
const links = {
  lo: 1,
  lower: 101,
  upper: 102,
  br0: 103,
  port: 104,
  'port-peer': 105,
  vx0: 106,
  vrf0: 107,
  can0: 108,
  bond0: 109,
  mv0: 110,
};

function run(file, args, options = {}) {
  const done = spawnSync(file, args, { encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 26, ...options });
  if (done.error !== undefined) throw new Error(`${file}: ${done.error.message}`);
  return done;
}

function must(file, ...args) {
  const done = run(file, args);
  if (done.status !== 0) throw new Error(`${file} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

function makeNamespace() {
  must('mkdir', '-p', '/run/netns');
  must('mount', '-t', 'tmpfs', '-o', 'mode=755', 'vectors', '/run/netns');
  must('ip', 'netns', 'add', 'blue');
  must('ip', 'netns', 'set', 'blue', '5');
  const pair = (one, other) =>
    must('ip', 'link', 'add', one, 'index', `${links[one]}`, 'type', 'veth', 'peer', 'name', other, 'index', `${links[other]}`);
  pair('lower', 'upper');
  must('ip', 'link', 'add', 'br0', 'index', `${links.br0}`, 'type', 'bridge');
  pair('port', 'port-peer');
  must('ip', 'link', 'set', 'port', 'master', 'br0');
  must('ip', 'link', 'add', 'vx0', 'index', `${links.vx0}`, 'type', 'vxlan', 'external', 'dstport', '4789');
  if (run('ip', ['link', 'add', 'vrf0', 'index', `${links.vrf0}`, 'type', 'vrf', 'table', '1100']).status !== 0)
    process.stderr.write('there is no vrf here: commands with one will say nothing\n');
  pair('can0', 'bond0');
  must('ip', 'link', 'add', 'link', 'lower', 'mv0', 'index', `${links.mv0}`, 'type', 'macvlan', 'mode', 'source');
}

/** The words of a command; '' stands for an empty one. */
function wordsOf(command) {
  return command.split(' ').map((word) => (word === "''" ? '' : word));
}

const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_GETNSID = 90;

/** Look-ups of numbers by names, and the empty request by which iproute2 asks whether the kernel can make links at all. */
function isPreparation(message) {
  const type = message.readUInt16LE(4);
  if (type === RTM_NEWLINK) return message.subarray(16).every((byte) => byte === 0);
  return type === RTM_GETLINK || type === RTM_GETNSID;
}

/** The messages that a command sends, in hex: those that only prepare the request are left out. */
function requestsOf(command, scratch) {
  const trace = join(scratch, 'trace');
  const unprivileged = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];
  const done = run('strace', ['-o', trace, '-e', 'trace=sendmsg,sendto', '-e', 'write=all', ...unprivileged, ...wordsOf(command)]);
  const buffers = [];
  for (const line of readFileSync(trace, 'latin1').split('\n')) {
    if (line.startsWith(' * ')) buffers.push([]);
    else if (line.startsWith('sendto(')) buffers.push([]);
    const dump = /^ \| [0-9a-f]{5} {2}((?:[0-9a-f]{2} {1,2}){1,16})/.exec(line);
    if (dump !== null) buffers.at(-1).push(...dump[1].trim().split(/ +/));
  }
  const requests = buffers
    .filter((bytes) => bytes.length >= 16)
    .map((bytes) => Buffer.from(bytes.join(''), 'hex'))
    .filter((message) => !isPreparation(message));
  // The sequence number is the time.
  for (const message of requests) message.writeUInt32LE(0, 8);
  if (requests.length === 0) process.stderr.write(`${command}\n  sent nothing: ${done.stderr.trim().split('\n')[0]}\n`);
  return requests.map((message) => message.toString('hex'));
}

/** Names that a program exports (the section .dynsym of an ELF file of 64 bits). */
function exportedNames(file) {
  const bytes = readFileSync(file);
  const number = (at) => Number(bytes.readBigUInt64LE(at));
  const section = (index) => {
    const at = number(0x28) + index * bytes.readUInt16LE(0x3a);
    return { type: bytes.readUInt32LE(at + 4), start: number(at + 24), size: number(at + 32), link: bytes.readUInt32LE(at + 40) };
  };
  const sections = Array.from({ length: bytes.readUInt16LE(0x3c) }, (_, index) => section(index));
  const SHT_DYNSYM = 11;
  const symbols = sections.find(({ type }) => type === SHT_DYNSYM);
  const texts = section(symbols.link).start;
  return Array.from({ length: symbols.size / 24 }, (_, index) => {
    const start = texts + bytes.readUInt32LE(symbols.start + index * 24);
    return bytes.toString('latin1', start, bytes.indexOf(0, start));
  });
}

/** What `ip link help KIND` and the like print, for each kind that this iproute2 was built with: it looks for a symbol by the kind's name. */
function helpTexts() {
  const symbols = exportedNames(must('sh', '-c', 'command -v ip').trim()).filter((name) => name.endsWith('_link_util'));
  const kinds = symbols.map((name) => name.slice(0, -'_link_util'.length)).sort();
  const text = (file, ...args) => {
    const { stdout, stderr } = run(file, args);
    return `${stdout}${stderr}`.trimEnd().split('\n');
  };
  const general = text('ip', 'link', 'help');
  const help = {};
  for (const kind of kinds) {
    const lines = text('ip', 'link', 'help', kind);
    // Kinds without a text of their own print the general one.
    help[`ip link ${kind}`] = lines.join() === general.join() ? [] : lines;
  }
  help['ip link'] = general;
  for (const object of ['addrlabel', 'address', 'neighbour', 'nexthop', 'ntable', 'route', 'rule', 'stats', 'token'])
    help[`ip ${object}`] = text('ip', object, 'help');
  for (const object of ['fdb', 'link', 'mdb', 'mst', 'vlan', 'vni']) {
    const lines = text('bridge', object, 'help');
    if (!lines[0].includes('is unknown')) help[`bridge ${object}`] = lines;
  }
  return help;
}

async function write(file, value) {
  const options = await resolveConfig(file);
  writeFileSync(file, await format(JSON.stringify(value), { ...options, parser: 'json' }));
}

async function record(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      missing: { type: 'boolean', default: false },
      folder: { type: 'string', default: 'test/vectors' },
      iproute2: { type: 'string' },
    },
  });
  const { missing } = values;
  const folder = join(root, values.folder);
  const setting = join(folder, 'setting.json');
  const files = positionals.length > 0 ? positionals.map((name) => join(root, name)) : undefined;
  makeNamespace();
  if (values.iproute2 !== undefined) process.env.PATH = `${resolve(values.iproute2)}:${process.env.PATH}`;
  if (!missing) await write(setting, { iproute2: must('ip', '-V').trim(), links, help: helpTexts() });
  const scratch = mkdtempSync(join(tmpdir(), 'netlane-vectors-'));
  try {
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
      const file = join(folder, name);
      if (file === setting || (files !== undefined && !files.includes(file))) continue;
      const vectors = JSON.parse(readFileSync(file, 'utf8'));
      for (const vector of vectors) {
        if (missing && vector.requests?.length > 0) continue;
        if (dangerous.test(vector.command) && !inGuest) process.stderr.write(`${vector.command}\n  is recorded in the guest only\n`);
        else {
          // What cannot be recorded here stays as it was.
          const requests = requestsOf(vector.command, scratch);
          vector.requests = requests.length > 0 ? requests : (vector.requests ?? []);
        }
      }
      await write(file, vectors);
      process.stdout.write(`${name}: ${vectors.length} commands\n`);
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

if (process.env.NETLANE_VECTORS === 'inside') await record(process.argv.slice(2));
else {
  const inside = ['--net', '--mount', '--propagation', 'private', '--', process.execPath, self, ...process.argv.slice(2)];
  const done = spawnSync('unshare', inside, { stdio: 'inherit', env: { ...process.env, NETLANE_VECTORS: 'inside' } });
  process.exitCode = done.status ?? 1;
}

import { expect } from 'chai';
import { decoded, differences, messageOf, newer, recording, requestsOf, unknownIn, type Calls } from '../support/vectors.js';
import { addresses } from '../vectors/addresses.js';
import { bridge } from '../vectors/bridge.js';
import { encapsulations } from '../vectors/encapsulations.js';
import { kinds } from '../vectors/kinds.js';
import { links } from '../vectors/links.js';
import { masters } from '../vectors/masters.js';
import { changes } from '../vectors/newer/changes.js';
import { neighbours } from '../vectors/neighbours.js';
import { nexthops } from '../vectors/nexthops.js';
import { others } from '../vectors/others.js';
import { overlays } from '../vectors/overlays.js';
import { routes } from '../vectors/routes.js';
import { rules } from '../vectors/rules.js';
import { tunnels } from '../vectors/tunnels.js';

const calls: Readonly<Record<string, Calls>> = {
  addresses,
  bridge,
  changes,
  encapsulations,
  kinds,
  links,
  masters,
  neighbours,
  nexthops,
  others,
  overlays,
  routes,
  rules,
  tunnels,
};

/** Commands that no call of the library is the same as, and why. Their requests are decoded all the same. */
const withoutCall: readonly (readonly [RegExp, string])[] = [
  [/^ip link set lower trailers /, 'IFF_NOTRAILERS is kept by Linux and looked at by nothing'],
  [/^ip neigh get |^bridge fdb get /, 'get() lists with a filter of the kernel, for all kinds of objects alike'],
  [/^bridge fdb flush /, 'flush() deletes one by one, so that it tells how many'],
  [/ type tun$/, 'the kernel refuses it; add() goes through /dev/net/tun'],
  [/^ip token /, 'set() takes protocols.ipv6.token with everything else (RTM_NEWLINK); iproute2 has a request of its own (RTM_SETLINK)'],
  [/^ip route get .* notify$/, 'the answer is sent to the listeners of a group as well, which nobody asked a library for'],
  [/ nat 10\.9\.0\.1$/, 'Linux has no NAT in rules since 2.6.9'],
];

/** Attributes that are decoded without being known, and why. */
const unknown: readonly (readonly [RegExp, readonly string[], string])[] = [
  [/^ip rule .* nat /, ['unknown'], 'the attribute was of Linux 2.4 and has no name any more (FRA_UNUSED2)'],
];

/** How requests of the library differ from those of iproute2, and why that is the same for the kernel. */
const different: readonly (readonly [RegExp, readonly RegExp[], string])[] = [
  [
    / type (?:bond|bridge|team|vrf)_slave/,
    [/^18\.1: only there, [0-9a-f]+5f736c617665$/, /^18\.4: only here, [0-9a-f]+$/],
    "iproute2 says IFLA_INFO_KIND 'bridge_slave' where there is IFLA_INFO_SLAVE_KIND 'bridge'; the kernel goes by the link's master",
  ],
  [/^ip link delete .* type /, [/^18: only there, /], 'the kernel does not look at the kind of what it deletes'],
  [
    /^(?:ip neigh|bridge fdb) del /,
    [/^header: \w{16}(?:80|c0)\w{6} there, \w{16}00\w{6} here$/],
    'the kernel does not look at the state of what it deletes',
  ],
  [
    / noremcsumtx noremcsumrx$/,
    [/^18\.2\.21: only there, 00$/, /^18\.2\.22: only there, 00$/],
    'a new link has them off, and some kernels take them for on when they are there at all',
  ],
  [
    /^ip link add .* type bond .*active_slave /,
    [/^18\.2\.2: only there, [0-9a-f]+$/],
    'a new bond has no ports, and the kernel refuses one that is in use: links.add() leaves it out of what list() gave',
  ],
  [/^ip rule add from all /, [/^2: only there, $/], 'an empty source is none'],
];

/** What of a table is about a command. */
function about<E extends readonly [RegExp, ...unknown[]]>(table: readonly E[], command: string): E | undefined {
  return table.find(([pattern]) => pattern.test(command));
}

for (const { iproute2, files } of [recording, newer]) {
  describe(`what ${iproute2} sends`, () => {
    for (const { name, vectors } of files) {
      const own = calls[name] ?? {};
      describe(name, () => {
        for (const { command, requests } of vectors) {
          it(command, async () => {
            const theirs = requests.map(messageOf);
            expect(theirs, 'requests').to.have.length(1);
            for (const message of theirs) expect(unknownIn(decoded(message))).to.deep.equal(about(unknown, command)?.[1] ?? []);
            const call = own[command];
            const reason = about(withoutCall, command);
            expect(call === undefined, 'there is a call or a reason why not').to.equal(reason !== undefined);
            if (call === undefined) return;
            const ours = await requestsOf(call);
            expect(ours).to.have.length(theirs.length);
            const found = theirs.flatMap((message, index) => differences(message, ours[index] ?? message));
            const [, expected = []] = about(different, command) ?? [];
            expect(found, 'differences').to.have.length(expected.length);
            for (const [index, pattern] of expected.entries()) expect(found[index]).to.match(pattern);
          });
        }

        it('has a vector for every call', () => {
          const commands = new Set(vectors.map(({ command }) => command));
          expect(Object.keys(own).filter((command) => !commands.has(command))).to.deep.equal([]);
        });
      });
    }
  });
}

describe('the exceptions of what iproute2 sends', () => {
  it('are all needed', () => {
    const commands = [recording, newer].flatMap(({ files }) => files.flatMap(({ vectors }) => vectors.map(({ command }) => command)));
    const patterns = [...withoutCall, ...unknown, ...different].map(([pattern]) => pattern);
    expect(patterns.filter((pattern) => !commands.some((command) => pattern.test(command)))).to.deep.equal([]);
  });
});

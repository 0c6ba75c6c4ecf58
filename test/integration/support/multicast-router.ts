import { once } from 'node:events';
import type { Child } from '../../../lib/execution/child.js';
import type { Namespace } from '../../../lib/namespace.js';
import { limit } from '../../support/time.js';

/*
 * A multicast router: the kernel takes multicast routes from a program that holds a socket of its own, and from nobody else. It is a few
 * lines of Perl, which every Debian has: it makes routes from link v0 to link v1, takes every ninth away when it is told to, and ends with
 * its input. Sources: linux/mroute.h, linux/mroute6.h.
 */
const program = String.raw`
use strict; use Errno;
$| = 1;
my ($version, $in, $out, $many) = @ARGV;
my $socket;
sub refuse { print "failed " . ((grep { $!{$_} } keys %!)[0] // "EIO") . "\n"; exit 1 }
sub set { setsockopt($socket, $version == 4 ? 0 : 41, $_[0], $_[1]) or refuse() }
sub route {
  my ($option, $number) = @_;
  if ($version == 4) {
    set($option, pack('C4 C4 S C32 x2 L4', 10, 0, 0, 1, 239, 1, $number >> 8, $number & 255, 0, 0, 1, (0) x 30, 0, 0, 0, 0));
  } else {
    my $address = sub { pack('S n N a16 L', 10, 0, 0, pack('n8', @_), 0) };
    set($option, $address->(0xfd00, 0, 0, 0, 0, 0, 0, 1) . $address->(0xff05, 0, 0, 0, 0, 0, 1, $number) . pack('S x2 L8', 0, 2, (0) x 7));
  }
}
if ($version == 4) { socket($socket, 2, 3, 2) or refuse() } else { socket($socket, 10, 3, 58) or refuse() }
set(200, pack('i', 1));
my $which = 0;
for my $link ($in, $out) {
  if ($version == 4) { set(202, pack('S C C L L L', $which, 8, 1, 0, $link, 0)) } else { set(202, pack('S C C S x2 L', $which, 0, 1, $link, 0)) }
  $which++;
}
route(204, $_) for 1 .. $many;
print "ready\n";
while (<STDIN>) {
  for (my $number = 1; $number <= $many; $number += 9) { route(205, $number) }
  print "done\n";
}
`;

/** Says what the program said first: a refusal has the kernel's code. */
async function answered(child: Child): Promise<void> {
  let said = '';
  const end = (async (): Promise<void> => {
    for await (const part of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
      said += String(part);
      if (said.endsWith('\n')) return;
    }
  })();
  await end;
  const refusal = /^failed (\w+)/.exec(said)?.[1];
  if (refusal !== undefined) throw Object.assign(new Error(`the multicast router was refused: ${refusal}`), { code: refusal });
  if (!/^(?:ready|done)\n$/.test(said)) throw new Error(`the multicast router said ${JSON.stringify(said)}`);
}

/** Multicast routes of a namespace that has links v0 and v1. */
export class MulticastRouter implements AsyncDisposable {
  readonly #child: Child;
  readonly #closed: Promise<unknown>;

  private constructor(child: Child) {
    this.#child = child;
    this.#closed = once(child, 'close');
  }

  /** Makes so many routes. Rejects with the kernel's code where it has no multicast routing. */
  static async start(namespace: Namespace, version: 4 | 6, links: readonly [number, number], many: number): Promise<MulticastRouter> {
    const args = ['-e', program, String(version), ...links.map(String), String(many)];
    const child = await namespace.spawn('perl', args, { stdio: ['pipe', 'pipe', 'inherit'], timeout: limit(60_000) });
    const router = new MulticastRouter(child);
    try {
      await answered(child);
    } catch (error) {
      await router[Symbol.asyncDispose]();
      throw error;
    }
    return router;
  }

  /** Takes every ninth route away. */
  async takeSomeAway(): Promise<void> {
    this.#child.stdin?.write('now\n');
    await answered(this.#child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    this.#child.stdout?.resume();
    await this.#closed;
  }
}

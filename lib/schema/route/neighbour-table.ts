import type { Codec, Infer, InferInput } from '../../codec/codec.js';
import { attributes } from '../../codec/attributes.js';
import { field, readOnly } from '../../codec/field.js';
import { addressFamily } from '../../codec/names.js';
import { link } from '../../codec/references.js';
import { object } from '../../codec/object.js';
import { u16, u32, counter64 } from '../../codec/scalars.js';
import { struct, member, later, padding } from '../../codec/struct.js';
import { string } from '../../codec/text.js';

const parameters = attributes(
  {
    link: field(1, link, 'NDTPA_IFINDEX', 'The link that the settings are of; undefined for those of new links.'),
    references: readOnly(2, u32, 'NDTPA_REFCNT', 'Users of the settings.'),
    reachableTime: readOnly(3, counter64, 'NDTPA_REACHABLE_TIME', 'How long a neighbour is taken to be reachable now.', { unit: 'ms' }),
    baseReachableTime: field(4, counter64, 'NDTPA_BASE_REACHABLE_TIME', 'What the reachable time is drawn from.', { unit: 'ms' }),
    retransmitTime: field(5, counter64, 'NDTPA_RETRANS_TIME', 'Time between solicitations.', { unit: 'ms' }),
    gcStaleTime: field(6, counter64, 'NDTPA_GC_STALETIME', 'How long a stale entry is kept.', { unit: 'ms' }),
    delayProbeTime: field(7, counter64, 'NDTPA_DELAY_PROBE_TIME', 'Wait before the first probe.', { unit: 'ms' }),
    queueLength: field(8, u32, 'NDTPA_QUEUE_LEN', 'Packets that wait for an address.'),
    applicationProbes: field(9, u32, 'NDTPA_APP_PROBES', 'Probes left to user space.'),
    unicastProbes: field(10, u32, 'NDTPA_UCAST_PROBES', 'Unicast probes.'),
    multicastProbes: field(11, u32, 'NDTPA_MCAST_PROBES', 'Multicast probes.'),
    anycastDelay: field(12, counter64, 'NDTPA_ANYCAST_DELAY', 'Wait before an answer for an anycast address.', { unit: 'ms' }),
    proxyDelay: field(13, counter64, 'NDTPA_PROXY_DELAY', 'Wait before an answer for others.', { unit: 'ms' }),
    proxyQueueLength: field(14, u32, 'NDTPA_PROXY_QLEN', 'Answers for others that may wait.'),
    lockTime: field(15, counter64, 'NDTPA_LOCKTIME', 'How long an entry is not replaced.', { unit: 'ms' }),
    queueBytes: field(16, u32, 'NDTPA_QUEUE_LENBYTES', 'Bytes of packets that wait for an address.', { unit: 'bytes' }),
    multicastReprobes: field(17, u32, 'NDTPA_MCAST_REPROBES', 'Multicast probes after unicast ones.', { since: '4.3' }),
    intervalProbeTime: field(19, counter64, 'NDTPA_INTERVAL_PROBE_TIME_MS', 'Time between probes of managed entries.', {
      unit: 'ms',
      since: '6.0',
    }),
  },
  [18],
);

const neighbourTableSchema = object({
  title: 'neighbour table',
  family: 'family',
  header: struct({
    family: member(addressFamily, 'ndtm_family', 'Address family.'),
    reserved: padding(3),
  }),
  attributes: attributes(
    {
      name: field(1, string(), 'NDTA_NAME', "Name of the table: 'arp_cache' or 'ndisc_cache'."),
      threshold1: field(2, u32, 'NDTA_THRESH1', 'Up to so many entries nothing is removed.'),
      threshold2: field(3, u32, 'NDTA_THRESH2', 'More than so many entries are tolerated for 5 seconds.'),
      threshold3: field(4, u32, 'NDTA_THRESH3', 'Most entries.'),
      config: readOnly(
        5,
        struct({
          keyLength: member(u16, 'ndtc_key_len', 'Length of an address.', { unit: 'bytes' }),
          entrySize: member(u16, 'ndtc_entry_size', 'Size of an entry.', { unit: 'bytes' }),
          entries: member(u32, 'ndtc_entries', 'Entries.'),
          lastFlush: member(u32, 'ndtc_last_flush', 'Time since the last flush.', { unit: 'ms' }),
          lastRandom: member(u32, 'ndtc_last_rand', 'Time since the reachable times were drawn.', { unit: 'ms' }),
          hashRandom: member(u32, 'ndtc_hash_rnd', 'Random number of the hash.'),
          hashMask: member(u32, 'ndtc_hash_mask', 'Size of the hash table, less one.'),
          hashChainGc: member(u32, 'ndtc_hash_chain_gc', 'Unused.'),
          proxyQueueLength: member(u32, 'ndtc_proxy_qlen', 'Packets in the queue of proxies.'),
        }),
        'NDTA_CONFIG',
        'State of the table.',
      ),
      parameters: field(6, parameters, 'NDTA_PARMS', 'Settings of the table, or of a link.'),
      statistics: readOnly(
        7,
        struct({
          allocations: member(counter64, 'ndts_allocs', 'Entries made.'),
          destroys: member(counter64, 'ndts_destroys', 'Entries removed.'),
          hashGrows: member(counter64, 'ndts_hash_grows', 'Times the hash table grew.'),
          resolutionsFailed: member(counter64, 'ndts_res_failed', 'Addresses that could not be resolved.'),
          lookups: member(counter64, 'ndts_lookups', 'Lookups.'),
          hits: member(counter64, 'ndts_hits', 'Lookups that found an entry.'),
          multicastProbes: member(counter64, 'ndts_rcv_probes_mcast', 'Multicast probes received.'),
          unicastProbes: member(counter64, 'ndts_rcv_probes_ucast', 'Unicast probes received.'),
          periodicGcRuns: member(counter64, 'ndts_periodic_gc_runs', 'Regular cleanings.'),
          forcedGcRuns: member(counter64, 'ndts_forced_gc_runs', 'Cleanings for lack of room.'),
          tableFulls: later(counter64, 'ndts_table_fulls', 'Times the table was full.', { since: '4.3' }),
        }),
        'NDTA_STATS',
        'Counters of the table.',
      ),
      gcInterval: field(8, counter64, 'NDTA_GC_INTERVAL', 'Time between regular cleanings.', { unit: 'ms' }),
    },
    [9],
  ),
});

/** Settings of neighbour discovery: of a table, or of a link (struct ndtmsg, neighbour.h). */
export interface NeighbourTable extends Infer<typeof neighbourTableSchema> {}
/** What NeighbourTable is made from. */
export interface NeighbourTableInput extends InferInput<typeof neighbourTableSchema> {}
export const neighbourTable: Codec<NeighbourTable, NeighbourTableInput> = neighbourTableSchema;

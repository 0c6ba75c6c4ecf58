import type { Calls } from '../support/vectors.js';

export const others: Calls = {
  'ip addrlabel add prefix fd00::/64 label 99': (route) => route.addressLabels.add({ label: 99, prefix: 'fd00::/64' }),
  'ip addrlabel add prefix fd00::/64 dev lower label 99': (route) =>
    route.addressLabels.add({ link: 'lower', label: 99, prefix: 'fd00::/64' }),
  'ip addrlabel del prefix fd00::/64 label 99': (route) => route.addressLabels.delete({ label: 99, prefix: 'fd00::/64' }),
  'ip ntable change name arp_cache thresh1 100 thresh2 200 thresh3 300 gc_int 40000': (route) =>
    route.neighbourTables.set({ name: 'arp_cache', threshold1: 100, threshold2: 200, threshold3: 300, gcInterval: 40000 }),
  'ip ntable change name ndisc_cache dev lower base_reachable 20000 retrans 2000 gc_stale 50000 delay_probe 4000 queue 50 app_probes 1 ucast_probes 2 mcast_probes 4 anycast_delay 500 proxy_delay 600 proxy_queue 70 locktime 300':
    (route) =>
      route.neighbourTables.set({
        name: 'ndisc_cache',
        parameters: {
          link: 'lower',
          baseReachableTime: 20000,
          retransmitTime: 2000,
          gcStaleTime: 50000,
          delayProbeTime: 4000,
          queueLength: 50,
          applicationProbes: 1,
          unicastProbes: 2,
          multicastProbes: 4,
          anycastDelay: 500,
          proxyDelay: 600,
          proxyQueueLength: 70,
          lockTime: 300,
        },
      }),
  'ip netns set blue 9': (route) => route.namespaceIds.add({ fd: 6 }, 9),
  'ip netns set blue auto': (route) => route.namespaceIds.add({ fd: 6 }),
  'ip stats set dev lower l3_stats on': (route) => route.statistics.set({ link: 'lower', l3: true }),
  'ip stats set dev lower l3_stats off': (route) => route.statistics.set({ link: 'lower', l3: false }),
};

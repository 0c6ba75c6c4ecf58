import type { Change, Event, Link, Namespace, ObjectChange, Route } from 'netlane';

/** What an event is about, by its object. */
export function described(event: Event<Namespace>): string {
  if (event.action === 'overrun' || event.action === 'synchronized') return `${event.action} in ${String(event.namespace)}`;
  switch (event.object) {
    case 'link': {
      const before: Link | undefined = event.previous;
      return `${event.value.name ?? ''} ${String(before?.mtu)} ${String(event.nsid)}`;
    }
    case 'route': {
      const value: Route = event.value;
      return value.destination ?? 'default';
    }
    case 'address':
      return event.value.address ?? '';
    case 'rule':
      return String(event.value.priority);
    case 'neighbour':
    case 'forwarding entry':
      return event.value.address ?? '';
    case 'nexthop':
    case 'namespace id':
      return String(event.value.id);
    case 'multicast group':
      return `${event.value.group} behind ${event.value.port} of ${event.value.bridge}`;
    case 'bridge link':
      return `${event.value.name ?? ''} ${String(event.value.port?.hairpin)}`;
    case 'bridge VLAN':
      return `${event.value.vlan} of ${event.value.link}`;
    case 'VNI':
      return `${event.value.vni} of ${event.value.link}`;
    case 'network configuration':
      return `${String(event.value.link)} ${String(event.value.forwarding)}`;
  }
}

export async function program(namespace: Namespace): Promise<void> {
  const route = await namespace.route();
  for await (const event of route.watch(['link', 'route'], { existing: true, allNamespaces: true })) {
    const change: Change<ObjectChange['value']> = event;
    process.stdout.write(`${described(event)} ${change.action}`);
  }
}

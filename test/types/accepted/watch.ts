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
      return String(event.value.id);
  }
}

export async function program(namespace: Namespace): Promise<void> {
  const route = await namespace.route();
  for await (const event of route.watch(['link', 'route'], { existing: true, allNamespaces: true })) {
    const change: Change<ObjectChange['value']> = event;
    process.stdout.write(`${described(event)} ${change.action}`);
  }
}

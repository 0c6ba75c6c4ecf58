import type { Place } from '../execution/place.js';
import { invalidArgument } from '../errors.js';
import { native } from '../native.js';
import { accountBy, accountForSocket, renameSocket } from './accounts.js';
import { entryError, namespaceError } from './entry-error.js';
import { handleOf, type NamespaceHandle } from './handle.js';

accountBy('thread', (id) => {
  const inside = native().namespaceOfOpener(Number(id));
  return inside === undefined ? undefined : `the opener of Namespace(${inside.device}:${inside.inode})`;
});

/** The handle as what runs inside needs it. */
function placeOf(handle: NamespaceHandle): Place {
  const label = String(handle);
  const ownerOf = (operation: string): string => `${operation} in ${label}`;
  return {
    label,
    name: handle.name,
    entryFd: () => handle.entryFd,
    acquire: () => handle.acquire(),
    own: (dependent) => handle.own(dependent),
    serve: (servant) => handle.serve(servant),
    account: (fd, operation) => accountForSocket(fd, native().inodeOf(fd), ownerOf(operation)),
    rename: (fd, operation) => renameSocket(fd, ownerOf(operation)),
    explain(thrown, operation, hint) {
      const context = { operation, namespace: String(handle) };
      if (handle.closed || hint !== undefined) return namespaceError(thrown, { ...context, hint });
      return entryError(thrown, handle.fd, context);
    },
  };
}

const places = new WeakMap<object, Place>();

/** What runs inside needs of a public Namespace; the same object every time. */
export function placeAt(namespace: object): Place {
  const known = places.get(namespace);
  if (known !== undefined) return known;
  const handle = handleOf(namespace);
  if (handle === undefined) throw invalidArgument('this', 'a Namespace', namespace);
  const made = placeOf(handle);
  places.set(namespace, made);
  return made;
}

/** Does work of a method inside: what is thrown, also before the work begins, is a rejection. */
export async function within<T>(namespace: object, work: (place: Place) => T | Promise<T>): Promise<T> {
  return work(placeAt(namespace));
}

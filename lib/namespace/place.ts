import type { Place } from '../execution/place.js';
import { entryError, namespaceError } from './entry-error.js';
import type { NamespaceHandle } from './handle.js';

/** The handle as what runs inside needs it. */
export function placeOf(handle: NamespaceHandle): Place {
  return {
    label: String(handle),
    name: handle.name,
    entryFd: () => handle.entryFd,
    acquire: () => handle.acquire(),
    own: (dependent) => handle.own(dependent),
    explain(thrown, operation, hint) {
      const context = { operation, namespace: String(handle) };
      if (handle.closed || hint !== undefined) return namespaceError(thrown, { ...context, hint });
      return entryError(thrown, handle.fd, context);
    },
  };
}

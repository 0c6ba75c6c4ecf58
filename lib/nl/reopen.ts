import { invalidArgument } from '../errors.js';
import { Namespace } from '../namespace.js';
import { NsHandle, type NsLike } from './netns.js';

/** A Namespace to be closed with what is opened in it, so that this outlives the handle it was opened with, as an fd does in Go. */
export async function namespaceFor(name: string, ns: NsLike): Promise<Namespace> {
  if (ns instanceof NsHandle) return ns.reopen();
  if (ns instanceof Namespace) return Namespace.open({ fd: ns.fd });
  throw invalidArgument(name, 'an NsHandle or a Namespace', ns);
}

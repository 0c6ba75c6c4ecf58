/*
 * Who accounts for what: every thread, fd and mount that netlane makes and that is in, or pins, a namespace is entered here, so that leaks()
 * can tell what belongs to a live object from what nobody closes any more.
 */

/** `thread`: by its tid; `fd`: by its number; `mount`: by its path. */
export type AccountKind = 'thread' | 'fd' | 'mount';

interface Account {
  readonly owner: () => string;
}

const accounts: Readonly<Record<AccountKind, Map<string, Account>>> = { thread: new Map(), fd: new Map(), mount: new Map() };

/**
 * Enters an owner for a thread, an fd or a mount. A function is asked when somebody looks. Returns the function that ends it, to be
 * called before the fd is closed or the thread ends. Module state is per thread: the thread that answers for a thing enters it.
 */
export function accountFor(kind: AccountKind, id: number | string, owner: string | (() => string)): () => void {
  const account: Account = { owner: typeof owner === 'string' ? () => owner : owner };
  const key = String(id);
  accounts[kind].set(key, account);
  return () => {
    // The number may have been given away and entered again by its next owner.
    if (accounts[kind].get(key) === account) accounts[kind].delete(key);
  };
}

const witnesses: Readonly<Record<AccountKind, ((id: string) => string | undefined)[]>> = { thread: [], fd: [], mount: [] };

/** Has somebody asked about what is not entered: who keeps books of their own. */
export function accountBy(kind: AccountKind, witness: (id: string) => string | undefined): void {
  witnesses[kind].push(witness);
}

/** By fd, so that there are never more than descriptors; the inode tells a socket from the next one with its number. */
const sockets = new Map<number, { readonly inode: bigint; readonly owner: string }>();

/** Enters an owner for a socket, for as long as that is open: whoever closes it need not say so. */
export function accountForSocket(fd: number, inode: bigint, owner: string): void {
  sockets.set(fd, { inode, owner });
}

/** Says something else of a socket that was entered. */
export function renameSocket(fd: number, owner: string): void {
  const account = sockets.get(fd);
  if (account !== undefined) sockets.set(fd, { inode: account.inode, owner });
}

/** Who accounts for the socket that has this number now. */
export function accountOfSocket(fd: number, inode: bigint): string | undefined {
  const account = sockets.get(fd);
  return account?.inode === inode ? account.owner : undefined;
}

/** Ends what is entered, whoever entered it: the thing is gone. */
export function endAccount(kind: AccountKind, id: number | string): void {
  accounts[kind].delete(String(id));
}

/** Who accounts for it; undefined when nobody on this thread does. */
export function accountOf(kind: AccountKind, id: number | string): string | undefined {
  const key = String(id);
  const account = accounts[kind].get(key);
  if (account !== undefined) return account.owner();
  for (const witness of witnesses[kind]) {
    const owner = witness(key);
    if (owner !== undefined) return owner;
  }
  return undefined;
}

/** What is entered, by id. */
export function accountedFor(kind: AccountKind): readonly string[] {
  return [...accounts[kind].keys()];
}

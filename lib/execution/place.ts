/** A namespace as what runs inside it needs it: the face of its handle, which belongs to a layer above. */
export interface Place {
  /** String(namespace), for errors. */
  readonly label: string;
  /** The name that it was created or opened by. */
  readonly name: string | undefined;
  /** The fd to enter by, -1 where the calling thread is inside already. Throws NETLANE_CLOSED. */
  entryFd(): number;
  /** Keeps the fd open until the function that is returned is called. Throws NETLANE_CLOSED. */
  acquire(): () => void;
  /** Enters something that the namespace's close() ends. Returns the function that takes it off. Throws NETLANE_CLOSED. */
  own(dependent: { close(): unknown }): () => void;
  /**
   * Enters what only serves what runs inside: close() ends it, and retire(), which lets what is under way be done, where the namespace was forgotten. Throws
   * NETLANE_CLOSED.
   */
  serve(servant: { close(): unknown; retire(): unknown }): void;
  /** Enters who has a socket, for leaks(), until it is closed. */
  account(fd: number, operation: string): void;
  /** Says something else of a socket that was entered. */
  rename(fd: number, operation: string): void;
  /** What native code threw as netlane's error, with what can be done about it. */
  explain(thrown: unknown, operation: string, hint?: string): unknown;
}

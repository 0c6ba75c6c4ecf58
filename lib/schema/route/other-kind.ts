/**
 * A kind of link that this library has no schema for, made by otherKind(). At run time it is the kind's own name; to the compiler it is
 * one literal, since a union is told apart by literals only: `link.kind === 'vlan'` would leave every member in with a plain string.
 */
export type OtherKind = '(other kind)';

/** Names a kind of link that this library has no schema for; its options are in data.unknown. */
export function otherKind(name: string): OtherKind {
  return name as OtherKind;
}

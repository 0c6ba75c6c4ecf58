import type { Codec, Infer, InferInput } from '../../codec/codec.js';
import { attributes } from '../../codec/attributes.js';
import { field, readOnly } from '../../codec/field.js';
import { namespaceFd } from '../../codec/references.js';
import { object } from '../../codec/object.js';
import { u8, u32, s32 } from '../../codec/scalars.js';
import { struct, hidden } from '../../codec/struct.js';

const namespaceIdSchema = object({
  title: 'namespace id',
  header: struct({ family: hidden(u8, 'rtgen_family', 'Unused.') }),
  attributes: attributes({
    id: field(1, s32, 'NETNSA_NSID', 'The number; -1 where there is none, or to let the kernel choose.'),
    pid: field(2, u32, 'NETNSA_PID', 'The namespace of this process.'),
    namespace: field(3, namespaceFd, 'NETNSA_FD', 'The namespace: a Namespace, or an fd.'),
    targetId: field(4, s32, 'NETNSA_TARGET_NSID', 'Numbers as the namespace with this number knows them.', { since: '5.0' }),
    currentId: readOnly(5, s32, 'NETNSA_CURRENT_NSID', 'The number here, when it is another in the target.', { since: '5.0' }),
  }),
});

/** The number by which one network namespace knows another (struct rtgenmsg, net_namespace.h). */
export interface NamespaceId extends Infer<typeof namespaceIdSchema> {}
/** What NamespaceId is made from. */
export interface NamespaceIdInput extends InferInput<typeof namespaceIdSchema> {}
export const namespaceId: Codec<NamespaceId, NamespaceIdInput> = namespaceIdSchema;

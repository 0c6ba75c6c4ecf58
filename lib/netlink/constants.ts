/* Numbers of linux/netlink.h that the engine itself needs. */

/** Netlink is in the byte order of the machine. */
export const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Sizes. */
export const NLMSG_HDRLEN = 16;
export const NLA_HDRLEN = 4;

/** Message types below NLMSG_MIN_TYPE. */
export const NLMSG_NOOP = 1;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
/** The kernel never sends it; here it marks, in band, where a subscription lost messages. */
export const NLMSG_OVERRUN = 4;
export const NLMSG_MIN_TYPE = 0x10;

/** Flags of every message. */
export const NLM_F_REQUEST = 0x01;
export const NLM_F_MULTI = 0x02;
export const NLM_F_ACK = 0x04;
export const NLM_F_ECHO = 0x08;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_DUMP_FILTERED = 0x20;
/** Flags of a GET. */
export const NLM_F_ROOT = 0x100;
export const NLM_F_MATCH = 0x200;
export const NLM_F_DUMP = 0x300;
/** Flags of a NEW. */
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;
/** Flags of a DELETE (Linux 5.14, 4.20). */
export const NLM_F_NONREC = 0x100;
export const NLM_F_BULK = 0x200;
/** Flags of an acknowledgement. */
export const NLM_F_CAPPED = 0x100;
export const NLM_F_ACK_TLVS = 0x200;

export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;

export const SOL_NETLINK = 270;
export const NETLINK_ADD_MEMBERSHIP = 1;
export const NETLINK_DROP_MEMBERSHIP = 2;
export const NETLINK_PKTINFO = 3;
export const NETLINK_BROADCAST_ERROR = 4;
export const NETLINK_NO_ENOBUFS = 5;
export const NETLINK_LISTEN_ALL_NSID = 8;
export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;
export const NETLINK_GET_STRICT_CHK = 12;

/** Positive errno values that the engine decides by. */
export const EPERM = 1;
export const EINTR = 4;
export const EAGAIN = 11;
export const EBUSY = 16;
export const EMSGSIZE = 90;
export const EADDRINUSE = 98;
export const ENOBUFS = 105;
export const ECONNREFUSED = 111;
export const ENOPROTOOPT = 92;

/** Protocol numbers by name (linux/netlink.h). */
export const protocols = {
  route: 0,
  usersock: 2,
  firewall: 3,
  sock_diag: 4,
  nflog: 5,
  xfrm: 6,
  selinux: 7,
  iscsi: 8,
  audit: 9,
  fib_lookup: 10,
  connector: 11,
  netfilter: 12,
  ip6_fw: 13,
  dnrtmsg: 14,
  kobject_uevent: 15,
  generic: 16,
  scsitransport: 18,
  ecryptfs: 19,
  rdma: 20,
  crypto: 21,
  smc: 22,
} as const satisfies Readonly<Record<string, number>>;

export type ProtocolName = keyof typeof protocols;

/** Every protocol: by its name, or any number from 0 to 31 (MAX_LINKS of the kernel). */
export type Protocol = ProtocolName | number;

import { NLA_HDRLEN, NLMSG_HDRLEN } from '../netlink/constants.js';

/*
 * Constants under the names that the kernel's headers, Go's unix package and the ancestor give them. What is not in the ancestor's own list
 * (protocols, flags, the message types of rtnetlink) is here because a program that speaks in raw numbers needs them.
 */

/** AF_UNSPEC: every address family. */
export const FAMILY_ALL = 0;
/** AF_INET. */
export const FAMILY_V4 = 2;
/** AF_INET6. */
export const FAMILY_V6 = 10;
/** AF_MPLS. */
export const FAMILY_MPLS = 28;

/**
 * The size of the ancestor's receive buffer, bytes. Kept for programs that use it as a number: netlane's own buffers grow with the
 * message, so that nothing longer is cut off.
 */
export const RECEIVE_BUFFER_SIZE = 65536;

/** Port id of the kernel. */
export const PidKernel = 0;

/** Size of a connector message with one operation, bytes. */
export const SizeofCnMsgOp = 0x18;

/* Attributes of an extended acknowledgement (linux/netlink.h). */
export const NLMSGERR_ATTR_UNUSED = 0;
/** Text for a person. */
export const NLMSGERR_ATTR_MSG = 1;
/** Offset in the request of the attribute that the kernel disliked. */
export const NLMSGERR_ATTR_OFFS = 2;
/** Bytes of the subsystem's own. */
export const NLMSGERR_ATTR_COOKIE = 3;
/** What the kernel would have accepted (Linux 5.10). */
export const NLMSGERR_ATTR_POLICY = 4;
/** Type of a missing attribute (Linux 6.1). */
export const NLMSGERR_ATTR_MISS_TYPE = 5;
/** Offset of the nest that misses it (Linux 6.1). */
export const NLMSGERR_ATTR_MISS_NEST = 6;

/* Operations of the process-event connector (linux/cn_proc.h). */
export const PROC_CN_MCAST_LISTEN = 1;
/** 2, as in the kernel. The ancestor says 1 by mistake, so that its IGNORE listens. */
export const PROC_CN_MCAST_IGNORE = 2;

/* Bits of an attribute's type (linux/netlink.h). */
export const NLA_F_NESTED = 0x8000;
export const NLA_F_NET_BYTEORDER = 0x4000;
export const NLA_TYPE_MASK = 0x3fff;

/* Protocols (linux/netlink.h). */
export const NETLINK_ROUTE = 0;
export const NETLINK_USERSOCK = 2;
export const NETLINK_SOCK_DIAG = 4;
export const NETLINK_XFRM = 6;
export const NETLINK_AUDIT = 9;
export const NETLINK_CONNECTOR = 11;
export const NETLINK_NETFILTER = 12;
export const NETLINK_KOBJECT_UEVENT = 15;
export const NETLINK_GENERIC = 16;

/* Flags of a message, and the types that every protocol has (linux/netlink.h). */
export {
  NLMSG_NOOP,
  NLMSG_ERROR,
  NLMSG_DONE,
  NLMSG_OVERRUN,
  NLM_F_REQUEST,
  NLM_F_MULTI,
  NLM_F_ACK,
  NLM_F_ECHO,
  NLM_F_DUMP_INTR,
  NLM_F_ROOT,
  NLM_F_MATCH,
  NLM_F_DUMP,
  NLM_F_REPLACE,
  NLM_F_EXCL,
  NLM_F_CREATE,
  NLM_F_APPEND,
} from '../netlink/constants.js';
export const NLM_F_ATOMIC = 0x400;

/* Types of rtnetlink's most used messages (linux/rtnetlink.h). */
export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_SETLINK = 19;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;
export const RTM_NEWROUTE = 24;
export const RTM_DELROUTE = 25;
export const RTM_GETROUTE = 26;
export const RTM_NEWNEIGH = 28;
export const RTM_DELNEIGH = 29;
export const RTM_GETNEIGH = 30;
export const RTM_NEWRULE = 32;
export const RTM_DELRULE = 33;
export const RTM_GETRULE = 34;

/* Multicast groups of rtnetlink, as numbers for subscribe (linux/rtnetlink.h). */
export const RTNLGRP_LINK = 1;
export const RTNLGRP_NEIGH = 3;
export const RTNLGRP_IPV4_IFADDR = 5;
export const RTNLGRP_IPV4_ROUTE = 7;
export const RTNLGRP_IPV6_IFADDR = 9;
export const RTNLGRP_IPV6_ROUTE = 11;
export const RTNLGRP_NEXTHOP = 32;

/** Bytes of a message header (struct nlmsghdr). */
export const sizeofNlMsghdr = NLMSG_HDRLEN;
/** Bytes of an attribute header (struct rtattr). */
export const sizeofRtAttr = NLA_HDRLEN;
/** Bytes of struct ifinfomsg. */
export const sizeofIfInfomsg = 16;

/** Rounds up to a multiple of 4 (RTA_ALIGN). Exact for any safe integer: `& ~3` would wrap at 2^31. */
export function rtaAlignOf(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** Rounds up to a multiple of 4 (NLMSG_ALIGN). */
export function nlmAlignOf(length: number): number {
  return Math.ceil(length / 4) * 4;
}

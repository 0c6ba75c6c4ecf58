#include "datagrams.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace netlane {
namespace {

/** Most datagrams never touch it, so its pages cost nothing until one does. */
uint8_t* scratch() {
  static thread_local std::unique_ptr<uint8_t[]> area;
  if (!area) area.reset(new uint8_t[scratchSize]);
  return area.get();
}

size_t padded(size_t length) {
  return (length + 7) & ~size_t{7};
}

void readControl(msghdr& message, FrameHeader& header) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_NETLINK) continue;
    if (part->cmsg_type == NETLINK_PKTINFO && part->cmsg_len >= CMSG_LEN(sizeof(nl_pktinfo))) {
      std::memcpy(&header.group, CMSG_DATA(part), sizeof header.group);
    } else if (part->cmsg_type == NETLINK_LISTEN_ALL_NSID && part->cmsg_len >= CMSG_LEN(sizeof(int))) {
      std::memcpy(&header.nsid, CMSG_DATA(part), sizeof header.nsid);
    }
  }
}

}  // namespace

void Spill::copyTo(uint8_t* to) const {
  std::memcpy(to, &header, sizeof header);
  std::memcpy(to + sizeof header, first, firstLength);
  std::memcpy(to + sizeof header + firstLength, second, header.length - firstLength);
}

Received receiveInto(int socket, Slab slab, size_t offset, uint32_t most) {
  Received result{offset, 0, 0, false, {}};
  uint8_t* const overflow = scratch();
  // The parts of a dump are of one size: another one that would not fit waits for the next slab, instead of being copied twice.
  size_t wanted = smallestReceive;
  while (result.count < most && result.end + wanted <= slab.size) {
    uint8_t* const frame = slab.bytes + result.end;
    const size_t room = slab.size - result.end - sizeof(FrameHeader);
    iovec parts[] = {{frame + sizeof(FrameHeader), room}, {overflow, scratchSize}};
    sockaddr_nl sender{};
    alignas(cmsghdr) uint8_t control[128];
    msghdr message{};
    message.msg_name = &sender;
    message.msg_namelen = sizeof sender;
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    message.msg_control = control;
    message.msg_controllen = sizeof control;

    const ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT);
    if (got < 0) {
      if (errno == EINTR) continue;
      result.error = errno;
      break;
    }
    const size_t length = static_cast<size_t>(got);
    FrameHeader header{static_cast<uint32_t>(length), sender.nl_pid, sender.nl_groups, 0, -1, 0};
    if ((message.msg_flags & MSG_TRUNC) != 0) header.flags |= truncatedFlag;
    readControl(message, header);
    ++result.count;
    if (length > room) {
      result.spilled = true;
      result.spill = {header, frame + sizeof(FrameHeader), room, overflow};
      break;
    }
    std::memcpy(frame, &header, sizeof header);
    wanted = std::max(smallestReceive, sizeof header + length);
    result.end = std::min(result.end + sizeof header + padded(length), slab.size);
  }
  return result;
}

}  // namespace netlane

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace netlane {

/** One record of a slab, see frameHeader in lib/native.ts. */
struct FrameHeader {
  uint32_t length;
  uint32_t port;
  uint32_t groups;
  uint32_t group;
  int32_t nsid;
  uint32_t flags;
};
static_assert(sizeof(FrameHeader) == 24);

/** frameFlags.truncated */
constexpr uint32_t truncatedFlag = 1;
/** smallestReceive */
constexpr size_t smallestReceive = sizeof(FrameHeader) + 64;
/** What fits behind the slab's rest: a datagram that is longer than both arrives truncated. */
constexpr size_t scratchSize = size_t{1} << 20;

/** Memory that was given by JavaScript for the length of one call. */
struct Slab {
  uint8_t* bytes;
  size_t size;
};

/** A datagram that did not fit in the slab: its header is complete, its bytes begin in the slab's rest and go on in the scratch area. */
struct Spill {
  FrameHeader header;
  const uint8_t* first;
  size_t firstLength;
  const uint8_t* second;

  size_t size() const { return sizeof header + header.length; }
  void copyTo(uint8_t* to) const;
};

struct Received {
  size_t end;
  uint32_t count;
  /** Positive, 0 for none. */
  int error;
  bool spilled;
  /** Holds until the next receive on this thread, or until the slab is touched. */
  Spill spill;
};

/** Receives without blocking until the queue is empty, the slab full, a datagram spilled, `most` were received or an error came. */
Received receiveInto(int socket, Slab slab, size_t offset, uint32_t most);

}  // namespace netlane

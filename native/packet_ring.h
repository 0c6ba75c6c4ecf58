#pragma once

#include <cstddef>
#include <cstdint>

namespace netlane {

/** Memory shared with the kernel, which fills it block by block with what a packet socket hears (TPACKET_V3). */
class PacketRing {
 public:
  /** Sets the ring of the socket up and maps it. A block that is not full is given after `retire` milliseconds. */
  PacketRing(int socket, uint32_t blockSize, uint32_t blocks, uint32_t retire);
  ~PacketRing();
  PacketRing(const PacketRing&) = delete;
  PacketRing& operator=(const PacketRing&) = delete;

  size_t blockSize() const { return blockSize_; }

  /** Copies the next block, if the kernel has finished it, and gives it back. The number of bytes; 0 for none. `to` has room for
   * blockSize(). */
  size_t take(uint8_t* to);

 private:
  uint32_t blockSize_;
  uint32_t blocks_;
  uint32_t next_ = 0;
  uint8_t* memory_;
};

}  // namespace netlane

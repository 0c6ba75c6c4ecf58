#include "packet_ring.h"

#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "error.h"

namespace netlane {
namespace {

/** Only a unit of counting with TPACKET_V3: a packet may take any part of a block. */
constexpr uint32_t frameSize = 2048;

}  // namespace

PacketRing::PacketRing(int socket, uint32_t blockSize, uint32_t blocks, uint32_t retire) : blockSize_(blockSize), blocks_(blocks) {
  const int version = TPACKET_V3;
  if (setsockopt(socket, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0) throw SystemFailure("setsockopt");
  tpacket_req3 request{};
  request.tp_block_size = blockSize;
  request.tp_block_nr = blocks;
  request.tp_frame_size = frameSize;
  request.tp_frame_nr = blockSize / frameSize * blocks;
  request.tp_retire_blk_tov = retire;
  if (setsockopt(socket, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) throw SystemFailure("setsockopt");
  void* mapped = mmap(nullptr, size_t{blockSize} * blocks, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);
  if (mapped == MAP_FAILED) throw SystemFailure("mmap");
  memory_ = static_cast<uint8_t*>(mapped);
}

PacketRing::~PacketRing() {
  munmap(memory_, size_t{blockSize_} * blocks_);
}

size_t PacketRing::take(uint8_t* to) {
  auto* block = reinterpret_cast<tpacket_block_desc*>(memory_ + size_t{next_} * blockSize_);
  uint32_t* status = &block->hdr.bh1.block_status;
  // The kernel writes the status last, and may write again as soon as it is taken back.
  if ((__atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) return 0;
  const size_t length = std::min<size_t>(block->hdr.bh1.blk_len, blockSize_);
  std::memcpy(to, block, length);
  __atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  next_ = (next_ + 1) % blocks_;
  return length;
}

}  // namespace netlane

#pragma once

#include <cstdint>
#include <string>

#include "fd.h"

namespace netlane {

/** How a tun or tap device is made, or attached to: what linux/if_tun.h calls TUN... Negative numbers are not set. */
struct TunSettings {
  /** Empty, or with "%d", for a name of the kernel's choice. */
  std::string name;
  /** IFF_TUN or IFF_TAP and the flags that go with them. */
  uint16_t flags = 0;
  int index = -1;
  int64_t owner = -1;
  int64_t group = -1;
  int vnetHeaderSize = -1;
  bool persistent = false;
};

struct Tun {
  Fd fd;
  std::string name;
};

/** One queue of a device in a namespace: /dev/net/tun belongs to the namespace that it was opened in. */
Tun openTun(int namespaceFd, const TunSettings& settings);

}  // namespace netlane

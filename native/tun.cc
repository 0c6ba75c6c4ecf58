#include "tun.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "error.h"
#include "opener.h"

namespace netlane {
namespace {

constexpr const char* device = "/dev/net/tun";

void set(int fd, unsigned long request, unsigned long value, const char* name) {
  if (ioctl(fd, request, value) != 0) throw SystemFailure(name);
}

}  // namespace

Tun openTun(int namespaceFd, const TunSettings& settings) {
  std::string name;
  Fd fd = openInside(namespaceFd, [&] {
    Fd opened(open(device, O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!opened.valid()) throw SystemFailure("open", errno, device);
    if (settings.index >= 0) {
      unsigned int index = static_cast<unsigned int>(settings.index);
      if (ioctl(opened.get(), TUNSETIFINDEX, &index) != 0) throw SystemFailure("TUNSETIFINDEX");
    }
    ifreq request{};
    std::strncpy(request.ifr_name, settings.name.c_str(), IFNAMSIZ - 1);
    request.ifr_flags = static_cast<short>(settings.flags);
    if (ioctl(opened.get(), TUNSETIFF, &request) != 0) throw SystemFailure("TUNSETIFF");
    name.assign(request.ifr_name, strnlen(request.ifr_name, IFNAMSIZ));
    if (settings.vnetHeaderSize >= 0) {
      int size = settings.vnetHeaderSize;
      if (ioctl(opened.get(), TUNSETVNETHDRSZ, &size) != 0) throw SystemFailure("TUNSETVNETHDRSZ");
    }
    if (settings.owner >= 0) set(opened.get(), TUNSETOWNER, static_cast<unsigned long>(settings.owner), "TUNSETOWNER");
    if (settings.group >= 0) set(opened.get(), TUNSETGROUP, static_cast<unsigned long>(settings.group), "TUNSETGROUP");
    // Last: what failed before leaves no device.
    if (settings.persistent) set(opened.get(), TUNSETPERSIST, 1, "TUNSETPERSIST");
    return opened;
  });
  return {std::move(fd), std::move(name)};
}

}  // namespace netlane

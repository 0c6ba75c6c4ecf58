#include "filter.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "error.h"

namespace netlane {

void setSocketFilter(int socket, const Bytes& program) {
  if (program.length == 0) {
    const int unused = 0;
    // ENOENT: there was none.
    if (setsockopt(socket, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) != 0 && errno != ENOENT) throw SystemFailure("setsockopt");
    return;
  }
  if (program.length % sizeof(sock_filter) != 0 || program.length / sizeof(sock_filter) > BPF_MAXINSNS)
    throw SystemFailure("setsockopt", EINVAL);
  const sock_fprog filter{static_cast<uint16_t>(program.length / sizeof(sock_filter)), static_cast<sock_filter*>(program.data)};
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) throw SystemFailure("setsockopt");
}

}  // namespace netlane

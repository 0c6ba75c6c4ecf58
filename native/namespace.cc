#include "namespace.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "error.h"
#include "opener.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif
#ifndef PIDFD_GET_NET_NAMESPACE
// include/uapi/linux/pidfd.h, Linux 6.11
#define PIDFD_GET_NET_NAMESPACE _IO(0xFF, 4)
#endif

namespace netlane {
namespace {

std::string descriptorPath(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

/** ioctl numbers mean something else to a device, so what the file is must be known first. */
bool isNamespaceFile(int fd) {
  struct statfs file;
  return fstatfs(fd, &file) == 0 && file.f_type == NSFS_MAGIC;
}

Fd checked(Fd fd, const std::string& path = {}) {
  if (namespaceType(fd.get()) != CLONE_NEWNET) throw NotNamespace(path);
  return fd;
}

/** The process behind a pidfd, as /proc shows it: 0 for one outside this pid namespace, -1 for one that has been reaped. */
int processOf(int pidfd) {
  const Fd info(open(("/proc/self/fdinfo/" + std::to_string(pidfd)).c_str(), O_RDONLY | O_CLOEXEC));
  // No such file: no such fd.
  if (!info.valid()) throw SystemFailure("pidfd", errno == ENOENT ? EBADF : errno);
  std::string text;
  char part[1024];
  ssize_t length;
  while ((length = read(info.get(), part, sizeof part)) > 0) text.append(part, static_cast<size_t>(length));
  const size_t line = text.find("\nPid:");
  if (line == std::string::npos) throw SystemFailure("pidfd", EBADF);
  return std::atoi(text.c_str() + line + 5);
}

bool hasEnded(int pidfd) {
  pollfd state{pidfd, POLLIN, 0};
  return poll(&state, 1, 0) > 0;
}

}  // namespace

Fd openNamespace(const std::string& path) {
  const Fd seen(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!seen.valid()) throw SystemFailure("open", errno, path);
  if (!isNamespaceFile(seen.get())) throw NotNamespace(path);
  Fd opened(open(descriptorPath(seen.get()).c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!opened.valid()) throw SystemFailure("open", errno, path);
  return checked(std::move(opened), path);
}

Fd duplicateNamespace(int fd) {
  Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) throw SystemFailure("fcntl");
  return checked(std::move(copy));
}

Fd namespaceOfSocket(int fd) {
  struct stat file;
  if (fstat(fd, &file) != 0) throw SystemFailure("fstat");
  if (!S_ISSOCK(file.st_mode)) throw SystemFailure("ioctl", ENOTSOCK);
  Fd found(ioctl(fd, SIOCGSKNS));
  if (!found.valid()) throw SystemFailure("ioctl");
  return checked(std::move(found));
}

Fd namespaceOfForeignSocket(pid_t pid, int number) {
  const Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process.valid()) throw SystemFailure("pidfd_open");
  const Fd socket(static_cast<int>(syscall(SYS_pidfd_getfd, process.get(), number, 0)));
  if (!socket.valid()) throw SystemFailure("pidfd_getfd");
  return namespaceOfSocket(socket.get());
}

Fd namespaceOfPidfd(int pidfd) {
  const int pid = processOf(pidfd);
  Fd found(ioctl(pidfd, PIDFD_GET_NET_NAMESPACE, 0));
  if (found.valid()) return checked(std::move(found));
  // Kernels that do not know the request say one of these; every other error is the answer.
  if (errno != ENOTTY && errno != EINVAL && errno != EOPNOTSUPP) throw SystemFailure("ioctl");
  // The number can belong to another process by now, unless this one is seen to live afterwards.
  if (pid <= 0 || hasEnded(pidfd)) throw SystemFailure("pidfd", ESRCH);
  found = openNamespace("/proc/" + std::to_string(pid) + "/ns/net");
  if (hasEnded(pidfd)) throw SystemFailure("pidfd", ESRCH);
  return found;
}

Fd currentNamespace() {
  return openNamespace("/proc/thread-self/ns/net");
}

Fd unshareNamespace(bool loopbackUp) {
  if (unshare(CLONE_NEWNET) != 0) throw SystemFailure("unshare");
  Fd made = currentNamespace();
  if (loopbackUp) {
    const Fd control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!control.valid()) throw SystemFailure("socket");
    ifreq request{};
    std::memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP;
    if (ioctl(control.get(), SIOCSIFFLAGS, &request) != 0) throw SystemFailure("ioctl");
  }
  return made;
}

bool isCurrentNamespace(int fd) {
  struct stat given;
  struct stat own;
  if (fstat(fd, &given) != 0) throw SystemFailure("fstat");
  // Where /proc does not tell, it may be another one.
  return stat("/proc/thread-self/ns/net", &own) == 0 && given.st_dev == own.st_dev && given.st_ino == own.st_ino;
}

Identity identity(int fd) {
  struct stat file;
  if (fstat(fd, &file) != 0) throw SystemFailure("fstat");
  return {file.st_dev, file.st_ino};
}

uint64_t cookieOfSocket(int fd) {
  uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) == 0) return cookie;
  if (errno == ENOPROTOOPT) return 0;
  throw SystemFailure("getsockopt");
}

uint64_t cookieOfNamespace(int fd) {
  const Fd inside = openInside(fd, [] {
    Fd any(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!any.valid()) throw SystemFailure("socket");
    return any;
  });
  return cookieOfSocket(inside.get());
}

int namespaceType(int fd) {
  if (!isNamespaceFile(fd)) return 0;
  const int type = ioctl(fd, NS_GET_NSTYPE);
  return type < 0 ? 0 : type;
}

std::optional<Identity> owner(int fd) {
  if (!isNamespaceFile(fd)) throw NotNamespace();
  const Fd user(ioctl(fd, NS_GET_USERNS));
  if (user.valid()) return identity(user.get());
  if (errno == EPERM) return std::nullopt;
  throw SystemFailure("ioctl");
}

}  // namespace netlane

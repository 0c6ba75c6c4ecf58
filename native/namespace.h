#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "fd.h"

/* Descriptors of network namespaces. Each one that comes out of here was checked: nothing else passes for a namespace. */
namespace netlane {

struct Identity {
  uint64_t device;
  uint64_t inode;
};

/** Never blocks and opens nothing but a namespace: a FIFO, a device or a socket at the path is looked at (O_PATH), not opened. */
Fd openNamespace(const std::string& path);
Fd duplicateNamespace(int fd);
/** SIOCGSKNS; needs CAP_NET_ADMIN over the namespace. */
Fd namespaceOfSocket(int fd);
/** Of a socket of another process, by a duplicate (pidfd_getfd(2), Linux 5.6): takes the right to trace it. */
Fd namespaceOfForeignSocket(pid_t pid, int number);
Fd namespaceOfPidfd(int pidfd);
/** The calling thread's. */
Fd currentNamespace();
/** A new one, made by unshare(2) on the calling thread, which stays inside: only for threads that end. */
Fd unshareNamespace(bool loopbackUp);

/** Whether the calling thread is in it. */
bool isCurrentNamespace(int fd);

Identity identity(int fd);
/** SO_NETNS_COOKIE of a socket; 0 where the kernel has none (before 5.14). */
uint64_t cookieOfSocket(int fd);
uint64_t cookieOfNamespace(int fd);
/** NS_GET_NSTYPE; 0 for whatever is no namespace. */
int namespaceType(int fd);
/** The user namespace that owns it; nothing where the caller may not see that. */
std::optional<Identity> owner(int fd);

}  // namespace netlane

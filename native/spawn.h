#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "fd.h"

namespace netlane {

/** Everything about a process that is to be started, owned: it is carried out on another thread. */
struct SpawnRequest {
  /** The network namespace; without one the child has that of this process. */
  Fd network;
  /** A mount namespace of its own, for a network namespace of this name ("" for none). */
  std::optional<std::string> mounts;
  /** The executable's paths, tried in this order as execvp(3) does. */
  std::vector<std::string> files;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  /** Empty: that of this process. */
  std::string directory;
  std::optional<uid_t> user;
  std::optional<gid_t> group;
  std::optional<std::vector<gid_t>> groups;
  /** In a session of its own (setsid(2)). */
  bool detached = false;
  /** What the child has as 0, 1, 2, ... Each number is higher than any of those. */
  std::vector<Fd> descriptors;
};

struct Spawned {
  pid_t pid = 0;
  Fd pidfd;
};

/**
 * Starts the process, on the calling thread, which must be one that ends: it enters the namespace and, if asked, unshares its mounts.
 * Returns when the child runs its own program; whatever failed until then, in the child as well, is thrown, and there is no child.
 */
Spawned spawnHere(const SpawnRequest& request);

}  // namespace netlane

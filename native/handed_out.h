#pragma once

#include <napi.h>
#include <sys/stat.h>
#include <unistd.h>

#include <unordered_map>

#include "fd.h"
#include "namespace.h"

namespace netlane {

/**
 * Descriptors of namespaces and of tun devices that JavaScript holds as numbers. A worker that is terminated runs no clean-up of its own,
 * and a forgotten descriptor pins its namespace for the life of the process: those that closeFd() has not seen are closed when the
 * environment ends.
 */
class HandedOut {
 public:
  static void install(Napi::Env env) { env.SetInstanceData<HandedOut>(new HandedOut()); }
  static HandedOut& of(Napi::Env env) { return *env.GetInstanceData<HandedOut>(); }

  HandedOut() = default;
  HandedOut(const HandedOut&) = delete;
  HandedOut& operator=(const HandedOut&) = delete;
  ~HandedOut() {
    for (const auto& [number, file] : open_) {
      // Whatever else has the number by now was not handed out here.
      if (sameFile(number, file)) ::close(number);
    }
  }

  int add(Fd fd) {
    open_.insert_or_assign(fd.get(), identity(fd.get()));
    return fd.release();
  }

  void forget(int number) { open_.erase(number); }

 private:
  static bool sameFile(int number, const Identity& file) {
    struct stat now;
    return fstat(number, &now) == 0 && now.st_dev == file.device && now.st_ino == file.inode;
  }

  std::unordered_map<int, Identity> open_;
};

}  // namespace netlane

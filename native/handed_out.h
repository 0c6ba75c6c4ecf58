#pragma once

#include <napi.h>

#include <unordered_map>

#include "fd.h"

namespace netlane {

/**
 * Namespace descriptors that JavaScript holds as numbers. A worker that is terminated runs no clean-up of its own, and a forgotten
 * descriptor pins its namespace for the life of the process: those that closeFd() has not seen are closed when the environment ends.
 */
class HandedOut {
 public:
  static void install(Napi::Env env) { env.SetInstanceData<HandedOut>(new HandedOut()); }
  static HandedOut& of(Napi::Env env) { return *env.GetInstanceData<HandedOut>(); }

  int add(Fd fd) {
    const int number = fd.get();
    // A stale entry under this number was closed by somebody else: the number must be forgotten, not closed.
    const auto found = open_.find(number);
    if (found != open_.end()) found->second.release();
    open_.insert_or_assign(number, std::move(fd));
    return number;
  }

  /** The descriptor is the caller's from now on; an empty one if it was not handed out here. */
  Fd take(int number) {
    const auto found = open_.find(number);
    if (found == open_.end()) return Fd();
    Fd fd = std::move(found->second);
    open_.erase(found);
    return fd;
  }

 private:
  std::unordered_map<int, Fd> open_;
};

}  // namespace netlane

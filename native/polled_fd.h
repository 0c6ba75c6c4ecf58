#pragma once

#include <fcntl.h>
#include <napi.h>
#include <uv.h>

#include <memory>
#include <utility>

#include "arguments.h"
#include "error.h"
#include "fd.h"
#include "poller.h"

namespace netlane {

/** The descriptor of a socket that JavaScript has an object for, with `poll` and `ref` as lib/native.ts gives them to all such objects. */
class PolledFd {
 public:
  void take(Fd fd) { fd_ = std::make_shared<Fd>(std::move(fd)); }
  explicit operator bool() const { return fd_ != nullptr; }
  int number() const { return fd_->get(); }

  /** (mask, listener): a mask of 0 stops. The poller is made when first needed and keeps its first listener. */
  Napi::Value poll(const Napi::CallbackInfo& info) {
    const int mask = intArgument(info, 0);
    if ((mask & ~(UV_READABLE | UV_WRITABLE)) != 0) throw ArgumentFailure("a mask of 1 (readable) and 2 (writable) was expected");
    if (!poller_) {
      if (mask == 0) return info.Env().Undefined();
      poller_ = Poller::open(info.Env(), fd_, functionArgument(info, 1));
      poller_->ref(referenced_);
    }
    poller_->watch(mask);
    return info.Env().Undefined();
  }

  /** (keep): whether the polling keeps the loop alive, also what begins later. */
  Napi::Value ref(const Napi::CallbackInfo& info) {
    referenced_ = booleanArgument(info, 0);
    if (poller_) poller_->ref(referenced_);
    return info.Env().Undefined();
  }

  /** Gives it away: the descriptor itself, or, where a poller may have its number until its close callback, a copy. */
  Fd release() {
    Fd given(poller_ ? fcntl(number(), F_DUPFD_CLOEXEC, 0) : fd_->release());
    if (!given.valid()) throw SystemFailure("fcntl");
    shut();
    return given;
  }

  /** Idempotent. The number is given back by the poller's close callback where there is a poller. */
  void shut() {
    if (poller_) std::exchange(poller_, nullptr)->close();
    fd_.reset();
  }

 private:
  std::shared_ptr<Fd> fd_;
  std::shared_ptr<Poller> poller_;
  bool referenced_ = false;
};

}  // namespace netlane

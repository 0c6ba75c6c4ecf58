#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>
#include <string>

#include "fd.h"
#include "loop.h"

namespace netlane {

/**
 * A descriptor polled on the loop of its environment. It shares the descriptor with its owner and lets go of it in the close callback:
 * closed any earlier, the number could be another file's while epoll still has it. The close callback is also the end of the memory,
 * which is why an open Poller owns itself.
 */
class Poller {
 public:
  /** `listener` is called with what libuv saw, and errorEvent for an error. */
  static std::shared_ptr<Poller> open(Napi::Env env, std::shared_ptr<const Fd> fd, Napi::Function listener);

  static constexpr int errorEvent = 4;

  Poller(Napi::Env env, std::shared_ptr<const Fd> fd, Napi::Function listener);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /** uv_poll_event flags; 0 stops. */
  void watch(int events);
  void ref(bool keep);
  /** Idempotent; the listener is never called after it. */
  void close();

 private:
  bool isOpen();
  /** 0, or libuv's negative errno. */
  int arm();
  void ready(int status, int events);
  void closed();
  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&poll_); }

  Napi::Env env_;
  std::shared_ptr<const Fd> fd_;
  Napi::FunctionReference listener_;
  std::unique_ptr<Napi::AsyncContext> context_;
  uv_poll_t poll_{};
  EnvironmentHook hook_;
  int watched_ = 0;
  std::shared_ptr<Poller> self_;
};

}  // namespace netlane

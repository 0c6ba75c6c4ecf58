#pragma once

#include <napi.h>
#include <uv.h>

#include <functional>
#include <utility>

#include "error.h"

namespace netlane {

inline uv_loop_t* loopOf(Napi::Env env) {
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) throw SystemFailure("uv_loop", EINVAL);
  return loop;
}

/**
 * Tells the owner of a libuv handle that the environment ends. The environment then runs its loop until remove() was called, which is the
 * time that an asynchronous close needs. Must be removed by then, or before, and exactly on the environment's thread.
 */
class EnvironmentHook {
 public:
  EnvironmentHook() = default;
  EnvironmentHook(const EnvironmentHook&) = delete;
  EnvironmentHook& operator=(const EnvironmentHook&) = delete;
  ~EnvironmentHook() { remove(); }

  void install(Napi::Env env, std::function<void()> ends) {
    ends_ = std::move(ends);
    const auto call = [](napi_async_cleanup_hook_handle, void* data) { static_cast<EnvironmentHook*>(data)->ends_(); };
    if (napi_add_async_cleanup_hook(env, call, this, &handle_) != napi_ok) throw SystemFailure("napi_add_async_cleanup_hook", EINVAL);
  }

  void remove() noexcept {
    if (handle_ != nullptr) napi_remove_async_cleanup_hook(std::exchange(handle_, nullptr));
  }

 private:
  std::function<void()> ends_;
  napi_async_cleanup_hook_handle handle_ = nullptr;
};

}  // namespace netlane

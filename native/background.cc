#include "background.h"

#include <pthread.h>
#include <uv.h>

#include <exception>
#include <memory>
#include <thread>
#include <utility>

#include "error.h"
#include "handed_out.h"
#include "loop.h"
#include "opener.h"

namespace netlane {
namespace {

/** Deletes itself when its handle has closed. */
class Call {
 public:
  Call(Napi::Env env, std::function<Settle(const Cancelled&)> work) : env_(env), context_(env, "netlane"), work_(std::move(work)) {}

  static Napi::Value start(Napi::Env env, std::function<Settle(const Cancelled&)> work) {
    auto call = std::make_unique<Call>(env, std::move(work));
    napi_value promise = nullptr;
    // Fails only when the environment is ending: nobody would see the result.
    if (napi_create_promise(env, &call->deferred_, &promise) != napi_ok) return env.Undefined();
    const int failed = uv_async_init(loopOf(env), &call->done_, [](uv_async_t* handle) { static_cast<Call*>(handle->data)->finish(); });
    if (failed != 0) throw SystemFailure("uv_async_init", -failed);
    Call* const self = call.release();
    self->done_.data = self;
    self->hook_.install(env, [self] { self->abandon(); });
    try {
      const SignalsBlocked blocked;
      self->thread_ = std::thread([self] { self->run(); });
    } catch (...) {
      self->close();
      throw;
    }
    return Napi::Value(env, promise);
  }

 private:
  void run() noexcept {
    pthread_setname_np(pthread_self(), "netlane-call");
    try {
      settle_ = work_(cancelled_);
    } catch (...) {
      failure_ = std::current_exception();
    }
    uv_async_send(&done_);
  }

  /** The environment ends: the thread is waited for by the loop, which runs until the hook is removed. */
  void abandon() {
    abandoned_ = true;
    cancelled_ = true;
  }

  void finish() {
    thread_.join();
    // What the work holds (a duplicated descriptor) is given back before the caller goes on, not when the handle has closed.
    work_ = nullptr;
    if (!abandoned_) settle();
    close();
  }

  void settle() {
    const Napi::HandleScope scope(env_);
    const Napi::CallbackScope callback(env_, context_);
    // A status that is not napi_ok means here, too, that the environment has begun to end since.
    Napi::Value value;
    try {
      if (!failure_) value = settle_(env_);
    } catch (...) {
      failure_ = std::current_exception();
    }
    settle_ = nullptr;
    if (failure_) {
      napi_reject_deferred(env_, deferred_, toJavaScript(env_, failure_).Value());
    } else {
      napi_resolve_deferred(env_, deferred_, value);
    }
  }

  void close() {
    uv_close(reinterpret_cast<uv_handle_t*>(&done_), [](uv_handle_t* handle) { delete static_cast<Call*>(handle->data); });
  }

  // First, so that it is removed last: the environment lives as long as the hook.
  EnvironmentHook hook_;
  Napi::Env env_;
  napi_deferred deferred_ = nullptr;
  Napi::AsyncContext context_;
  std::function<Settle(const Cancelled&)> work_;
  std::thread thread_;
  uv_async_t done_{};
  Cancelled cancelled_{false};
  bool abandoned_ = false;
  Settle settle_;
  std::exception_ptr failure_;
};

}  // namespace

Napi::Value settledInBackground(Napi::Env env, std::function<Settle(const Cancelled&)> work) {
  return Call::start(env, std::move(work));
}

Napi::Value inBackground(Napi::Env env, std::function<Fd(const Cancelled&)> work) {
  return settledInBackground(env, [work = std::move(work)](const Cancelled& cancelled) -> Settle {
    const auto fd = std::make_shared<Fd>(work(cancelled));
    return [fd](Napi::Env env) -> Napi::Value {
      if (!fd->valid()) return env.Undefined();
      return Napi::Number::New(env, HandedOut::of(env).add(std::move(*fd)));
    };
  });
}

}  // namespace netlane

#include "poller.h"

#include <utility>

#include "error.h"

namespace netlane {

Poller::Poller(Napi::Env env, std::shared_ptr<const Fd> fd, Napi::Function listener)
    : env_(env),
      fd_(std::move(fd)),
      listener_(Napi::Persistent(listener)),
      context_(std::make_unique<Napi::AsyncContext>(env, "netlane")) {}

std::shared_ptr<Poller> Poller::open(Napi::Env env, std::shared_ptr<const Fd> fd, Napi::Function listener) {
  auto poller = std::make_shared<Poller>(env, std::move(fd), listener);
  const int failed = uv_poll_init(loopOf(env), &poller->poll_, poller->fd_->get());
  if (failed != 0) throw SystemFailure("uv_poll_init", -failed);
  poller->poll_.data = poller.get();
  poller->self_ = poller;
  uv_unref(poller->handle());
  poller->hook_.install(env, [self = poller.get()] { self->close(); });
  return poller;
}

bool Poller::isOpen() {
  return self_ && !uv_is_closing(handle());
}

int Poller::arm() {
  if (watched_ == 0) return uv_poll_stop(&poll_);
  return uv_poll_start(&poll_, watched_,
                       [](uv_poll_t* poll, int status, int events) { static_cast<Poller*>(poll->data)->ready(status, events); });
}

void Poller::watch(int events) {
  if (!isOpen()) return;
  watched_ = events;
  const int failed = arm();
  if (failed != 0) throw SystemFailure("uv_poll_start", -failed);
}

void Poller::ref(bool keep) {
  if (!isOpen()) return;
  if (keep) {
    uv_ref(handle());
  } else {
    uv_unref(handle());
  }
}

void Poller::close() {
  if (!isOpen()) return;
  listener_.Reset();
  uv_close(handle(), [](uv_handle_t* handle) { static_cast<Poller*>(handle->data)->closed(); });
}

void Poller::closed() {
  context_.reset();
  fd_.reset();
  hook_.remove();
  // Often the last reference: nothing of this object may be touched afterwards.
  const std::shared_ptr<Poller> self = std::move(self_);
}

void Poller::ready(int status, int events) {
  const std::shared_ptr<Poller> alive = self_;
  if (status < 0) {
    // libuv stops polling at POLLERR, which for netlink means a full receive buffer (ENOBUFS) and not the end. What cannot be polled
    // again is an error that the listener learns of when it receives, as any other.
    events = errorEvent;
    arm();
  }
  const Napi::HandleScope scope(env_);
  napi_value argument = nullptr;
  napi_value global = nullptr;
  if (napi_create_int32(env_, events, &argument) != napi_ok || napi_get_global(env_, &global) != napi_ok) return close();
  const napi_status called = napi_make_callback(env_, *context_, global, listener_.Value(), 1, &argument, nullptr);
  if (called == napi_ok) return;
  bool thrown = false;
  if (napi_is_exception_pending(env_, &thrown) != napi_ok || !thrown) {
    // No JavaScript runs here any more: the environment ends, and a level-triggered poll would only repeat this.
    if (isOpen()) uv_poll_stop(&poll_);
    return;
  }
  napi_value error = nullptr;
  if (napi_get_and_clear_last_exception(env_, &error) == napi_ok) napi_fatal_exception(env_, error);
}

}  // namespace netlane

#include "watches.h"

#include <fcntl.h>

#include <memory>

#include "arguments.h"
#include "error.h"
#include "poller.h"

namespace netlane {

namespace {

/** What JavaScript has of a poller: close() and ref(). */
Napi::Value faceOf(Napi::Env env, const std::shared_ptr<Poller>& poller) {
  Napi::Object watch = Napi::Object::New(env);
  watch.Set("close", Napi::Function::New(
                         env, [poller](const Napi::CallbackInfo&) { poller->close(); }, "close"));
  const auto ref = [poller](const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] {
      poller->ref(booleanArgument(info, 0));
      return info.Env().Undefined();
    });
  };
  watch.Set("ref", Napi::Function::New(env, ref, "ref"));
  return watch;
}

}  // namespace

Napi::Value watchMounts(Napi::Env env, Napi::Function onChange) {
  const char* const path = "/proc/self/mountinfo";
  auto fd = std::make_shared<const Fd>(open(path, O_RDONLY | O_CLOEXEC));
  if (!fd->valid()) throw SystemFailure("open", errno, path);
  const std::shared_ptr<Poller> poller = Poller::open(env, std::move(fd), onChange);
  // The kernel answers each poll after a change with POLLERR | POLLPRI once: nothing has to be read.
  poller->watch(UV_PRIORITIZED);
  return faceOf(env, poller);
}

Napi::Value watchHangUp(Napi::Env env, int descriptor, Napi::Function onHangUp) {
  // The loop may have a stream on the descriptor itself.
  auto fd = std::make_shared<const Fd>(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!fd->valid()) throw SystemFailure("fcntl");
  const int flags = fcntl(descriptor, F_GETFL);
  const std::shared_ptr<Poller> poller = Poller::open(env, std::move(fd), onHangUp);
  // libuv has it not block from now on, which would go for all who have the descriptor.
  if (flags >= 0) fcntl(descriptor, F_SETFL, flags);
  // POLLERR, of a pipe that nobody reads, and POLLHUP, of a socket that the other end closed, are told whatever is asked for. UV_DISCONNECT
  // would tell of a socket that is only shut down for writing, too.
  poller->watch(UV_PRIORITIZED);
  return faceOf(env, poller);
}

}  // namespace netlane

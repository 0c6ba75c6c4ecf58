#include "mounts.h"

#include <fcntl.h>

#include <memory>

#include "arguments.h"
#include "error.h"
#include "poller.h"

namespace netlane {

Napi::Value watchMounts(Napi::Env env, Napi::Function onChange) {
  const char* const path = "/proc/self/mountinfo";
  auto fd = std::make_shared<const Fd>(open(path, O_RDONLY | O_CLOEXEC));
  if (!fd->valid()) throw SystemFailure("open", errno, path);
  const std::shared_ptr<Poller> poller = Poller::open(env, std::move(fd), onChange);
  // The kernel answers each poll after a change with POLLERR | POLLPRI once: nothing has to be read.
  poller->watch(UV_PRIORITIZED);

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

}  // namespace netlane

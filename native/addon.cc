#include <fcntl.h>
#include <napi.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "arguments.h"
#include "background.h"
#include "child.h"
#include "error.h"
#include "handed_out.h"
#include "inside_files.h"
#include "inside_socket.h"
#include "names.h"
#include "namespace.h"
#include "netlink_socket.h"
#include "netns_mounts.h"
#include "opener.h"
#include "pool.h"
#include "tun.h"
#include "watches.h"

/* The face of the addon: lib/native.ts describes each function. Here arguments become C++ and results become JavaScript. */
namespace netlane {
namespace {

using Info = const Napi::CallbackInfo&;

/** An fd that is closed when its environment ends, unless closeFd() has seen it before. */
Napi::Value ownedNumber(Info info, Fd fd) {
  return Napi::Number::New(info.Env(), HandedOut::of(info.Env()).add(std::move(fd)));
}

Napi::Value identityObject(Napi::Env env, const Identity& identity) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("device", Napi::BigInt::New(env, identity.device));
  object.Set("inode", Napi::BigInt::New(env, identity.inode));
  return object;
}

pid_t threadId() {
  return static_cast<pid_t>(syscall(SYS_gettid));
}

Napi::Value exportOpenNamespace(Info info) {
  return ownedNumber(info, openNamespace(pathArgument(info, 0)));
}
Napi::Value exportDuplicateNamespace(Info info) {
  return ownedNumber(info, duplicateNamespace(intArgument(info, 0)));
}
Napi::Value exportNamespaceOfSocket(Info info) {
  return ownedNumber(info, namespaceOfSocket(intArgument(info, 0)));
}
Napi::Value exportNamespaceOfForeignSocket(Info info) {
  return ownedNumber(info, namespaceOfForeignSocket(intArgument(info, 0), intArgument(info, 1)));
}
Napi::Value exportNamespaceOfPidfd(Info info) {
  return ownedNumber(info, namespaceOfPidfd(intArgument(info, 0)));
}
Napi::Value exportCurrentNamespace(Info info) {
  return ownedNumber(info, currentNamespace());
}
Napi::Value exportEntryOf(Info info) {
  const int fd = intArgument(info, 0);
  return Napi::Number::New(info.Env(), hasOpener(fd) || !isCurrentNamespace(fd) ? fd : -1);
}
Napi::Value exportInodeOf(Info info) {
  return Napi::BigInt::New(info.Env(), identity(intArgument(info, 0)).inode);
}
Napi::Value exportIdentity(Info info) {
  return identityObject(info.Env(), identity(intArgument(info, 0)));
}
Napi::Value exportCookie(Info info) {
  return Napi::BigInt::New(info.Env(), cookieOfNamespace(intArgument(info, 0)));
}
Napi::Value exportNamespaceType(Info info) {
  return Napi::Number::New(info.Env(), namespaceType(intArgument(info, 0)));
}

Napi::Value exportOwner(Info info) {
  const auto found = owner(intArgument(info, 0));
  return found ? identityObject(info.Env(), *found) : info.Env().Undefined();
}

Napi::Value exportCreateNamespaceAsync(Info info) {
  const bool loopbackUp = booleanArgument(info, 0);
  return inBackground(info.Env(), [loopbackUp](const Cancelled&) { return unshareNamespace(loopbackUp); });
}

Napi::Value exportCloseFd(Info info) {
  const int number = intArgument(info, 0);
  HandedOut::of(info.Env()).forget(number);
  // EINTR: the number is free all the same.
  if (close(number) != 0 && errno != EINTR) throw SystemFailure("close");
  return info.Env().Undefined();
}

Napi::Value exportForgetFd(Info info) {
  HandedOut::of(info.Env()).forget(intArgument(info, 0));
  return info.Env().Undefined();
}

Napi::Value exportEnterNamespace(Info info) {
  // The main thread's namespace is the process's: /proc/self, new threads and everything that is not netlane's would move, too.
  if (threadId() == getpid()) throw SystemFailure("setns", EPERM);
  enter(intArgument(info, 0));
  return info.Env().Undefined();
}

Napi::Value exportEnterMounts(Info info) {
  if (threadId() == getpid()) throw SystemFailure("unshare", EPERM);
  mountsForNetns(pathArgument(info, 0));
  return info.Env().Undefined();
}

Napi::Value exportFollowDirectory(Info info) {
  if (threadId() == getpid()) throw SystemFailure("chdir", EPERM);
  followDirectory(pathArgument(info, 0));
  return info.Env().Undefined();
}

Napi::Value exportBindNameAsync(Info info) {
  // The caller may close its own while the thread runs.
  auto held = std::make_shared<const Fd>(fcntl(intArgument(info, 2), F_DUPFD_CLOEXEC, 0));
  if (!held->valid()) throw SystemFailure("fcntl");
  return inBackground(info.Env(), [directory = pathArgument(info, 0), name = pathArgument(info, 1), held](const Cancelled& cancelled) {
    bindName(directory, name, held->get(), cancelled);
    return Fd();
  });
}

Napi::Value exportUnbindNameAsync(Info info) {
  return inBackground(info.Env(), [directory = pathArgument(info, 0), name = pathArgument(info, 1)](const Cancelled& cancelled) {
    unbindName(directory, name, cancelled);
    return Fd();
  });
}

Napi::Value exportOpenSocket(Info info) {
  const int family = intArgument(info, 1);
  const int type = intArgument(info, 2);
  const int protocol = intArgument(info, 3);
  Fd fd = openInside(intArgument(info, 0), [&] {
    Fd made(socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (!made.valid()) throw SystemFailure("socket");
    return made;
  });
  return Napi::Number::New(info.Env(), fd.release());
}

/** An integer from -1, which stands for nothing, to the largest id. */
int64_t memberOf(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -2;
  if (!(number >= -1 && number <= std::numeric_limits<uint32_t>::max() && std::trunc(number) == number)) {
    throw ArgumentFailure("an integer of 32 bits was expected");
  }
  return static_cast<int64_t>(number);
}

Napi::Value exportOpenTun(Info info) {
  if (!info[2].IsObject()) throw ArgumentFailure("an object was expected");
  const auto given = info[2].As<Napi::Object>();
  TunSettings settings;
  settings.name = pathArgument(info, 1);
  settings.flags = static_cast<uint16_t>(memberOf(given, "flags"));
  settings.index = static_cast<int>(memberOf(given, "index"));
  settings.owner = memberOf(given, "owner");
  settings.group = memberOf(given, "group");
  settings.vnetHeaderSize = static_cast<int>(memberOf(given, "vnetHeaderSize"));
  settings.persistent = memberOf(given, "persistent") == 1;
  Tun tun = openTun(intArgument(info, 0), settings);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("name", Napi::String::New(info.Env(), tun.name));
  result.Set("fd", ownedNumber(info, std::move(tun.fd)));
  return result;
}

Napi::Value exportWatchMounts(Info info) {
  return watchMounts(info.Env(), functionArgument(info, 0));
}

Napi::Value exportWatchHangUp(Info info) {
  return watchHangUp(info.Env(), intArgument(info, 0), functionArgument(info, 1));
}

Napi::Value exportEndOpener(Info info) {
  endOpener(intArgument(info, 0));
  return info.Env().Undefined();
}

Napi::Value exportNamespaceOfOpener(Info info) {
  const auto found = namespaceOfOpener(intArgument(info, 0));
  return found ? identityObject(info.Env(), *found) : info.Env().Undefined();
}

Napi::Value exportThreadId(Info info) {
  return Napi::Number::New(info.Env(), threadId());
}

Napi::Value exportNow(Info info) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Napi::Number::New(info.Env(), static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec));
}

template <Napi::Value (*function)(Info)>
Napi::Value boundary(Info info) {
  return guarded(info.Env(), [&] { return function(info); });
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  guarded(env, [&]() -> Napi::Value {
    startPool();
    HandedOut::install(env);
    exports.Set("NetlinkSocket", NetlinkSocket::define(env));
    exports.Set("InsideSocket", InsideSocket::define(env));
    exports.Set("openNamespace", Napi::Function::New<boundary<exportOpenNamespace>>(env, "openNamespace"));
    exports.Set("duplicateNamespace", Napi::Function::New<boundary<exportDuplicateNamespace>>(env, "duplicateNamespace"));
    exports.Set("namespaceOfSocket", Napi::Function::New<boundary<exportNamespaceOfSocket>>(env, "namespaceOfSocket"));
    exports.Set("namespaceOfForeignSocket", Napi::Function::New<boundary<exportNamespaceOfForeignSocket>>(env, "namespaceOfForeignSocket"));
    exports.Set("namespaceOfPidfd", Napi::Function::New<boundary<exportNamespaceOfPidfd>>(env, "namespaceOfPidfd"));
    exports.Set("currentNamespace", Napi::Function::New<boundary<exportCurrentNamespace>>(env, "currentNamespace"));
    exports.Set("entryOf", Napi::Function::New<boundary<exportEntryOf>>(env, "entryOf"));
    exports.Set("inodeOf", Napi::Function::New<boundary<exportInodeOf>>(env, "inodeOf"));
    exports.Set("identity", Napi::Function::New<boundary<exportIdentity>>(env, "identity"));
    exports.Set("cookie", Napi::Function::New<boundary<exportCookie>>(env, "cookie"));
    exports.Set("namespaceType", Napi::Function::New<boundary<exportNamespaceType>>(env, "namespaceType"));
    exports.Set("owner", Napi::Function::New<boundary<exportOwner>>(env, "owner"));
    exports.Set("createNamespaceAsync", Napi::Function::New<boundary<exportCreateNamespaceAsync>>(env, "createNamespaceAsync"));
    exports.Set("closeFd", Napi::Function::New<boundary<exportCloseFd>>(env, "closeFd"));
    exports.Set("enterNamespace", Napi::Function::New<boundary<exportEnterNamespace>>(env, "enterNamespace"));
    exports.Set("enterMounts", Napi::Function::New<boundary<exportEnterMounts>>(env, "enterMounts"));
    exports.Set("followDirectory", Napi::Function::New<boundary<exportFollowDirectory>>(env, "followDirectory"));
    exports.Set("bindNameAsync", Napi::Function::New<boundary<exportBindNameAsync>>(env, "bindNameAsync"));
    exports.Set("unbindNameAsync", Napi::Function::New<boundary<exportUnbindNameAsync>>(env, "unbindNameAsync"));
    exports.Set("openSocket", Napi::Function::New<boundary<exportOpenSocket>>(env, "openSocket"));
    exports.Set("endOpener", Napi::Function::New<boundary<exportEndOpener>>(env, "endOpener"));
    exports.Set("namespaceOfOpener", Napi::Function::New<boundary<exportNamespaceOfOpener>>(env, "namespaceOfOpener"));
    exports.Set("openTun", Napi::Function::New<boundary<exportOpenTun>>(env, "openTun"));
    exports.Set("spawnAsync", Napi::Function::New<boundary<spawnAsync>>(env, "spawnAsync"));
    exports.Set("forgetFd", Napi::Function::New<boundary<exportForgetFd>>(env, "forgetFd"));
    exports.Set("accessFileAsync", Napi::Function::New<boundary<accessFileAsync>>(env, "accessFileAsync"));
    exports.Set("watchHangUp", Napi::Function::New<boundary<exportWatchHangUp>>(env, "watchHangUp"));
    exports.Set("watchMounts", Napi::Function::New<boundary<exportWatchMounts>>(env, "watchMounts"));
    exports.Set("threadId", Napi::Function::New<boundary<exportThreadId>>(env, "threadId"));
    exports.Set("now", Napi::Function::New<boundary<exportNow>>(env, "now"));
    return exports;
  });
  return exports;
}

}  // namespace
}  // namespace netlane

static Napi::Object initializeNetlane(Napi::Env env, Napi::Object exports) {
  return netlane::initialize(env, exports);
}

NODE_API_MODULE(netlane, initializeNetlane)

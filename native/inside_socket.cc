#include "inside_socket.h"

#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "arguments.h"
#include "error.h"
#include "filter.h"
#include "handed_out.h"
#include "opener.h"

namespace netlane {
namespace {

struct AddressBytes {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/** Bytes of JavaScript's need no alignment, a sockaddr does. */
AddressBytes addressArgument(const Napi::CallbackInfo& info, size_t index) {
  const Bytes bytes = bytesArgument(info, index);
  AddressBytes address;
  if (bytes.length > sizeof address.storage) throw ArgumentFailure("a socket address was expected");
  std::memcpy(&address.storage, bytes.data, bytes.length);
  address.length = static_cast<socklen_t>(bytes.length);
  return address;
}

/** What a call gave, as a number: 0, or a positive errno. */
Napi::Value outcome(Napi::Env env, ssize_t result) {
  return Napi::Number::New(env, result < 0 ? errno : 0);
}

/** What has become of connecting by now: a peer on this machine, or none, has answered before connect(2) returned. */
int progress(int fd) {
  pollfd state{fd, POLLOUT, 0};
  if (poll(&state, 1, 0) <= 0) return EINPROGRESS;
  int failure = 0;
  socklen_t length = sizeof failure;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &length) != 0) throw SystemFailure("getsockopt");
  return failure;
}

}  // namespace

Napi::Function InsideSocket::define(Napi::Env env) {
  return DefineClass(env, "InsideSocket",
                     {
                         InstanceAccessor<&InsideSocket::checked<&InsideSocket::fd>>("fd"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::setOption>>("setOption"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::getOption>>("getOption"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::setFilter>>("setFilter"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::bind>>("bind"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::connect>>("connect"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::listen>>("listen"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::send>>("send"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::poll>>("poll"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::ref>>("ref"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::linkIndex>>("linkIndex"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::linkName>>("linkName"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::linkHardware>>("linkHardware"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::mapRing>>("mapRing"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::takeBlock>>("takeBlock"),
                         InstanceMethod<&InsideSocket::checked<&InsideSocket::release>>("release"),
                         InstanceMethod<&InsideSocket::close>("close"),
                     });
}

InsideSocket::InsideSocket(const Napi::CallbackInfo& info) : Napi::ObjectWrap<InsideSocket>(info) {
  // Not wrapped: the environment is ending, and no finalizer would close what is opened now.
  if (IsEmpty()) return;
  guarded(info.Env(), [&]() -> Napi::Value {
    const int inside = intArgument(info, 0);
    const int family = intArgument(info, 1);
    const int type = intArgument(info, 2);
    const int protocol = intArgument(info, 3);
    fd_.take(openInsideOften(inside, [&] {
      Fd made(socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
      if (!made.valid()) throw SystemFailure("socket");
      return made;
    }));
    return info.Env().Undefined();
  });
}

void InsideSocket::shut() {
  ring_.reset();
  fd_.shut();
}

template <Napi::Value (InsideSocket::*method)(const Napi::CallbackInfo&)>
Napi::Value InsideSocket::checked(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    if (!fd_) throw SystemFailure("socket", EBADF);
    return (this->*method)(info);
  });
}

Napi::Value InsideSocket::fd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), number());
}

Napi::Value InsideSocket::setOption(const Napi::CallbackInfo& info) {
  const int level = intArgument(info, 0);
  const int option = intArgument(info, 1);
  const Napi::Value given = info[2];
  int result;
  if (given.IsNumber()) {
    const int value = intArgument(info, 2);
    result = setsockopt(number(), level, option, &value, sizeof value);
  } else {
    const Bytes bytes = bytesArgument(info, 2);
    result = setsockopt(number(), level, option, bytes.data, static_cast<socklen_t>(bytes.length));
  }
  if (result != 0) throw SystemFailure("setsockopt");
  return info.Env().Undefined();
}

Napi::Value InsideSocket::getOption(const Napi::CallbackInfo& info) {
  const Bytes bytes = bytesArgument(info, 2);
  auto length = static_cast<socklen_t>(bytes.length);
  if (getsockopt(number(), intArgument(info, 0), intArgument(info, 1), bytes.data, &length) != 0) throw SystemFailure("getsockopt");
  return Napi::Number::New(info.Env(), length);
}

Napi::Value InsideSocket::setFilter(const Napi::CallbackInfo& info) {
  setSocketFilter(number(), bytesArgument(info, 0));
  return info.Env().Undefined();
}

Napi::Value InsideSocket::bind(const Napi::CallbackInfo& info) {
  const AddressBytes address = addressArgument(info, 0);
  if (::bind(number(), address.get(), address.length) != 0) throw SystemFailure("bind");
  return info.Env().Undefined();
}

Napi::Value InsideSocket::connect(const Napi::CallbackInfo& info) {
  const AddressBytes address = addressArgument(info, 0);
  if (::connect(number(), address.get(), address.length) == 0) return Napi::Number::New(info.Env(), 0);
  // EINTR of a socket that does not block: it goes on connecting all the same.
  const int failure = errno == EINTR ? EINPROGRESS : errno;
  return Napi::Number::New(info.Env(), failure == EINPROGRESS ? progress(number()) : failure);
}

Napi::Value InsideSocket::listen(const Napi::CallbackInfo& info) {
  if (::listen(number(), intArgument(info, 0)) != 0) throw SystemFailure("listen");
  return info.Env().Undefined();
}

Napi::Value InsideSocket::send(const Napi::CallbackInfo& info) {
  const Bytes bytes = bytesArgument(info, 0);
  const AddressBytes to = addressArgument(info, 1);
  ssize_t sent;
  do {
    sent = sendto(number(), bytes.data, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, to.get(), to.length);
  } while (sent < 0 && errno == EINTR);
  return outcome(info.Env(), sent);
}

Napi::Value InsideSocket::linkIndex(const Napi::CallbackInfo& info) {
  const std::string name = pathArgument(info, 0);
  ifreq request{};
  if (name.size() >= sizeof request.ifr_name) throw SystemFailure("ioctl", ENODEV);
  std::memcpy(request.ifr_name, name.c_str(), name.size());
  if (ioctl(number(), SIOCGIFINDEX, &request) != 0) throw SystemFailure("ioctl");
  return Napi::Number::New(info.Env(), request.ifr_ifindex);
}

Napi::Value InsideSocket::linkName(const Napi::CallbackInfo& info) {
  ifreq request{};
  request.ifr_ifindex = intArgument(info, 0);
  if (ioctl(number(), SIOCGIFNAME, &request) != 0) throw SystemFailure("ioctl");
  return Napi::String::New(info.Env(), request.ifr_name, strnlen(request.ifr_name, sizeof request.ifr_name));
}

Napi::Value InsideSocket::linkHardware(const Napi::CallbackInfo& info) {
  ifreq request{};
  request.ifr_ifindex = intArgument(info, 0);
  if (ioctl(number(), SIOCGIFNAME, &request) != 0) throw SystemFailure("ioctl");
  if (ioctl(number(), SIOCGIFHWADDR, &request) != 0) throw SystemFailure("ioctl");
  return Napi::Number::New(info.Env(), request.ifr_hwaddr.sa_family);
}

Napi::Value InsideSocket::mapRing(const Napi::CallbackInfo& info) {
  if (ring_) throw ArgumentFailure("the socket has a ring already");
  ring_ = std::make_unique<PacketRing>(number(), unsignedArgument(info, 0), unsignedArgument(info, 1), unsignedArgument(info, 2));
  return info.Env().Undefined();
}

Napi::Value InsideSocket::takeBlock(const Napi::CallbackInfo& info) {
  const Bytes to = bytesArgument(info, 0);
  if (!ring_ || to.length < ring_->blockSize()) throw ArgumentFailure("a ring, and room for a block, were expected");
  return Napi::Number::New(info.Env(), static_cast<double>(ring_->take(static_cast<uint8_t*>(to.data))));
}

Napi::Value InsideSocket::release(const Napi::CallbackInfo& info) {
  const int handed = HandedOut::of(info.Env()).add(fd_.release());
  shut();
  shut();
  return Napi::Number::New(info.Env(), handed);
}

Napi::Value InsideSocket::close(const Napi::CallbackInfo& info) {
  shut();
  return info.Env().Undefined();
}

}  // namespace netlane

#include "netlink_socket.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "arguments.h"
#include "datagrams.h"
#include "error.h"
#include "filter.h"
#include "namespace.h"
#include "opener.h"

namespace netlane {
namespace {

struct Address {
  sockaddr_nl netlink{};
  socklen_t length = sizeof(sockaddr_nl);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&netlink); }
};

Fd openBound(int protocol, uint32_t port) {
  Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!fd.valid()) throw SystemFailure("socket");
  Address address;
  address.netlink.nl_family = AF_NETLINK;
  address.netlink.nl_pid = port;
  if (bind(fd.get(), address.get(), address.length) != 0) throw SystemFailure("bind");
  return fd;
}

uint32_t portOf(int fd) {
  Address address;
  if (getsockname(fd, address.get(), &address.length) != 0) throw SystemFailure("getsockname");
  return address.netlink.nl_pid;
}

int64_t milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

/** How long a blocked thread may not notice that its environment ends: worker.terminate() waits for system calls. */
constexpr int64_t slice = 50;

/** There is no question for it, but everything that can run JavaScript is refused from then on. */
bool isEnding(Napi::Env env) {
  const napi_value probe = Napi::Object::New(env);
  return napi_set_named_property(env, probe, "probe", probe) != napi_ok;
}

/** poll(2) for readability; signals do not shorten the time. Negative: for ever. */
bool waitReadable(Napi::Env env, int fd, int timeout) {
  const int64_t until = timeout < 0 ? std::numeric_limits<int64_t>::max() : milliseconds() + timeout;
  for (int64_t left = timeout < 0 ? slice : timeout;;) {
    pollfd state{fd, POLLIN, 0};
    const int ready = ::poll(&state, 1, static_cast<int>(std::min(left, slice)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) throw SystemFailure("poll");
    left = until - milliseconds();
    if (left <= 0 || isEnding(env)) return false;
  }
}

/** One sendmsg: 0, or a positive errno. */
int sendTo(int fd, const void* data, size_t length, uint32_t port, uint32_t groups) {
  Address to;
  to.netlink.nl_family = AF_NETLINK;
  to.netlink.nl_pid = port;
  to.netlink.nl_groups = groups;
  iovec part{const_cast<void*>(data), length};
  msghdr message{};
  message.msg_name = to.get();
  message.msg_namelen = to.length;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ssize_t sent;
  do {
    sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

Slab slabArgument(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Value value = info[index];
  if (!value.IsArrayBuffer()) throw ArgumentFailure("an ArrayBuffer was expected");
  auto buffer = value.As<Napi::ArrayBuffer>();
  return {static_cast<uint8_t*>(buffer.Data()), buffer.ByteLength()};
}

/** The datagram that did not fit. Fails only when the environment ends: it is lost with the thread that it was for. */
napi_value copyOf(Napi::Env env, const Spill& spill) {
  void* copy = nullptr;
  napi_value buffer = nullptr;
  if (napi_create_arraybuffer(env, spill.size(), &copy, &buffer) != napi_ok) return nullptr;
  spill.copyTo(static_cast<uint8_t*>(copy));
  return buffer;
}

Napi::Value optionProperty(const Napi::Object& options, const char* name) {
  const Napi::Value value = options.Get(name);
  if (!value.IsNumber()) throw ArgumentFailure("namespace, protocol and port must be numbers");
  return value;
}

}  // namespace

Napi::Function NetlinkSocket::define(Napi::Env env) {
  return DefineClass(env, "NetlinkSocket",
                     {
                         InstanceAccessor<&NetlinkSocket::checked<&NetlinkSocket::fd>>("fd"),
                         InstanceAccessor<&NetlinkSocket::checked<&NetlinkSocket::port>>("port"),
                         InstanceAccessor<&NetlinkSocket::checked<&NetlinkSocket::cookie>>("cookie"),
                         InstanceMethod<&NetlinkSocket::checked<&NetlinkSocket::send>>("send"),
                         InstanceMethod<&NetlinkSocket::checked<&NetlinkSocket::receive>>("receive"),
                         InstanceMethod<&NetlinkSocket::checked<&NetlinkSocket::exchange>>("exchange"),
                         InstanceMethod<&NetlinkSocket::checked<&NetlinkSocket::wait>>("wait"),
                         InstanceMethod<&NetlinkSocket::checked<&NetlinkSocket::poll>>("poll"),
                         InstanceMethod<&NetlinkSocket::checked<&NetlinkSocket::ref>>("ref"),
                         InstanceMethod<&NetlinkSocket::checked<&NetlinkSocket::setOption>>("setOption"),
                         InstanceMethod<&NetlinkSocket::checked<&NetlinkSocket::getOption>>("getOption"),
                         InstanceMethod<&NetlinkSocket::checked<&NetlinkSocket::memberships>>("memberships"),
                         InstanceMethod<&NetlinkSocket::checked<&NetlinkSocket::setFilter>>("setFilter"),
                         InstanceMethod<&NetlinkSocket::close>("close"),
                     });
}

NetlinkSocket::NetlinkSocket(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NetlinkSocket>(info) {
  // Not wrapped: the environment is ending, and no finalizer would close what is opened now.
  if (IsEmpty()) return;
  guarded(info.Env(), [&]() -> Napi::Value {
    open(info);
    return info.Env().Undefined();
  });
}

void NetlinkSocket::open(const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) throw ArgumentFailure("an object was expected");
  const auto options = info[0].As<Napi::Object>();
  const int inside = optionProperty(options, "namespace").As<Napi::Number>().Int32Value();
  const int protocol = optionProperty(options, "protocol").As<Napi::Number>().Int32Value();
  const uint32_t port = optionProperty(options, "port").As<Napi::Number>().Uint32Value();
  Fd fd = openInside(inside, [&] { return openBound(protocol, port); });
  port_ = portOf(fd.get());
  cookie_ = cookieOfSocket(fd.get());
  fd_.take(std::move(fd));
}

void NetlinkSocket::shut() {
  fd_.shut();
}

template <Napi::Value (NetlinkSocket::*method)(const Napi::CallbackInfo&)>
Napi::Value NetlinkSocket::checked(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    if (!fd_) throw SystemFailure("netlink", EBADF);
    return (this->*method)(info);
  });
}

Napi::Value NetlinkSocket::fd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), number());
}

Napi::Value NetlinkSocket::port(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), port_);
}

Napi::Value NetlinkSocket::cookie(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), cookie_);
}

Napi::Value NetlinkSocket::send(const Napi::CallbackInfo& info) {
  const Bytes bytes = bytesArgument(info, 0);
  return Napi::Number::New(info.Env(), sendTo(number(), bytes.data, bytes.length, unsignedArgument(info, 1), unsignedArgument(info, 2)));
}

Napi::Value NetlinkSocket::receive(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Slab slab = slabArgument(info, 0);
  const size_t offset = unsignedArgument(info, 1);
  const uint32_t most = unsignedArgument(info, 2);
  if (offset > slab.size) throw ArgumentFailure("the offset lies beyond the slab, which is detached or too small");
  const Received received = receiveInto(number(), slab, offset, most);
  Napi::Object result = Napi::Object::New(env);
  result.Set("end", static_cast<double>(received.end));
  result.Set("count", received.count);
  result.Set("errno", received.error);
  if (received.spilled) {
    const napi_value spill = copyOf(env, received.spill);
    if (spill == nullptr) return env.Undefined();
    result.Set("spill", spill);
  }
  return result;
}

Napi::Value NetlinkSocket::exchange(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Bytes bytes = bytesArgument(info, 0);
  const size_t length = unsignedArgument(info, 1);
  const Slab slab = slabArgument(info, 2);
  const uint32_t most = unsignedArgument(info, 3);
  const Bytes outcome = bytesArgument(info, 4);
  uint32_t words[3] = {0, 0, 0};
  if (length > bytes.length || outcome.length < sizeof words) throw ArgumentFailure("the buffers are detached or too small");
  const int refused = sendTo(number(), bytes.data, length, 0, 0);
  if (refused != 0) return Napi::Number::New(env, refused);
  const Received received = receiveInto(number(), slab, 0, most);
  words[0] = static_cast<uint32_t>(received.end);
  words[1] = received.count;
  words[2] = static_cast<uint32_t>(received.error);
  std::memcpy(outcome.data, words, sizeof words);
  if (!received.spilled) return Napi::Number::New(env, 0);
  const napi_value spill = copyOf(env, received.spill);
  return spill == nullptr ? env.Undefined() : Napi::Value(env, spill);
}

Napi::Value NetlinkSocket::wait(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), waitReadable(info.Env(), number(), intArgument(info, 0)));
}

Napi::Value NetlinkSocket::setOption(const Napi::CallbackInfo& info) {
  const int value = intArgument(info, 2);
  if (setsockopt(number(), intArgument(info, 0), intArgument(info, 1), &value, sizeof value) != 0) throw SystemFailure("setsockopt");
  return info.Env().Undefined();
}

Napi::Value NetlinkSocket::getOption(const Napi::CallbackInfo& info) {
  int value = 0;
  socklen_t length = sizeof value;
  if (getsockopt(number(), intArgument(info, 0), intArgument(info, 1), &value, &length) != 0) throw SystemFailure("getsockopt");
  return Napi::Number::New(info.Env(), value);
}

Napi::Value NetlinkSocket::memberships(const Napi::CallbackInfo& info) {
  std::vector<uint32_t> words(4);
  socklen_t length = 0;
  // The kernel fills what there is room for and says how much there is; the number of groups can grow in between (generic netlink).
  for (;;) {
    const socklen_t room = static_cast<socklen_t>(words.size() * sizeof(uint32_t));
    length = room;
    if (getsockopt(number(), SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, words.data(), &length) != 0) throw SystemFailure("getsockopt");
    if (length <= room) break;
    words.assign(length / sizeof(uint32_t) + 1, 0);
  }
  Napi::Array groups = Napi::Array::New(info.Env());
  uint32_t count = 0;
  for (size_t index = 0; index < length / sizeof(uint32_t); ++index) {
    for (uint32_t bit = 0; bit < 32; ++bit) {
      if ((words[index] >> bit & 1) != 0) groups.Set(count++, static_cast<double>(index * 32 + bit + 1));
    }
  }
  return groups;
}

Napi::Value NetlinkSocket::setFilter(const Napi::CallbackInfo& info) {
  setSocketFilter(number(), bytesArgument(info, 0));
  return info.Env().Undefined();
}

Napi::Value NetlinkSocket::close(const Napi::CallbackInfo& info) {
  shut();
  return info.Env().Undefined();
}

}  // namespace netlane

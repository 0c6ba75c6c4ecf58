#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

#include "polled_fd.h"

namespace netlane {

/** lib/native.ts: NativeSocket. Bytes go in and out as they are; what they mean is TypeScript's. */
class NetlinkSocket : public Napi::ObjectWrap<NetlinkSocket> {
 public:
  static Napi::Function define(Napi::Env env);

  explicit NetlinkSocket(const Napi::CallbackInfo& info);
  ~NetlinkSocket() override { shut(); }

 private:
  template <Napi::Value (NetlinkSocket::*method)(const Napi::CallbackInfo&)>
  Napi::Value checked(const Napi::CallbackInfo& info);

  Napi::Value fd(const Napi::CallbackInfo& info);
  Napi::Value port(const Napi::CallbackInfo& info);
  Napi::Value cookie(const Napi::CallbackInfo& info);
  Napi::Value send(const Napi::CallbackInfo& info);
  Napi::Value receive(const Napi::CallbackInfo& info);
  Napi::Value exchange(const Napi::CallbackInfo& info);
  Napi::Value wait(const Napi::CallbackInfo& info);
  Napi::Value poll(const Napi::CallbackInfo& info) { return fd_.poll(info); }
  Napi::Value ref(const Napi::CallbackInfo& info) { return fd_.ref(info); }
  Napi::Value setOption(const Napi::CallbackInfo& info);
  Napi::Value getOption(const Napi::CallbackInfo& info);
  Napi::Value memberships(const Napi::CallbackInfo& info);
  Napi::Value setFilter(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  void open(const Napi::CallbackInfo& info);
  void shut();
  int number() const { return fd_.number(); }

  PolledFd fd_;
  uint32_t port_ = 0;
  uint64_t cookie_ = 0;
};

}  // namespace netlane

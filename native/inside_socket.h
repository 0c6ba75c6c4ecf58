#pragma once

#include <napi.h>

#include <memory>

#include "packet_ring.h"
#include "polled_fd.h"

namespace netlane {

/** lib/native.ts: InsideSocket. A socket of any family, opened inside a namespace; addresses and options go in as the bytes that the kernel
 * takes. */
class InsideSocket : public Napi::ObjectWrap<InsideSocket> {
 public:
  static Napi::Function define(Napi::Env env);

  explicit InsideSocket(const Napi::CallbackInfo& info);
  ~InsideSocket() override { shut(); }

 private:
  template <Napi::Value (InsideSocket::*method)(const Napi::CallbackInfo&)>
  Napi::Value checked(const Napi::CallbackInfo& info);

  Napi::Value fd(const Napi::CallbackInfo& info);
  Napi::Value setOption(const Napi::CallbackInfo& info);
  Napi::Value getOption(const Napi::CallbackInfo& info);
  Napi::Value setFilter(const Napi::CallbackInfo& info);
  Napi::Value bind(const Napi::CallbackInfo& info);
  Napi::Value connect(const Napi::CallbackInfo& info);
  Napi::Value listen(const Napi::CallbackInfo& info);
  Napi::Value send(const Napi::CallbackInfo& info);
  Napi::Value poll(const Napi::CallbackInfo& info) { return fd_.poll(info); }
  Napi::Value ref(const Napi::CallbackInfo& info) { return fd_.ref(info); }
  Napi::Value linkIndex(const Napi::CallbackInfo& info);
  Napi::Value linkName(const Napi::CallbackInfo& info);
  Napi::Value linkHardware(const Napi::CallbackInfo& info);
  Napi::Value mapRing(const Napi::CallbackInfo& info);
  Napi::Value takeBlock(const Napi::CallbackInfo& info);
  Napi::Value release(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  void shut();
  int number() const { return fd_.number(); }

  PolledFd fd_;
  std::unique_ptr<PacketRing> ring_;
};

}  // namespace netlane

#pragma once

#include <napi.h>

namespace netlane {

/** lib/native.ts: accessFileAsync. */
Napi::Value accessFileAsync(const Napi::CallbackInfo& info);

}  // namespace netlane

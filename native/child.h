#pragma once

#include <napi.h>

namespace netlane {

/** lib/native.ts: spawnAsync. */
Napi::Value spawnAsync(const Napi::CallbackInfo& info);

}  // namespace netlane

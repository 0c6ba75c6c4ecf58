#pragma once

#include <napi.h>

namespace netlane {

/** lib/native.ts: watchMounts. */
Napi::Value watchMounts(Napi::Env env, Napi::Function onChange);

}  // namespace netlane

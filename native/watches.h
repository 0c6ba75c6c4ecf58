#pragma once

#include <napi.h>

namespace netlane {

/** lib/native.ts: watchMounts. */
Napi::Value watchMounts(Napi::Env env, Napi::Function onChange);

/** lib/native.ts: watchHangUp. */
Napi::Value watchHangUp(Napi::Env env, int descriptor, Napi::Function onHangUp);

}  // namespace netlane

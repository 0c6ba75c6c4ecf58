#pragma once

#include <napi.h>

#include <atomic>
#include <functional>

#include "fd.h"

namespace netlane {

/** Set when nobody waits for the result any more. Work that can wait for long looks at it. */
using Cancelled = std::atomic<bool>;

/**
 * Runs `work` on a thread of its own, off the loop and off the thread pool, and gives a promise of the descriptor that it returns, or of
 * undefined where that is empty. If the environment ends first, it waits for the thread, and the descriptor is closed.
 */
Napi::Value inBackground(Napi::Env env, std::function<Fd(const Cancelled&)> work);

}  // namespace netlane

#pragma once

#include <napi.h>

#include <atomic>
#include <functional>

#include "fd.h"

namespace netlane {

/** Set when nobody waits for the result any more. Work that can wait for long looks at it. */
using Cancelled = std::atomic<bool>;

/** Makes the result of a call on the environment's thread. What it holds is given back with it where nobody waits any more. */
using Settle = std::function<Napi::Value(Napi::Env)>;

/**
 * Runs `work` on a thread of its own, off the loop and off the thread pool, and gives a promise of what the function that it returns makes.
 * If the environment ends first, it waits for the thread, and that function is destroyed without a call.
 */
Napi::Value settledInBackground(Napi::Env env, std::function<Settle(const Cancelled&)> work);

/**
 * Runs `work` on a thread of its own, off the loop and off the thread pool, and gives a promise of the descriptor that it returns, or of
 * undefined where that is empty. If the environment ends first, it waits for the thread, and the descriptor is closed.
 */
Napi::Value inBackground(Napi::Env env, std::function<Fd(const Cancelled&)> work);

}  // namespace netlane

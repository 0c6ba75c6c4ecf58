#pragma once

#include <signal.h>

#include <functional>

#include "fd.h"

namespace netlane {

/**
 * Runs `work` on a thread of its own and waits for it. The thread blocks all signals, and it ends with the work: whatever the work does to
 * it (setns, unshare) touches no other thread. What the work throws is thrown here.
 */
void onOwnThread(const std::function<void()>& work);

/** setns(2) of the calling thread into a network namespace. */
void enter(int namespaceFd);

/**
 * Opens a descriptor inside a namespace: a thread enters it, opens, hands the descriptor back and ends. -1 is the calling thread's own
 * namespace, which needs no thread.
 */
Fd openInside(int namespaceFd, const std::function<Fd()>& open);

/** While it lives, the calling thread and the threads that it starts block all signals: a handler must not run in a foreign namespace. */
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept;
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace netlane

#pragma once

#include <signal.h>
#include <sys/types.h>

#include <functional>
#include <optional>

#include "fd.h"
#include "namespace.h"

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

/**
 * As openInside, for what a program opens many of: a thread that was needed for the same namespace within the last half second stays inside
 * and opens the next, which takes a third of the time. It ends after half a second without work, by endOpener(), when the capabilities of
 * the calling thread are no longer those with which it was started, and with the calling thread, which alone uses it. It opens nothing
 * ahead.
 */
Fd openInsideOften(int namespaceFd, const std::function<Fd()>& open);

/** Ends the calling thread's opener in a namespace, if it has one, and waits until that is outside. */
void endOpener(int namespaceFd);

/** Whether the calling thread has an opener in a namespace: then it is not inside itself. */
bool hasOpener(int namespaceFd);

/** The namespace of the calling thread's opener with this number. */
std::optional<Identity> namespaceOfOpener(pid_t tid);

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

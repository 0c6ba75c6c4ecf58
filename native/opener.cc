#include "opener.h"

#include <pthread.h>
#include <sched.h>

#include <exception>
#include <thread>

#include "error.h"

namespace netlane {

SignalsBlocked::SignalsBlocked() noexcept {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void onOwnThread(const std::function<void()>& work) {
  std::exception_ptr failure;
  {
    std::thread thread;
    {
      const SignalsBlocked blocked;
      thread = std::thread([&work, &failure] {
        pthread_setname_np(pthread_self(), "netlane-opener");
        try {
          work();
        } catch (...) {
          failure = std::current_exception();
        }
      });
    }
    thread.join();
  }
  if (failure) std::rethrow_exception(failure);
}

void enter(int namespaceFd) {
  if (setns(namespaceFd, CLONE_NEWNET) != 0) throw SystemFailure("setns");
}

Fd openInside(int namespaceFd, const std::function<Fd()>& open) {
  if (namespaceFd < 0) return open();
  Fd fd;
  onOwnThread([&] {
    enter(namespaceFd);
    fd = open();
  });
  return fd;
}

}  // namespace netlane

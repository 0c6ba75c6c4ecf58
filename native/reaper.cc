#include "reaper.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "opener.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

namespace netlane {
namespace {

/** Never destroyed: the thread may still be in it when the process ends. */
struct Orphans {
  std::mutex mutex;
  std::vector<std::shared_ptr<const Fd>> pidfds;
  bool running = false;
  Fd alarm;
};

Orphans& orphans() {
  static auto* const all = new Orphans();
  return *all;
}

/** Those that have ended go; false when none is left, and with them the thread. */
bool takeAway() {
  Orphans& all = orphans();
  const std::lock_guard lock(all.mutex);
  std::erase_if(all.pidfds, [](const std::shared_ptr<const Fd>& pidfd) {
    siginfo_t how;
    return reap(pidfd->get(), how);
  });
  all.running = !all.pidfds.empty();
  if (!all.running) all.alarm.reset();
  return all.running;
}

void waitForOne() {
  std::vector<pollfd> polled;
  std::vector<std::shared_ptr<const Fd>> held;
  {
    Orphans& all = orphans();
    const std::lock_guard lock(all.mutex);
    held = all.pidfds;
    polled.push_back({all.alarm.get(), POLLIN, 0});
  }
  for (const auto& pidfd : held) polled.push_back({pidfd->get(), POLLIN, 0});
  poll(polled.data(), polled.size(), -1);
  if ((polled[0].revents & POLLIN) == 0) return;
  eventfd_t count;
  eventfd_read(polled[0].fd, &count);
}

void run() {
  pthread_setname_np(pthread_self(), "netlane-reaper");
  while (takeAway()) waitForOne();
}

}  // namespace

bool reap(int pidfd, siginfo_t& how) {
  how = {};
  int failed;
  do failed = waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd), &how, WEXITED | WNOHANG);
  while (failed != 0 && errno == EINTR);
  return failed != 0 || how.si_pid != 0;
}

void reapLater(std::shared_ptr<const Fd> pidfd) {
  Orphans& all = orphans();
  const std::lock_guard lock(all.mutex);
  all.pidfds.push_back(std::move(pidfd));
  if (all.running) {
    eventfd_write(all.alarm.get(), 1);
    return;
  }
  all.alarm.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const SignalsBlocked blocked;
  try {
    std::thread(run).detach();
    all.running = true;
  } catch (const std::system_error&) {
    // No thread can be had: the next orphan tries again, and the end of the process ends it in any case.
    all.alarm.reset();
  }
}

}  // namespace netlane

#include "opener.h"

#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "error.h"

namespace netlane {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto longestIdle = std::chrono::milliseconds(500);
/** Namespaces that a thread has openers in, or has opened something in a moment ago: beyond them each socket is a thread of its own. */
constexpr size_t mostOpeners = 32;

constexpr char threadName[] = "netlane-opener";

/** The effective capabilities of the calling thread; nothing where it cannot be told. */
std::optional<std::array<uint32_t, 2>> capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return std::nullopt;
  return std::array{sets[0].effective, sets[1].effective};
}

/**
 * How long who waits looks before it sleeps: to wake a thread on a core that sleeps takes longer than to open a socket. The opener looks
 * for the next piece of work, who has given one for its end.
 */
constexpr auto openerPatience = std::chrono::microseconds(150);
constexpr auto callerPatience = std::chrono::microseconds(60);

void pauseOnce() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/** Looks until it is so, or the time is over. Not where there is one core: whoever is waited for needs it. */
template <typename Condition>
void lookFor(std::chrono::microseconds patience, const Condition& isSo) {
  static const bool pays = std::thread::hardware_concurrency() > 1;
  if (!pays) return;
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!isSo() && std::chrono::steady_clock::now() < until) pauseOnce();
}

/** A thread that does one piece of work after the other for another thread, which waits for each, and that ends when there is none. */
class Opener {
 public:
  Opener() {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  }
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;

  ~Opener() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
    // It can be joined a moment before the kernel takes it out of its namespace; the number is free after that only.
    for (int look = 0; look < 1000 && syscall(SYS_tgkill, getpid(), tid_, 0) == 0; look += 1) sched_yield();
  }

  pid_t tid() const { return tid_; }

  /** False: it has ended, and nothing was done. What the work throws is thrown here. */
  bool perform(const std::function<void()>& work) {
    std::unique_lock lock(mutex_);
    if (over_) return false;
    work_ = &work;
    lock.unlock();
    wake_.notify_one();
    lookFor(callerPatience, [this] { return work_ == nullptr; });
    lock.lock();
    done_.wait(lock, [this] { return work_ == nullptr; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return true;
  }

  bool over() {
    const std::lock_guard lock(mutex_);
    return over_;
  }

 private:
  void run() noexcept {
    pthread_setname_np(pthread_self(), threadName);
    std::unique_lock lock(mutex_);
    tid_ = static_cast<pid_t>(syscall(SYS_gettid));
    while (wake_.wait_for(lock, longestIdle, [this] { return ending_ || work_ != nullptr; }) && !ending_) {
      // Who waits for it touches nothing meanwhile.
      lock.unlock();
      std::exception_ptr failure;
      try {
        (*work_.load())();
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      failure_ = failure;
      work_ = nullptr;
      lock.unlock();
      done_.notify_one();
      lookFor(openerPatience, [this] { return ending_ || work_ != nullptr; });
      lock.lock();
    }
    over_ = true;
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::atomic<const std::function<void()>*> work_ = nullptr;
  std::exception_ptr failure_;
  pid_t tid_ = 0;
  std::atomic<bool> ending_ = false;
  bool over_ = false;
  std::thread thread_;
};

/** What a thread has opened in one namespace lately. */
struct Visit {
  Identity place;
  Clock::time_point last;
  std::optional<std::array<uint32_t, 2>> rights;
  std::unique_ptr<Opener> opener;
};

class Visits {
 public:
  Visit* find(const Identity& place) {
    const auto same = [&place](const Visit& visit) { return visit.place.device == place.device && visit.place.inode == place.inode; };
    const auto found = std::find_if(all_.begin(), all_.end(), same);
    return found == all_.end() ? nullptr : &*found;
  }

  std::optional<Identity> placeOf(pid_t tid) const {
    for (const Visit& visit : all_)
      if (visit.opener && visit.opener->tid() == tid) return visit.place;
    return std::nullopt;
  }

  bool empty() const { return all_.empty(); }

  void enter(const Identity& place) {
    const auto stale = Clock::now() - longestIdle;
    std::erase_if(all_, [stale](const Visit& visit) { return visit.opener ? visit.opener->over() : visit.last < stale; });
    if (all_.size() < mostOpeners) all_.push_back({place, Clock::now(), std::nullopt, nullptr});
  }

  void end(const Identity& place) {
    Visit* const visit = find(place);
    if (visit != nullptr) all_.erase(all_.begin() + (visit - all_.data()));
  }

 private:
  std::vector<Visit> all_;
};

/** Ends its openers with the thread. The addon stays loaded until then. */
thread_local Visits visits;

std::optional<Identity> placeOf(int namespaceFd) {
  struct stat file;
  if (fstat(namespaceFd, &file) != 0) return std::nullopt;
  return Identity{file.st_dev, file.st_ino};
}

}  // namespace

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
        pthread_setname_np(pthread_self(), threadName);
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

Fd openInsideOften(int namespaceFd, const std::function<Fd()>& open) {
  if (namespaceFd < 0) return open();
  const auto place = placeOf(namespaceFd);
  // What this is none of says the kernel.
  if (!place) return openInside(namespaceFd, open);
  Visit* const visit = visits.find(*place);
  if (visit == nullptr) {
    Fd fd = openInside(namespaceFd, open);
    visits.enter(*place);
    return fd;
  }
  const auto now = Clock::now();
  const auto rights = capabilities();
  Fd fd;
  if (visit->opener && visit->rights == rights && visit->opener->perform([&] { fd = open(); })) {
    visit->last = now;
    return fd;
  }
  const bool hadOpener = visit->opener != nullptr;
  visit->opener.reset();
  if (hadOpener || !rights || now - visit->last > longestIdle) {
    visit->last = now;
    return openInside(namespaceFd, open);
  }
  auto opener = std::make_unique<Opener>();
  opener->perform([&] {
    enter(namespaceFd);
    fd = open();
  });
  *visit = {*place, now, rights, std::move(opener)};
  return fd;
}

void endOpener(int namespaceFd) {
  if (visits.empty()) return;
  if (const auto place = placeOf(namespaceFd)) visits.end(*place);
}

bool hasOpener(int namespaceFd) {
  if (visits.empty()) return false;
  const auto place = placeOf(namespaceFd);
  const Visit* const visit = place ? visits.find(*place) : nullptr;
  return visit != nullptr && visit->opener != nullptr;
}

std::optional<Identity> namespaceOfOpener(pid_t tid) {
  return visits.placeOf(tid);
}

}  // namespace netlane

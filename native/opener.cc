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
 * How long who waits looks before it sleeps: to wake a thread on a core that sleeps takes longer than to open a socket. Who has given a
 * piece of work looks for its end; the opener for the next piece, where the one before came that soon as well.
 */
constexpr auto openerPatience = std::chrono::microseconds(400);
constexpr auto callerPatience = std::chrono::microseconds(200);

/**
 * Looks until it is so, or the time is over. Whoever else has something to do on this core does it meanwhile, as do the helpers of V8. Not
 * where there is one core: whoever is waited for needs it.
 */
template <typename Condition>
void lookFor(std::chrono::microseconds patience, const Condition& isSo) {
  static const bool pays = std::thread::hardware_concurrency() > 1;
  if (!pays) return;
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!isSo() && std::chrono::steady_clock::now() < until) sched_yield();
}

/**
 * A thread that does one piece of work after the other for another thread, which waits for each, and that ends when there is none.
 * Work goes back and forth by one word: a lock would be held, in the moment when the other looks, by whoever has just changed the word, and
 * that other would sleep. The locks are for those who do sleep.
 */
class Opener {
 public:
  Opener() {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  }
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;

  ~Opener() {
    ending_ = true;
    work_.wake();
    thread_.join();
    // It can be joined a moment before the kernel takes it out of its namespace; the number is free after that only.
    for (int look = 0; look < 1000 && syscall(SYS_tgkill, getpid(), tid_.load(), 0) == 0; look += 1) sched_yield();
  }

  pid_t tid() const { return tid_; }

  /** False: it has ended, and nothing was done. What the work throws is thrown here. */
  bool perform(const std::function<void()>& work) {
    given_ = &work;
    State before = State::Idle;
    if (!state_.compare_exchange_strong(before, State::Busy)) return false;
    work_.wake();
    const auto isDone = [this] { return state_ != State::Busy; };
    lookFor(callerPatience, isDone);
    while (!done_.wait(isDone)) continue;
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return true;
  }

  bool over() const { return state_ == State::Over; }

 private:
  enum class State : uint8_t { Idle, Busy, Over };

  /** Where one thread sleeps until something is so, which another makes so before it wakes that thread. */
  class Bed {
   public:
    /** Costs next to nothing where nobody sleeps. */
    void wake() {
      if (!taken_) return;
      // Whoever is about to sleep has the lock until it does.
      { const std::lock_guard lock(mutex_); }
      wake_.notify_one();
    }

    /** Whether it is so: false after the time. */
    template <typename Condition>
    bool wait(const Condition& isSo, std::chrono::milliseconds longest = std::chrono::hours(1)) {
      if (isSo()) return true;
      std::unique_lock lock(mutex_);
      // Before it looks: either it sees what the other has made so, or the other sees that it sleeps.
      taken_ = true;
      const bool is = wake_.wait_for(lock, longest, isSo);
      taken_ = false;
      return is;
    }

   private:
    std::mutex mutex_;
    std::condition_variable wake_;
    std::atomic<bool> taken_ = false;
  };

  void run() noexcept {
    pthread_setname_np(pthread_self(), threadName);
    tid_ = static_cast<pid_t>(syscall(SYS_gettid));
    const auto isWanted = [this] { return ending_ || state_ == State::Busy; };
    auto free = Clock::now();
    while (true) {
      if (!work_.wait(isWanted, longestIdle)) {
        State before = State::Idle;
        if (state_.compare_exchange_strong(before, State::Over)) return;
      }
      if (ending_) return;
      const bool soon = Clock::now() - free < openerPatience;
      // Who waits for it touches nothing meanwhile.
      try {
        (*given_)();
      } catch (...) {
        failure_ = std::current_exception();
      }
      state_ = State::Idle;
      done_.wake();
      free = Clock::now();
      if (soon) lookFor(openerPatience, isWanted);
    }
  }

  std::atomic<State> state_ = State::Idle;
  /** The other's while the state is idle, this thread's while it is busy; and so is the failure. */
  const std::function<void()>* given_ = nullptr;
  std::exception_ptr failure_;
  Bed work_;
  Bed done_;
  std::atomic<pid_t> tid_ = 0;
  std::atomic<bool> ending_ = false;
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
  struct Task {
    const std::function<void()>& work;
    std::exception_ptr failure;
  } task{work, nullptr};
  pthread_t thread{};
  {
    const SignalsBlocked blocked;
    const int failure = pthread_create(
        &thread, nullptr,
        [](void* given) -> void* {
          pthread_setname_np(pthread_self(), threadName);
          auto& own = *static_cast<Task*>(given);
          try {
            own.work();
          } catch (...) {
            own.failure = std::current_exception();
          }
          return nullptr;
        },
        &task);
    if (failure != 0) throw SystemFailure("pthread_create", failure);
  }
  bool joined = false;
  lookFor(callerPatience, [&] { return joined = joined || pthread_tryjoin_np(thread, nullptr) == 0; });
  if (!joined) pthread_join(thread, nullptr);
  if (task.failure) std::rethrow_exception(task.failure);
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

#include "spawn.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "error.h"
#include "netns_mounts.h"
#include "opener.h"

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

namespace netlane {
namespace {

/** What the child tells when it fails. The pointers are good here, too: the child is a copy of this process, or shares its memory. */
struct Report {
  const char* syscall;
  const char* path;
  int error;
};

/** All that the child needs, as the plain memory that it may use: in a copy of a process with threads nothing may be allocated. */
struct ChildPlan {
  const SpawnRequest* request;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  /** The same for a script without an interpreter line, which /bin/sh runs: the file's place is the second. */
  std::vector<char*> script;
  int report;
  /** The highest descriptor, where close_range(2) is missing; else -1. */
  int highest;
};

[[noreturn]] void fail(const ChildPlan& plan, const char* syscall, const char* path = nullptr, int error = errno) {
  const Report report{syscall, path, error};
  ssize_t written;
  do written = write(plan.report, &report, sizeof report);
  while (written < 0 && errno == EINTR);
  for (;;) ::syscall(SYS_exit_group, 127);
}

/** Ids are set by the system calls themselves: the C library's functions change every thread, which in shared memory are the parent's. */
void becomeUser(const ChildPlan& plan) {
  const SpawnRequest& request = *plan.request;
  if (request.groups) {
    if (syscall(SYS_setgroups, request.groups->size(), request.groups->data()) != 0) fail(plan, "setgroups");
  } else if (request.user || request.group) {
    // The caller's own groups would stay. Who may not drop them has nothing to drop: as libuv, not an error.
    syscall(SYS_setgroups, 0, nullptr);
  }
  if (request.group && syscall(SYS_setgid, *request.group) != 0) fail(plan, "setgid");
  if (request.user && syscall(SYS_setuid, *request.user) != 0) fail(plan, "setuid");
}

void arrangeDescriptors(const ChildPlan& plan) {
  const auto& descriptors = plan.request->descriptors;
  const int count = static_cast<int>(descriptors.size());
  for (int number = 0; number < count; number++) {
    if (dup2(descriptors[static_cast<size_t>(number)].get(), number) < 0) fail(plan, "dup2");
    // Programs expect that their standard streams block, whatever the caller did with his.
    if (number > 2) continue;
    const int flags = fcntl(number, F_GETFL);
    if ((flags & O_NONBLOCK) != 0) fcntl(number, F_SETFL, flags & ~O_NONBLOCK);
  }
  if (plan.highest < 0) {
    if (syscall(SYS_close_range, count, ~0U, CLOSE_RANGE_CLOEXEC) != 0) fail(plan, "close_range");
    return;
  }
  for (int number = count; number <= plan.highest; number++) fcntl(number, F_SETFD, FD_CLOEXEC);
}

/** Node ignores SIGPIPE and handles others; a handler's address means nothing to the next program, an ignored signal stays ignored. */
void resetSignals() {
  struct sigaction usual;
  std::memset(&usual, 0, sizeof usual);
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; number++) sigaction(number, &usual, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/** As execvp(3), with paths that were put together before. Returns when none can be run. */
void runFirst(const ChildPlan& plan) {
  int error = ENOENT;
  const char* path = nullptr;
  bool denied = false;
  for (const std::string& file : plan.request->files) {
    if (path == nullptr) path = file.c_str();
    execve(file.c_str(), plan.arguments.data(), plan.environment.data());
    error = errno;
    if (error == ENOEXEC) {
      char** const script = const_cast<char**>(plan.script.data());
      script[1] = const_cast<char*>(file.c_str());
      execve("/bin/sh", script, plan.environment.data());
      error = errno;
    }
    if (error == EACCES && !denied) {
      // Another directory may have one that can be run.
      denied = true;
      path = file.c_str();
    }
    if (error != EACCES && error != ENOENT && error != ENOTDIR && error != ESTALE && error != ENODEV && error != ETIMEDOUT) {
      fail(plan, "execve", file.c_str(), error);
    }
  }
  fail(plan, "execve", path, denied ? EACCES : error);
}

int inChild(void* argument) {
  const ChildPlan& plan = *static_cast<const ChildPlan*>(argument);
  const SpawnRequest& request = *plan.request;
  if (request.detached && setsid() < 0) fail(plan, "setsid");
  arrangeDescriptors(plan);
  if (!request.directory.empty() && chdir(request.directory.c_str()) != 0) fail(plan, "chdir", request.directory.c_str());
  becomeUser(plan);
  resetSignals();
  runFirst(plan);
  return 127;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

/** Before Linux 5.11, and where a filter of system calls does not know close_range(2), each descriptor is marked by itself. */
int highestDescriptor() {
  if (syscall(SYS_close_range, ~0U, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return -1;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir("/proc/thread-self/fd"), closedir);
  if (!entries) throw SystemFailure("opendir", errno, "/proc/thread-self/fd");
  int highest = 0;
  while (const dirent* const entry = readdir(entries.get())) highest = std::max(highest, std::atoi(entry->d_name));
  return highest;
}

struct Pipe {
  Fd reader;
  Fd writer;
};

/** Above the numbers that the child's own descriptors get. */
Pipe openReportPipe(int above) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw SystemFailure("pipe2");
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  pipe.writer.reset(fcntl(pipe.writer.get(), F_DUPFD_CLOEXEC, above));
  if (!pipe.writer.valid()) throw SystemFailure("fcntl");
  return pipe;
}

constexpr size_t stackSize = 64 * 1024;

Spawned start(ChildPlan& plan, const SpawnRequest& request) {
  // Sharing memory until exec spares a copy of all page tables. Not where ids change: that would mark the shared memory, and so this very
  // process, as one that may not be looked at (its /proc files would change owners).
  const bool changesIds = request.user || request.group || request.groups;
  const int flags = CLONE_VFORK | CLONE_PIDFD | (changesIds ? 0 : CLONE_VM) | SIGCHLD;
  const auto stack = std::make_unique<char[]>(stackSize);
  const auto top = reinterpret_cast<uintptr_t>(stack.get() + stackSize) & ~uintptr_t{15};
  int pidfd = -1;
  const pid_t pid = clone(inChild, reinterpret_cast<void*>(top), flags, &plan, &pidfd);
  if (pid < 0) throw SystemFailure("clone");
  return {pid, Fd(pidfd)};
}

void bury(const Spawned& child) {
  siginfo_t info;
  while (waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(child.pidfd.get()), &info, WEXITED) != 0 && errno == EINTR) {
  }
}

}  // namespace

Spawned spawnHere(const SpawnRequest& request) {
  if (request.network.valid()) enter(request.network.get());
  if (request.mounts) mountsForNetns(*request.mounts);

  ChildPlan plan{&request, pointers(request.arguments), pointers(request.environment), {}, -1, highestDescriptor()};
  static char shell[] = "/bin/sh";
  plan.script = {shell, nullptr};
  // argv[0] gives way to the file.
  for (size_t index = 1; index < plan.arguments.size(); index++) plan.script.push_back(plan.arguments[index]);
  if (request.arguments.empty()) plan.script.push_back(nullptr);

  Pipe pipe = openReportPipe(static_cast<int>(request.descriptors.size()));
  plan.report = pipe.writer.get();
  if (plan.highest >= 0) plan.highest = std::max(plan.highest, plan.report);
  Spawned child = start(plan, request);
  // The child has begun its program, or has ended: nothing is waited for here.
  Report report;
  if (read(pipe.reader.get(), &report, sizeof report) != static_cast<ssize_t>(sizeof report)) return child;
  bury(child);
  throw SystemFailure(report.syscall, report.error, report.path == nullptr ? std::string() : std::string(report.path));
}

}  // namespace netlane

#include "child.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "arguments.h"
#include "background.h"
#include "error.h"
#include "handed_out.h"
#include "poller.h"
#include "reaper.h"
#include "spawn.h"

namespace netlane {
namespace {

/** How lib/native.ts writes a descriptor that is to be made. */
constexpr int ignored = -1;
constexpr int pipeToChild = -2;
[[maybe_unused]] constexpr int pipeFromChild = -3;
constexpr int socketPair = -4;

/**
 * A child that runs. Whoever has it reaps it: its caller when the poller says so, and the reaper when nobody is left who could.
 */
class Child {
 public:
  explicit Child(Spawned spawned) : pid_(spawned.pid), pidfd_(std::make_shared<const Fd>(std::move(spawned.pidfd))) {}
  /** By a finalizer of the environment, at its end at the latest: the listener and all that it refers to live as long as the poller. */
  ~Child() {
    if (!reaped_) reapLater(pidfd_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }

  /** Calls `listener` when it has ended, on the loop, which is kept alive for that. */
  void watch(Napi::Env env, Napi::Function listener) {
    if (reaped_) return;
    poller_ = Poller::open(env, pidfd_, listener);
    poller_->watch(UV_READABLE);
    poller_->ref(true);
  }

  /** How it ended; nothing while it runs. */
  std::optional<siginfo_t> end() {
    siginfo_t how;
    if (reaped_ || !reap(pidfd_->get(), how)) return std::nullopt;
    reaped_ = true;
    if (poller_) poller_->close();
    pidfd_.reset();
    return how;
  }

  /** 0, or an errno: ESRCH when it has ended. By the pidfd, so that it is never another process that got the number. */
  int kill(int signal) const {
    if (reaped_) return ESRCH;
    return syscall(SYS_pidfd_send_signal, pidfd_->get(), signal, nullptr, 0) == 0 ? 0 : errno;
  }

  void ref(bool keep) {
    if (poller_) poller_->ref(keep);
  }

 private:
  pid_t pid_;
  std::shared_ptr<const Fd> pidfd_;
  bool reaped_ = false;
  std::shared_ptr<Poller> poller_;
};

std::string textOf(const Napi::Value& value) {
  if (!value.IsString()) throw ArgumentFailure("a string was expected");
  std::string text = value.As<Napi::String>().Utf8Value();
  if (text.find('\0') != std::string::npos) throw ArgumentFailure("a string without NUL was expected");
  return text;
}

int64_t integerOf(const Napi::Value& value, int64_t least, int64_t most) {
  if (!value.IsNumber()) throw ArgumentFailure("a number was expected");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most)))
    throw ArgumentFailure("the number is out of its range");
  return static_cast<int64_t>(number);
}

template <typename Element, typename Convert>
std::vector<Element> arrayOf(const Napi::Value& value, Convert convert) {
  if (!value.IsArray()) throw ArgumentFailure("an array was expected");
  const auto array = value.As<Napi::Array>();
  std::vector<Element> elements;
  for (uint32_t index = 0; index < array.Length(); index++) elements.push_back(convert(array.Get(index)));
  return elements;
}

uint32_t idOf(const Napi::Value& value) {
  // The highest means "unchanged" to some calls.
  return static_cast<uint32_t>(integerOf(value, 0, 0xfffffffe));
}

std::optional<uint32_t> optionalId(const Napi::Value& value) {
  if (value.IsUndefined()) return std::nullopt;
  return idOf(value);
}

/** A number above those that the child gives its own descriptors. */
Fd above(int fd, int least) {
  Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, least));
  if (!copy.valid()) throw SystemFailure("fcntl");
  return copy;
}

struct Job {
  SpawnRequest request;
  /** For each of the child's descriptors: one of the constants above, or a number of the caller's, which is in the request already. */
  std::vector<int> wanted;
};

/** The caller's descriptors are duplicated at once: they may be closed while the thread runs. */
std::shared_ptr<Job> jobOf(const Napi::Value& value) {
  if (!value.IsObject()) throw ArgumentFailure("an object was expected");
  const auto options = value.As<Napi::Object>();
  auto job = std::make_shared<Job>();
  SpawnRequest& request = job->request;
  const auto network = static_cast<int>(integerOf(options.Get("namespace"), -1, INT32_MAX));
  if (network >= 0) request.network = above(network, 0);
  const Napi::Value mounts = options.Get("mounts");
  if (!mounts.IsUndefined()) request.mounts = textOf(mounts);
  request.files = arrayOf<std::string>(options.Get("files"), textOf);
  request.arguments = arrayOf<std::string>(options.Get("arguments"), textOf);
  request.environment = arrayOf<std::string>(options.Get("environment"), textOf);
  request.directory = textOf(options.Get("directory"));
  request.user = optionalId(options.Get("user"));
  request.group = optionalId(options.Get("group"));
  const Napi::Value groups = options.Get("groups");
  if (!groups.IsUndefined()) request.groups = arrayOf<gid_t>(groups, idOf);
  const Napi::Value detached = options.Get("detached");
  if (!detached.IsBoolean()) throw ArgumentFailure("a boolean was expected");
  request.detached = detached.As<Napi::Boolean>().Value();
  job->wanted = arrayOf<int>(options.Get("descriptors"),
                             [](const Napi::Value& each) { return static_cast<int>(integerOf(each, socketPair, INT32_MAX)); });
  if (job->wanted.size() < 3) throw ArgumentFailure("a child has three descriptors at least");
  const auto count = static_cast<int>(job->wanted.size());
  for (const int wanted : job->wanted) request.descriptors.push_back(wanted >= 0 ? above(wanted, count) : Fd());
  return job;
}

struct Ends {
  Fd parent;
  Fd child;
};

Ends makeEnds(int wanted, int least) {
  int pair[2];
  if (wanted == socketPair) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) throw SystemFailure("socketpair");
  } else if (pipe2(pair, O_CLOEXEC) != 0) {
    throw SystemFailure("pipe2");
  }
  Fd first(pair[0]);
  Fd second(pair[1]);
  Ends ends = wanted == pipeToChild ? Ends{std::move(second), std::move(first)} : Ends{std::move(first), std::move(second)};
  ends.child = above(ends.child.get(), least);
  if (fcntl(ends.parent.get(), F_SETFL, fcntl(ends.parent.get(), F_GETFL) | O_NONBLOCK) != 0) throw SystemFailure("fcntl");
  return ends;
}

/** What the caller gets: the child, and for each of its descriptors the other end, or none. */
struct Started {
  std::shared_ptr<Child> child;
  std::vector<Fd> streams;
};

std::shared_ptr<Started> carryOut(Job& job, const Cancelled& cancelled) {
  SpawnRequest& request = job.request;
  const auto count = static_cast<int>(job.wanted.size());
  auto started = std::make_shared<Started>();
  for (size_t number = 0; number < job.wanted.size(); number++) {
    Fd& child = request.descriptors[number];
    Fd stream;
    if (job.wanted[number] == ignored) {
      const Fd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
      if (!nothing.valid()) throw SystemFailure("open", errno, "/dev/null");
      child = above(nothing.get(), count);
    } else if (job.wanted[number] < 0) {
      Ends ends = makeEnds(job.wanted[number], count);
      child = std::move(ends.child);
      stream = std::move(ends.parent);
    }
    started->streams.push_back(std::move(stream));
  }
  if (cancelled) throw SystemFailure("clone", ECANCELED);
  started->child = std::make_shared<Child>(spawnHere(request));
  // The child has its own by now; while one is open here, nobody sees the end of a stream.
  request.descriptors.clear();
  return started;
}

template <typename Body>
Napi::Function method(Napi::Env env, const char* name, Body body) {
  const auto call = [body](const Napi::CallbackInfo& info) { return guarded(info.Env(), [&] { return body(info); }); };
  return Napi::Function::New(env, call, name);
}

/** Neither is known where another part of the process has reaped it. */
Napi::Value endObject(Napi::Env env, const siginfo_t& how) {
  const bool known = how.si_pid != 0;
  const bool exited = known && how.si_code == CLD_EXITED;
  Napi::Object end = Napi::Object::New(env);
  end.Set("code", exited ? Napi::Number::New(env, how.si_status) : env.Null());
  end.Set("signal", known && !exited ? Napi::Number::New(env, how.si_status) : env.Null());
  return end;
}

Napi::Value faceOf(Napi::Env env, Started& started) {
  const std::shared_ptr<Child> child = started.child;
  Napi::Object face = Napi::Object::New(env);
  face.Set("pid", Napi::Number::New(env, child->pid()));
  Napi::Array streams = Napi::Array::New(env, started.streams.size());
  for (uint32_t index = 0; index < started.streams.size(); index++) {
    Fd& stream = started.streams[index];
    streams.Set(index, Napi::Number::New(env, stream.valid() ? HandedOut::of(env).add(std::move(stream)) : -1));
  }
  face.Set("streams", streams);
  face.Set("watch", method(env, "watch", [child](const Napi::CallbackInfo& info) {
             child->watch(info.Env(), functionArgument(info, 0));
             return info.Env().Undefined();
           }));
  face.Set("end", method(env, "end", [child](const Napi::CallbackInfo& info) -> Napi::Value {
             const std::optional<siginfo_t> how = child->end();
             return how ? endObject(info.Env(), *how) : info.Env().Undefined();
           }));
  face.Set("kill", method(env, "kill", [child](const Napi::CallbackInfo& info) -> Napi::Value {
             return Napi::Number::New(info.Env(), child->kill(intArgument(info, 0)));
           }));
  face.Set("ref", method(env, "ref", [child](const Napi::CallbackInfo& info) {
             child->ref(booleanArgument(info, 0));
             return info.Env().Undefined();
           }));
  return face;
}

}  // namespace

Napi::Value spawnAsync(const Napi::CallbackInfo& info) {
  const std::shared_ptr<Job> job = jobOf(info[0]);
  return settledInBackground(info.Env(), [job](const Cancelled& cancelled) -> Settle {
    const std::shared_ptr<Started> started = carryOut(*job, cancelled);
    return [started](Napi::Env env) { return faceOf(env, *started); };
  });
}

}  // namespace netlane

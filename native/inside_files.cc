#include "inside_files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "arguments.h"
#include "background.h"
#include "error.h"
#include "fd.h"
#include "opener.h"

namespace netlane {
namespace {

struct FileRequest {
  Fd network;
  std::string path;
  /** What to write; without it the file is read. */
  std::optional<std::string> content;
  /** Whether /sys is the one that the thread has mounted, whosever devices that shows. */
  bool mounted = false;
};

/**
 * A sysfs that shows the devices of the calling thread's network namespace, mounted nowhere: it is gone with its descriptor, and no mount
 * namespace is touched. Linux 5.2.
 */
Fd openSysfs() {
  const Fd context(static_cast<int>(syscall(SYS_fsopen, "sysfs", FSOPEN_CLOEXEC)));
  if (!context.valid()) throw SystemFailure("fsopen", errno, "sysfs");
  if (syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) throw SystemFailure("fsconfig", errno, "sysfs");
  unsigned int attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  struct statvfs current;
  // In a user namespace the kernel gives no more than the visible one allows.
  if (statvfs("/sys", &current) == 0) {
    if ((current.f_flag & ST_RDONLY) != 0) attributes |= MOUNT_ATTR_RDONLY;
    if ((current.f_flag & ST_NOATIME) != 0) attributes |= MOUNT_ATTR_NOATIME;
  }
  Fd mounted(static_cast<int>(syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, attributes)));
  if (!mounted.valid()) throw SystemFailure("fsmount", errno, "sysfs");
  return mounted;
}

const std::string sys = "/sys/";

Fd openFile(const FileRequest& request) {
  const bool inSys = request.path.compare(0, sys.size(), sys) == 0;
  // Opening it does not wait, and what was opened is looked at before it is read. /sys consists of links, which cannot lead out of it.
  const int flags = (request.content ? O_WRONLY : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (inSys ? 0 : O_NOFOLLOW);
  const bool fresh = inSys && !request.mounted;
  const Fd root = fresh ? openSysfs() : Fd();
  Fd file(fresh ? openat(root.get(), request.path.c_str() + sys.size(), flags) : open(request.path.c_str(), flags));
  if (!file.valid()) throw SystemFailure("open", errno, request.path);
  struct stat status;
  struct statfs filesystem;
  if (fstat(file.get(), &status) != 0) throw SystemFailure("fstat", errno, request.path);
  if (S_ISDIR(status.st_mode)) throw SystemFailure("read", EISDIR, request.path);
  if (fstatfs(file.get(), &filesystem) != 0) throw SystemFailure("fstatfs", errno, request.path);
  // Something else lies over it, which is the same in every namespace.
  if (filesystem.f_type != (inSys ? SYSFS_MAGIC : PROC_SUPER_MAGIC)) throw SystemFailure("open", ENOENT, request.path);
  return file;
}

std::string readAll(const Fd& file, const std::string& path, const Cancelled& cancelled) {
  std::string content;
  const auto part = std::make_unique<char[]>(65536);
  for (;;) {
    if (cancelled) throw SystemFailure("read", ECANCELED, path);
    const ssize_t length = read(file.get(), part.get(), 65536);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) throw SystemFailure("read", errno, path);
    if (length == 0) return content;
    content.append(part.get(), static_cast<size_t>(length));
  }
}

/** The kernel takes each write(2) for a whole value. */
void writeAll(const Fd& file, const std::string& path, const std::string& content) {
  ssize_t length;
  do length = write(file.get(), content.data(), content.size());
  while (length < 0 && errno == EINTR);
  if (length < 0) throw SystemFailure("write", errno, path);
  if (static_cast<size_t>(length) != content.size()) throw SystemFailure("write", EIO, path);
}

}  // namespace

Napi::Value accessFileAsync(const Napi::CallbackInfo& info) {
  const auto request = std::make_shared<FileRequest>();
  const int network = intArgument(info, 0);
  // The caller may close its own while the thread runs.
  if (network >= 0) {
    request->network.reset(fcntl(network, F_DUPFD_CLOEXEC, 0));
    if (!request->network.valid()) throw SystemFailure("fcntl");
  }
  request->path = pathArgument(info, 1);
  if (!info[2].IsUndefined()) request->content = pathArgument(info, 2);
  if (!info[3].IsUndefined()) request->mounted = booleanArgument(info, 3);
  return settledInBackground(info.Env(), [request](const Cancelled& cancelled) -> Settle {
    if (request->network.valid()) enter(request->network.get());
    const Fd file = openFile(*request);
    if (request->content) {
      writeAll(file, request->path, *request->content);
      return [](Napi::Env env) { return env.Undefined(); };
    }
    const auto content = std::make_shared<std::string>(readAll(file, request->path, cancelled));
    return [content](Napi::Env env) -> Napi::Value { return Napi::Buffer<char>::Copy(env, content->data(), content->size()); };
  });
}

}  // namespace netlane

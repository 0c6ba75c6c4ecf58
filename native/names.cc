#include "names.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "error.h"
#include "fd.h"

#ifndef UMOUNT_NOFOLLOW
#define UMOUNT_NOFOLLOW 8
#endif

namespace netlane {
namespace {

/** As long as a reasonable holder of the lock can take, and no longer: flock(2) itself would wait for ever. */
constexpr std::chrono::seconds longestWait{10};
constexpr std::chrono::milliseconds lockInterval{2};
/** How often a directory is made that others take away. */
constexpr int mostTries = 16;

/** What is mounted by descriptor cannot be replaced underneath, and its name cannot be a symbolic link. */
std::string pathOf(const Fd& fd) {
  return "/proc/self/fd/" + std::to_string(fd.get());
}

/** Directories that were made, the outermost first; those that nobody else uses are gone again, unless they are kept. */
class MadeDirectories {
 public:
  MadeDirectories() = default;
  MadeDirectories(const MadeDirectories&) = delete;
  MadeDirectories& operator=(const MadeDirectories&) = delete;
  ~MadeDirectories() {
    // Fails where somebody else has put something there in the meantime, and then it is theirs.
    while (!made_.empty() && rmdir(made_.back().c_str()) == 0) made_.pop_back();
  }

  void make(const std::string& directory) {
    for (size_t slash = directory.find('/', 1); slash != std::string::npos; slash = directory.find('/', slash + 1))
      makeOne(directory.substr(0, slash));
    makeOne(directory);
  }

  void keep() { made_.clear(); }

 private:
  void makeOne(const std::string& path) {
    if (mkdir(path.c_str(), 0755) == 0)
      made_.push_back(path);
    else if (errno != EEXIST)
      throw SystemFailure("mkdir", errno, path);
  }

  std::vector<std::string> made_;
};

Fd openDirectory(const std::string& directory) {
  Fd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) throw SystemFailure("open", errno, directory);
  return fd;
}

void lockDirectory(const Fd& directory, const std::string& path, const Cancelled& cancelled) {
  const auto until = std::chrono::steady_clock::now() + longestWait;
  while (flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) throw SystemFailure("flock", errno, path);
    if (cancelled) throw SystemFailure("flock", ECANCELED, path);
    if (std::chrono::steady_clock::now() > until) throw SystemFailure("flock", ETIMEDOUT, path);
    std::this_thread::sleep_for(lockInterval);
  }
}

bool leadsTo(const std::string& path, const Fd& directory) {
  struct stat named;
  struct stat held;
  if (stat(path.c_str(), &named) != 0) throw SystemFailure("stat", errno, path);
  if (fstat(directory.get(), &held) != 0) throw SystemFailure("fstat", errno, path);
  return named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

/**
 * Makes the directory where it is missing, and locks it. Others who made it, and then failed, take it away again: before it is opened here,
 * or while they have the lock. Then it is made anew.
 */
Fd makeAndLock(MadeDirectories& made, const std::string& directory, const Cancelled& cancelled) {
  for (int tries = 1;; tries++) {
    try {
      made.make(directory);
      Fd locked = openDirectory(directory);
      lockDirectory(locked, directory, cancelled);
      if (leadsTo(directory, locked)) return locked;
      throw SystemFailure("open", ENOENT, directory);
    } catch (const SystemFailure& failure) {
      // A link that leads nowhere says so for ever.
      if (failure.error() != ENOENT || tries == mostTries) throw;
    }
  }
}

/** The kernel's number of the mount that a path is on (proc_pid_fdinfo(5)); none where a descriptor is lacking. */
std::optional<uint64_t> mountOf(const std::string& path) {
  const Fd fd(open(path.c_str(), O_PATH | O_CLOEXEC));
  std::ifstream info("/proc/thread-self/fdinfo/" + std::to_string(fd.get()));
  for (std::string key; info >> key; info.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) {
    uint64_t mount;
    if (key == "mnt_id:" && info >> mount) return mount;
  }
  return std::nullopt;
}

/** Whether anything is mounted below a mount: the second number of a line is what it is mounted on (proc_pid_mountinfo(5)). */
bool hasMountsBelow(uint64_t mount) {
  std::ifstream mounts("/proc/thread-self/mountinfo");
  for (uint64_t id, below; mounts >> id >> below; mounts.ignore(std::numeric_limits<std::streamsize>::max(), '\n'))
    if (below == mount) return true;
  // What could not be read to its end says nothing.
  return !mounts.eof();
}

/** The mounts that this process made of directories for names. Each is undone with the last name in it, but for those of iproute2. */
class OwnMounts {
 public:
  void add(const std::string& directory, uint64_t mount) {
    if (directory == "/run/netns" || directory == "/var/run/netns") return;
    const std::lock_guard guard(mutex_);
    mounts_[directory] = mount;
  }

  /** To be called behind the lock of the directory, behind which names are made. */
  void undoUnused(const std::string& directory) {
    const std::lock_guard guard(mutex_);
    const auto own = mounts_.find(directory);
    if (own == mounts_.end()) return;
    const uint64_t mount = own->second;
    // Where somebody has mounted something over it, that is not ours, and ours is under it.
    if (mountOf(directory) != mount || hasMountsBelow(mount)) return;
    // Descriptors of who takes a name away are on it, which MNT_DETACH does not mind. Where it fails, it stays as it was.
    if (umount2(directory.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) mounts_.erase(own);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, uint64_t> mounts_;
};

OwnMounts& ownMounts() {
  // Never destroyed: a thread may use it while the process exits.
  static OwnMounts& mounts = *new OwnMounts();
  return mounts;
}

/** The directory as a shared mount of its own, so that names appear in mount namespaces made before and after. */
class SharedDirectory {
 public:
  explicit SharedDirectory(const std::string& path) : path_(path) {
    // Opened behind the lock: a descriptor from before it may be below the mount that somebody else made in the meantime.
    const Fd current = openDirectory(path);
    const std::string here = pathOf(current);
    if (mount("", here.c_str(), "none", MS_SHARED | MS_REC, nullptr) == 0) return;
    // EINVAL: it is no mount yet.
    if (errno != EINVAL) throw SystemFailure("mount", errno, path);
    if (mount(here.c_str(), here.c_str(), "none", MS_BIND | MS_REC, nullptr) != 0) throw SystemFailure("mount", errno, path);
    made_ = true;
    // The descriptor is below the new mount; the path leads onto it.
    const Fd onto = openDirectory(path);
    if (mount("", pathOf(onto).c_str(), "none", MS_SHARED | MS_REC, nullptr) != 0) throwUndone("mount");
    mount_ = mountOf(path);
  }
  SharedDirectory(const SharedDirectory&) = delete;
  SharedDirectory& operator=(const SharedDirectory&) = delete;
  ~SharedDirectory() {
    if (!kept_) undo();
  }

  void keep() {
    kept_ = true;
    if (mount_) ownMounts().add(path_, *mount_);
  }

 private:
  [[noreturn]] void throwUndone(const char* call) {
    const int error = errno;
    undo();
    throw SystemFailure(call, error, path_);
  }

  /** Not MNT_DETACH: EBUSY means that somebody has put a name there in the meantime, and then the mount is theirs. */
  void undo() {
    if (made_) umount2(path_.c_str(), UMOUNT_NOFOLLOW);
  }

  std::string path_;
  bool made_ = false;
  bool kept_ = false;
  std::optional<uint64_t> mount_;
};

void createAndMount(const Fd& directory, const std::string& path, const std::string& name, int namespaceFd) {
  const Fd file(openat(directory.get(), name.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444));
  if (!file.valid()) throw SystemFailure("open", errno, path);
  const std::string source = "/proc/self/fd/" + std::to_string(namespaceFd);
  if (mount(source.c_str(), pathOf(file).c_str(), "none", MS_BIND, nullptr) == 0) return;
  const int error = errno;
  unlinkat(directory.get(), name.c_str(), 0);
  throw SystemFailure("mount", error, path);
}

}  // namespace

void bindName(const std::string& directory, const std::string& name, int namespaceFd, const Cancelled& cancelled) {
  const std::string path = directory + "/" + name;
  Fd locked;
  // Taken away while it is locked: who waits for the lock then sees that it is gone.
  MadeDirectories made;
  locked = makeAndLock(made, directory, cancelled);
  // Known early, most failures change nothing at all.
  if (faccessat(locked.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) throw SystemFailure("open", EEXIST, path);
  SharedDirectory shared(directory);
  createAndMount(openDirectory(directory), path, name, namespaceFd);
  shared.keep();
  made.keep();
}

void unbindName(const std::string& directory, const std::string& name, const Cancelled& cancelled) {
  const std::string path = directory + "/" + name;
  const Fd locked = openDirectory(directory);
  lockDirectory(locked, directory, cancelled);
  // One descriptor does for all that has to be done, for a process that has no more. Where it is on a mount that was undone
  // while it waited for the lock, and the name was made anew, that is EBUSY below, and tried again.
  struct stat entry;
  if (fstatat(locked.get(), name.c_str(), &entry, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) throw SystemFailure("stat", errno, path);
  // No name is a directory: what is mounted on one is not ours to take away.
  if (S_ISDIR(entry.st_mode)) throw SystemFailure("unlink", EISDIR, path);
  const std::string mounted = pathOf(locked) + "/" + name;
  while (umount2(mounted.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
  }
  if (errno != EINVAL) throw SystemFailure("umount", errno, path);
  if (unlinkat(locked.get(), name.c_str(), 0) != 0) throw SystemFailure("unlink", errno, path);
  ownMounts().undoUnused(directory);
}

}  // namespace netlane

#include "netns_mounts.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include "error.h"
#include "fd.h"

namespace netlane {
namespace {

std::string pathOf(const Fd& fd) {
  return "/proc/thread-self/fd/" + std::to_string(fd.get());
}

std::string readAll(const char* path) {
  const Fd file(open(path, O_RDONLY | O_CLOEXEC));
  if (!file.valid()) throw SystemFailure("open", errno, path);
  std::string text;
  char part[4096];
  for (;;) {
    const ssize_t length = read(file.get(), part, sizeof part);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) throw SystemFailure("read", errno, path);
    if (length == 0) return text;
    text.append(part, static_cast<size_t>(length));
  }
}

/** The fifth field of a line of mountinfo, in which a space, a tab, a line feed and a backslash are written in octal. */
std::string mountPoint(const std::string& line) {
  size_t start = 0;
  for (int field = 1; field < 5; field++) start = line.find(' ', start) + 1;
  std::string point;
  for (size_t at = start; at < line.size() && line[at] != ' '; at++) {
    if (line[at] == '\\' && at + 3 < line.size()) {
      point.push_back(static_cast<char>(std::stoi(line.substr(at + 1, 3), nullptr, 8)));
      at += 3;
    } else {
      point.push_back(line[at]);
    }
  }
  return point;
}

bool isBelow(const std::string& point, const std::string& directory) {
  return point.size() > directory.size() && point.compare(0, directory.size(), directory) == 0 && point[directory.size()] == '/';
}

struct Kept {
  std::string point;
  Fd fd;
};

/** What is mounted on /sys: control groups, bpf, tracing. Each is held before a fresh sysfs covers it. */
std::vector<Kept> mountsOnSys() {
  const std::string text = readAll("/proc/thread-self/mountinfo");
  std::vector<Kept> kept;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string point = mountPoint(text.substr(start, end - start));
    start = end + 1;
    if (!isBelow(point, "/sys")) continue;
    bool covered = false;
    for (const Kept& other : kept) covered = covered || other.point == point || isBelow(point, other.point);
    if (covered) continue;
    Fd fd(open(point.c_str(), O_PATH | O_CLOEXEC));
    // Out of reach (another file system lies over it, or it is not for this user): it stays so.
    if (fd.valid()) kept.push_back({point, std::move(fd)});
  }
  return kept;
}

/** A fresh sysfs shows the devices of the network namespace of whoever mounts it. */
void mountSys() {
  const std::vector<Kept> kept = mountsOnSys();
  struct statvfs current;
  unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  // In a user namespace the kernel covers a read-only one by another read-only one only.
  if (statvfs("/sys", &current) == 0 && (current.f_flag & ST_RDONLY) != 0) flags |= MS_RDONLY;
  if (mount("netlane", "/sys", "sysfs", flags, nullptr) != 0) {
    // A root file system without /sys has nothing that could show the wrong devices.
    if (errno == ENOENT) return;
    throw SystemFailure("mount", errno, "/sys");
  }
  for (const Kept& each : kept) {
    if (mount(pathOf(each.fd).c_str(), each.point.c_str(), "none", MS_BIND | MS_REC, nullptr) == 0) continue;
    // The fresh sysfs has no such directory, or the mount is an unbindable one: it stays hidden, as `ip netns exec` leaves them all.
    if (errno != ENOENT && errno != EINVAL) throw SystemFailure("mount", errno, each.point);
  }
}

void mountEtc(const std::string& name) {
  const std::string directory = "/etc/netns/" + name;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(directory.c_str()), closedir);
  if (!entries) {
    if (errno == ENOENT || errno == ENOTDIR) return;
    throw SystemFailure("opendir", errno, directory);
  }
  for (;;) {
    errno = 0;
    const dirent* const entry = readdir(entries.get());
    if (entry == nullptr) {
      if (errno != 0) throw SystemFailure("readdir", errno, directory);
      return;
    }
    const std::string file = entry->d_name;
    if (file == "." || file == "..") continue;
    if (mount((directory + "/" + file).c_str(), ("/etc/" + file).c_str(), "none", MS_BIND, nullptr) == 0) continue;
    // A mount needs something to lie on: what the machine has not got in /etc is left out, as by `ip netns exec`.
    if (errno != ENOENT && errno != ENOTDIR) throw SystemFailure("mount", errno, "/etc/" + file);
  }
}

}  // namespace

void mountsForNetns(const std::string& name) {
  if (unshare(CLONE_NEWNS) != 0) throw SystemFailure("unshare");
  // Not private: an unmount outside must arrive here, or this thread would pin names that were deleted.
  if (mount("", "/", "none", MS_SLAVE | MS_REC, nullptr) != 0) throw SystemFailure("mount", errno, "/");
  mountSys();
  // An unnamed one has no files: the empty name would be the directory of all names.
  if (!name.empty()) mountEtc(name);
}

void followDirectory(const std::string& path) {
  if (chdir(path.c_str()) == 0) return;
  const int error = errno;
  // Deleted, or on what was unmounted.
  if (chdir("/proc/self/cwd") != 0) throw SystemFailure("chdir", error, path);
}

}  // namespace netlane

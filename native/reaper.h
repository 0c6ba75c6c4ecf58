#pragma once

#include <sys/wait.h>

#include <memory>

#include "fd.h"

namespace netlane {

/** waitid(2) of a child by its pidfd, without waiting. True when it has ended and is taken off the kernel's table, or somebody else did
 * that. */
bool reap(int pidfd, siginfo_t& how);

/**
 * Takes over a child whose thread of JavaScript is gone: a thread of the process, which lives as long as there are any, reaps it when it
 * ends, so that it does not stay a zombie.
 */
void reapLater(std::shared_ptr<const Fd> pidfd);

}  // namespace netlane

#pragma once

#include <string>

namespace netlane {

/**
 * Gives the calling thread, which must be inside its network namespace already, a mount namespace of its own, as `ip netns exec` does: /sys
 * shows the devices of the network namespace, and each file of /etc/netns/NAME stands in the place of the one in /etc. Nothing of it is
 * seen outside; what is mounted or unmounted outside is seen inside. For threads that end, or that become a child: there is no way back.
 */
void mountsForNetns(const std::string& name);

/**
 * Changes the working directory of the calling thread, for one that has its own since mountsForNetns. Where the path leads nowhere in its
 * mounts, it is the directory itself in which the process is.
 */
void followDirectory(const std::string& path);

}  // namespace netlane

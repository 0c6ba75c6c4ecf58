#pragma once

#include "arguments.h"

namespace netlane {

/** Classic BPF for what a socket receives: struct sock_filter, one after the other; none detaches the filter, if there is one. */
void setSocketFilter(int socket, const Bytes& program);

}  // namespace netlane

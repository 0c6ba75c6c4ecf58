#pragma once

namespace netlane {

/**
 * Makes libuv start the threads of its pool now, once for the process. They inherit the namespace of the thread that starts them, which
 * is whichever uses the pool first: had that entered a namespace before, fs and dns of the whole process would run there for ever.
 */
void startPool();

}  // namespace netlane

#include "pool.h"

#include <uv.h>

#include <mutex>

#include "error.h"

namespace netlane {
namespace {

/** A loop of its own, so that the request outlives no environment. */
class ShortLoop {
 public:
  ShortLoop() {
    const int failed = uv_loop_init(&loop_);
    if (failed != 0) throw SystemFailure("uv_loop_init", -failed);
  }
  ~ShortLoop() { uv_loop_close(&loop_); }
  ShortLoop(const ShortLoop&) = delete;
  ShortLoop& operator=(const ShortLoop&) = delete;

  uv_loop_t* get() { return &loop_; }

 private:
  uv_loop_t loop_;
};

}  // namespace

void startPool() {
  static std::once_flag started;
  std::call_once(started, [] {
    ShortLoop loop;
    uv_work_t request;
    // All threads run when this returns. The request itself is not wanted: a pool that is busy already would be waited for.
    const int failed = uv_queue_work(
        loop.get(), &request, [](uv_work_t*) {}, [](uv_work_t*, int) {});
    if (failed != 0) throw SystemFailure("uv_queue_work", -failed);
    uv_cancel(reinterpret_cast<uv_req_t*>(&request));
    uv_run(loop.get(), UV_RUN_DEFAULT);
  });
}

}  // namespace netlane

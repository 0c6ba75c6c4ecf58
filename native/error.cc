#include "error.h"

#include <uv.h>

#include <new>
#include <system_error>

namespace netlane {
namespace {

/** In Node's words: "ENOENT: no such file or directory, open '/run/netns/blue'". */
std::string sentence(const SystemFailure& failure) {
  char name[32];
  char text[128];
  std::string message = uv_err_name_r(-failure.error(), name, sizeof name);
  message.append(": ").append(uv_strerror_r(-failure.error(), text, sizeof text)).append(", ").append(failure.syscall());
  if (!failure.path().empty()) message.append(" '").append(failure.path()).append("'");
  return message;
}

Napi::Error describe(Napi::Env env, const SystemFailure& failure) {
  Napi::Error error = Napi::Error::New(env, sentence(failure));
  error.Set("errno", Napi::Number::New(env, -failure.error()));
  error.Set("syscall", Napi::String::New(env, failure.syscall()));
  if (!failure.path().empty()) error.Set("path", Napi::String::New(env, failure.path()));
  return error;
}

}  // namespace

Napi::Error toJavaScript(Napi::Env env, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const NotNamespace& notNamespace) {
    Napi::Error error = describe(env, notNamespace);
    error.Set("notNamespace", Napi::Boolean::New(env, true));
    return error;
  } catch (const SystemFailure& system) {
    return describe(env, system);
  } catch (const ArgumentFailure& argument) {
    return Napi::TypeError::New(env, argument.what());
  } catch (const std::bad_alloc&) {
    return describe(env, SystemFailure("malloc", ENOMEM));
  } catch (const std::system_error& thread) {
    // The standard library throws these for std::thread alone here.
    return describe(env, SystemFailure("pthread_create", thread.code().value()));
  } catch (const std::exception& other) {
    return Napi::Error::New(env, other.what());
  }
}

}  // namespace netlane

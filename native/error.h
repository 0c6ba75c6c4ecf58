#pragma once

#include <napi.h>

#include <cerrno>
#include <exception>
#include <string>
#include <utility>

namespace netlane {

/** A system call that failed. Code that talks to the kernel throws it and knows nothing of JavaScript. */
class SystemFailure : public std::exception {
 public:
  explicit SystemFailure(const char* syscall, int error = errno, std::string path = {})
      : syscall_(syscall), error_(error), path_(std::move(path)) {}

  const char* syscall() const noexcept { return syscall_; }
  /** Positive. */
  int error() const noexcept { return error_; }
  const std::string& path() const noexcept { return path_; }
  const char* what() const noexcept override { return syscall_; }

 private:
  const char* syscall_;
  int error_;
  std::string path_;
};

/** What was opened, or given, is no network namespace. */
class NotNamespace : public SystemFailure {
 public:
  explicit NotNamespace(std::string path = {}) : SystemFailure("setns", EINVAL, std::move(path)) {}
};

/** An argument that would be unsafe to use. TypeScript has validated: this is a mistake inside netlane. */
class ArgumentFailure : public std::exception {
 public:
  explicit ArgumentFailure(const char* text) : text_(text) {}
  const char* what() const noexcept override { return text_; }

 private:
  const char* text_;
};

/** The one place where a failure becomes a JavaScript error. */
Napi::Error toJavaScript(Napi::Env env, const std::exception_ptr& failure);

/** Runs `body`; what it throws becomes a pending JavaScript exception. */
template <typename Body>
Napi::Value guarded(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (...) {
    toJavaScript(env, std::current_exception()).ThrowAsJavaScriptException();
    return env.Undefined();
  }
}

}  // namespace netlane

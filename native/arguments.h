#pragma once

#include <napi.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "error.h"

/*
 * Arguments as native code takes them: a wrong type throws before anything was done. Nothing is converted: conversions can run JavaScript,
 * and all that can run JavaScript fails, with an empty value, from the moment on when another thread ends this one's environment.
 */
namespace netlane {

inline double numberArgument(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Value value = info[index];
  if (!value.IsNumber()) throw ArgumentFailure("a number was expected");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (std::trunc(number) != number) throw ArgumentFailure("an integer was expected");
  return number;
}

template <typename Integer>
Integer integerArgument(const Napi::CallbackInfo& info, size_t index) {
  const double number = numberArgument(info, index);
  if (number < static_cast<double>(std::numeric_limits<Integer>::min()) ||
      number > static_cast<double>(std::numeric_limits<Integer>::max())) {
    throw ArgumentFailure("an integer of 32 bits was expected");
  }
  return static_cast<Integer>(number);
}

inline int intArgument(const Napi::CallbackInfo& info, size_t index) {
  return integerArgument<int32_t>(info, index);
}
inline uint32_t unsignedArgument(const Napi::CallbackInfo& info, size_t index) {
  return integerArgument<uint32_t>(info, index);
}

inline bool booleanArgument(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Value value = info[index];
  if (!value.IsBoolean()) throw ArgumentFailure("a boolean was expected");
  return value.As<Napi::Boolean>().Value();
}

/** Never with a NUL inside, which would end the path early. */
inline std::string pathArgument(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Value value = info[index];
  if (!value.IsString()) throw ArgumentFailure("a string was expected");
  std::string path = value.As<Napi::String>().Utf8Value();
  if (path.find('\0') != std::string::npos) throw ArgumentFailure("a string without NUL was expected");
  return path;
}

struct Bytes {
  void* data;
  size_t length;
};

/** Good for this call only: the buffer can be transferred away right after it. */
inline Bytes bytesArgument(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Value value = info[index];
  if (!value.IsTypedArray()) throw ArgumentFailure("a Uint8Array was expected");
  auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

inline Napi::Function functionArgument(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Value value = info[index];
  if (!value.IsFunction()) throw ArgumentFailure("a function was expected");
  return value.As<Napi::Function>();
}

}  // namespace netlane

// Reading of JavaScript arguments, with every length checked before native code touches the memory.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "elements.h"
#include "flush-denormals.h"

namespace crucible {

/**
 * Arguments of one call. Typed arrays are read in place; a pointer is good until the call returns.
 * A wrong type or a too short array throws, and `entry` turns that into a JavaScript error.
 */
class Args {
 public:
  Args(napi_env env, napi_callback_info info) : env_(env), count_(kMaxArguments) {
    napi_get_cb_info(env, info, &count_, values_, nullptr, nullptr);
    if (count_ > kMaxArguments) throw std::invalid_argument("too many arguments");
  }

  napi_env env() const { return env_; }

  double number(size_t index) const {
    double value = 0;
    if (index >= count_ || napi_get_value_double(env_, values_[index], &value) != napi_ok) fail(index, "a number");
    return value;
  }

  int64_t integer(size_t index) const { return static_cast<int64_t>(number(index)); }

  /** Float32Array of at least `length` elements. */
  float* floats(size_t index, int64_t length) const {
    return static_cast<float*>(array(index, napi_float32_array, length, "a Float32Array"));
  }

  /** As `floats`, or null if the argument is null or undefined. */
  float* floatsOrNull(size_t index, int64_t length) const { return isNull(index) ? nullptr : floats(index, length); }

  /** Uint16Array of at least `length` bf16 elements. */
  Bf16* bf16(size_t index, int64_t length) const {
    return static_cast<Bf16*>(array(index, napi_uint16_array, length, "a Uint16Array"));
  }

  /** Float32Array or, for `Bf16`, Uint16Array of at least `length` elements. */
  template <class T>
  T* elements(size_t index, int64_t length) const {
    if constexpr (std::is_same_v<T, Bf16>) return bf16(index, length);
    else return floats(index, length);
  }

  /** As `elements`, or null if the argument is null or undefined. */
  template <class T>
  T* elementsOrNull(size_t index, int64_t length) const {
    return isNull(index) ? nullptr : elements<T>(index, length);
  }

  /** True if the argument is a Uint16Array, which holds bf16. */
  bool isBf16(size_t index) const {
    napi_typedarray_type type;
    return index < count_ &&
           napi_get_typedarray_info(env_, values_[index], &type, nullptr, nullptr, nullptr, nullptr) == napi_ok &&
           type == napi_uint16_array;
  }

  /** Int32Array of at least `length` elements. */
  int32_t* ints(size_t index, int64_t length) const {
    return static_cast<int32_t*>(array(index, napi_int32_array, length, "an Int32Array"));
  }

  /** Float64Array of at least `length` elements. */
  double* doubles(size_t index, int64_t length) const {
    return static_cast<double*>(array(index, napi_float64_array, length, "a Float64Array"));
  }

  /** Uint8Array of at least `length` elements. */
  uint8_t* bytes(size_t index, int64_t length) const {
    return static_cast<uint8_t*>(array(index, napi_uint8_array, length, "a Uint8Array"));
  }

  /** Length of the typed array at `index`. */
  int64_t length(size_t index) const {
    size_t length = 0;
    if (index >= count_ || napi_get_typedarray_info(env_, values_[index], nullptr, &length, nullptr, nullptr, nullptr) != napi_ok) {
      fail(index, "a typed array");
    }
    return static_cast<int64_t>(length);
  }

  /** Number of elements of the plain array at `index`. */
  uint32_t listLength(size_t index) const {
    uint32_t length = 0;
    if (index >= count_ || napi_get_array_length(env_, values_[index], &length) != napi_ok) fail(index, "an array");
    return length;
  }

  /** Element `item` of the plain array at `index`: a Float32Array of `length` elements, or of any if `length` < 0. */
  float* listFloats(size_t index, uint32_t item, int64_t length, int64_t* actual = nullptr) const {
    napi_value element;
    if (napi_get_element(env_, values_[index], item, &element) != napi_ok) fail(index, "an array");
    return static_cast<float*>(data(element, napi_float32_array, length, index, "an array of Float32Array", actual));
  }

  bool isNull(size_t index) const {
    if (index >= count_) return true;
    napi_valuetype type;
    napi_typeof(env_, values_[index], &type);
    return type == napi_undefined || type == napi_null;
  }

  napi_value toNumber(double value) const {
    napi_value result;
    napi_create_double(env_, value, &result);
    return result;
  }

 private:
  static constexpr size_t kMaxArguments = 20;

  [[noreturn]] void fail(size_t index, const char* expected) const {
    throw std::invalid_argument("argument " + std::to_string(index) + " must be " + expected);
  }

  void* array(size_t index, napi_typedarray_type type, int64_t length, const char* expected) const {
    if (index >= count_) fail(index, expected);
    return data(values_[index], type, length, index, expected, nullptr);
  }

  void* data(napi_value value, napi_typedarray_type type, int64_t length, size_t index, const char* expected,
             int64_t* actualLength) const {
    napi_typedarray_type actualType;
    size_t actual = 0;
    void* pointer = nullptr;
    const auto status = napi_get_typedarray_info(env_, value, &actualType, &actual, &pointer, nullptr, nullptr);
    if (status != napi_ok || actualType != type) fail(index, expected);
    if (static_cast<int64_t>(actual) < length) {
      throw std::invalid_argument("argument " + std::to_string(index) + " has " + std::to_string(actual) +
                                  " elements, needs " + std::to_string(length));
    }
    if (actualLength != nullptr) *actualLength = static_cast<int64_t>(actual);
    return pointer;
  }

  napi_env env_;
  napi_value values_[kMaxArguments];
  size_t count_;
};

/** Calls `body` with a value of the element type, `float` or `Bf16`, of the typed array at `index`. */
template <class Body>
void withElements(const Args& args, size_t index, Body body) {
  if (args.isBf16(index)) body(Bf16{});
  else body(float{});
}

/** The callback for a native function: denormals are zero in it, exceptions of any kind become JavaScript errors. */
template <napi_value (*Function)(const Args&)>
napi_value entry(napi_env env, napi_callback_info info) {
  const FlushDenormals flushed;
  try {
    return Function(Args(env, info));
  } catch (const std::exception& error) {
    napi_throw_error(env, "native", error.what());
  } catch (...) {
    napi_throw_error(env, "native", "unknown native exception");
  }
  return nullptr;
}

/** The addon's exports object while it is being filled. */
class Exports {
 public:
  Exports(napi_env env, napi_value object) : env_(env), object_(object) {}

  void add(const char* name, napi_callback callback) {
    napi_value function;
    napi_create_function(env_, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env_, object_, name, function);
  }

 private:
  napi_env env_;
  napi_value object_;
};

}  // namespace crucible

// Elements of tensors as loops see them: float, or bf16 that is widened when read and rounded when written.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace crucible {

/** The upper half of a float: 8 bits of exponent, 7 of fraction. */
struct Bf16 {
  uint16_t bits;
};

inline float load(const float* from, int64_t at) { return from[at]; }
inline float load(const Bf16* from, int64_t at) {
  return __builtin_bit_cast(float, static_cast<uint32_t>(from[at].bits) << 16);
}

inline void store(float* to, int64_t at, float value) { to[at] = value; }
/** Rounds to nearest, ties to even. A NaN that arithmetic makes has no low bits set and so stays one. */
inline void store(Bf16* to, int64_t at, float value) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, value);
  to[at].bits = static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/** Eight floats in one register. */
typedef float Float8 __attribute__((vector_size(32)));
typedef uint32_t Word8 __attribute__((vector_size(32)));
typedef uint16_t Half8 __attribute__((vector_size(16)));

inline Float8 load8(const float* from) {
  Float8 value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline Float8 load8(const Bf16* from) {
  Half8 halves;
  std::memcpy(&halves, from, sizeof halves);
  return reinterpret_cast<Float8>(__builtin_convertvector(halves, Word8) << 16);
}

inline void store8(float* to, Float8 value) { std::memcpy(to, &value, sizeof value); }

inline void store8(Bf16* to, Float8 value) {
  const Word8 bits = reinterpret_cast<Word8>(value);
  const Half8 halves = __builtin_convertvector((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16, Half8);
  std::memcpy(to, &halves, sizeof halves);
}

/** As `store8`, past the caches; `to` lies at a multiple of eight elements of an aligned array. */
inline void stream8(float* to, Float8 value) { _mm256_stream_ps(to, reinterpret_cast<__m256>(value)); }

inline void stream8(Bf16* to, Float8 value) {
  __m128i halves;
  store8(reinterpret_cast<Bf16*>(&halves), value);
  _mm_stream_si128(reinterpret_cast<__m128i*>(to), halves);
}

/**
 * Bytes from which a result is written past the caches: whoever reads it next finds little of it in the nearest cache
 * anyway, and an ordinary write first reads what it overwrites.
 */
constexpr int64_t kStreamBytes = int64_t{3} << 20;

/** True if `count` elements at `to`, in runs that begin at multiples of `grain` elements, should be streamed. */
template <class T>
bool shouldStream(const T* to, int64_t count, int64_t grain) {
  return count * static_cast<int64_t>(sizeof(T)) >= kStreamBytes && grain % 8 == 0 &&
         reinterpret_cast<uintptr_t>(to) % (8 * sizeof(T)) == 0;
}

/** Ends streaming of a thread: its writes come before all that follow. */
inline void endStream() { _mm_sfence(); }

}  // namespace crucible

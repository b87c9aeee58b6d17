// Standard normals of a counter-based stream: Philox4x32-10 and Box-Muller, bit for bit as `packages/methods/src/random`.
#include <immintrin.h>

#include <cstring>

#include "../kernels.h"
#include "../parallel.h"

// A fused multiply-add rounds once where JavaScript rounds twice.
#if defined(__clang__)
#pragma clang fp contract(off)
#else
#pragma GCC optimize("fp-contract=off")
#endif

namespace crucible {
namespace {

constexpr int kRounds = 10;
/** Blocks of four words that are made together, so that each step of them is a few vector instructions. */
constexpr int kLanes = 8;
constexpr int kPerBlock = 4;

constexpr int kTableBits = 10;
constexpr int kTableSize = 1 << kTableBits;
constexpr int kAngleLowBits = 32 - kTableBits;
constexpr double kPi = 3.141592653589793;
constexpr double kLn2 = 0.6931471805599453;

/** Tables of `gaussian-pair.ts`, made there: the logarithms and cosines of two libraries need not agree to the last bit. */
struct Tables {
  const double *cosine, *sine, *reciprocal, *logarithm;
};

struct Position {
  uint64_t block;
  uint32_t upper[2], key[2];
};

struct Products {
  __m256i low, high;
};

/** Both halves of eight 32-bit products. */
inline Products multiply(__m256i a, __m256i factor) {
  const __m256i even = _mm256_mul_epu32(a, factor), odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), factor);
  return {_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa),
          _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa)};
}

/** Words `w[0..3][lane]` of the eight blocks `first + lane`. */
inline void philox(uint64_t first, const Position& position, uint32_t w[4][kLanes]) {
  uint32_t low[8], high[8];
  for (int lane = 0; lane < 8; ++lane) {
    low[lane] = static_cast<uint32_t>(first + static_cast<uint64_t>(lane));
    high[lane] = static_cast<uint32_t>((first + static_cast<uint64_t>(lane)) >> 32);
  }
  const auto broadcast = [](uint32_t word) { return _mm256_set1_epi32(static_cast<int>(word)); };
  __m256i c0 = _mm256_loadu_si256(reinterpret_cast<__m256i*>(low));
  __m256i c1 = _mm256_loadu_si256(reinterpret_cast<__m256i*>(high));
  __m256i c2 = broadcast(position.upper[0]), c3 = broadcast(position.upper[1]);
  uint32_t k0 = position.key[0], k1 = position.key[1];
  for (int round = 0; round < kRounds; ++round) {
    const Products a = multiply(c0, broadcast(0xd2511f53u)), b = multiply(c2, broadcast(0xcd9e8d57u));
    c0 = _mm256_xor_si256(_mm256_xor_si256(b.high, c1), broadcast(k0));
    c1 = b.low;
    c2 = _mm256_xor_si256(_mm256_xor_si256(a.high, c3), broadcast(k1));
    c3 = a.low;
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  const __m256i words[4] = {c0, c1, c2, c3};
  for (int i = 0; i < 4; ++i) _mm256_storeu_si256(reinterpret_cast<__m256i*>(w[i]), words[i]);
}

/** Unsigned integers below 2^52 as doubles: the bits behind those of 2^52. */
inline __m256d toDouble(__m256i value) {
  const __m256d offset = _mm256_set1_pd(4503599627370496.0);
  return _mm256_castsi256_pd(_mm256_or_si256(value, _mm256_castpd_si256(offset))) - offset;
}

inline __m256d lookUp(const double* table, __m128i index) {
  const __m256d every = _mm256_castsi256_pd(_mm256_set1_epi64x(-1));
  return _mm256_mask_i32gather_pd(_mm256_setzero_pd(), table, index, every, sizeof(double));
}

/** Two normals of each of four lanes from a word for the radius and one for the angle; steps as in `gaussian-pair.ts`. */
inline void gaussianPairs(const Tables& tables, const uint32_t* radii, const uint32_t* angles, float* first,
                          float* second) {
  const __m128i word = _mm_loadu_si128(reinterpret_cast<const __m128i*>(radii));
  const __m128i angle = _mm_loadu_si128(reinterpret_cast<const __m128i*>(angles));
  const __m256i bits = _mm256_castpd_si256(toDouble(_mm256_cvtepu32_epi64(word)) + 0.5);
  const __m256d exponent = toDouble(_mm256_srli_epi64(bits, 52)) - 1023.0;
  const __m256d mantissa = _mm256_castsi256_pd(
      _mm256_or_si256(_mm256_and_si256(bits, _mm256_set1_epi64x(0x000fffffffffffff)), _mm256_set1_epi64x(0x3ff0000000000000)));
  const __m128i slice = _mm256_cvttpd_epi32((mantissa - 1.0) * static_cast<double>(kTableSize));
  const __m256d middle = 1.0 + (_mm256_cvtepi32_pd(slice) + 0.5) * (1.0 / kTableSize);
  const __m256d r = (mantissa - middle) * lookUp(tables.reciprocal, slice);
  const __m256d log1p = r * (1.0 - r * (1.0 / 2 - r * (1.0 / 3 - r * (1.0 / 4 - r * (1.0 / 5)))));
  const __m256d negativeLog =
      (32.0 - exponent) * kLn2 - lookUp(tables.logarithm, slice) - log1p;
  const __m256d radius = _mm256_sqrt_pd(2.0 * _mm256_max_pd(negativeLog, _mm256_setzero_pd()));

  const __m128i step = _mm_srli_epi32(angle, kAngleLowBits);
  const __m256d d =
      _mm256_cvtepi32_pd(_mm_and_si128(angle, _mm_set1_epi32((1 << kAngleLowBits) - 1))) * ((2 * kPi) / 4294967296.0);
  const __m256d d2 = d * d;
  const __m256d sineOfD = d * (1.0 - d2 * (1.0 / 6 - d2 * (1.0 / 120)));
  const __m256d cosineOfD = 1.0 - d2 * (1.0 / 2 - d2 * (1.0 / 24 - d2 * (1.0 / 720)));
  const __m256d c = lookUp(tables.cosine, step), s = lookUp(tables.sine, step);
  _mm_storeu_ps(first, _mm256_cvtpd_ps(radius * (c * cosineOfD - s * sineOfD)));
  _mm_storeu_ps(second, _mm256_cvtpd_ps(radius * (s * cosineOfD + c * sineOfD)));
}

/** Blocks `begin` to `end` after `position`, four numbers each. */
void fill(const Tables& tables, const Position& position, int64_t begin, int64_t end, float* out) {
  uint32_t words[4][kLanes];
  float normals[kPerBlock][kLanes];
  for (int64_t block = begin; block < end; block += kLanes) {
    philox(position.block + static_cast<uint64_t>(block), position, words);
    for (int lane = 0; lane < kLanes; lane += 4) {
      gaussianPairs(tables, words[0] + lane, words[1] + lane, normals[0] + lane, normals[1] + lane);
      gaussianPairs(tables, words[2] + lane, words[3] + lane, normals[2] + lane, normals[3] + lane);
    }
    const int count = static_cast<int>(std::min<int64_t>(kLanes, end - block));
    float* to = out + kPerBlock * block;
    for (int lane = 0; lane < count; ++lane)
      for (int i = 0; i < kPerBlock; ++i) to[kPerBlock * lane + i] = normals[i][lane];
  }
}

/**
 * normalBlocks(out, position, tables)
 *
 * Fills `out`, a whole number of blocks, from the block at `position` on: counter, lowest word first, then key.
 * `tables`: cosine, sine, middle, reciprocal, logarithm, 1024 each. The position stays as it is.
 */
napi_value normalBlocks(const Args& args) {
  const int64_t size = args.length(0);
  if (size % kPerBlock != 0) throw std::invalid_argument("out must hold a whole number of blocks of four");
  float* out = args.floats(0, size);
  uint32_t words[6];
  std::memcpy(words, args.ints(1, 6), sizeof words);
  const double* table = args.doubles(2, 5 * kTableSize);
  const Tables tables = {table, table + kTableSize, table + 3 * kTableSize, table + 4 * kTableSize};
  const Position position = {words[0] | (static_cast<uint64_t>(words[1]) << 32), {words[2], words[3]}, {words[4], words[5]}};
  parallelRanges(size / kPerBlock, kLanes, size,
                 [&](int64_t begin, int64_t end, int) { fill(tables, position, begin, end, out); });
  return nullptr;
}

}  // namespace

void registerNormal(Exports& exports) { exports.add("normalBlocks", entry<normalBlocks>); }

}  // namespace crucible

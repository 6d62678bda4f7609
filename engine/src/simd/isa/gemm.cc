// The micro-kernels of matrix products: a tile of C stays in registers while A and B stream by.
//
// A is read in place and broadcast; B is packed, so that its loads are whole vectors one after the
// other. Every loop over the accumulators is unrolled: else the compiler keeps them in memory.
#include "simd/isa/levels.h"
#include "simd/isa/vector.h"

namespace tsx::engine::simd::TSX_LEVEL {
namespace {

#if defined(__AVX512F__)
constexpr std::size_t kRows = 14, kVectors = 2;
#elif defined(__AVX2__)
constexpr std::size_t kRows = 6, kVectors = 2;
#elif defined(__aarch64__)
constexpr std::size_t kRows = 8, kVectors = 3;
#else
constexpr std::size_t kRows = 4, kVectors = 2;
#endif
#define TSX_UNROLL _Pragma("GCC unroll 16")

template <typename T, std::size_t R> struct Sums {
  Vector<T> at[R][kVectors];
};

template <typename T> constexpr std::size_t kWidth = kVectors * kLanes<T>; // of a tile

/// `rows` rows of `columns` elements in rows of a tile's width, with zeros behind. A `stride` of 0
/// is one row for all.
template <typename T>
[[gnu::noinline]] void pad(T* to, const T* from, std::size_t stride, std::size_t rows,
                           std::size_t columns) {
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t i = 0; i < kWidth<T>; ++i)
      to[r * kWidth<T> + i] = i < columns ? from[r * stride + i] : T(0);
  }
}

template <typename T>
[[gnu::noinline]] void unpad(T* to, std::size_t stride, const T* from, std::size_t rows,
                             std::size_t columns) {
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t i = 0; i < columns; ++i)
      to[r * stride + i] = from[r * kWidth<T> + i];
  }
}

template <typename T, std::size_t R> inline void start(Sums<T, R>& sums, const T* c,
                                                       std::size_t c_stride, std::size_t columns,
                                                       const Epilogue& epilogue) {
  using V = Vector<T>;
  const auto* bias = static_cast<const T*>(epilogue.bias);
  if (epilogue.start == Epilogue::Start::kZero) {
    TSX_UNROLL for (std::size_t r = 0; r < R; ++r) {
      TSX_UNROLL for (std::size_t v = 0; v < kVectors; ++v) sums.at[r][v] = V{};
    }
  } else if (epilogue.start == Epilogue::Start::kRowBias) {
    TSX_UNROLL for (std::size_t r = 0; r < R; ++r) {
      TSX_UNROLL for (std::size_t v = 0; v < kVectors; ++v) sums.at[r][v] = splat<V>(bias[r]);
    }
  } else {
    const bool is_bias = epilogue.start == Epilogue::Start::kColumnBias;
    const T* from = is_bias ? bias : c;
    std::size_t stride = is_bias ? 0 : c_stride;
    T padded[R * kWidth<T>];
    if (columns != kWidth<T>) {
      pad(padded, from, stride, R, columns);
      from = padded;
      stride = kWidth<T>;
    }
    TSX_UNROLL for (std::size_t r = 0; r < R; ++r) {
      TSX_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
        sums.at[r][v] = load<V>(from + r * stride + v * kLanes<T>);
      }
    }
  }
}

template <typename T, std::size_t R>
inline void finish(const Sums<T, R>& sums, T* c, std::size_t c_stride, std::size_t columns) {
  const bool is_full = columns == kWidth<T>;
  T padded[R * kWidth<T>];
  T* const to = is_full ? c : padded;
  const std::size_t stride = is_full ? c_stride : kWidth<T>;
  TSX_UNROLL for (std::size_t r = 0; r < R; ++r) {
    TSX_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
      store(to + r * stride + v * kLanes<T>, sums.at[r][v]);
    }
  }
  if (!is_full) unpad(c, c_stride, padded, R, columns);
}

template <typename T, std::size_t R> void tile(const void* a_, std::size_t a_stride, const void* b_,
                                               std::size_t depth, void* c_, std::size_t c_stride,
                                               std::size_t columns, const Epilogue& epilogue) {
  using V = Vector<T>;
  constexpr std::size_t kLane = kLanes<T>;
  const auto* a = static_cast<const T*>(a_);
  const auto* b = static_cast<const T*>(b_);
  auto* c = static_cast<T*>(c_);
  Sums<T, R> sums;
  start<T, R>(sums, c, c_stride, columns, epilogue);
  for (std::size_t k = 0; k < depth; ++k) {
    V row[kVectors];
    TSX_UNROLL for (std::size_t v = 0; v < kVectors; ++v) row[v] = load<V>(b + v * kLane);
    TSX_UNROLL for (std::size_t r = 0; r < R; ++r) {
      const V factor = splat<V>(a[r * a_stride + k]);
      TSX_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
        sums.at[r][v] = fma(factor, row[v], sums.at[r][v]);
      }
    }
    b += kWidth<T>;
  }
  finish<T, R>(sums, c, c_stride, columns);
}

template <typename T, std::size_t R> struct Fill {
  static void into(Gemm& gemm) {
    gemm.tile[R] = tile<T, R>;
    Fill<T, R - 1>::into(gemm);
  }
};
template <typename T> struct Fill<T, 0> {
  static void into(Gemm&) {}
};

template <typename T> void fill(Gemm& gemm) {
  gemm.rows = kRows;
  gemm.columns = kWidth<T>;
  Fill<T, kRows>::into(gemm);
}

} // namespace

void fill_gemm(Table& table) {
  fill<float>(table.gemm_f32);
  fill<double>(table.gemm_f64);
}

} // namespace tsx::engine::simd::TSX_LEVEL

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

/// `columns` elements in a vector's worth of memory.
template <typename T> struct Padded {
  T at[kVectors * kLanes<T>];
  Padded(const T* from, std::size_t columns) : at{} {
    for (std::size_t i = 0; i < columns; ++i)
      at[i] = from[i];
  }
};

template <typename T, std::size_t R> inline void start(Sums<T, R>& sums, const T* c,
                                                       std::size_t c_stride, std::size_t columns,
                                                       const Epilogue& epilogue) {
  using V = Vector<T>;
  constexpr std::size_t kLane = kLanes<T>;
  const auto* bias = static_cast<const T*>(epilogue.bias);
  if (epilogue.start == Epilogue::Start::kZero) {
    TSX_UNROLL for (std::size_t r = 0; r < R; ++r) {
      TSX_UNROLL for (std::size_t v = 0; v < kVectors; ++v) sums.at[r][v] = V{};
    }
  } else if (epilogue.start == Epilogue::Start::kRowBias) {
    TSX_UNROLL for (std::size_t r = 0; r < R; ++r) {
      TSX_UNROLL for (std::size_t v = 0; v < kVectors; ++v) sums.at[r][v] = splat<V>(bias[r]);
    }
  } else if (epilogue.start == Epilogue::Start::kColumnBias) {
    const Padded<T> row(bias, columns);
    TSX_UNROLL for (std::size_t r = 0; r < R; ++r) {
      TSX_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
        sums.at[r][v] = load<V>(row.at + v * kLane);
      }
    }
  } else {
    TSX_UNROLL for (std::size_t r = 0; r < R; ++r) {
      const Padded<T> row(c + r * c_stride, columns);
      TSX_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
        sums.at[r][v] = load<V>(row.at + v * kLane);
      }
    }
  }
}

template <typename T, std::size_t R>
inline void finish(const Sums<T, R>& sums, T* c, std::size_t c_stride, std::size_t columns) {
  constexpr std::size_t kLane = kLanes<T>;
  if (columns == kVectors * kLane) {
    TSX_UNROLL for (std::size_t r = 0; r < R; ++r) {
      TSX_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
        store(c + r * c_stride + v * kLane, sums.at[r][v]);
      }
    }
    return;
  }
  TSX_UNROLL for (std::size_t r = 0; r < R; ++r) {
    T row[kVectors * kLane];
    TSX_UNROLL for (std::size_t v = 0; v < kVectors; ++v) store(row + v * kLane, sums.at[r][v]);
    for (std::size_t i = 0; i < columns; ++i)
      c[r * c_stride + i] = row[i];
  }
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
    b += kVectors * kLane;
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
  gemm.columns = kVectors * kLanes<T>;
  Fill<T, kRows>::into(gemm);
}

} // namespace

void fill_gemm(Table& table) {
  fill<float>(table.gemm_f32);
  fill<double>(table.gemm_f64);
}

} // namespace tsx::engine::simd::TSX_LEVEL

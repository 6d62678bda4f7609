#include "kernels/gemm.h"

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/refusal.h"
#include "threads/pool.h"

namespace tsx::engine {
namespace {

constexpr std::size_t kBlockBytes = 256 * 1024; // of packed B: what a second-level cache holds
constexpr std::size_t kParallelWork = 1 << 16;  // multiplications for which threads pay
constexpr std::size_t kPlainWidth = 8;          // of panels of types without micro-kernels

template <typename T> constexpr bool kHasTiles = std::is_floating_point_v<T>;

template <typename T> const simd::Gemm& tiles() {
  return std::is_same_v<T, float> ? simd::table().gemm_f32 : simd::table().gemm_f64;
}

template <typename T> std::size_t panel_width() {
  if constexpr (kHasTiles<T>) {
    return tiles<T>().columns;
  } else {
    return kPlainWidth;
  }
}

/// x * y added to a sum; integers wrap.
std::int64_t added(std::int64_t sum, std::int64_t x, std::int64_t y) {
  const std::uint64_t product = static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(y);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) + product);
}
template <typename T> T added(T sum, T x, T y) {
  if constexpr (std::is_floating_point_v<T>) {
    return sum + x * y;
  } else {
    return {sum.real() + (x.real() * y.real() - x.imag() * y.imag()),
            sum.imag() + (x.real() * y.imag() + x.imag() * y.real())};
  }
}

template <typename T> void plain_tile(const Product<T>& p, const T* b, std::size_t row,
                                      std::size_t column, std::size_t columns) {
  const T* const a = p.a + row * p.a_stride;
  T* const c = p.c + row * p.c_stride + column;
  for (std::size_t j = 0; j < columns; ++j) {
    T sum{};
    if (p.start == Epilogue::Start::kKeep) sum = c[j];
    if (p.start == Epilogue::Start::kRowBias) sum = p.bias[row];
    if (p.start == Epilogue::Start::kColumnBias) sum = p.bias[column + j];
    for (std::size_t k = 0; k < p.depth; ++k)
      sum = added(sum, a[k], b[k * kPlainWidth + j]);
    c[j] = sum;
  }
}

template <typename T> void one_tile(const Product<T>& p, const T* b, std::size_t row,
                                    std::size_t rows, std::size_t column, std::size_t columns) {
  if constexpr (kHasTiles<T>) {
    Epilogue epilogue;
    epilogue.start = p.start;
    if (p.start == Epilogue::Start::kRowBias) epilogue.bias = p.bias + row;
    if (p.start == Epilogue::Start::kColumnBias) epilogue.bias = p.bias + column;
    tiles<T>().tile[rows](p.a + row * p.a_stride, p.a_stride, b, p.depth,
                          p.c + row * p.c_stride + column, p.c_stride, columns, epilogue);
  } else {
    for (std::size_t r = 0; r < rows; ++r)
      plain_tile(p, b, row + r, column, columns);
  }
}

/// Rows in tiles as even as can be: 49 rows in tiles of up to 14 are 13, 12, 12, 12.
struct RowTiles {
  std::size_t begin, rows, count;

  RowTiles(std::size_t from, std::size_t to, std::size_t most)
      : begin(from), rows(to - from), count((to - from + most - 1) / most) {}
  std::size_t start(std::size_t i) const {
    return begin + rows / count * i + std::min(i, rows % count);
  }
  std::size_t size(std::size_t i) const { return rows / count + (i < rows % count ? 1 : 0); }
};

template <typename T> T* panel_memory(std::size_t count) {
  thread_local std::vector<std::byte> memory;
  const std::size_t bytes = count * sizeof(T) + Storage::kAlignment;
  if (memory.size() < bytes) memory.resize(bytes);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  const std::size_t skip =
      (Storage::kAlignment - address % Storage::kAlignment) % Storage::kAlignment;
  return reinterpret_cast<T*>(memory.data() + skip);
}

/// Rows `from` … `to` of the panels `first` … `last`: packs a block of panels, then runs all rows
/// over it.
template <typename T> void block(const Product<T>& p, const Packer<T>& b, std::size_t from,
                                 std::size_t to, std::size_t first, std::size_t last) {
  const std::size_t width = panel_width<T>(), size = p.depth * width;
  const std::size_t most =
      std::max<std::size_t>(kBlockBytes / std::max<std::size_t>(size * sizeof(T), 1), 1);
  std::size_t most_rows = 4;
  if constexpr (kHasTiles<T>) most_rows = tiles<T>().rows;
  const RowTiles rows(from, to, most_rows);
  T* const memory = panel_memory<T>(std::min(most, last - first) * size);
  for (std::size_t start = first; start < last; start += most) {
    const std::size_t end = std::min(last, start + most);
    for (std::size_t panel = start; panel < end; ++panel) {
      const std::size_t column = panel * width;
      b.pack(memory + (panel - start) * size, column, std::min(width, p.columns - column), width);
    }
    for (std::size_t i = 0; i < rows.count; ++i) {
      for (std::size_t panel = start; panel < end; ++panel) {
        const std::size_t column = panel * width;
        one_tile(p, memory + (panel - start) * size, rows.start(i), rows.size(i), column,
                 std::min(width, p.columns - column));
      }
    }
  }
}

template <typename T> class MatrixPacker final : public Packer<T> {
 public:
  MatrixPacker(const Matrix<T>& matrix, std::size_t depth) : matrix_(matrix), depth_(depth) {}

  void pack(T* to, std::size_t first, std::size_t count, std::size_t width) const override {
    const T* const from = matrix_.data + static_cast<std::int64_t>(first) * matrix_.column;
    if (count < width) std::fill_n(to, depth_ * width, T{});
    if (matrix_.column == 1) {
      for (std::size_t k = 0; k < depth_; ++k) {
        std::copy_n(from + static_cast<std::int64_t>(k) * matrix_.row, count, to + k * width);
      }
      return;
    }
    // Columns lie apart: some rows at a time, so that what is written stays in the cache.
    constexpr std::size_t kRows = 32;
    for (std::size_t start = 0; start < depth_; start += kRows) {
      const std::size_t end = std::min(depth_, start + kRows);
      for (std::size_t j = 0; j < count; ++j) {
        const T* const column = from + static_cast<std::int64_t>(j) * matrix_.column;
        for (std::size_t k = start; k < end; ++k) {
          to[k * width + j] = column[static_cast<std::int64_t>(k) * matrix_.row];
        }
      }
    }
  }

 private:
  Matrix<T> matrix_;
  std::size_t depth_;
};

/// One or two rows times columns that lie in memory as rows: dot products need no packing.
bool multiply_by_dots(const Product<float>& p, const Matrix<float>& b) {
  if (p.rows == 0 || p.rows > 2 || b.row != 1 || p.depth == 0) return false;
  const std::size_t grain = std::max<std::size_t>(kParallelWork / (p.depth * p.rows), 1);
  threads::parallel(p.columns, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t j = begin; j < end; ++j) {
      const float* const column = b.data + static_cast<std::int64_t>(j) * b.column;
      for (std::size_t i = 0; i < p.rows; ++i) {
        float& c = p.c[i * p.c_stride + j];
        float start = 0;
        if (p.start == Epilogue::Start::kKeep) start = c;
        if (p.start == Epilogue::Start::kRowBias) start = p.bias[i];
        if (p.start == Epilogue::Start::kColumnBias) start = p.bias[j];
        c = start + simd::table().row_dot(p.a + i * p.a_stride, column, p.depth);
      }
    }
  });
  return true;
}

} // namespace

template <typename T> void multiply(const Product<T>& p, const Packer<T>& b) {
  if (p.rows == 0 || p.columns == 0) return;
  const std::size_t width = panel_width<T>(), panels = (p.columns + width - 1) / width;
  const std::size_t work = p.rows * width * std::max<std::size_t>(p.depth, 1); // of a panel
  if (panels >= threads::count() || p.rows < 2 * threads::count()) {
    threads::parallel(panels, kParallelWork / work + 1, [&](std::size_t begin, std::size_t end) {
      block(p, b, 0, p.rows, begin, end);
    });
    return;
  }
  const std::size_t row_work = width * panels * std::max<std::size_t>(p.depth, 1);
  threads::parallel(p.rows, kParallelWork / row_work + 1, [&](std::size_t begin, std::size_t end) {
    block(p, b, begin, end, 0, panels);
  });
}

template <typename T> void multiply(const Product<T>& p, const Matrix<T>& b) {
  if constexpr (std::is_same_v<T, float>) {
    if (multiply_by_dots(p, b)) return;
  }
  multiply(p, static_cast<const Packer<T>&>(MatrixPacker<T>(b, p.depth)));
}

template void multiply(const Product<float>&, const Packer<float>&);
template void multiply(const Product<double>&, const Packer<double>&);
template void multiply(const Product<std::int64_t>&, const Packer<std::int64_t>&);
template void multiply(const Product<std::complex<double>>&, const Packer<std::complex<double>>&);
template void multiply(const Product<float>&, const Matrix<float>&);
template void multiply(const Product<double>&, const Matrix<double>&);
template void multiply(const Product<std::int64_t>&, const Matrix<std::int64_t>&);
template void multiply(const Product<std::complex<double>>&, const Matrix<std::complex<double>>&);

DType product_dtype(DType dtype) {
  switch (dtype) {
  case DType::kFloat64:
    return dtype;
  case DType::kFloat16:
  case DType::kBFloat16:
  case DType::kFloat32:
    return DType::kFloat32;
  case DType::kComplex64:
  case DType::kComplex128:
    return DType::kComplex128;
  default:
    break;
  }
  if (!is_integer(dtype)) refuse("expected numbers, got " + std::string(name(dtype)));
  return DType::kInt64;
}

DType need_same_dtype(Span<const Tensor* const> tensors) {
  for (const Tensor* tensor : tensors) {
    if (tensor->dtype() != tensors[0]->dtype()) {
      refuse_as("TSX4054", "needs operands of one dtype, got " + std::string(name(tensors[0]->dtype())) +
                               " and " + std::string(name(tensor->dtype())));
    }
  }
  return tensors[0]->dtype();
}

} // namespace tsx::engine

// Every level that this processor runs gives what the baseline gives: exactly where arithmetic is
// exact, closely where sums are fused.
#include <cmath>
#include <string>
#include <vector>

#include "simd/table.h"
#include "test.h"

using tsx::engine::simd::Epilogue;
using tsx::engine::simd::Gemm;
using tsx::engine::simd::Table;

TEST("the picked level is one that the processor runs") {
  const auto levels = tsx::engine::simd::levels();
  CHECK(levels.count >= 1);
  bool is_known = false;
  for (std::size_t i = 0; i < levels.count; ++i) {
    is_known = is_known || std::string(levels.names[i]) == tsx::engine::simd::table().name;
  }
  CHECK(is_known);
}

#ifdef __aarch64__
TEST("64-bit Arm takes NEON") {
  CHECK_EQUAL(std::string(tsx::engine::simd::table().name), std::string("neon"));
}
#endif

TEST("a tile of any number of rows and columns is A times B plus its start") {
  const Gemm& gemm = tsx::engine::simd::table().gemm_f32;
  const std::size_t depth = 5;
  for (std::size_t rows = 1; rows <= gemm.rows; ++rows) {
    for (const std::size_t columns : {std::size_t{1}, gemm.columns - 1, gemm.columns}) {
      std::vector<float> a(rows * depth), b(depth * gemm.columns), bias(gemm.columns),
          c(rows * columns, 7.0f);
      for (std::size_t i = 0; i < a.size(); ++i)
        a[i] = static_cast<float>(i % 7) - 3.0f;
      for (std::size_t i = 0; i < b.size(); ++i)
        b[i] = static_cast<float>(i % 5) - 2.0f;
      for (std::size_t i = 0; i < bias.size(); ++i)
        bias[i] = static_cast<float>(i);
      Epilogue epilogue;
      epilogue.start = Epilogue::Start::kColumnBias;
      epilogue.bias = bias.data();
      gemm.tile[rows](a.data(), depth, b.data(), depth, c.data(), columns, columns, epilogue);
      bool is_right = true;
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t j = 0; j < columns; ++j) {
          float sum = bias[j]; // small integers: exact in any order
          for (std::size_t k = 0; k < depth; ++k)
            sum += a[r * depth + k] * b[k * gemm.columns + j];
          is_right = is_right && c[r * columns + j] == sum;
        }
      }
      CHECK(is_right);
    }
  }
}

TEST("rows of any length: the largest element, the sum, and softmax's exponentials") {
  const Table& table = tsx::engine::simd::table();
  for (std::size_t count = 1; count < 70; ++count) {
    std::vector<float> x(count), y(count);
    double sum = 0, total = 0;
    for (std::size_t i = 0; i < count; ++i) {
      x[i] = static_cast<float>((i * 37) % 11) - 5.0f;
      sum += static_cast<double>(x[i]);
      total += std::exp(static_cast<double>(x[i]) - 5.0);
    }
    float most = x[0];
    for (const float value : x)
      most = value > most ? value : most;
    CHECK_EQUAL(table.row_max(x.data(), count), most);
    CHECK_EQUAL(table.row_sum(x.data(), count), sum);
    CHECK(std::abs(table.row_exp(y.data(), x.data(), 5.0f, count) - total) < 1e-6 * total);
    x[count / 2] = std::nanf("");
    CHECK(std::isnan(table.row_max(x.data(), count)));
  }
}

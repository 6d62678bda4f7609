#include "kernels/rows.h"

#include <cmath>
#include <string>

#include "base/error.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "simd/table.h"
#include "tile/run.h"

namespace tsx::engine {

DType float_work(DType dtype) {
  if (!is_float(dtype)) refuse("expected a floating-point tensor, got " + std::string(name(dtype)));
  return dtype == DType::kFloat64 ? dtype : DType::kFloat32;
}

Rows rows_over(const TensorRef& tensor, const Axes& axes, DType dtype) {
  Rows rows;
  Dims order;
  for (std::size_t i = 0; i < tensor->rank(); ++i) {
    rows.kept_ones.push_back(axes[i] ? 1 : tensor->size(i));
    if (axes[i]) {
      rows.width *= tensor->size(i);
    } else {
      rows.kept.push_back(tensor->size(i));
      rows.count *= tensor->size(i);
      order.push_back(static_cast<std::int64_t>(i));
    }
  }
  for (std::size_t i = 0; i < tensor->rank(); ++i) {
    if (axes[i]) order.push_back(static_cast<std::int64_t>(i));
  }
  rows.tensor = plain(permute(*tensor, order), dtype);
  return rows;
}

TensorRef axes_back(const TensorRef& rows, const Axes& axes, std::size_t rank) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rank; ++i)
    kept += axes[i] ? 0 : 1;
  Dims order;
  std::size_t front = 0, back = kept;
  for (std::size_t i = 0; i < rank; ++i)
    order.push_back(static_cast<std::int64_t>(axes[i] ? back++ : front++));
  return permute(*rows, order);
}

float row_max(const float* x, std::size_t count) { return simd::table().row_max(x, count); }
double row_max(const double* x, std::size_t count) {
  double most = -INFINITY;
  for (std::size_t i = 0; i < count; ++i)
    most = x[i] > most || std::isnan(x[i]) ? x[i] : most;
  return most;
}

double row_sum(const float* x, std::size_t count) { return simd::table().row_sum(x, count); }
double row_sum(const double* x, std::size_t count) {
  double sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (std::size_t j = 0; j < 4; ++j)
      sums[j] += x[i + j];
  }
  for (; i < count; ++i)
    sums[0] += x[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double row_square_sum(const float* x, float mean, std::size_t count) {
  return simd::table().row_square_sum(x, mean, count);
}
double row_square_sum(const double* x, double mean, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += (x[i] - mean) * (x[i] - mean);
  return sum;
}

double row_exp(float* to, const float* x, float shift, std::size_t count) {
  return simd::table().row_exp(to, x, shift, count);
}
double row_exp(double* to, const double* x, double shift, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += to[i] = std::exp(x[i] - shift);
  return sum;
}

void row_affine(float* to, const float* x, float factor, float offset, std::size_t count) {
  simd::table().row_affine(to, x, factor, offset, count);
}
void row_affine(double* to, const double* x, double factor, double offset, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    to[i] = x[i] * factor + offset;
}

void row_normal(float* to, const float* x, float mean, float scale, const float* weight,
                const float* bias, std::size_t count) {
  simd::table().row_normal(to, x, mean, scale, weight, bias, count);
}
void row_normal(double* to, const double* x, double mean, double scale, const double* weight,
                const double* bias, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    double v = (x[i] - mean) * scale;
    if (weight != nullptr) v *= weight[i];
    if (bias != nullptr) v += bias[i];
    to[i] = v;
  }
}

} // namespace tsx::engine

// Rows: a tensor seen as [outer][size][inner] around one axis, with the axis moved to the end when
// a kernel wants its elements one after the other.
#pragma once

#include "core/call.h"

namespace tsx::engine {

/// The dtype that half precision is computed in: float32; float32 and float64 are themselves.
/// Refuses what isn't a float.
DType float_work(DType dtype);

/// The tensor with `axes` last, row-major in `dtype`: rows of `width` elements; `kept` are the
/// other sizes.
struct Rows {
  TensorRef tensor;
  std::int64_t count = 1, width = 1;
  Dims kept;      // sizes of the other dimensions, in order
  Dims kept_ones; // all sizes, with 1 for the axes
};
struct Axes;
Rows rows_over(const TensorRef& tensor, const Axes& axes, DType dtype);
/// A tensor shaped as `rows` (axes last), with its axes back in place.
TensorRef axes_back(const TensorRef& rows, const Axes& axes, std::size_t rank);

/// Calls visit(T{}) for float32 or float64.
template <typename Visit> void for_float(DType dtype, Visit visit) {
  return dtype == DType::kFloat64 ? visit(double{}) : visit(float{});
}

// The row functions of simd/table.h, for float64 too.
float row_max(const float* x, std::size_t count);
double row_max(const double* x, std::size_t count);
double row_sum(const float* x, std::size_t count);
double row_sum(const double* x, std::size_t count);
double row_square_sum(const float* x, float mean, std::size_t count);
double row_square_sum(const double* x, double mean, std::size_t count);
double row_exp(float* to, const float* x, float shift, std::size_t count);
double row_exp(double* to, const double* x, double shift, std::size_t count);
void row_affine(float* to, const float* x, float factor, float offset, std::size_t count);
void row_affine(double* to, const double* x, double factor, double offset, std::size_t count);
void row_normal(float* to, const float* x, float mean, float scale, const float* weight,
                const float* bias, std::size_t count);
void row_normal(double* to, const double* x, double mean, double scale, const double* weight,
                const double* bias, std::size_t count);

} // namespace tsx::engine

// Mirrors tsx/ops/ranges.py: arange, linspace, eye, triangles.
#include <cmath>

#include "base/error.h"
#include "kernels/creation.h"
#include "kernels/elementwise.h"
#include "kernels/support.h"
#include "tile/promote.h"

namespace tsx::engine {
namespace {

bool is_whole(const Value& value) { return value.is(Tag::kInt) || value.is(Tag::kBool); }

std::int64_t whole(const Value& value) {
  if (value.is(Tag::kInt)) return value.integer();
  if (value.is(Tag::kBool)) return value.boolean();
  const double real = value.real();
  if (!(std::abs(real) < 9.2e18)) refuse("expected numbers that an integer can hold");
  return static_cast<std::int64_t>(real);
}

double real(const Value& value) {
  if (value.is(Tag::kFloat)) return value.real();
  if (is_whole(value)) return static_cast<double>(whole(value));
  refuse("expected real numbers");
}

Size whole_count(std::int64_t start, std::int64_t end, std::int64_t step) {
  if (step == 0) refuse("expected a step other than 0");
  if (step > 0 ? end <= start : end >= start) return 0;
  const std::uint64_t span =
      step > 0 ? static_cast<std::uint64_t>(end) - static_cast<std::uint64_t>(start)
               : static_cast<std::uint64_t>(start) - static_cast<std::uint64_t>(end);
  const std::uint64_t width =
      step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  return Size::of((span - 1) / width + 1);
}

TensorRef ranged(const Value& start, const Value& end, const Value& step,
                 std::optional<DType> wanted) {
  const bool all_whole = is_whole(start) && is_whole(end) && is_whole(step);
  const DType dtype = wanted.value_or(all_whole ? DType::kInt64 : DType::kFloat32);
  const double span = (real(end) - real(start)) * real(step);
  if (real(step) == 0 || span < 0 || std::isnan(span)) {
    refuse("expected a step that leads from start to end");
  }
  Size count;
  if (all_whole || dtype == DType::kInt64) {
    count = whole_count(whole(start), whole(end), whole(step));
  } else {
    const double steps = std::ceil((real(end) - real(start)) / real(step));
    if (!(steps < 9e15)) throw failure("TSX5020", {{"op", "aten::arange"}});
    count = static_cast<std::int64_t>(std::max(steps, 0.0));
  }
  if (count > Size(Storage::kMaxBytes)) throw failure("TSX5020", {{"op", "aten::arange"}});
  if (is_integer(dtype) || all_whole) {
    const TensorRef made = Tensor::empty(DType::kInt64, {count.value()});
    auto* const values = made->mutable_data<std::int64_t>();
    const auto first = static_cast<std::uint64_t>(whole(start)),
               by = static_cast<std::uint64_t>(whole(step));
    for (std::size_t i = 0; i < count.count(); ++i)
      values[i] = static_cast<std::int64_t>(first + i * by);
    return tile::cast(made, dtype);
  }
  const TensorRef made = Tensor::empty(DType::kFloat64, {count.value()});
  auto* const values = made->mutable_data<double>();
  for (std::size_t i = 0; i < count.count(); ++i)
    values[i] = real(start) + static_cast<double>(i) * real(step);
  return tile::cast(made, dtype);
}

void arange_kernel(Call& call) {
  call.give(
      ranged(Value(std::int64_t{0}), call[0], Value(std::int64_t{1}), call.optional_dtype(1)));
}
void arange_start_kernel(Call& call) {
  call.give(ranged(call[0], call[1], Value(std::int64_t{1}), call.optional_dtype(2)));
}
void arange_step_kernel(Call& call) {
  call.give(ranged(call[0], call[1], call[2], call.optional_dtype(3)));
}

// --- linspace and logspace -----------------------------------------------------------------------

TensorRef end_of(const Value& value) {
  if (!value.is(Tag::kTensor)) return exact_scalar(value);
  if (value.tensor().rank() != 0) refuse("expected 0-dim start and end");
  return value.tensor_ref();
}

/// Evenly spaced values, both ends exact: counted from the nearer end.
template <typename T> void space(T first, T last, std::int64_t steps, T* values) {
  const T step = (last - first) / static_cast<T>(std::max<std::int64_t>(steps - 1, 1));
  for (std::int64_t i = 0; i < steps; ++i) {
    values[i] = i < steps / 2 ? first + step * static_cast<T>(i)
                              : last - step * static_cast<T>(steps - 1 - i);
  }
}

template <> void space(std::complex<double> first, std::complex<double> last, std::int64_t steps,
                       std::complex<double>* values) {
  const std::complex<double> step =
      (last - first) / static_cast<double>(std::max<std::int64_t>(steps - 1, 1));
  for (std::int64_t i = 0; i < steps; ++i) {
    values[i] = i < steps / 2 ? first + step * static_cast<double>(i)
                              : last - step * static_cast<double>(steps - 1 - i);
  }
}

template <typename T>
TensorRef spaced_as(const TensorRef& start, const TensorRef& end, std::int64_t steps, DType work) {
  const T first = *plain(start, work)->data<T>(), last = *plain(end, work)->data<T>();
  const TensorRef made = Tensor::empty(work, {steps});
  if (steps == 1) {
    *made->mutable_data<T>() = first;
  } else {
    space(first, last, steps, made->mutable_data<T>());
  }
  return made;
}

TensorRef spaced(TensorRef start, TensorRef end, std::int64_t steps, DType dtype) {
  if (steps < 0) refuse("expected 0 steps or more, got " + std::to_string(steps));
  if (is_complex(dtype)) {
    return tile::cast(spaced_as<std::complex<double>>(start, end, steps, DType::kComplex128),
                      dtype);
  }
  if (is_integer(dtype)) {
    start = tile::cast(start, dtype);
    end = tile::cast(end, dtype);
  }
  const bool is_single = tile::opmath(dtype) == DType::kFloat32 && !is_integer(dtype);
  return tile::cast(is_single ? spaced_as<float>(start, end, steps, DType::kFloat32)
                              : spaced_as<double>(start, end, steps, DType::kFloat64),
                    dtype);
}

DType spaced_dtype(const TensorRef& start, const TensorRef& end, std::optional<DType> wanted) {
  const bool any_complex = is_complex(start->dtype()) || is_complex(end->dtype());
  return wanted.value_or(any_complex ? DType::kComplex64 : DType::kFloat32);
}

void linspace_kernel(Call& call) {
  const TensorRef start = end_of(call[0]), end = end_of(call[1]);
  call.give(spaced(start, end, call.integer(2), spaced_dtype(start, end, call.optional_dtype(3))));
}

void logspace_kernel(Call& call) {
  TensorRef start = end_of(call[0]), end = end_of(call[1]);
  const DType dtype = spaced_dtype(start, end, call.optional_dtype(4));
  if (call.integer(2) > 1) { // torch rounds the ends to the dtype, but not a single start
    start = tile::cast(start, dtype);
    end = tile::cast(end, dtype);
  }
  const TensorRef exponents =
      spaced(start, end, call.integer(2), is_complex(dtype) ? dtype : DType::kFloat64);
  call.give(
      tile::cast(evaluate("aten::pow.Scalar", {Value(call.real(3)), Value(exponents)}), dtype));
}

// --- matrices ------------------------------------------------------------------------------------

TensorRef eye(std::int64_t rows, std::int64_t columns, DType dtype) {
  need_sizes(Dims{rows, columns});
  const TensorRef made = Tensor::zeros(DType::kBool, {rows, columns});
  auto* const values = made->mutable_data<std::uint8_t>();
  for (std::int64_t i = 0; i < std::min(rows, columns); ++i)
    values[i * (columns + 1)] = 1;
  return tile::cast(made, dtype);
}

void eye_kernel(Call& call) {
  call.give(
      eye(call.integer(0), call.integer(0), call.optional_dtype(1).value_or(DType::kFloat32)));
}
void eye_m_kernel(Call& call) {
  call.give(
      eye(call.integer(0), call.integer(1), call.optional_dtype(2).value_or(DType::kFloat32)));
}

template <bool is_lower> void triangle_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  if (x->rank() < 2)
    refuse("expected a tensor of 2 dimensions or more, got " + text_of(x->sizes()));
  const TensorRef result = copy(*x);
  const std::int64_t rows = x->size(x->rank() - 2), columns = x->size(x->rank() - 1);
  if (result->count() == 0) return call.give(result);
  const std::int64_t diagonal = std::clamp(call.integer(1), -rows, columns);
  for_item_size(x->item_size(), [&](auto zero) {
    auto* row = result->mutable_data<decltype(zero)>();
    for (std::int64_t i = 0; i < result->count() / columns; ++i, row += columns) {
      const std::int64_t edge = i % rows + diagonal;
      for (std::int64_t j = 0; j < columns; ++j) {
        if (is_lower ? j > edge : j < edge) row[j] = zero;
      }
    }
  });
  call.give(result);
}

/// How many elements of a matrix lie on or below the diagonal: rows of one more each, then full ones.
std::int64_t lower_count(std::int64_t rows, std::int64_t columns, std::int64_t offset) {
  const std::int64_t begin = std::clamp<std::int64_t>(-offset, 0, rows);
  const std::int64_t full = std::clamp<std::int64_t>(columns - offset - 1, begin, rows);
  const std::int64_t growing = full - begin, ends = 2 * (offset + begin + 1) + growing - 1;
  const std::int64_t partial = growing % 2 ? growing * (ends / 2) : growing / 2 * ends;
  return partial + (rows - full) * columns;
}

template <bool is_lower> void triangle_indices_kernel(Call& call) {
  const std::int64_t rows = call.integer(0), columns = call.integer(1);
  need_sizes(Dims{rows, columns});
  const DType dtype = call.optional_dtype(3).value_or(DType::kInt64);
  if (rows == 0 || columns == 0) return call.give(tile::cast(Tensor::empty(DType::kInt64, {2, 0}), dtype));
  static_cast<void>(Size(rows) * Size(columns) * Size(2 * sizeof(std::int64_t)));  // throws beyond 63 bits
  const std::int64_t offset = std::clamp<std::int64_t>(call.integer(2), -rows - 1, columns + 1);
  const std::int64_t count = is_lower ? lower_count(rows, columns, offset)
                                      : rows * columns - lower_count(rows, columns, offset - 1);
  const TensorRef made = Tensor::empty(DType::kInt64, {2, count});
  auto* places = made->mutable_data<std::int64_t>();
  // From the first row that has an element to where all are named.
  for (std::int64_t i = is_lower ? std::max<std::int64_t>(-offset, 0) : 0, at = 0; at < count; ++i) {
    const std::int64_t from = is_lower ? 0 : std::clamp<std::int64_t>(offset + i, 0, columns);
    const std::int64_t to = is_lower ? std::clamp<std::int64_t>(offset + i + 1, 0, columns) : columns;
    for (std::int64_t j = from; j < to; ++j, ++at) {
      places[at] = i;
      places[count + at] = j;
    }
  }
  call.give(tile::cast(made, dtype));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(ranges) {
  registry.add("aten::arange", arange_kernel);
  registry.add("aten::arange.start", arange_start_kernel);
  registry.add("aten::arange.start_step", arange_step_kernel);
  registry.add("aten::linspace", linspace_kernel);
  registry.add("aten::linspace.Tensor_Tensor", linspace_kernel);
  registry.add("aten::linspace.Tensor_Scalar", linspace_kernel);
  registry.add("aten::linspace.Scalar_Tensor", linspace_kernel);
  registry.add("aten::logspace", logspace_kernel);
  registry.add("aten::logspace.Tensor_Tensor", logspace_kernel);
  registry.add("aten::logspace.Tensor_Scalar", logspace_kernel);
  registry.add("aten::logspace.Scalar_Tensor", logspace_kernel);
  registry.add("aten::eye", eye_kernel);
  registry.add("aten::eye.m", eye_m_kernel);
  registry.add("aten::tril", triangle_kernel<true>);
  registry.add("aten::triu", triangle_kernel<false>);
  registry.add("aten::tril_", stored<triangle_kernel<true>>);
  registry.add("aten::triu_", stored<triangle_kernel<false>>);
  registry.add("aten::tril_indices", triangle_indices_kernel<true>);
  registry.add("aten::triu_indices", triangle_indices_kernel<false>);
}

// Tensors from a rule, as tsx/ops/ranges.py.
#include <cmath>
#include <cstdlib>

#include "rules/factory.h"

namespace tsx::engine::rules {
namespace {

__extension__ typedef __int128 Wide;  // holds every difference of two ints

constexpr double kHigh = 9223372036854775808.0;  // 2^63, above every int64

bool is_real(const Abstract& value) {
  return value.known_int() || value.is(Abstract::Kind::kFloat);
}

double as_double(const Abstract& value) {
  return value.known_int() ? static_cast<double>(*value.known_int()) : value.as_real();
}

/// The int, or the float without its fraction; nothing where 64 bits can't hold it.
std::optional<std::int64_t> whole(const Abstract& value) {
  if (value.known_int()) return value.known_int();
  if (!(value.as_real() >= -kHigh && value.as_real() < kHigh)) return std::nullopt;
  return static_cast<std::int64_t>(value.as_real());
}

[[noreturn]] void no_step(std::string_view found) {
  mismatch("arange", "a step other than 0", found);
}

/// How many elements arange gives, of three numbers that are known.
Dim count_of(const Abstract& start, const Abstract& end, const Abstract& step, DType dtype) {
  const bool are_ints = start.known_int() && end.known_int() && step.known_int();
  if (dtype == DType::kInt64 || are_ints) {
    const auto from = whole(start), to = whole(end), by = whole(step);
    if (by == 0) no_step("0");
    return from && to && by ? range_count(*from, *to, *by) : Dim();
  }
  const bool are_whole = start.known_int() && end.known_int();
  const double gap =
      are_whole ? static_cast<double>(Wide{*end.known_int()} - *start.known_int())
                : as_double(end) - as_double(start);
  const double count = std::ceil(gap / as_double(step));
  if (!std::isfinite(count) || count >= kHigh) return {};
  return Dim::known(count > 0 ? static_cast<std::int64_t>(count) : 0);
}

Dim range_size(const Abstract& start, const Abstract& end, const Abstract& step,
               std::optional<DType> dtype) {
  if (is_known(start) && is_known(end) && is_known(step)) {
    const bool are_numbers = is_real(start) && is_real(end) && is_real(step);
    const bool is_told = are_numbers && as_double(step) != 0 && std::isfinite(as_double(start)) &&
                         std::isfinite(as_double(end)) && std::isfinite(as_double(step));
    return is_told && dtype ? count_of(start, end, step, *dtype) : Dim();
  }
  const std::optional<std::int64_t> by = step.known_int();
  if (!by || *by == 0 || *by == INT64_MIN) return {};
  const Dim first = start.as_dim(), last = end.as_dim();
  const Dim length = *by > 0 ? last - first : first - last;
  if (!is_at_least(length, 0)) return {};
  return floor_div(length + (std::abs(*by) - 1), std::abs(*by));
}

Abstract ranged(const Operands& in, const Abstract& start, const Abstract& end,
                const Abstract& step) {
  if (is_real(step) && as_double(step) == 0) no_step(to_text(step));
  std::optional<DType> natural = DType::kInt64;
  for (const Abstract& value : {start, end, step}) {
    const std::optional<DType> dtype = dtype_of_value(value);
    if (!natural || !dtype) {
      natural = std::nullopt;
    } else if (*dtype != DType::kInt64 && *dtype != DType::kBool) {
      natural = DType::kFloat32;
    }
  }
  const std::optional<DType> dtype = dtype_or(in, natural);
  return in.tensor(dtype, Shape{range_size(start, end, step, dtype)});
}

Abstract spaced(const Operands& in) {
  const Abstract& steps = in[2];
  if (steps.known_int() && *steps.known_int() < 0)
    mismatch("linspace", "0 steps or more", to_text(steps));
  const std::optional<DType> ends[] = {dtype_of_value(in[0]), dtype_of_value(in[1])};
  const bool is_complex_end = (ends[0] && is_complex(*ends[0])) || (ends[1] && is_complex(*ends[1]));
  std::optional<DType> natural;
  if (is_complex_end) {
    natural = DType::kComplex64;
  } else if (ends[0] && ends[1]) {
    natural = DType::kFloat32;
  }
  return in.tensor(dtype_or(in, natural), Shape{steps.as_dim()});
}

}  // namespace

Dim range_count(std::int64_t start, std::int64_t end, std::int64_t step) {
  const Wide gap = Wide{end} - start;
  if (gap == 0 || (gap < 0) != (step < 0)) return Dim::known(0);
  const Wide size = gap < 0 ? -gap : gap, stride = step < 0 ? -Wide{step} : Wide{step};
  const Wide count = (size + stride - 1) / stride;
  return count > INT64_MAX ? Dim() : Dim::known(static_cast<std::int64_t>(count));
}

}  // namespace tsx::engine::rules

TSX_RULE(ranges_arange_rule) {
  return ranged(in, Abstract::integer(0), in[0], Abstract::integer(1));
}
TSX_RULE(ranges_arange_start_rule) { return ranged(in, in[0], in[1], Abstract::integer(1)); }
TSX_RULE(ranges_arange_step_rule) { return ranged(in, in[0], in[1], in[2]); }

TSX_RULE(ranges_linspace_rule) { return spaced(in); }
TSX_RULE(ranges_logspace_rule) { return spaced(in); }

TSX_RULE(ranges_eye_rule) {
  return in.tensor(dtype_or(in, DType::kFloat32), Shape{in[0].as_dim(), in[0].as_dim()});
}
TSX_RULE(ranges_eye_m_rule) {
  return in.tensor(dtype_or(in, DType::kFloat32), Shape{in[0].as_dim(), in[1].as_dim()});
}

TSX_RULE(ranges_triangle_rule) {
  const std::optional<Shape>& shape = in.shape(0);
  if (shape && shape->size() < 2) {
    mismatch("tril and triu", "a tensor of 2 dimensions or more",
                   std::to_string(shape->size()));
  }
  return Abstract(&in.type(0));
}

TSX_RULE(ranges_tril_indices_rule) {
  return in.tensor(dtype_or(in, DType::kInt64), Shape{Dim::known(2), Dim()});
}

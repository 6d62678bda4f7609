#include "rules/nn.h"

#include <algorithm>
#include <utility>

namespace tsx::engine::rules {

// --- shapes -------------------------------------------------------------------------------------

Shape part(const Shape& shape, std::size_t from, std::size_t to) {
  Shape taken;
  for (std::size_t i = from; i < std::min(to, shape.size()); ++i)
    taken.push_back(shape[i]);
  return taken;
}

Shape joined(Shape first, const Shape& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

bool misfits(const Shape& found, const Shape& wanted) {
  if (found.size() != wanted.size()) return true;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (differ(found[i], wanted[i])) return true;
  return false;
}

bool has_zero(const Shape& shape, std::size_t from) {
  for (std::size_t i = from; i < shape.size(); ++i)
    if (shape[i] == Dim::known(0)) return true;
  return false;
}

// --- dtypes and numbers ---------------------------------------------------------------------------

namespace {

bool is_half(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBFloat16; }

/// Where the digit of an operator's name stands.
std::size_t digit_in(std::string_view kind) { return kind.find_first_of("123"); }

}  // namespace

std::optional<DType> compute_dtype(std::optional<DType> dtype) {
  return dtype && is_half(*dtype) ? std::optional(DType::kFloat32) : dtype;
}

std::optional<DType> statistics_dtype(const Operands& in,
                                      std::initializer_list<std::size_t> terms) {
  const std::optional<DType> dtype = in.dtype(0);
  if (!dtype || !is_half(*dtype)) return dtype;
  for (const std::size_t term : terms)
    if (in.dtype(term) == DType::kFloat32) return DType::kFloat32;
  return dtype;
}

std::optional<double> known_real(const Abstract& value) {
  if (value.is(Abstract::Kind::kFloat)) return value.as_real();
  if (!value.known_int()) return std::nullopt;
  return static_cast<double>(*value.known_int());
}

void wrong_dtype(std::string_view op, std::string_view expected, DType found) {
  throw failure("TSX4056",
                {{"op", op}, {"expected", expected}, {"found", tsx::engine::name(found)}});
}

std::size_t spatial_dims(const Operands& in) {
  const std::string_view kind = in.op().kind();
  const std::size_t at = digit_in(kind);
  return at == std::string_view::npos ? 0 : static_cast<std::size_t>(kind[at] - '0');
}

std::string_view spatial_name(const Operands& in) {
  const std::string_view base = in.base();
  const std::size_t first = base[0] == '_' ? 1 : 0;
  return base.substr(first, digit_in(base) + 2 - first);
}

void unequal(std::string_view op, std::string_view expected, const Shape& left, const Shape& right) {
  throw failure("TSX4050", {{"op", op},
                            {"expected", expected},
                             {"left", shape_text(left)},
                             {"right", shape_text(right)}});
}

}  // namespace tsx::engine::rules

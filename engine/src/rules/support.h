// What rules share, as tsx/ops/abstract.py, nn_rules.py and reduce_rules.py have it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule.h"

namespace tsx::engine::rules {

/// How long a list or a string may get whose contents a rule names.
constexpr std::int64_t kMostKnown = 1 << 16;

struct Mismatch {
  [[noreturn]] void operator()(std::string_view op, std::string_view expected,
                               std::string_view found) const;
};
/// Throws the error of a rule: what the operator needs and what it was given (TSX4005). An object, for of two
/// functions std::mismatch would be the better match where two operands are plain literals.
inline constexpr Mismatch mismatch;
/// TSX4055: much the same, for a kernel's plan.
[[noreturn]] void unfit(std::string_view op, std::string_view expected, std::string_view found);

/// "[2, s0, *]".
std::string shape_text(const Shape& shape);
std::string list_text(const std::vector<std::int64_t>& values);

/// An `int[]` operand as sizes; nothing when its length is unknown. With `count`, one int or a list of
/// one stands for so many.
std::optional<Shape> dims_of(const Abstract& value, std::optional<std::size_t> count = {});
/// A list or tuple of ints that are all known (Python's [int(v) for v in value]); nothing otherwise.
std::optional<std::vector<std::int64_t>> known_ints(const Abstract& value);
/// All sizes as ints, or nothing when one is not known.
std::optional<std::vector<std::int64_t>> concrete(const Shape& sizes);

/// A `ScalarType?` operand as a dtype: `fallback` for None, nothing when unknown.
std::optional<DType> dtype_arg(const Abstract& value, std::optional<DType> fallback);

/// A dimension counted from the front; `extra` allows places past the end (unsqueeze, stack). Nothing
/// when it or the rank is unknown. A 0-dim tensor takes -1 and 0.
std::optional<std::size_t> wrap_dim(std::string_view op, const Abstract& dim,
                                    std::optional<std::size_t> rank, std::size_t extra = 0);
/// The rank of a shape, if it is known.
inline std::optional<std::size_t> rank_of(const std::optional<Shape>& shape) {
  return shape ? std::optional<std::size_t>(shape->size()) : std::nullopt;
}

/// The size that two sizes broadcast to.
Dim broadcast_dim(std::string_view op, const Dim& a, const Dim& b);
/// The shape that all broadcast to; nothing when any rank is unknown.
std::optional<Shape> broadcast(std::string_view op,
                               const std::vector<std::optional<Shape>>& shapes);
/// The number of elements; unknown when any size is (0 when one is known to be 0).
Dim numel(const std::optional<Shape>& shape);

/// Whether two sizes are known to differ for every binding of their symbols.
bool differ(const Dim& a, const Dim& b);
/// The better known of two sizes that must be equal.
Dim either(const Dim& a, const Dim& b);
/// The dtype that all tensor operands at `places` must share; unknown ones don't count.
std::optional<DType> one_dtype(const Operands& in, std::string_view op,
                               std::initializer_list<std::size_t> places);
/// The same of all operands.
std::optional<DType> one_dtype(const Operands& in, std::string_view op);
/// The same of tensors that have these dtypes.
std::optional<DType> one_dtype(std::string_view op,
                               const std::vector<std::optional<DType>>& dtypes);
/// The shape of a tensor whose rank must be one of `ranks`; nothing when it is unknown.
const std::optional<Shape>& need_rank(const Operands& in, std::string_view op, std::size_t place,
                                      std::initializer_list<std::size_t> ranks,
                                      std::string_view what);

// --- reductions ---------------------------------------------------------------------------------

/// The sizes left after reducing `dim` (an int, several, or None and [] for all).
std::optional<Shape> reduced_shape(std::string_view op, const std::optional<Shape>& shape,
                                   const Abstract& dim, const Abstract& keepdim);
/// Sums and products of bools and integers are int64.
std::optional<DType> sum_dtype(std::optional<DType> dtype);
/// Refuses integers and bools.
std::optional<DType> need_float(std::string_view op, std::optional<DType> dtype);
/// Of a real dtype itself; of a complex one that of its parts.
std::optional<DType> real_dtype(std::optional<DType> dtype);

/// int, float, bool or complex: what a number is, known or not; Any for what is none.
TypeKind number_type(const Abstract& value);
/// A tensor's dtype, or the one that a number counts as; nothing for a Scalar of which only that is known.
std::optional<DType> dtype_of_value(const Abstract& value);

/// The dtype that torch computes these in together, as tsx/ops/promote.py's result_type: numbers count
/// less than tensors, None is skipped; nothing when it can't be known yet.
std::optional<DType> result_type(const std::vector<Abstract>& values);

}  // namespace tsx::engine::rules

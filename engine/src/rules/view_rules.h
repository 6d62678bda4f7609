// What the rules of views share with those of splitting, joining and tiling, as tsx/ops/view_rules.py.
#pragma once

#include <optional>

#include "rules/geometry.h"

namespace tsx::engine::rules {

/// The operand as it is, of which nothing is known where it is no tensor.
inline Abstract same(const Operands& in, std::size_t place) { return Abstract(&in.type(place)); }
/// A tensor of `rank` sizes that aren't known.
inline Abstract ranked(const Operands& in, std::optional<DType> dtype, std::size_t rank) {
  return in.tensor(dtype, Shape(rank));
}
/// A list of tensors of unknown length.
Abstract unknown_list(const Operands& in, std::optional<DType> dtype,
                      std::optional<Shape> shape = {});

/// One dimension made of those from `start` to `end`.
Abstract flattened(const Operands& in, const Type& x, const Abstract& start, const Abstract& end);
Abstract selected(const Operands& in, const Type& x, const Abstract& dim, const Abstract& index);
Abstract sliced(const Operands& in, const Type& x, const Abstract& dim, const Abstract& start,
                const Abstract& end, const Abstract& step);
Abstract diagonal_of(const Operands& in, const Type& x, const Abstract& offset,
                     const Abstract& dim1, const Abstract& dim2);

}  // namespace tsx::engine::rules

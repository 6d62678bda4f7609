#include "rules/geometry.h"

#include <algorithm>
#include <utility>

namespace tsx::engine::rules {
namespace {

constexpr std::int64_t kNoEnd = INT64_MAX;  // what Python writes for an open end of a slice

/// A slice bound as a place from 0 to `size`; unknown when it can't be told.
Dim bound_of(const Dim& size, const Dim& bound) {
  if (bound == Dim::known(0) || bound.kind == Dim::Kind::kUnknown) return bound;
  if (is_at_least(bound, 0)) return smaller(bound, size);
  if (!bound.is_known() && !is_at_least(0 - bound, 1)) return {};
  const Dim place = size + bound;
  if (no_less(place, Dim::known(0))) return place;
  return no_less(Dim::known(0), place) ? Dim::known(0) : Dim();
}

/// The number of windows along one axis.
Dim windows_along(const Window& window, std::string_view op, std::size_t axis, const Dim& size,
                  bool ceil) {
  const std::int64_t stride = window.stride[axis];
  const Dim pad = Dim::known(window.padding[axis]);
  const Dim reach = window.reach(axis);
  const Dim room = size + pad * 2 - reach;
  Dim count = floor_div(ceil ? room + (stride - 1) : room, stride) + 1;
  if (ceil && count.is_known() && size.is_known()) {
    // torch drops a last window that would start in the padding on the right.
    if (no_less((count - 1) * stride, size + pad)) count = count - 1;
  } else if (ceil && !no_less(reach, pad + stride)) {
    return {};  // whether the last window is dropped depends on the size
  }
  if (count.is_known() && count.size < 1) {
    const auto at = static_cast<std::int64_t>(axis) - static_cast<std::int64_t>(window.kernel.size());
    throw failure("TSX4053", {{"op", op},
                              {"window", to_text(reach)},
                              {"size", to_text(size + pad * 2)},
                              {"dim", at}});
  }
  return count;
}

}  // namespace

// --- slices -------------------------------------------------------------------------------------

void need_dimension(std::string_view op, const Shape& shape) {
  if (shape.empty()) mismatch(op, "a tensor with a dimension", "a 0-dim tensor");
}

Shape resized(Shape shape, std::size_t place, const Dim& size) {
  if (place < shape.size()) {
    shape[place] = size;
  } else {
    shape.push_back(size);
  }
  return shape;
}

Shape without(Shape shape, std::size_t place) {
  if (place < shape.size()) shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(place));
  return shape;
}

Dim slice_size(const Dim& size, const Abstract& start, const Abstract& end, const Abstract& step) {
  const Dim first = start.is_none() ? Dim::known(0) : bound_of(size, start.as_dim());
  const bool is_open = end.is_none() || end.known_int() == kNoEnd;
  const Dim last = is_open ? size : bound_of(size, end.as_dim());
  const std::optional<std::int64_t> by = step.known_int();
  const bool is_unknown = first.kind == Dim::Kind::kUnknown || last.kind == Dim::Kind::kUnknown;
  if (is_unknown || !by || *by <= 0) return {};
  if (no_less(first, last)) return Dim::known(0);
  return no_less(last, first) ? ceil_div(last - first, *by) : Dim();
}

// --- windows ------------------------------------------------------------------------------------

std::optional<Ints> window_ints(const Abstract& value) {
  if (value.known_int()) return Ints{*value.known_int()};
  const std::optional<Shape> dims = dims_of(value);
  return dims ? concrete(*dims) : std::nullopt;
}

Ints spread_ints(std::string_view op, std::string_view what, Ints values, std::size_t count,
                 std::int64_t least) {
  if (values.size() == 1) values.assign(count, Ints(values)[0]);
  if (values.size() != count) {
    unfit(op, "1 or " + std::to_string(count) + " values as " + std::string(what), list_text(values));
  }
  if (count > 0 && *std::min_element(values.begin(), values.end()) < least) {
    throw failure("TSX4052",
                  {{"op", op}, {"what", what}, {"least", least}, {"found", list_text(values)}});
  }
  return values;
}

Dim Window::reach(std::size_t axis) const {
  return (Dim::known(kernel[axis]) - 1) * dilation[axis] + 1;
}

Shape Window::output(std::string_view op, const Shape& sizes, bool ceil) const {
  Shape counts;
  for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
    const bool is_unknown = sizes[axis].kind == Dim::Kind::kUnknown;
    counts.push_back(is_unknown ? Dim() : windows_along(*this, op, axis, sizes[axis], ceil));
  }
  return counts;
}

Window window(std::string_view op, const Ints& kernel, const Ints& stride, const Ints& padding,
              const Ints& dilation, std::size_t count) {
  Window made;
  made.kernel = spread_ints(op, "a kernel size", kernel, count, 1);
  made.stride = spread_ints(op, "a stride", stride.empty() ? made.kernel : stride, count, 1);
  made.padding = spread_ints(op, "padding", padding, count, 0);
  made.dilation = spread_ints(op, "a dilation", dilation, count, 1);
  return made;
}

// --- products -----------------------------------------------------------------------------------

std::optional<Shape> matmul_shape(std::string_view op, const std::optional<Shape>& a,
                                  const std::optional<Shape>& b) {
  if (!a || !b) return std::nullopt;
  if (a->empty() || b->empty()) unfit(op, "two tensors of 1 or more dimensions", "a scalar");
  const bool is_vector = a->size() == 1, is_column = b->size() == 1;
  const Dim& inner = is_column ? b->back() : (*b)[b->size() - 2];
  if (differ(a->back(), inner)) {
    throw failure("TSX4050",
                  {{"op", op},
                   {"expected", "the last size of the first to equal the inner size of the second"},
                   {"left", shape_text(*a)},
                   {"right", shape_text(*b)}});
  }
  const auto batch_of = [](const Shape& shape, bool is_row) {
    return is_row ? Shape() : Shape(shape.begin(), shape.end() - 2);
  };
  std::optional<Shape> result = broadcast(op, {batch_of(*a, is_vector), batch_of(*b, is_column)});
  if (!is_vector) result->push_back((*a)[a->size() - 2]);
  if (!is_column) result->push_back(b->back());
  return result;
}

}  // namespace tsx::engine::rules

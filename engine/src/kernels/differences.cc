// Mirrors tsx/ops/cumulative.py: differences of neighbours, and areas under points.
#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/joining.h"
#include "kernels/places.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

/// Every element but the first, and every element but the last.
struct Neighbours {
  TensorRef ahead, behind;
};

Neighbours neighbours(const Tensor& x, std::size_t axis) {
  const std::int64_t pairs = std::max<std::int64_t>(x.size(axis) - 1, 0);
  return {part(x, axis, x.size(axis) > 0 ? 1 : 0, pairs), part(x, axis, 0, pairs)};
}

TensorRef plus(const TensorRef& a, const TensorRef& b) {
  return evaluate("aten::add.Tensor", {Value(a), Value(b), Value(std::int64_t{1})});
}

/// ahead - behind; of bools whether they differ.
TensorRef differences(const TensorRef& x, std::size_t axis, bool is_bool) {
  const Neighbours pair = neighbours(*x, axis);
  const TensorRef gap =
      is_bool ? evaluate("aten::ne.Tensor", {Value(pair.ahead), Value(pair.behind)})
              : evaluate("aten::sub.Tensor",
                         {Value(pair.ahead), Value(pair.behind), Value(std::int64_t{1})});
  return tile::cast(gap, x->dtype());
}

void need_dimension(const Tensor& x) {
  if (x.rank() == 0) refuse("expected a tensor with a dimension, got a 0-dim tensor");
}

void diff_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::int64_t times = call.integer(1);
  const std::size_t axis = axis_of(call.integer(2), x->rank());
  need_dimension(*x);
  if (times < 0) refuse("expected n of 0 or more, got " + std::to_string(times));
  if (times == 0) return call.give(copy(*x));
  std::vector<TensorRef> pieces{x};
  if (!call.is_none(3)) pieces.insert(pieces.begin(), call.tensor_ref(3));
  if (!call.is_none(4)) pieces.push_back(call.tensor_ref(4));
  for (const TensorRef& piece : pieces)
    need_rank(*piece, x->rank(), x->rank());
  TensorRef result = pieces.size() > 1 ? cat(pieces, static_cast<std::int64_t>(axis)) : x;
  for (std::int64_t i = std::min(times, result->size(axis)); i > 0; --i)
    result = differences(result, axis, x->dtype() == DType::kBool);
  call.give(result == x ? copy(*x) : contiguous(result));
}

bool is_whole(DType dtype) { return is_integer(dtype) || dtype == DType::kBool; }

/// Distances between sample points, of a shape that multiplies pieces of `y`.
TensorRef steps_of(const Tensor& y, const TensorRef& given, std::size_t axis) {
  const TensorRef x = tile::cast(given, compute_dtype(given->dtype()));
  const bool is_bool = x->dtype() == DType::kBool;
  if (x->rank() == 1) {
    const TensorRef steps = contiguous(differences(x, 0, is_bool));
    Dims sizes = Dims::filled(y.rank(), 1);
    sizes[axis] = steps->count();
    return shaped(steps, sizes);
  }
  need_dimension(*x);
  const auto missing = static_cast<std::int64_t>(y.rank()) - static_cast<std::int64_t>(x->rank());
  const std::int64_t dim = static_cast<std::int64_t>(axis) - missing;
  return differences(x, axis_of(dim, x->rank()), is_bool);
}

/// The area of each piece between neighbours. Whole numbers beside floats count in float64, as
/// NumPy has it.
TensorRef pieces_of(const TensorRef& y, const Value& distance, std::size_t axis) {
  const Neighbours pair = neighbours(*y, axis);
  TensorRef sums = plus(pair.ahead, pair.behind);
  Value step = distance;
  if (distance.is(Tag::kTensor)) {
    TensorRef steps = steps_of(*y, distance.tensor_ref(), axis);
    if (is_whole(steps->dtype()) != is_whole(sums->dtype())) {
      if (is_whole(sums->dtype())) sums = tile::cast(sums, DType::kFloat64);
      if (is_whole(steps->dtype())) steps = tile::cast(steps, DType::kFloat64);
    }
    step = Value(steps);
  } else if (distance.is(Tag::kFloat) && is_whole(sums->dtype())) {
    sums = tile::cast(sums, DType::kFloat64);
  }
  TensorRef areas = evaluate("aten::mul.Tensor", {Value(sums), step});
  if (is_whole(areas->dtype())) areas = tile::cast(areas, DType::kFloat64);
  return evaluate("aten::mul.Tensor", {Value(areas), Value(0.5)});
}

template <bool is_running> void trapezoid_kernel(Call& call) {
  const TensorRef y = call.tensor_ref(0);
  const std::size_t axis = axis_of(call.integer(2), y->rank());
  need_dimension(*y);
  const DType own = y->dtype();
  // torch gives zeros of the values' own dtype where there is no area, unless it is running.
  const bool is_nothing = !is_running && y->size(axis) == 0;
  const DType target = is_whole(own) && !is_nothing ? DType::kFloat32 : own;
  const DType work = is_integer(own) ? own : compute_dtype(target);
  const TensorRef pieces = pieces_of(tile::cast(y, work), call[1], axis);
  const auto dim = static_cast<std::int64_t>(axis);
  const Value total =
      is_running ? invoke(call, "aten::cumsum", {Value(pieces), Value(dim), Value()})
                 : invoke(call, "aten::sum.dim_IntList",
                          {Value(pieces), list_of(Dims{dim}), Value(false), Value()});
  call.give(tile::cast(total.tensor_ref(), target));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(differences) {
  registry.add("aten::diff", diff_kernel);
  registry.add("aten::trapezoid.x", trapezoid_kernel<false>);
  registry.add("aten::trapezoid.dx", trapezoid_kernel<false>);
  registry.add("aten::trapz.x", trapezoid_kernel<false>);
  registry.add("aten::trapz.dx", trapezoid_kernel<false>);
  registry.add("aten::cumulative_trapezoid.x", trapezoid_kernel<true>);
  registry.add("aten::cumulative_trapezoid.dx", trapezoid_kernel<true>);
}

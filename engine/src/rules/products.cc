// Outer products, chains of matrices and other products, as tsx/ops/products.py.
#include <algorithm>
#include <utility>

#include "rules/geometry.h"

namespace tsx::engine::rules {
namespace {

std::optional<DType> common_dtype(const Operands& in) {
  return result_type({in.unknown(&in.type(0)), in.unknown(&in.type(1))});
}

/// Whether the dimension (without `dim` each of them) surely has another size than 3.
bool lacks_three(const Shape& shape, const Abstract& dim) {
  const Dim three = Dim::known(3);
  if (dim.is_none()) {
    return std::all_of(shape.begin(), shape.end(),
                       [&](const Dim& size) { return differ(size, three); });
  }
  const auto place = wrap_dim("cross", dim, shape.size());
  return place && (shape.empty() || differ(shape[*place], three));
}

Abstract cross(const Operands& in) {
  const std::optional<DType> dtype = one_dtype(in, "cross", {0, 1});
  const std::optional<Shape> shape = broadcast("cross", {in.shape(0), in.shape(1)});
  if (shape && lacks_three(*shape, in[2]))
    unfit("cross", "a dimension of size 3", shape_text(*shape));
  return in.tensor(dtype, shape);
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(products_infer_outer) {
  const std::optional<Shape>& x = need_rank(in, "outer", 0, {1}, "first operand");
  const std::optional<Shape>& y = need_rank(in, "outer", 1, {1}, "second operand");
  return in.tensor(common_dtype(in), Shape{x ? (*x)[0] : Dim(), y ? (*y)[0] : Dim()});
}

TSX_RULE(products_infer_kron) {
  const std::optional<DType> dtype = common_dtype(in);
  if (!in.shape(0) || !in.shape(1)) return in.tensor(dtype, std::nullopt);
  const bool is_first = in.shape(0)->size() >= in.shape(1)->size();
  Shape shape = *in.shape(is_first ? 0 : 1);
  const Shape& other = *in.shape(is_first ? 1 : 0);
  for (std::size_t i = 0; i < other.size(); ++i) {
    Dim& size = shape[shape.size() - other.size() + i];
    size = size * other[i];
  }
  return in.tensor(dtype, std::move(shape));
}

TSX_RULE(products_infer_chain) {
  if (!in[0].has_items()) return in.tensor(std::nullopt, std::nullopt);
  const Items& items = in[0].items();
  if (items.size() < 2)
    unfit("multi_dot", "2 or more matrices", std::to_string(items.size()));
  const Operands matrices = in.with({items.data(), items.size()});
  const std::optional<DType> dtype = one_dtype(matrices, "multi_dot");
  std::optional<Shape> shape;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool is_end = i == 0 || i + 1 == items.size();
    const std::optional<Shape>& own =
        is_end ? need_rank(matrices, "multi_dot", i, {1, 2}, "operand")
               : need_rank(matrices, "multi_dot", i, {2}, "operand");
    if (!own) return in.tensor(dtype, std::nullopt);
    shape = i == 0 ? own : matmul_shape("multi_dot", shape, own);
  }
  return in.tensor(dtype, std::move(shape));
}

TSX_RULE(products_infer_power) {
  const std::optional<Shape>& shape = in.shape(0);
  const bool is_square =
      !shape || (shape->size() >= 2 && !differ(shape->back(), (*shape)[shape->size() - 2]));
  if (!is_square) unfit("matrix_power", "square matrices", shape_text(*shape));
  return in.tensor(in.dtype(0), shape);
}

TSX_RULE(products_infer_vecdot) {
  const std::optional<DType> dtype = one_dtype(in, "linalg_vecdot", {0, 1});
  const std::optional<Shape> shape = broadcast("linalg_vecdot", {in.shape(0), in.shape(1)});
  const auto place = wrap_dim("linalg_vecdot", in[2], rank_of(shape));
  if (!shape || !place) return in.tensor(dtype, std::nullopt);
  return in.tensor(dtype, without(*shape, *place));
}

TSX_RULE(products_infer_cross) { return cross(in); }

TSX_RULE(products_infer_linalg_cross) {
  // Here each operand has as many dimensions, and three elements along `dim`, before they are broadcast.
  const std::optional<Shape>&x = in.shape(0), &y = in.shape(1);
  if (x && y && x->size() != y->size()) {
    unfit("linalg_cross", "operands of as many dimensions",
                shape_text(*x) + " and " + shape_text(*y));
  }
  for (const std::optional<Shape>* shape : {&x, &y}) {
    if (*shape && lacks_three(**shape, in[2])) {
      unfit("linalg_cross", "operands of size 3 along the dimension", shape_text(**shape));
    }
  }
  return cross(in);
}

// Tensors joined: cat, stack and their relatives, block_diag, as tsx/ops/joining.py.
#include <algorithm>
#include <string_view>
#include <utility>

#include "rules/view_rules.h"

namespace tsx::engine::rules {
namespace {

using Types = std::vector<const Type*>;

void need_some(std::string_view op, const Items& tensors) {
  if (tensors.empty()) mismatch(op, "one tensor or more", "an empty list");
}

Types types_of(const Operands& in) {
  Types types;
  for (const Abstract& item : in[0].items())
    types.push_back(item.is_tensor() ? item.type() : in.types().tensor());
  return types;
}

std::optional<DType> joined_dtype(const Types& types) {
  std::vector<Abstract> tensors;
  for (const Type* type : types)
    tensors.push_back(Abstract(type));
  return result_type(tensors);
}

/// The size that all have at `place`: a known one if there is one, else an expression.
Dim common_size(std::string_view op, const std::vector<const Shape*>& shapes, std::size_t place) {
  std::vector<std::int64_t> known;
  Dim symbolic;
  for (const Shape* shape : shapes) {
    const Dim& size = (*shape)[place];
    if (size.is_known() && (known.empty() || known.back() != size.size)) known.push_back(size.size);
    if (symbolic.kind == Dim::Kind::kUnknown && !size.is_known()) symbolic = size;
  }
  if (known.empty()) return symbolic;
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  if (known.size() == 1) return Dim::known(known[0]);
  std::string found;
  for (const std::int64_t size : known)
    found += (found.empty() ? "" : " and ") + std::to_string(size);
  mismatch(op, "equal sizes", std::move(found));
}

Dim total_size(const std::vector<const Shape*>& shapes, std::size_t place) {
  Dim total = Dim::known(0);
  for (const Shape* shape : shapes)
    total = total + (*shape)[place];
  return total;
}

Abstract concatenated(const Operands& in, const Types& types, const Abstract& dim) {
  const std::optional<DType> dtype = joined_dtype(types);
  std::size_t scalars = 0, unranked = 0, rank = 0;
  for (const Type* type : types) {
    if (!type->shape) {
      ++unranked;
      continue;
    }
    scalars += type->shape->empty() ? 1 : 0;
    rank = std::max(rank, type->shape->size());
  }
  if (scalars + unranked != 0) {
    if (scalars == types.size())
      mismatch("cat", "tensors with a dimension", "0-dim tensors");
    return in.tensor(dtype, std::nullopt);
  }
  const auto place = wrap_dim("cat", dim, rank);
  const Shape empty = {Dim::known(0)};
  std::vector<const Shape*> counted;
  for (const Type* type : types) {
    const Shape& shape = *type->shape;
    if (rank > 1 && shape == empty) continue;
    counted.push_back(&shape);
    if (shape.size() == rank) continue;
    // A 1-D tensor of unknown size may turn out to be empty, and then counts for nothing.
    if (shape.size() == 1 && !shape[0].is_known()) return in.tensor(dtype, std::nullopt);
    mismatch("cat", "tensors of " + std::to_string(rank) + " dimensions", shape_text(shape));
  }
  if (!place) return ranked(in, dtype, rank);
  Shape sizes;
  for (std::size_t i = 0; i < rank; ++i)
    sizes.push_back(i == *place ? total_size(counted, i) : common_size("cat", counted, i));
  return in.tensor(dtype, std::move(sizes));
}

/// hstack and its like: how many dimensions each tensor gets, and along which they are joined.
struct Stack {
  std::string_view name;
  std::size_t rank;
  int axis, lone_axis;
};
constexpr Stack kStacks[] = {
    {"hstack", 1, 1, 0}, {"vstack", 2, 0, 0},       {"row_stack", 2, 0, 0},
    {"dstack", 3, 2, 2}, {"column_stack", 2, 1, 1},
};

const Stack& stack_of(std::string_view name) {
  const Stack* found = kStacks;
  while (found->name != name) ++found;
  return *found;
}

/// `shape` with sizes of 1 before and after it, as many as make it of the stack's rank.
Shape widened(const Stack& stack, Shape shape) {
  if (shape.size() >= stack.rank) return shape;
  const Dim one = Dim::known(1);
  const bool is_column = stack.name == "column_stack";
  if (shape.empty()) shape.push_back(one);
  if (shape.size() < 2 && stack.rank > 1 && !is_column) shape.insert(shape.begin(), one);
  if (shape.size() < stack.rank) shape.push_back(one);
  return shape;
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(joining_cat_rule) {
  if (!in[0].has_items()) return in.tensor(std::nullopt, std::nullopt);
  need_some("cat", in[0].items());
  return concatenated(in, types_of(in), in[1]);
}

TSX_RULE(joining_stack_rule) {
  if (!in[0].has_items()) return in.tensor(std::nullopt, std::nullopt);
  need_some("stack", in[0].items());
  const Types types = types_of(in);
  const std::optional<DType> dtype = joined_dtype(types);
  std::vector<const Shape*> shapes;
  for (const Type* type : types)
    if (type->shape) shapes.push_back(&*type->shape);
  if (shapes.empty()) return in.tensor(dtype, std::nullopt);
  const std::size_t rank = shapes[0]->size();
  const bool is_even = std::all_of(shapes.begin(), shapes.end(),
                                   [&](const Shape* shape) { return shape->size() == rank; });
  if (!is_even) {
    std::string found;
    for (const Shape* shape : shapes)
      found += (found.empty() ? "" : " and ") + shape_text(*shape);
    mismatch("stack", "tensors of equal sizes", std::move(found));
  }
  const auto place = wrap_dim("stack", in[1], rank, 1);
  Shape sizes;
  for (std::size_t i = 0; i < rank; ++i)
    sizes.push_back(common_size("stack", shapes, i));
  if (!place) return ranked(in, dtype, rank + 1);
  sizes.insert(sizes.begin() + static_cast<std::ptrdiff_t>(*place),
               Dim::known(static_cast<std::int64_t>(types.size())));
  return in.tensor(dtype, std::move(sizes));
}

TSX_RULE(joining_define_stack_rule) {
  if (!in[0].has_items()) return in.tensor(std::nullopt, std::nullopt);
  const std::string_view name = in.base();
  need_some(name, in[0].items());
  const Stack& stack = stack_of(name);
  Types types = types_of(in);
  for (const Type*& type : types) {
    std::optional<Shape> shape = type->shape;
    if (shape) shape = widened(stack, std::move(*shape));
    type = in.types().tensor(type->dtype, std::move(shape));
  }
  const std::optional<Shape>& first = types[0]->shape;
  if (!first) return in.tensor(joined_dtype(types), std::nullopt);
  const int axis = first->size() == 1 ? stack.lone_axis : stack.axis;
  return concatenated(in, types, Abstract::integer(axis));
}

TSX_RULE(joining_block_diag_rule) {
  if (!in[0].has_items()) return ranked(in, std::nullopt, 2);
  if (in[0].items().empty())
    return in.tensor(DType::kFloat32, Shape{Dim::known(1), Dim::known(0)});
  const Types types = types_of(in);
  Dim rows = Dim::known(0), cols = Dim::known(0);
  for (const Type* type : types) {
    if (!type->shape) {
      rows = cols = Dim();
      break;
    }
    const Shape& shape = *type->shape;
    rows = rows + (shape.size() < 2 ? Dim::known(1) : shape[0]);
    cols = cols + (shape.empty() ? Dim::known(1) : shape.size() < 2 ? shape[0] : shape[1]);
  }
  return in.tensor(joined_dtype(types), Shape{rows, cols});
}

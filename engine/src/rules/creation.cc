// Tensors from sizes and numbers, as tsx/ops/creation.py and random.py.
#include <algorithm>
#include <array>

#include "rules/factory.h"

namespace tsx::engine::rules {
namespace {

constexpr DType kDefaultFloat = DType::kFloat32, kDefaultComplex = DType::kComplex64;

/// From the narrowest kind of numbers to the widest.
constexpr std::array<DType, 4> kWidths = {DType::kBool, DType::kInt64, kDefaultFloat,
                                          kDefaultComplex};

std::size_t width_of(DType dtype) {
  if (dtype == DType::kBool) return 0;
  if (is_integer(dtype)) return 1;
  return is_complex(dtype) ? 3 : 2;
}

/// What the numbers among nested lists come to.
struct Leaves {
  std::size_t width = 0;
  bool has_any = false;
  bool are_known = true;    // the dtypes of all
  bool are_numbers = true;  // or 0-dim tensors, which count as theirs

  void add(const Abstract& leaf) {
    has_any = true;
    const std::optional<DType> dtype = dtype_of_value(leaf);
    if (dtype) width = std::max(width, width_of(*dtype));
    are_known = are_known && dtype.has_value();
    const bool is_array = leaf.is_tensor() && leaf.type()->shape != Shape();
    are_numbers = are_numbers && !is_array;
  }

  void add_all(const Abstract& data) {
    if (!data.has_items()) return add(data);
    for (const Abstract& item : data.items())
      add_all(item);
  }

  std::optional<DType> dtype() const {
    if (!has_any) return kDefaultFloat;
    return are_known ? std::optional<DType>(kWidths[width]) : std::nullopt;
  }
};

}  // namespace

std::optional<std::size_t> argument(const Operands& in, std::string_view name) {
  const std::vector<Argument>& arguments = in.schema().arguments;
  const auto found = std::find_if(arguments.begin(), arguments.end(),
                                  [&](const Argument& one) { return one.name == name; });
  if (found == arguments.end()) return std::nullopt;
  return static_cast<std::size_t>(found - arguments.begin());
}

std::optional<DType> dtype_or(const Operands& in, std::optional<DType> fallback) {
  const std::optional<std::size_t> place = argument(in, "dtype");
  return place ? dtype_arg(in[*place], fallback) : fallback;
}

Abstract sized(const Operands& in, const Abstract& size, std::optional<DType> dtype) {
  std::optional<Shape> sizes = dims_of(size);
  for (const Dim& one : sizes ? *sizes : Shape())
    if (one.is_known() && one.size < 0) mismatch("creation", "sizes of 0 or more", to_text(size));
  return in.tensor(dtype, std::move(sizes));
}

Abstract sized(const Operands& in, std::optional<DType> fallback) {
  return sized(in, in[*argument(in, "size")], dtype_or(in, fallback));
}

Abstract like_self(const Operands& in) {
  return in.tensor(dtype_or(in, in.dtype(0)), in.shape(0));
}

}  // namespace tsx::engine::rules

TSX_RULE(creation_full_rule) { return sized(in, dtype_of_value(in[1])); }
TSX_RULE(creation_new_full_rule) { return sized(in, in.dtype(0)); }
TSX_RULE(creation_full_like_rule) { return like_self(in); }

TSX_RULE(creation_define_constant_sized_rule) { return sized(in, kDefaultFloat); }
TSX_RULE(creation_define_constant_new_rule) { return sized(in, in.dtype(0)); }
TSX_RULE(creation_define_constant_like_rule) { return like_self(in); }

TSX_RULE(creation_empty_strided_rule) { return sized(in, kDefaultFloat); }
TSX_RULE(creation_new_empty_strided_rule) { return sized(in, in.dtype(0)); }

TSX_RULE(creation_scalar_rule) { return in.tensor(dtype_or(in, dtype_of_value(in[0])), Shape()); }
TSX_RULE(creation_scalar_tensor_rule) { return in.tensor(dtype_or(in, kDefaultFloat), Shape()); }
TSX_RULE(creation_as_tensor_rule) { return like_self(in); }

TSX_RULE(creation_from_list_rule) {
  Shape shape;
  const Abstract* level = &in[0];
  while (level->has_items()) {
    shape.push_back(Dim::known(static_cast<std::int64_t>(level->items().size())));
    if (level->items().empty()) break;
    level = &level->items()[0];
  }
  if (level->is_unknown() && !level->type()->is_atom())
    return in.tensor(dtype_or(in, std::nullopt), std::nullopt);
  Leaves leaves;
  leaves.add_all(in[0]);
  const std::optional<DType> dtype = dtype_or(in, leaves.dtype());
  return in.tensor(dtype, leaves.are_numbers ? std::optional<Shape>(std::move(shape)) : std::nullopt);
}

// --- random numbers -----------------------------------------------------------------------------

TSX_RULE(random_define_factory_rule) { return sized(in, kDefaultFloat); }
TSX_RULE(random_define_factory_given_rule) { return sized(in, kDefaultFloat); }
TSX_RULE(random_define_factory_like_rule) { return like_self(in); }
TSX_RULE(random_define_factory_like_given_rule) { return like_self(in); }
TSX_RULE(random_define_randint_rule) { return sized(in, DType::kInt64); }
TSX_RULE(random_define_randint_like_rule) { return like_self(in); }

TSX_RULE(random_randperm_rule) { return sized(in, in.list({in[0]}), dtype_or(in, DType::kInt64)); }
TSX_RULE(random_randperm_given_rule) {
  return sized(in, in.list({in[0]}), dtype_or(in, DType::kInt64));
}

TSX_RULE(random_bernoulli_rule) { return in[0]; }
TSX_RULE(random_normal_sized_rule) { return sized(in, kDefaultFloat); }

TSX_RULE(random_normal_rule) {
  std::optional<DType> dtype;
  std::vector<std::optional<Shape>> shapes;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (!in[i].is_tensor()) continue;
    if (shapes.empty()) dtype = in.dtype(i);
    shapes.push_back(in.shape(i));
  }
  return in.tensor(dtype, shapes.empty() ? std::nullopt : broadcast("normal", shapes));
}

TSX_RULE(random_multinomial_rule) {
  if (!in.shape(0)) return in.tensor(DType::kInt64, std::nullopt);
  Shape shape = *in.shape(0);
  if (shape.size() != 1 && shape.size() != 2) {
    mismatch("multinomial", "weights of 1 or 2 dimensions", std::to_string(shape.size()));
  }
  shape.back() = in[1].as_dim();
  return in.tensor(DType::kInt64, std::move(shape));
}

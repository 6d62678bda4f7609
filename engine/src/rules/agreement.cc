// Tensors made to agree, and views of complex numbers, as tsx/ops/agreement.py and complex_views.py.
#include <utility>

#include "rules/view_rules.h"
#include "tile/promote.h"

namespace tsx::engine::rules {
namespace {

void need_complex(std::string_view op, std::optional<DType> dtype) {
  if (dtype && !is_complex(*dtype))
    mismatch(op, "a complex tensor", std::string(tsx::engine::name(*dtype)));
}

bool is_part(DType dtype) { return dtype == DType::kFloat32 || dtype == DType::kFloat64; }

std::optional<DType> complex_dtype(std::optional<DType> dtype) {
  return dtype ? std::optional<DType>(tile::complex_of(*dtype)) : std::nullopt;
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(agreement_equal_rule) { return in.unknown(TypeKind::kBool); }

TSX_RULE(agreement_allclose_rule) {
  broadcast("allclose", {in.shape(0), in.shape(1)});
  return in.unknown(TypeKind::kBool);
}

TSX_RULE(agreement_broadcast_rule) {
  if (!in[0].has_items()) return unknown_list(in, std::nullopt);
  std::vector<std::optional<Shape>> shapes;
  std::vector<std::optional<DType>> dtypes;
  for (const Abstract& item : in[0].items()) {
    const Type& type = item.is_tensor() ? *item.type() : *in.types().tensor();
    shapes.push_back(type.shape);
    dtypes.push_back(type.dtype);
  }
  const std::optional<Shape> shape = broadcast("broadcast_tensors", shapes);
  Items all;
  for (const std::optional<DType> dtype : dtypes)
    all.push_back(in.tensor(dtype, shape));
  return in.list(std::move(all));
}

TSX_RULE(agreement_sum_to_size_rule) {
  // Where nothing is summed, the dtype stays; sums of bools and small integers are int64.
  const std::optional<DType> dtype = in.dtype(0);
  return in.tensor(sum_dtype(dtype) == dtype ? dtype : std::nullopt, dims_of(in[1]));
}

TSX_RULE(agreement_complex_rule) {
  for (const std::size_t place : {0u, 1u}) {
    const std::optional<DType> dtype = in.dtype(place);
    if (dtype && !is_part(*dtype)) {
      mismatch("complex", "float32 or float64 tensors",
                     std::string(tsx::engine::name(*dtype)));
    }
  }
  return in.tensor(complex_dtype(in.dtype(0)), broadcast("complex", {in.shape(0), in.shape(1)}));
}

TSX_RULE(complex_views_real_rule) { return in.tensor(real_dtype(in.dtype(0)), in.shape(0)); }

TSX_RULE(complex_views_imag_rule) {
  need_complex("imag", in.dtype(0));
  return in.tensor(real_dtype(in.dtype(0)), in.shape(0));
}

TSX_RULE(complex_views_view_as_real_rule) {
  need_complex("view_as_real", in.dtype(0));
  std::optional<Shape> sizes = in.shape(0);
  if (sizes) sizes->push_back(Dim::known(2));
  return in.tensor(real_dtype(in.dtype(0)), std::move(sizes));
}

TSX_RULE(complex_views_view_as_complex_rule) {
  const Type& x = in.type(0);
  std::optional<Shape> sizes = x.shape;
  if (sizes && (sizes->empty() || differ(sizes->back(), Dim::known(2))))
    mismatch("view_as_complex", "a last dimension of 2", to_text(x));
  if (x.dtype && !is_part(*x.dtype)) {
    mismatch("view_as_complex", "float32 or float64",
                   std::string(tsx::engine::name(*x.dtype)));
  }
  if (sizes) sizes->pop_back();
  return in.tensor(complex_dtype(x.dtype), std::move(sizes));
}

TSX_RULE(complex_views_view_dtype_rule) {
  const Type& x = in.type(0);
  const std::optional<DType> target = dtype_arg(in[1], std::nullopt);
  std::optional<Shape> sizes = x.shape;
  if (!sizes || sizes->empty()) return in.tensor(target, std::move(sizes));
  Dim& last = sizes->back();
  if (!x.dtype || !target) {
    last = Dim();
    return in.tensor(target, std::move(sizes));
  }
  const auto from = static_cast<std::int64_t>(item_size(*x.dtype));
  const auto to = static_cast<std::int64_t>(item_size(*target));
  if (to < from) last = last * (from / to);
  if (to > from) {
    const std::int64_t ratio = to / from;
    if (last.is_known() && last.size % ratio != 0) {
      mismatch("view", "a last dimension that divides by " + std::to_string(ratio),
                     to_text(last));
    }
    last = exact_div(last, Dim::known(ratio));
  }
  return in.tensor(target, std::move(sizes));
}

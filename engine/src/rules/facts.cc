// What a program may ask of a tensor, as tsx/ops/facts.py and precision.py.
#include "rules/support.h"

namespace tsx::engine::rules {
namespace {

Abstract size_at(const Operands& in, const Abstract& dim) {
  const std::optional<Shape>& shape = in.shape(0);
  if (shape == Shape())
    mismatch("aten::size.int", "a tensor with at least one dimension", to_text(in[0]));
  const std::optional<std::size_t> place = wrap_dim("aten::size.int", dim, rank_of(shape));
  return place ? in.integer((*shape)[*place]) : in.unknown(TypeKind::kInt);
}

TypeKind item_type(DType dtype) {
  if (is_float(dtype)) return TypeKind::kFloat;
  if (is_complex(dtype)) return TypeKind::kComplex;
  return dtype == DType::kBool ? TypeKind::kBool : TypeKind::kInt;
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(facts_fact_infer) { return in.result(); }

TSX_RULE(facts_size_rule) {
  if (!in.shape(0)) return in.unknown(in.types().list(in.types().atom(TypeKind::kInt)));
  Items sizes;
  for (const Dim& size : *in.shape(0))
    sizes.push_back(in.integer(size));
  return in.list(std::move(sizes));
}

TSX_RULE(facts_size_int_rule) { return size_at(in, in[1]); }
TSX_RULE(facts_len_rule) { return size_at(in, Abstract::integer(0)); }
TSX_RULE(facts_numel_rule) { return in.integer(numel(in.shape(0))); }

TSX_RULE(facts_dim_rule) {
  if (!in.shape(0)) return in.unknown(TypeKind::kInt);
  return Abstract::integer(static_cast<std::int64_t>(in.shape(0)->size()));
}

TSX_RULE(facts_dtype_fact_infer) {
  if (!in.dtype(0)) return in.result();
  const DType dtype = *in.dtype(0);
  const std::string_view base = in.base();
  if (base == "is_floating_point") return Abstract::boolean(is_float(dtype));
  if (base == "is_complex") return Abstract::boolean(is_complex(dtype));
  if (base == "element_size") return Abstract::integer(static_cast<std::int64_t>(item_size(dtype)));
  if (base == "dtype") return Abstract::integer(static_cast<std::int64_t>(dtype));
  return in.unknown(item_type(dtype));  // item and its like
}

TSX_RULE(facts_data_rule) { return in.tensor(in.dtype(0), in.shape(0)); }
TSX_RULE(facts_device_rule) { return in.string("cpu"); }
TSX_RULE(facts_layout_rule) { return Abstract::integer(0); }
TSX_RULE(facts_true_rule) { return Abstract::boolean(true); }
TSX_RULE(facts_false_rule) { return Abstract::boolean(false); }

TSX_RULE(precision_infer_widen) {
  const bool is_half = in.dtype(0) == DType::kFloat16 || in.dtype(0) == DType::kBFloat16;
  if (!in.dtype(0)) return in[0];
  return in.tensor(is_half ? DType::kFloat32 : *in.dtype(0), in.shape(0));
}

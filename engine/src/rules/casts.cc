// Casts, copies and writes of whole tensors, as tsx/ops/casts.py and checked.py.
#include "rules/factory.h"

TSX_RULE(checked_same_as_self) { return in[0]; }
TSX_RULE(casts_same) { return in.tensor(in.dtype(0), in.shape(0)); }

TSX_RULE(casts_define_cast_infer) {
  const std::optional<std::size_t> other = argument(in, "other");
  if (other && in[*other].is_tensor()) return in.tensor(in.dtype(*other), in.shape(0));
  return other ? in.tensor(dtype_arg(in[*other], in.dtype(0)), in.shape(0)) : like_self(in);
}

TSX_RULE(casts_to_copy_rule) {
  return in[0].is_tensor() ? like_self(in) : in.tensor(std::nullopt, std::nullopt);
}

TSX_RULE(casts_copy_rule) {
  if (in[0].is_tensor() && in[1].is_tensor()) {
    const std::optional<Shape> both = broadcast("aten::copy_", {in.shape(0), in.shape(1)});
    if (both && in.shape(0) && both->size() > in.shape(0)->size()) {
      mismatch("aten::copy_", "a source that broadcasts to " + to_text(in[0]),
                     to_text(in[1]));
    }
  }
  return casts_same(in);
}

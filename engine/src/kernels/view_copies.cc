// Mirrors tsx/ops/view_copies.py: the copying twins of views, made from the views' kernels.
#include "core/call.h"
#include "ir/op.h"
#include "kernels/support.h"

namespace tsx::engine {
namespace {

Value copied(const Value& value) {
  if (value.is(Tag::kTensor)) return Value(copy(value.tensor()));
  std::vector<Value> items;
  for (const Value& item : value.elements())
    items.push_back(copied(item)); // one level: a list of tensors
  return Value(make_ref<List>(std::move(items)));
}

/// The view that an operator is the copying twin of: aten::select.int for aten::select_copy.int.
std::string view_of(std::string_view twin) {
  if (twin == "aten::view_copy") return "aten::reshape"; // a copy needs no strides that fit
  std::string kind(twin);
  const std::string_view mark = kind.find("_copy") != std::string::npos ? "_copy" : "unsafe_";
  return kind.erase(kind.find(mark), mark.size());
}

void twin_kernel(Call& call) {
  const Span<const Value> operands = call.operands();
  const std::string view = view_of(call.op().kind());
  call.give(copied(invoke(call, view, {operands.begin(), operands.end()})));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(view_copies) {
  registry.add("aten::alias_copy", twin_kernel);
  registry.add("aten::as_strided_copy", twin_kernel);
  registry.add("aten::detach_copy", twin_kernel);
  registry.add("aten::diagonal_copy", twin_kernel);
  registry.add("aten::expand_copy", twin_kernel);
  registry.add("aten::narrow_copy", twin_kernel);
  registry.add("aten::permute_copy", twin_kernel);
  registry.add("aten::select_copy.int", twin_kernel);
  registry.add("aten::slice_copy.Tensor", twin_kernel);
  registry.add("aten::split_copy.Tensor", twin_kernel);
  registry.add("aten::split_with_sizes_copy", twin_kernel);
  registry.add("aten::squeeze_copy", twin_kernel);
  registry.add("aten::squeeze_copy.dim", twin_kernel);
  registry.add("aten::squeeze_copy.dims", twin_kernel);
  registry.add("aten::t_copy", twin_kernel);
  registry.add("aten::transpose_copy.int", twin_kernel);
  registry.add("aten::unbind_copy.int", twin_kernel);
  registry.add("aten::unfold_copy", twin_kernel);
  registry.add("aten::unsqueeze_copy", twin_kernel);
  registry.add("aten::view_copy", twin_kernel);
  registry.add("aten::view_copy.dtype", twin_kernel);
  registry.add("aten::view_as_complex_copy", twin_kernel);
  registry.add("aten::view_as_real_copy", twin_kernel);
  registry.add("aten::unsafe_split.Tensor", twin_kernel);
  registry.add("aten::unsafe_split_with_sizes", twin_kernel);
  registry.add("aten::unsafe_chunk", twin_kernel);
}

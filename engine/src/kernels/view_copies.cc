// Mirrors tsx/ops/view_copies.py: the copying twins of views, made from the views' kernels.
#include "base/error.h"
#include "core/call.h"

namespace tsx::engine {
namespace {

Value copied(const Value& value) {
  if (value.is(Tag::kTensor)) return Value(copy(value.tensor()));
  std::vector<Value> items;
  for (const Value& item : value.elements())
    items.push_back(copied(item)); // one level: a list of tensors
  return Value(make_ref<List>(std::move(items)));
}

/// The kernel of a view, found once.
template <typename Name> void twin_kernel(Call& call) {
  static const Kernel kView = Registry::all().find(Name::view());
  std::vector<Value> operands;
  for (std::size_t i = 0; i < call.size(); ++i)
    operands.push_back(call[i]);
  Value result;
  Call inner(operands.data(), operands.size(), &result, 1, call.context());
  kView(inner);
  call.give(copied(result));
}

} // namespace
} // namespace tsx::engine

#define TSX_TWIN(name, of)                                                                         \
  namespace tsx::engine {                                                                          \
  namespace {                                                                                      \
  struct name {                                                                                    \
    static std::string_view view() { return "aten::" of; }                                         \
  };                                                                                               \
  }                                                                                                \
  }

TSX_TWIN(Alias, "alias")
TSX_TWIN(AsStrided, "as_strided")
TSX_TWIN(Detach, "detach")
TSX_TWIN(Diagonal, "diagonal")
TSX_TWIN(Expand, "expand")
TSX_TWIN(Narrow, "narrow")
TSX_TWIN(Permute, "permute")
TSX_TWIN(Select, "select.int")
TSX_TWIN(Slice, "slice.Tensor")
TSX_TWIN(Split, "split.Tensor")
TSX_TWIN(SplitSizes, "split_with_sizes")
TSX_TWIN(Squeeze, "squeeze")
TSX_TWIN(SqueezeDim, "squeeze.dim")
TSX_TWIN(SqueezeDims, "squeeze.dims")
TSX_TWIN(Turn, "t")
TSX_TWIN(Transpose, "transpose.int")
TSX_TWIN(Unbind, "unbind.int")
TSX_TWIN(Unfold, "unfold")
TSX_TWIN(Unsqueeze, "unsqueeze")
// A copy needs no strides that fit: torch's view_copy gives what reshape does.
TSX_TWIN(View, "reshape")
TSX_TWIN(ViewDtype, "view.dtype")
TSX_TWIN(ViewComplex, "view_as_complex")
TSX_TWIN(ViewReal, "view_as_real")
TSX_TWIN(Chunk, "chunk")

TSX_KERNELS(view_copies) {
  registry.add("aten::alias_copy", twin_kernel<Alias>);
  registry.add("aten::as_strided_copy", twin_kernel<AsStrided>);
  registry.add("aten::detach_copy", twin_kernel<Detach>);
  registry.add("aten::diagonal_copy", twin_kernel<Diagonal>);
  registry.add("aten::expand_copy", twin_kernel<Expand>);
  registry.add("aten::narrow_copy", twin_kernel<Narrow>);
  registry.add("aten::permute_copy", twin_kernel<Permute>);
  registry.add("aten::select_copy.int", twin_kernel<Select>);
  registry.add("aten::slice_copy.Tensor", twin_kernel<Slice>);
  registry.add("aten::split_copy.Tensor", twin_kernel<Split>);
  registry.add("aten::split_with_sizes_copy", twin_kernel<SplitSizes>);
  registry.add("aten::squeeze_copy", twin_kernel<Squeeze>);
  registry.add("aten::squeeze_copy.dim", twin_kernel<SqueezeDim>);
  registry.add("aten::squeeze_copy.dims", twin_kernel<SqueezeDims>);
  registry.add("aten::t_copy", twin_kernel<Turn>);
  registry.add("aten::transpose_copy.int", twin_kernel<Transpose>);
  registry.add("aten::unbind_copy.int", twin_kernel<Unbind>);
  registry.add("aten::unfold_copy", twin_kernel<Unfold>);
  registry.add("aten::unsqueeze_copy", twin_kernel<Unsqueeze>);
  registry.add("aten::view_copy", twin_kernel<View>);
  registry.add("aten::view_copy.dtype", twin_kernel<ViewDtype>);
  registry.add("aten::view_as_complex_copy", twin_kernel<ViewComplex>);
  registry.add("aten::view_as_real_copy", twin_kernel<ViewReal>);
  registry.add("aten::unsafe_split.Tensor", twin_kernel<Split>);
  registry.add("aten::unsafe_split_with_sizes", twin_kernel<SplitSizes>);
  registry.add("aten::unsafe_chunk", twin_kernel<Chunk>);
}

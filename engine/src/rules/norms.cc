// Norms, as tsx/ops/norms.py, batch_norm.py and weight_norm.py.
#include <utility>

#include "rules/nn.h"

namespace tsx::engine::rules {
namespace {

/// The type of operand 0 by dtype and sizes.
Abstract like_input(const Operands& in) { return in.tensor(in.dtype(0), in.shape(0)); }

Error wrong_sizes(std::string_view name, const char* what, const std::string& expected,
                  const Shape& found) {
  return failure("TSX4060", {{"op", name},
                             {"what", what},
                             {"expected", expected},
                             {"found", shape_text(found)}});
}

// --- over the last dimensions -------------------------------------------------------------------

/// The sizes that are normalised over; errors when the input or the terms don't end in them.
std::optional<Shape> normalized(const Operands& in, std::string_view name,
                                std::initializer_list<std::size_t> terms) {
  std::optional<Shape> sizes = dims_of(in[1]);
  if (!sizes) return sizes;
  if (sizes->empty()) unfit(name, "a normalized_shape of 1 or more sizes", "[]");
  if (const std::optional<Shape>& shape = in.shape(0)) {
    const std::size_t lead = shape->size() > sizes->size() ? shape->size() - sizes->size() : 0;
    if (misfits(part(*shape, lead), *sizes))
      throw wrong_sizes(name, "an input with last sizes", shape_text(*sizes), *shape);
  }
  for (const std::size_t term : terms) {
    const std::optional<Shape>& found = in.shape(term);
    if (found && misfits(*found, *sizes))
      throw wrong_sizes(name, "a weight or bias", shape_text(*sizes), *found);
  }
  return sizes;
}

/// The sizes of the statistics.
std::optional<Shape> kept(const Operands& in, const std::optional<Shape>& over) {
  if (!over || !in.shape(0)) return std::nullopt;
  return joined(without_last(*in.shape(0), over->size()), Shape(over->size(), Dim::known(1)));
}

// --- over groups --------------------------------------------------------------------------------

Abstract group_norm(const Operands& in, const Abstract& groups, std::size_t weight,
                    std::size_t bias) {
  const char* const name = "group_norm";
  const std::optional<std::int64_t> count = groups.known_int();
  if (count && *count < 1) {
    throw failure("TSX4052",
                  {{"op", name}, {"what", "groups"}, {"least", 1}, {"found", to_text(groups)}});
  }
  const std::optional<Shape>& shape = in.shape(0);
  if (!shape) return in.unknown(&in.type(0));
  if (shape->size() < 2) unfit(name, "an input of 2 or more dimensions", shape_text(*shape));
  const Dim& channels = (*shape)[1];
  if (count && channels.is_known() && channels.size % *count != 0) {
    throw failure("TSX4062", {{"op", name},
                              {"what", "channels"},
                              {"groups", to_text(groups)},
                              {"found", channels.size}});
  }
  for (const std::size_t term : {weight, bias}) {
    const std::optional<Shape>& found = in.shape(term);
    if (found && misfits(*found, {channels}))
      throw wrong_sizes(name, "a weight or bias", shape_text({channels}), *found);
  }
  return like_input(in);
}

// --- over the batch -----------------------------------------------------------------------------

/// The input's type; errors when a term does not have one element for each channel.
Abstract batch_norm(const Operands& in, std::string_view name,
                    std::initializer_list<std::size_t> terms) {
  const std::optional<Shape>& shape = in.shape(0);
  // Of no elements torch gives an empty result without a look at the terms.
  if (!shape || has_zero(*shape)) return like_input(in);
  if (shape->size() < 2) unfit(name, "an input of 2 or more dimensions", shape_text(*shape));
  for (const std::size_t term : terms) {
    const std::optional<Shape>& found = in.shape(term);
    if (found && misfits(*found, {(*shape)[1]}))
      throw wrong_sizes(name, "weight, bias and statistics", shape_text({(*shape)[1]}), *found);
  }
  return like_input(in);
}

Items native_batch_norm(const Operands& in, std::initializer_list<std::size_t> terms,
                        const Abstract& training) {
  const Abstract result = batch_norm(in, "native_batch_norm", terms);
  const std::optional<bool> is_training = training.known_bool();
  const std::optional<Shape>& shape = in.shape(0);
  Dim size;
  if (is_training == true && shape && shape->size() >= 2) size = (*shape)[1];
  if (is_training == false) size = Dim::known(0);
  const Abstract saved = in.tensor(statistics_dtype(in, terms), Shape{size});
  return {result, saved, saved};
}

// --- of weights ---------------------------------------------------------------------------------

Abstract weight_norm(const Operands& in) {
  const std::string name = "_weight_norm";
  if (in[2].known_int() != -1) wrap_dim(name, in[2], rank_of(in.shape(0)));
  return in.tensor(one_dtype(in, name, {0, 1}), in.shape(0));
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(norms_infer_layer_norm) {
  normalized(in, "layer_norm", {2, 3});
  return like_input(in);
}

TSX_RULE(norms_infer_native_layer_norm) {
  const std::optional<Shape> over = normalized(in, "native_layer_norm", {2, 3});
  const Abstract statistics = in.tensor(statistics_dtype(in, {2, 3}), kept(in, over));
  return in.tuple({like_input(in), statistics, statistics});
}

TSX_RULE(norms_infer_rms_norm) {
  normalized(in, "rms_norm", {2});
  return like_input(in);
}

TSX_RULE(norms_infer_fused_rms_norm) {
  const std::optional<Shape> over = normalized(in, "native_layer_norm", {2});
  return in.tuple({like_input(in), in.tensor(compute_dtype(in.dtype(0)), kept(in, over))});
}

TSX_RULE(norms_infer_group_norm) { return group_norm(in, in[1], 2, 3); }

TSX_RULE(norms_infer_native_group_norm) {
  const Abstract result = group_norm(in, in[6], 1, 2);
  Dim batch, groups;
  if (in.shape(0)) batch = (*in.shape(0))[0];
  if (in[6].known_int()) groups = Dim::known(*in[6].known_int());
  const Abstract statistics = in.tensor(statistics_dtype(in, {1, 2}), Shape{batch, groups});
  return in.tuple({result, statistics, statistics});
}

TSX_RULE(batch_norm_infer_batch_norm) { return batch_norm(in, "batch_norm", {1, 2, 3, 4}); }

TSX_RULE(batch_norm_infer_instance_norm) { return batch_norm(in, "instance_norm", {1, 2, 3, 4}); }

TSX_RULE(batch_norm_infer_native) {
  return in.tuple(native_batch_norm(in, {1, 2, 3, 4}, in[5]));
}

TSX_RULE(batch_norm_infer_no_stats) { return in.tuple(native_batch_norm(in, {1, 2}, in[3])); }

TSX_RULE(batch_norm_infer_impl_index) {
  Items results = native_batch_norm(in, {1, 2, 3, 4}, in[5]);
  results.push_back(in.tensor(DType::kUInt8, Shape{Dim::known(0)}));
  results.push_back(Abstract::integer(0));
  return in.tuple(std::move(results));
}

TSX_RULE(weight_norm_infer) { return weight_norm(in); }

TSX_RULE(weight_norm_infer_with_norms) {
  const Abstract result = weight_norm(in);
  const Type& type = *result.type();
  const std::optional<std::int64_t> dim = in[2].known_int();
  std::optional<Shape> norms;
  if (type.shape && dim) {
    norms = Shape(type.shape->size(), Dim::known(1));
    const auto place = static_cast<std::size_t>(*dim);
    if (*dim >= 0 && place < norms->size()) (*norms)[place] = (*type.shape)[place];
  }
  return in.tuple({result, in.tensor(compute_dtype(type.dtype), std::move(norms))});
}

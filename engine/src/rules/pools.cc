// Pools over windows, adaptive and fractional ones, as tsx/ops/pooling.py, adaptive.py and fractional.py.
#include <utility>

#include "rules/nn.h"

namespace tsx::engine::rules {
namespace {

const std::optional<Shape>& pooled(const Operands& in, std::string_view name, std::size_t dims) {
  return need_rank(in, name, 0, {dims + 1, dims + 2}, "input");
}

/// The result with places of int64 of the same sizes.
Abstract with_indices(const Operands& in, const Abstract& first) {
  return in.tuple({first, in.tensor(DType::kInt64, first.type()->shape)});
}

// --- windows ------------------------------------------------------------------------------------

Window pool_window(std::string_view name, std::size_t dims, const Ints& kernel,
                   const Ints& stride, const Ints& padding, const Ints& dilation) {
  Window made = window(name, kernel, stride, padding, dilation, dims);
  for (std::size_t i = 0; i < dims; ++i) {
    const Dim half = floor_div(made.reach(i), 2);
    if (!half.is_known() || made.padding[i] <= half.size) continue;
    unfit(name, "padding of at most half the window (" + to_text(half) + ")",
                std::to_string(made.padding[i]));
  }
  return made;
}

Abstract pool(const Operands& in, const Abstract& dilation, const Abstract& ceil) {
  const std::string_view name = spatial_name(in);
  const std::size_t dims = spatial_dims(in);
  const std::optional<Shape>& shape = pooled(in, name, dims);
  if (!shape) return in.tensor(in.dtype(0), std::nullopt);
  const auto kernel = window_ints(in[1]), stride = window_ints(in[2]), padding = window_ints(in[3]);
  const auto apart = window_ints(dilation);
  Shape lead = without_last(*shape, dims);
  if (!kernel || !stride || !padding || !apart || !ceil.known_bool())
    return in.tensor(in.dtype(0), joined(std::move(lead), Shape(dims)));
  if (has_zero(*shape, shape->size() - dims - 1))
    unfit(name, "sizes above 0 beyond the batch", shape_text(*shape));
  const Window frame = pool_window(name, dims, *kernel, *stride, *padding, *apart);
  const Shape counts = frame.output(name, part(*shape, lead.size()), ceil.as_bool());
  return in.tensor(in.dtype(0), joined(std::move(lead), counts));
}

// --- adaptive pools -----------------------------------------------------------------------------

Abstract adaptive(const Operands& in) {
  const std::string_view name = spatial_name(in);
  const std::size_t dims = spatial_dims(in);
  const std::optional<Shape>& shape = pooled(in, name, dims);
  if (!shape) return in.tensor(in.dtype(0), std::nullopt);
  // torch averages no channels over one or two dimensions, and nothing else of no size.
  const bool averages = name == "adaptive_avg_pool1d" || name == "adaptive_avg_pool2d";
  if (has_zero(*shape, averages ? shape->size() - dims : 1))
    unfit(name, "sizes above 0 beyond the first", shape_text(*shape));
  const std::optional<Shape> sizes = dims_of(in[1], dims);
  if (sizes && sizes->size() != dims)
    unfit(name, std::to_string(dims) + " output sizes", shape_text(*sizes));
  for (const Dim& length : sizes.value_or(Shape())) {
    if (!length.is_known() || length.size >= 0) continue;
    throw failure("TSX4052", {{"op", name},
                              {"what", "an output size"},
                              {"least", 0},
                              {"found", length.size}});
  }
  return in.tensor(in.dtype(0),
                   joined(without_last(*shape, dims), sizes ? *sizes : Shape(dims)));
}

// --- fractional pools ---------------------------------------------------------------------------

/// One number for each dimension; what isn't known is unknown.
Shape each(std::string_view name, std::size_t dims, const Abstract& given) {
  const std::optional<Ints> found = window_ints(given);
  if (!found) return Shape(dims);
  Shape sizes;
  for (const std::int64_t value : *found)
    sizes.push_back(Dim::known(value));
  if (sizes.size() == 1) sizes.resize(dims, Dim(sizes[0]));
  if (sizes.size() != dims)
    unfit(name, std::to_string(dims) + " sizes of windows and results", shape_text(sizes));
  return sizes;
}

bool differ_if_known(const Dim& a, const Dim& b) {
  return a.is_known() && b.is_known() && a.size != b.size;
}

/// At least as many rows as the batch has, and the planes' numbers of samples.
void check_samples(std::string_view name, std::size_t dims, const Shape& input,
                   const std::optional<Shape>& drawn) {
  if (!drawn) return;
  const bool is_batch = input.size() == dims + 2;
  const Dim batch = is_batch ? input[0] : Dim::known(1), &channels = input[is_batch ? 1 : 0];
  const Dim count = Dim::known(static_cast<std::int64_t>(dims));
  if (drawn->size() == 3) {
    const Dim& rows = (*drawn)[0];
    const bool is_short = rows.is_known() && batch.is_known() && rows.size < batch.size;
    if (!is_short && !differ_if_known((*drawn)[1], channels) && !differ_if_known((*drawn)[2], count))
      return;
  }
  unfit(name,
              std::to_string(dims) + " samples for each plane, " +
                  shape_text({batch, channels, count}),
              shape_text(*drawn));
}

void check_fit(std::string_view name, std::size_t dims, const Dim& extent, const Dim& pool,
               const Dim& count) {
  if (!extent.is_known() || !pool.is_known() || !count.is_known()) return;
  // torch asks for one place more in three dimensions than windows side by side need.
  const Dim most = extent - pool + (dims == 2 ? 1 : 0);
  if (pool.size >= 1 && count.size >= 0 && most.is_known() && count.size <= most.size) return;
  unfit(name, "windows and a result that fit into " + to_text(extent),
              to_text(count) + " windows of " + to_text(pool));
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(pooling_infer) { return pool(in, in[4], in[5]); }

TSX_RULE(pooling_infer_pair_infer) { return with_indices(in, pool(in, in[4], in[5])); }

TSX_RULE(pooling_define_pools_infer_avg) { return pool(in, Abstract::integer(1), in[4]); }

TSX_RULE(pooling_infer_unpool) {
  const std::size_t dims = spatial_dims(in);
  const std::optional<Shape>& shape = pooled(in, spatial_name(in), dims);
  if (!shape) return in.tensor(in.dtype(0), std::nullopt);
  const std::optional<Shape> sizes = dims_of(in[2]);
  const bool is_told = sizes && sizes->size() == dims && concrete(*sizes);
  return in.tensor(in.dtype(0), joined(without_last(*shape, dims), is_told ? *sizes : Shape(dims)));
}

TSX_RULE(adaptive_infer) { return adaptive(in); }

TSX_RULE(adaptive_infer_pair) { return with_indices(in, adaptive(in)); }

TSX_RULE(fractional_infer) {
  const std::string_view name = in.base();
  const std::size_t dims = spatial_dims(in);
  const std::optional<Shape>& shape = pooled(in, name, dims);
  const std::optional<DType> dtype = in.dtype(0), drawn = in.dtype(3);
  if (drawn && dtype && *drawn != *dtype) {
    unfit(name, "samples of dtype " + std::string(tsx::engine::name(*dtype)),
                std::string(tsx::engine::name(*drawn)));
  }
  if (!shape) return with_indices(in, in.tensor(dtype, std::nullopt));
  if (has_zero(*shape, shape->size() - dims - 1))
    unfit(name, "sizes above 0 beyond the batch", shape_text(*shape));
  const Shape pools = each(name, dims, in[1]), counts = each(name, dims, in[2]);
  check_samples(name, dims, *shape, in.shape(3));
  Shape result = without_last(*shape, dims);
  for (std::size_t i = 0; i < dims; ++i)
    check_fit(name, dims, (*shape)[result.size() + i], pools[i], counts[i]);
  return with_indices(in, in.tensor(dtype, joined(std::move(result), counts)));
}

// torchvision's operators on boxes, convolution with offsets, and padding, as tsx/ops/regions.py,
// deformable.py and padding.py.
#include <initializer_list>
#include <utility>

#include "rules/geometry.h"

namespace tsx::engine::rules {
namespace {

using OptionalShape = std::optional<Shape>;

/// Refuses another dtype than those of `allowed`, which `expected` names.
void need_dtype(std::string_view op, std::optional<DType> dtype,
                std::initializer_list<DType> allowed, const char* expected) {
  if (!dtype) return;
  for (const DType one : allowed)
    if (one == *dtype) return;
  throw failure("TSX4056", {{"op", op}, {"expected", expected}, {"found", name(*dtype)}});
}

void need_float_16_to_64(std::string_view op, std::optional<DType> dtype) {
  need_dtype(op, dtype, {DType::kFloat16, DType::kFloat32, DType::kFloat64},
             "float16, float32 or float64");
}

// --- regions ------------------------------------------------------------------------------------

/// Channels of the result when each of `places` places of a region has channels of its own.
Dim channels_of(std::string_view op, const Dim& channels, const Dim& places) {
  if (!places.is_known()) return {};
  if (channels.is_known() && channels.size % places.size != 0) {
    throw failure("TSX4062", {{"op", op},
                              {"what", "channels"},
                              {"groups", places.size},
                              {"found", channels.size}});
  }
  return floor_div(channels, places.size);
}

/// The values inside boxes: input, rois, scale, height, width, …
Abstract pooled(const Operands& in, std::string_view op) {
  const std::optional<DType> dtype = one_dtype(in, op, {0, 1});
  need_float_16_to_64(op, dtype);
  const OptionalShape& x = need_rank(in, op, 0, {4}, "input");
  const OptionalShape& boxes = need_rank(in, op, 1, {2}, "rois");
  if (boxes && differ((*boxes)[1], Dim::known(5)))
    unfit(op, "rois of 5 numbers: the image and a box", shape_text(*boxes));
  Dim places = Dim::known(1);
  for (const std::size_t i : {std::size_t{3}, std::size_t{4}}) {
    const std::optional<std::int64_t> size = in[i].known_int();
    if (size && *size < 1) {
      throw failure("TSX4052", {{"op", op},
                                {"what", "an output size"},
                                {"least", 1},
                                {"found", to_text(in[i])}});
    }
    places = places * (size ? Dim::known(*size) : Dim());
  }
  const Dim zero = Dim::known(0);
  if (x && ((*x)[2] == zero || (*x)[3] == zero))
    unfit(op, "an input with elements", shape_text(*x));
  const bool is_positional = op.compare(0, 3, "ps_") == 0;
  Dim channels = x ? (*x)[1] : Dim();
  if (is_positional) channels = channels_of(op, channels, places);
  const Dim count = boxes ? (*boxes)[0] : Dim();
  return in.tensor(dtype, Shape{count, channels, in[3].as_dim(), in[4].as_dim()});
}

// --- convolution with offsets -------------------------------------------------------------------

constexpr const char* kDeform = "deform_conv2d";

/// The window of a weight of 4 dimensions and stride, padding and dilation from operand 5 on; nothing
/// when one is not known.
std::optional<Window> deform_window(const Operands& in, const OptionalShape& weight) {
  const std::optional<Ints> kernel = weight ? concrete({(*weight)[2], (*weight)[3]}) : std::nullopt;
  std::optional<Ints> options[3];
  for (std::size_t i = 0; i < 3; ++i)
    options[i] = concrete({in[5 + 2 * i].as_dim(), in[6 + 2 * i].as_dim()});
  if (!kernel || !options[0] || !options[1] || !options[2]) return std::nullopt;
  return window(kDeform, *kernel, *options[0], *options[1], *options[2], 2);
}

/// groups and offset_groups, of which nothing may be known.
std::vector<std::int64_t> groups_of(const Operands& in) {
  std::vector<std::int64_t> known;
  const Abstract* least = nullptr;
  for (const std::size_t i : {std::size_t{11}, std::size_t{12}}) {
    if (!in[i].known_int()) continue;
    known.push_back(*in[i].known_int());
    if (least == nullptr || known.back() < *least->known_int()) least = &in[i];
  }
  if (least != nullptr && *least->known_int() < 1) {
    throw failure("TSX4052",
                  {{"op", kDeform}, {"what", "groups"}, {"least", 1}, {"found", to_text(*least)}});
  }
  return known;
}

void need_parts(const Dim& channels, std::int64_t parts) {
  if (channels.is_known() && channels.size % parts != 0) {
    throw failure("TSX4062", {{"op", kDeform},
                              {"what", "channels"},
                              {"groups", parts},
                              {"found", channels.size}});
  }
}

void need_channels(const Shape& x, const Shape& w, const OptionalShape& bias, std::int64_t groups,
                   std::int64_t offset_groups) {
  const Dim expected = w[1] * groups;
  if (differ(x[1], expected)) {
    throw failure("TSX4051", {{"op", kDeform},
                              {"expected", to_text(expected)},
                              {"found", to_text(x[1]) + " in " + shape_text(x)}});
  }
  need_parts(w[0], groups);
  need_parts(x[1], offset_groups);
  if (bias && differ((*bias)[0], w[0]))
    unfit(kDeform, "a bias of sizes [" + to_text(w[0]) + "]", shape_text(*bias));
}

void need_sizes(const char* what, const OptionalShape& shape, const Shape& wanted) {
  if (!shape) return;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (differ((*shape)[i], wanted[i])) {
      unfit(kDeform, std::string(what) + " of sizes " + shape_text(wanted),
                  shape_text(*shape));
    }
  }
}

// --- padding ------------------------------------------------------------------------------------

Dim grown(std::string_view op, const Dim& size, const Dim& before, const Dim& after) {
  const Dim total = size + before + after;
  if (total.is_known() && total.size < 0) mismatch(op, "sizes of 0 or more", to_text(total));
  return is_at_least(total, 0) ? total : Dim();
}

/// Sizes with the pads added.
OptionalShape padded_shape(std::string_view op, const OptionalShape& shape, const Abstract& pad) {
  const OptionalShape pads = dims_of(pad);
  if (!shape) return std::nullopt;
  if (!pads) return Shape(shape->size());
  if (pads->size() % 2 != 0 || pads->size() > 2 * shape->size()) {
    mismatch(op, "at most " + std::to_string(shape->size()) + " pairs of pads",
                   shape_text(*pads));
  }
  Shape sizes = *shape;
  for (std::size_t i = 0; i < pads->size() / 2; ++i) {
    Dim& size = sizes[sizes.size() - 1 - i];
    size = grown(op, size, (*pads)[2 * i], (*pads)[2 * i + 1]);
  }
  return sizes;
}

}  // namespace
}  // namespace tsx::engine::rules

// --- regions ------------------------------------------------------------------------------------

TSX_RULE(regions_infer_nms) {
  need_dtype("nms", one_dtype(in, "nms", {0, 1}), {DType::kFloat32, DType::kFloat64},
             "float32 or float64");
  const OptionalShape& boxes = need_rank(in, "nms", 0, {2}, "boxes");
  const OptionalShape& scores = need_rank(in, "nms", 1, {1}, "scores");
  if (boxes && differ((*boxes)[1], Dim::known(4)))
    unfit("nms", "boxes of 4 numbers", shape_text(*boxes));
  if (boxes && scores && differ((*boxes)[0], (*scores)[0])) {
    unfit("nms", "one score for each box", shape_text(*scores) + " for " + shape_text(*boxes));
  }
  return in.tensor(DType::kInt64, Shape(1));
}

TSX_RULE(regions_infer_align) { return pooled(in, "roi_align"); }

TSX_RULE(regions_infer_pair) {
  const Abstract values = pooled(in, in.base());
  return in.tuple({values, in.tensor(DType::kInt32, values.type()->shape)});
}

// --- convolution with offsets -------------------------------------------------------------------

TSX_RULE(deformable_infer) {
  const std::optional<DType> dtype = one_dtype(in, kDeform, {0, 1, 2, 4});
  need_float_16_to_64(kDeform, dtype);
  const OptionalShape& x = need_rank(in, kDeform, 0, {4}, "input");
  const OptionalShape& w = need_rank(in, kDeform, 1, {4}, "weight");
  const OptionalShape& moves = need_rank(in, kDeform, 2, {4}, "offset");
  const OptionalShape& bias = need_rank(in, kDeform, 4, {1}, "bias");
  const std::vector<std::int64_t> groups = groups_of(in);
  const std::optional<Window> window = deform_window(in, w);
  if (!window || !x || !w || groups.size() < 2)
    return in.tensor(dtype, Shape{x ? (*x)[0] : Dim(), w ? (*w)[0] : Dim(), {}, {}});
  need_channels(*x, *w, bias, groups[0], groups[1]);
  const Shape sizes = window->output(kDeform, {(*x)[2], (*x)[3]});
  const Dim places = Dim::known(groups[1]) * window->kernel[0] * window->kernel[1];
  need_sizes("offset", moves, {(*x)[0], places * 2, sizes[0], sizes[1]});
  if (in[13].known_bool() == true) {
    const OptionalShape& scales = need_rank(in, kDeform, 3, {4}, "mask");
    need_sizes("mask", scales, {(*x)[0], places, sizes[0], sizes[1]});
    one_dtype(in, kDeform, {0, 3});
  }
  return in.tensor(dtype, Shape{(*x)[0], (*w)[0], sizes[0], sizes[1]});
}

// --- padding ------------------------------------------------------------------------------------

TSX_RULE(padding_pad_rule) { return in.tensor(in.dtype(0), padded_shape("pad", in.shape(0), in[1])); }

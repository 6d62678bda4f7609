// Elements of images moved between channels and space, as tsx/ops/rearrange.py.
#include <utility>

#include "rules/view_rules.h"

namespace tsx::engine::rules {
namespace {

Dim product(const Dim& a, const Dim& b) { return numel(Shape{a, b}); }

Dim over(std::string_view op, const Dim& size, const Dim& divisor) {
  if (size.is_known() && divisor.is_known() && size.size % divisor.size != 0)
    mismatch(op, "a size divisible by " + to_text(divisor), to_text(size));
  return exact_div(size, divisor);
}

Abstract rescaled(const Operands& in, bool is_up) {
  const Type& x = in.type(0);
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  const std::string_view op = in.base();
  const std::size_t rank = x.shape->size();
  if (rank < 3) mismatch(op, "3 dimensions or more", std::to_string(rank));
  Shape sizes = *x.shape;
  Dim &channels = sizes[rank - 3], &rows = sizes[rank - 2], &cols = sizes[rank - 1];
  const std::optional<std::int64_t> factor = in[1].known_int();
  if (!factor || *factor < 1) {
    channels = rows = cols = Dim();
  } else {
    const Dim side = Dim::known(*factor), area = side * side;
    channels = is_up ? over(op, channels, area) : product(channels, area);
    rows = is_up ? product(rows, side) : over(op, rows, side);
    cols = is_up ? product(cols, side) : over(op, cols, side);
  }
  return in.tensor(x.dtype, std::move(sizes));
}

/// Windows along one dimension of `size`.
Dim window_count(const Dim& size, const Dim& kernel, const Dim& dilation, const Dim& padding,
                 const Dim& stride) {
  const bool is_told = kernel.is_known() && dilation.is_known() && padding.is_known();
  if (!is_told || !stride.is_known() || stride.size < 1) return {};
  const Dim last = size + (padding * 2 - dilation * (kernel - 1) - 1);
  const Dim count = floor_div(last, stride.size) + 1;
  return is_at_least(count, 1) ? count : Dim();
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(rearrange_shuffle_rule) { return rescaled(in, true); }

TSX_RULE(rearrange_unshuffle_rule) { return rescaled(in, false); }

TSX_RULE(rearrange_channel_shuffle_rule) { return in[0]; }

TSX_RULE(rearrange_im2col_rule) {
  const Type& x = in.type(0);
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  const std::size_t rank = x.shape->size();
  if (rank != 3 && rank != 4)
    mismatch("im2col", "a tensor of 3 or 4 dimensions", std::to_string(rank));
  Shape options[4];  // kernel, dilation, padding, stride
  for (std::size_t i = 0; i < 4; ++i) {
    options[i] = dims_of(in[i + 1], 2).value_or(Shape(2));
    if (options[i].size() != 2)
      mismatch("im2col", "two sizes each", to_text(in.list({in[1], in[2], in[3], in[4]})));
  }
  const bool has_area = dims_of(in[1], 2).has_value();
  const Dim channels =
      has_area ? numel(Shape{(*x.shape)[rank - 3], options[0][0], options[0][1]}) : Dim();
  Dim windows = Dim::known(1);
  for (std::size_t i = 0; i < 2; ++i) {
    windows = product(windows, window_count((*x.shape)[rank - 2 + i], options[0][i], options[1][i],
                                            options[2][i], options[3][i]));
  }
  Shape sizes(x.shape->begin(), x.shape->end() - 3);
  sizes.push_back(channels);
  sizes.push_back(windows);
  return in.tensor(x.dtype, std::move(sizes));
}

TSX_RULE(rearrange_col2im_rule) {
  const Type& x = in.type(0);
  if (!x.shape) return in.tensor(x.dtype, std::nullopt);
  const std::size_t rank = x.shape->size();
  if (rank != 2 && rank != 3)
    mismatch("col2im", "a tensor of 2 or 3 dimensions", std::to_string(rank));
  Shape kernel;
  for (const Dim& size : dims_of(in[2], 2).value_or(Shape()))
    if (size.is_known()) kernel.push_back(size);
  Shape sizes(x.shape->begin(), x.shape->end() - 2);
  const Dim& columns = (*x.shape)[rank - 2];
  sizes.push_back(kernel.size() == 2 ? exact_div(columns, kernel[0] * kernel[1]) : Dim());
  Shape image = dims_of(in[1], 2).value_or(Shape());
  if (image.empty()) image.resize(2);
  sizes.insert(sizes.end(), image.begin(), image.end());
  return in.tensor(x.dtype, std::move(sizes));
}

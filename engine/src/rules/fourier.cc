// Discrete Fourier transforms, as tsx/ops/fourier.py.
#include <algorithm>
#include <string_view>

#include "rules/factory.h"
#include "rules/geometry.h"
#include "tile/promote.h"

namespace tsx::engine::rules {
namespace {

/// What a transform takes and gives: complex to complex, real to complex, complex to real.
enum class Way { kC2C, kR2C, kC2R };

/// Of fft_rfft, fft_ihfft2 and their like.
Way way_of(std::string_view op) {
  const std::string_view name = std::string_view(op).substr(4);
  const bool is_inverse = name[0] == 'i';
  const char first = name[is_inverse ? 1 : 0];
  if (first == 'f') return Way::kC2C;
  return (first == 'h') != is_inverse ? Way::kC2R : Way::kR2C;
}

/// The dtype a tensor is transformed in: its own, or float32 for integers.
DType float_dtype(std::string_view op, DType dtype) {
  if (!is_float(dtype) && !is_complex(dtype)) return DType::kFloat32;
  if (item_size(dtype) < 4)
    mismatch(op, "float32, float64 or a complex dtype", std::string(name(dtype)));
  return dtype;
}

std::optional<DType> result_dtype(std::string_view op, Way way, std::optional<DType> dtype) {
  if (!dtype) return std::nullopt;
  const DType real = tile::real_of(float_dtype(op, *dtype));
  return way == Way::kC2R ? real : tile::complex_of(real);
}

/// The length of a transformed dimension of `size`, which was given or is the operand's own.
Dim length_of(Way way, const Dim& size, bool is_given) {
  if (way == Way::kC2C) return size;
  if (way == Way::kR2C) return floor_div(size, 2) + 1;
  return is_given ? size : (size - 1) * 2;
}

/// Several different dimensions, counted from the front; all of them for an empty list.
std::vector<std::size_t> axes_of(std::string_view op, const std::vector<std::int64_t>& dims,
                                 std::size_t rank) {
  std::vector<std::size_t> axes;
  const auto span = static_cast<std::int64_t>(std::max<std::size_t>(rank, 1));
  for (const std::int64_t dim : dims) {
    if (dim < -span || dim >= span)
      throw failure("TSX4030", {{"op", op}, {"low", -span}, {"high", span - 1}, {"found", dim}});
    axes.push_back(static_cast<std::size_t>(dim < 0 ? dim + span : dim));
  }
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (std::find(axes.begin(), axes.begin() + static_cast<std::ptrdiff_t>(i), axes[i]) !=
        axes.begin() + static_cast<std::ptrdiff_t>(i))
      throw failure("TSX4035", {{"op", op}, {"found", list_text(dims)}});
  return axes;
}

/// The axes of a transform over several dimensions, of which `dim` is known.
std::vector<std::size_t> places_of(std::string_view op, std::size_t rank,
                                   const std::optional<Shape>& sizes, const Abstract& dim) {
  std::vector<std::int64_t> dims;
  if (const std::optional<std::vector<std::int64_t>> many = known_ints(dim)) dims = *many;
  if (dim.known_int()) dims = {*dim.known_int()};
  const bool is_all = dim.is_none() && !sizes;
  const auto end = static_cast<std::int64_t>(rank);
  if (dim.is_none())
    for (std::int64_t i = sizes ? end - static_cast<std::int64_t>(sizes->size()) : 0; i < end; ++i)
      dims.push_back(i);
  if (dims.empty() && !is_all) mismatch(op, "one dimension or more", "[]");
  if (!is_all && rank == 0) mismatch(op, "a tensor with a dimension", "a 0-dim tensor");
  std::vector<std::size_t> axes = axes_of(op, dims, rank);
  if (sizes && sizes->size() != axes.size())
    mismatch(op, std::to_string(axes.size()) + " sizes", shape_text(*sizes));
  return axes;
}

std::optional<Shape> nd_shape(std::string_view op, Way way, const std::optional<Shape>& shape,
                              const Abstract& s, const Abstract& dim) {
  const std::optional<Shape> lengths = dims_of(s);
  if (!shape || !is_known(dim) || (!s.is_none() && !lengths)) return std::nullopt;
  const std::vector<std::size_t> axes = places_of(op, shape->size(), lengths, dim);
  Shape sizes = *shape;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const bool is_given = lengths && (*lengths)[i] != Dim::known(-1);
    const Dim given = is_given ? (*lengths)[i] : (*shape)[axes[i]];
    sizes[axes[i]] = i + 1 == axes.size() ? length_of(way, given, is_given) : given;
  }
  return sizes;
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(fourier_define_1d_rule) {
  const std::string_view op = in.base();
  const Way way = way_of(op);
  const std::optional<Shape>& shape = in.shape(0);
  const std::optional<std::size_t> place = wrap_dim(op, in[2], rank_of(shape));
  const std::optional<DType> dtype = result_dtype(op, way, in.dtype(0));
  if (!place || shape->empty()) return in.tensor(dtype, std::nullopt);
  const Dim size = in[1].is_none() ? (*shape)[*place] : in[1].as_dim();
  return in.tensor(dtype, resized(*shape, *place, length_of(way, size, !in[1].is_none())));
}

TSX_RULE(fourier_define_nd_rule) {
  const std::string_view op = in.base();
  const Way way = way_of(op);
  const std::optional<DType> dtype = result_dtype(op, way, in.dtype(0));
  return in.tensor(dtype, nd_shape(op, way, in.shape(0), in[1], in[2]));
}

TSX_RULE(fourier_define_shift_rule) { return in[0]; }

TSX_RULE(fourier_define_frequencies_rule) {
  const Dim count = in[0].as_dim();
  const bool is_half = in.base() == "fft_rfftfreq";
  return in.tensor(dtype_or(in, DType::kFloat32), Shape{is_half ? floor_div(count, 2) + 1 : count});
}

TSX_RULE(fourier_r2c_rule) {
  const std::optional<bool> is_onesided = in[3].known_bool();
  const std::optional<Shape> shape =
      nd_shape("_fft_r2c", is_onesided == true ? Way::kR2C : Way::kC2C, in.shape(0),
               Abstract::none(), in[1]);
  const std::optional<DType> dtype = result_dtype("_fft_r2c", Way::kR2C, in.dtype(0));
  return in.tensor(dtype, is_onesided ? shape : std::nullopt);
}

TSX_RULE(fourier_c2r_rule) {
  const std::optional<DType> dtype = real_dtype(in.dtype(0));
  const std::optional<Shape>& shape = in.shape(0);
  if (!shape || !in[1].has_items() || in[1].items().empty()) return in.tensor(dtype, std::nullopt);
  const auto place = wrap_dim("_fft_c2r", in[1].items().back(), shape->size());
  if (!place) return in.tensor(dtype, std::nullopt);
  return in.tensor(dtype, resized(*shape, *place, in[3].as_dim()));
}

TSX_RULE(fourier_c2c_rule) {
  if (in.dtype(0) && !is_complex(*in.dtype(0)))
    mismatch("_fft_c2c", "a complex tensor", std::string(name(*in.dtype(0))));
  return Abstract(&in.type(0));
}

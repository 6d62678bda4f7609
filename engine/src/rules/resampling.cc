// Resampling, as tsx/ops/interpolate.py and grid_sample.py.
#include <cmath>
#include <string_view>
#include <utility>

#include "rules/nn.h"

namespace tsx::engine::rules {
namespace {

// --- sizes --------------------------------------------------------------------------------------

constexpr double kInt64End = 9223372036854775808.0;  // 2^63

Dim truncated(double value) {
  return value >= -kInt64End && value < kInt64End ? Dim::known(static_cast<std::int64_t>(value)) : Dim();
}

/// `floor(size * factor)`, of a symbolic size for factors with a denominator of at most 1024.
Dim scaled_by_real(const Dim& size, double factor) {
  if (!std::isfinite(factor))
    mismatch("upsample", "finite scale factors", to_text(Abstract::real(factor)));
  if (size.is_known()) return truncated(static_cast<double>(size.size) * factor);
  if (size.kind == Dim::Kind::kUnknown || factor < 0) return {};
  for (int power = 0; power <= 10; ++power) {
    const double numerator = std::ldexp(factor, power);
    if (numerator == std::trunc(numerator))
      return floor_div(size * truncated(numerator), std::int64_t{1} << power);
  }
  return {};
}

Dim scaled(const Dim& size, const Abstract& factor) {
  if (factor.is(Abstract::Kind::kFloat)) return scaled_by_real(size, factor.as_real());
  const std::optional<std::int64_t> whole = factor.known_int();
  if (!whole || (!size.is_known() && *whole < 0)) return {};
  return size * *whole;
}

/// Nothing where the number of factors isn't known.
std::optional<Shape> by_factors(const Shape& sizes, const Abstract& factors) {
  if (!factors.has_items()) return std::nullopt;
  const Items& items = factors.items();
  Shape found(items.size());
  for (std::size_t i = 0; items.size() == sizes.size() && i < sizes.size(); ++i)
    found[i] = scaled(sizes[i], items[i]);
  return found;
}

/// The spatial sizes of the result, from one of `size` and `factors`.
Shape sizes_of(std::string_view name, const Shape& spatial, const Abstract& size,
              const Abstract& factors) {
  const std::size_t dims = spatial.size();
  if (size.is_none() == factors.is_none())
    unfit(name, "one of size and scale_factor", size.is_none() ? "none" : "both");
  const auto sizes = size.is_none() ? by_factors(spatial, factors) : dims_of(size);
  if (!sizes) return Shape(dims);
  if (sizes->size() != dims)
    unfit(name, std::to_string(dims) + " output sizes or factors", shape_text(*sizes));
  for (const Dim& length : joined(*sizes, spatial)) {
    if (!length.is_known() || length.size >= 1) continue;
    throw failure("TSX4052", {{"op", name},
                              {"what", "input and output sizes"},
                              {"least", 1},
                              {"found", length.size}});
  }
  return *sizes;
}

Abstract resampled(const Operands& in, const Abstract& factors) {
  const std::string_view name = in.base();
  const std::optional<Shape>& shape = need_rank(in, name, 0, {spatial_dims(in) + 2}, "input");
  const std::optional<DType> dtype = in.dtype(0);
  const bool is_nearest = name.find("nearest") != std::string::npos;
  if (dtype && dtype != DType::kUInt8 && !is_nearest && !is_float(*dtype))
    wrong_dtype(name, "floating-point or uint8", *dtype);
  if (!shape) return in.tensor(dtype, std::nullopt);
  return in.tensor(dtype, joined(part(*shape, 0, 2), sizes_of(name, part(*shape, 2), in[1], factors)));
}

// --- TorchScript's __interpolate ----------------------------------------------------------------

/// A mode and the ranks of inputs that it takes.
struct Mode {
  std::string_view name;
  std::size_t least, most;
};
constexpr Mode kModes[] = {{"nearest", 3, 5},   {"nearest-exact", 3, 5}, {"linear", 3, 3},
                           {"bilinear", 4, 4},  {"trilinear", 5, 5},     {"bicubic", 4, 4},
                           {"area", 3, 5}};

void check_mode(std::size_t rank, const Abstract& mode, bool is_antialiased) {
  const std::string_view name = mode.as_string();
  std::string all;
  bool fits = false;
  for (const Mode& one : kModes) {
    fits = fits || (one.name == name && one.least <= rank && rank <= one.most);
    all += (all.empty() ? "" : ", ") + std::string(one.name);
  }
  if (!fits) {
    unfit("interpolate", "a mode of " + all + " that fits the rank",
                to_text(mode) + " for " + std::to_string(rank) + "-D");
  }
  if (is_antialiased && name != "bilinear" && name != "bicubic")
    unfit("interpolate", "antialias with bilinear or bicubic only", to_text(mode));
}

/// A single size or factor as one for each dimension.
Abstract repeated(const Operands& in, const Abstract& value, std::size_t dims) {
  const bool is_single = !value.is_none() && !value.has_items() && !value.is_unknown();
  return is_single ? in.list(Items(dims, value)) : value;
}

// --- grids --------------------------------------------------------------------------------------

void check_code(std::string_view name, const Abstract& code, std::int64_t most,
                const char* expected) {
  const std::optional<std::int64_t> known = code.known_int();
  if (known && (*known < 0 || *known > most)) unfit(name, expected, to_text(code));
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(interpolate_define_rule) { return resampled(in, Abstract::none()); }

TSX_RULE(interpolate_define_rule_vec) { return resampled(in, in[in.size() - 1]); }

TSX_RULE(interpolate_infer_interpolate) {
  const std::optional<Shape>& shape = need_rank(in, "interpolate", 0, {3, 4, 5}, "input");
  if (!shape) return in.tensor(in.dtype(0), std::nullopt);
  const std::size_t dims = shape->size() - 2;
  const std::optional<bool> is_antialiased = in[6].known_bool();
  if (in[3].is(Abstract::Kind::kString) && is_antialiased)
    check_mode(shape->size(), in[3], *is_antialiased);
  const Shape sizes = sizes_of("interpolate", part(*shape, 2), repeated(in, in[1], dims),
                              repeated(in, in[2], dims));
  return in.tensor(in.dtype(0), joined(part(*shape, 0, 2), sizes));
}

TSX_RULE(grid_sample_infer) {
  const std::string_view name = in.base();
  const std::optional<DType> dtype = one_dtype(in, name, {0, 1});
  const std::size_t dims = spatial_dims(in);  // none where the operator takes two or three
  const auto ranked = [&](std::size_t place, const char* what) -> const std::optional<Shape>& {
    return dims == 0 ? need_rank(in, name, place, {4, 5}, what)
                     : need_rank(in, name, place, {dims + 2}, what);
  };
  const std::optional<Shape>& x = ranked(0, "input");
  const std::optional<Shape>& g = ranked(1, "grid");
  if (!x || !g) return in.tensor(dtype, std::nullopt);
  const std::size_t rank = x->size();
  const Dim axes = Dim::known(static_cast<std::int64_t>(rank - 2));
  if (g->size() != rank || differ((*x)[0], (*g)[0]) || differ(g->back(), axes)) {
    unfit(name,
                "a grid of " + std::to_string(rank) + " dimensions, one for each image, of " +
                    to_text(axes) + " coordinates",
                shape_text(*g));
  }
  if (has_zero(*x, 2)) unfit(name, "an input with elements", shape_text(*x));
  check_code(name, in[2], rank == 5 ? 1 : 2, "mode 0 (linear), 1 (nearest) or, in 2-D, 2 (cubic)");
  check_code(name, in[3], 2, "padding mode 0 (zeros), 1 (border) or 2 (reflection)");
  return in.tensor(dtype, joined({either((*x)[0], (*g)[0]), (*x)[1]}, part(*g, 1, rank - 1)));
}

TSX_RULE(grid_sample_infer_affine) {
  const std::string name = "affine_grid_generator";
  const std::optional<Shape>& theta = need_rank(in, name, 0, {3}, "theta");
  const std::optional<Shape> sizes = dims_of(in[1]);
  if (!sizes) return in.tensor(in.dtype(0), std::nullopt);
  const std::size_t count = sizes->size();
  const Dim dims = Dim::known(static_cast<std::int64_t>(count)) - 2;
  const bool is_wrong = theta && (differ((*theta)[1], dims) || differ((*theta)[2], dims + 1));
  if (count < 4 || count > 5 || is_wrong) {
    unfit(name, "theta of sizes [N, 2, 3] for 4 sizes, [N, 3, 4] for 5",
                shape_text(theta.value_or(Shape())) + " for " + std::to_string(count));
  }
  Shape shape = joined({(*sizes)[0]}, part(*sizes, 2));
  shape.push_back(dims);
  return in.tensor(in.dtype(0), std::move(shape));
}

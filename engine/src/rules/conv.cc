// Convolutions, as tsx/ops/conv.py.
#include <utility>

#include "rules/nn.h"

namespace tsx::engine::rules {
namespace {

/// What the operands after input, weight and bias say.
struct Given {
  const Abstract &stride, &padding, &dilation, &groups;
  Abstract transposed = Abstract::boolean(false);
  Abstract output_padding = Abstract::integer(0);
};

/// One convolution with its numbers checked. `extra` is padding at the end only, for "same".
struct Plan {
  Window window;
  Shape extra;
  bool is_transposed = false;
  Ints output_padding;

  Shape sizes(std::string_view name, const Shape& input) const {
    return is_transposed ? sizes_of_transposed(name, input) : window.output(name, padded(input));
  }

 private:
  Shape padded(Shape sizes) const {
    for (std::size_t i = 0; i < sizes.size(); ++i)
      sizes[i] = sizes[i] + extra[i];
    return sizes;
  }

  Shape sizes_of_transposed(std::string_view name, const Shape& input) const {
    Shape found;
    for (std::size_t i = 0; i < input.size(); ++i) {
      found.push_back((input[i] - 1) * window.stride[i] - Dim::known(window.padding[i]) * 2 +
                      window.reach(i) + output_padding[i]);
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i].is_known() || found[i].size >= 1) continue;
      throw failure("TSX4053", {{"op", name},
                                {"window", to_text(window.reach(i))},
                                {"size", found[i].size},
                                {"dim", -static_cast<std::int64_t>(found.size() - i)}});
    }
    return found;
  }
};

Plan plan_of_name(std::string_view name, const Ints& kernel, const Ints& stride,
                  const Ints& dilation, const Abstract& padding) {
  const std::size_t dims = kernel.size();
  Plan plan{window(name, kernel, stride, {0}, dilation, dims), Shape(dims, Dim::known(0)), false, {}};
  if (padding.as_string() == "valid") return plan;
  if (padding.as_string() != "same")
    unfit(name, "padding \"same\" or \"valid\"", to_text(padding));
  for (const std::int64_t step : plan.window.stride) {
    if (step == 1) continue;
    throw failure("TSX4052", {{"op", std::string(name) + " with padding \"same\""},
                              {"what", "a stride of 1, so one"},
                              {"least", 1},
                              {"found", list_text(plan.window.stride)}});
  }
  for (std::size_t i = 0; i < dims; ++i) {
    const Dim total = plan.window.reach(i) - 1;
    if (total.is_known()) plan.window.padding[i] = total.size / 2;
    plan.extra[i] = modulo(total, 2);
  }
  return plan;
}

void check_groups(std::string_view name, const Abstract& groups) {
  if (*groups.known_int() >= 1) return;
  throw failure("TSX4052",
                {{"op", name}, {"what", "groups"}, {"least", 1}, {"found", to_text(groups)}});
}

/// Nothing where a number is not known.
std::optional<Plan> plan_of(std::string_view name, const Shape& weight, const Given& given) {
  check_groups(name, given.groups);
  const auto kernel = concrete(part(weight, 2));
  const bool is_named = given.padding.is(Abstract::Kind::kString);
  const auto padding = is_named ? Ints() : window_ints(given.padding);
  const auto stride = window_ints(given.stride), dilation = window_ints(given.dilation);
  const auto output_padding = window_ints(given.output_padding);
  if (!kernel || !padding || !stride || !dilation || !output_padding) return std::nullopt;
  if (is_named) return plan_of_name(name, *kernel, *stride, *dilation, given.padding);
  const std::size_t dims = kernel->size();
  Plan plan{window(name, *kernel, *stride, *padding, *dilation, dims), Shape(dims, Dim::known(0)),
            given.transposed.as_bool(), {}};
  plan.output_padding = spread_ints(name, "output padding", *output_padding, dims, 0);
  return plan;
}

/// The output channels; errors when input, weight, bias and groups don't fit together.
Dim channels_of(std::string_view name, const Shape& x, const Shape& w,
                const std::optional<Shape>& bias, const Given& given) {
  const std::int64_t groups = *given.groups.known_int();
  const bool is_transposed = given.transposed.as_bool();
  const Dim &channels = x[x.size() == w.size() ? 1 : 0], &filters = w[0];
  const Dim inside = w[1] * groups;
  const Dim &expected = is_transposed ? filters : inside, &out = is_transposed ? inside : filters;
  if (differ(channels, expected)) {
    throw failure("TSX4051", {{"op", name},
                              {"expected", to_text(expected)},
                              {"found", to_text(channels) + " in " + shape_text(x)}});
  }
  if (filters.is_known() && filters.size % groups != 0) {
    throw failure("TSX4062", {{"op", name},
                              {"what", "channels"},
                              {"groups", to_text(given.groups)},
                              {"found", filters.size}});
  }
  if (bias && misfits(*bias, {out})) {
    throw failure("TSX4060", {{"op", name},
                              {"what", "a bias"},
                              {"expected", to_text(out) + " elements"},
                              {"found", shape_text(*bias)}});
  }
  return out;
}

/// Of `dims` spatial dimensions, or as many as the weight has.
Abstract convolution(const Operands& in, std::string_view name, std::size_t dims,
                     const Given& given) {
  const std::optional<DType> dtype = one_dtype(in, name, {0, 1, 2});
  const std::optional<Shape>& w = dims == 0 ? need_rank(in, name, 1, {3, 4, 5}, "weight")
                                            : need_rank(in, name, 1, {dims + 2}, "weight");
  if (!w) return in.tensor(dtype, std::nullopt);
  const std::size_t count = w->size() - 2;
  const std::optional<Shape>& x = need_rank(in, name, 0, {count + 1, count + 2}, "input");
  if (!x || !given.groups.known_int() || !given.transposed.known_bool())
    return in.tensor(dtype, std::nullopt);
  const std::optional<Plan> plan = plan_of(name, *w, given);
  Shape shape = without_last(*x, count + 1);
  shape.push_back(channels_of(name, *x, *w, in.shape(2), given));
  const Shape spatial = part(*x, x->size() - count);
  return in.tensor(dtype, joined(std::move(shape), plan ? plan->sizes(name, spatial) : Shape(count)));
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(conv_define_forward_rule) {
  return convolution(in, in.base(), spatial_dims(in), {in[3], in[4], in[5], in[6]});
}

TSX_RULE(conv_define_transposed_rule) {
  return convolution(in, in.base(), spatial_dims(in),
                     {in[3], in[4], in[7], in[6], Abstract::boolean(true), in[5]});
}

TSX_RULE(conv_infer_general) {
  return convolution(in, "convolution", 0, {in[3], in[4], in[5], in[8], in[6], in[7]});
}

TSX_RULE(conv_infer_mode) {
  return convolution(in, "convolution", 0, {in[3], in[4], in[5], in[6]});
}

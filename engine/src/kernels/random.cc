// Operators that draw random numbers (tsx/ops/random.py), from the run's generator.
#include "kernels/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/generator.h"
#include "kernels/elementwise.h"
#include "kernels/numbers.h"
#include "kernels/places.h"
#include "kernels/views.h"
#include "run/context.h"
#include "tile/promote.h"
#include "tile/run.h"
#include "tile/space.h"

namespace tsx::engine {

Generator& generator_of(const Call& call) {
  const bool is_given = call.context() != nullptr && call.context()->generator != nullptr;
  return is_given ? *call.context()->generator : Generator::shared();
}

void draw_uniform(Generator& generator, double* to, Size count, int bits) {
  Words words(generator, bits <= 32 ? count : count + count);
  const double unit = std::ldexp(1.0, -bits);
  for (double* const end = to + count.count(); to != end; ++to)
    *to = bits <= 32 ? static_cast<double>(words.next() >> (32 - bits)) * unit
                     : static_cast<double>(words.next_long() >> (64 - bits)) * unit;
}

namespace {

constexpr double kTurn = 6.283185307179586476925;

/// Programs have no values of their own that are generators.
Generator& source(const Call& call, std::size_t operand) {
  if (!call.is_none(operand)) refuse("expected None as the generator");
  return generator_of(call);
}

/// Box-Muller: all radii are drawn, then all angles.
void draw_normal(Generator& generator, double* to, Size count) {
  const std::size_t pairs = (count.count() + 1) / 2;
  std::vector<double> radii(pairs), angles(pairs);
  draw_uniform(generator, radii.data(), Size::of(pairs), 53);
  draw_uniform(generator, angles.data(), Size::of(pairs), 53);
  for (std::size_t i = 0; i < pairs; ++i) {
    const double radius = std::sqrt(-2.0 * std::log1p(-radii[i]));
    const double angle = kTurn * angles[i];
    to[2 * i] = radius * std::cos(angle);
    if (2 * i + 1 < count.count()) to[2 * i + 1] = radius * std::sin(angle);
  }
}

/// How many bits a draw has, so that a dtype with as many never rounds up to 1.
int bits_of(DType dtype) {
  switch (dtype) {
  case DType::kFloat16:
    return 11;
  case DType::kBFloat16:
    return 8;
  case DType::kFloat32:
    return 24;
  default:
    return 53;
  }
}

enum class Draw : std::uint8_t { kUniform, kNormal };

/// Float64 numbers; those of a complex dtype are its parts.
void draw(Draw kind, Generator& generator, double* to, Size count, DType dtype) {
  if (kind == Draw::kNormal) return draw_normal(generator, to, count);
  draw_uniform(generator, to, count, bits_of(dtype));
}

/// Random numbers of a float or complex dtype; a complex normal one has variance 1 in all.
TensorRef drawn(Draw kind, const Dims& sizes, DType dtype, Generator& generator) {
  need_sizes(sizes);
  const Size count = count_of(sizes);
  if (is_complex(dtype)) {
    const TensorRef parts = Tensor::empty(DType::kComplex128, sizes);
    auto* const to = parts->mutable_data<double>();
    draw(kind, generator, to, count + count, dtype);
    if (kind == Draw::kNormal)
      std::for_each(to, to + 2 * count.count(), [](double& part) { part *= std::sqrt(0.5); });
    return tile::cast(parts, dtype);
  }
  if (!is_float(dtype)) refuse("expected a floating-point dtype, got " + std::string(name(dtype)));
  const TensorRef numbers = Tensor::empty(DType::kFloat64, sizes);
  draw(kind, generator, numbers->mutable_data<double>(), count, dtype);
  return tile::cast(numbers, dtype);
}

/// In the dtype that torch computes in.
TensorRef opmath(const TensorRef& x) { return tile::cast(x, tile::opmath(x->dtype())); }

/// x * factor + shift, by torch's promotion.
TensorRef moved(const Value& x, const Value& factor, const Value& shift) {
  const TensorRef scaled = evaluate("aten::mul.Tensor", {x, factor});
  return evaluate("aten::add.Tensor", {Value(scaled), shift, Value(std::int64_t{1})});
}

// --- rand, randn --------------------------------------------------------------------------------

template <Draw kind, bool has_generator> void sized_kernel(Call& call) {
  Generator& generator = has_generator ? source(call, 1) : generator_of(call);
  const DType dtype = call.optional_dtype(has_generator ? 2 : 1).value_or(DType::kFloat32);
  call.give(drawn(kind, call.ints(0), dtype, generator));
}

template <Draw kind, bool has_generator> void like_kernel(Call& call) {
  Generator& generator = has_generator ? source(call, 1) : generator_of(call);
  const Tensor& x = call.tensor(0);
  const DType dtype = call.optional_dtype(has_generator ? 2 : 1).value_or(x.dtype());
  call.give(drawn(kind, x.sizes(), dtype, generator));
}

// --- whole numbers ------------------------------------------------------------------------------

/// Whole numbers from `low` to `high` - 1, as int64.
TensorRef integers(const Dims& sizes, Wide low, Wide high, Generator& generator) {
  need_sizes(sizes);
  if (low >= high) refuse("expected a high limit above the low one");
  const Wide width = high - low;
  const std::uint64_t span = width > UINT64_MAX ? UINT64_MAX : static_cast<std::uint64_t>(width);
  const Size count = count_of(sizes);
  const TensorRef result = Tensor::empty(DType::kInt64, sizes);
  auto* to = result->mutable_data<std::int64_t>();
  Words words(generator, count + count);
  for (std::size_t i = 0; i < count.count(); ++i)
    to[i] = static_cast<std::int64_t>(words.next_long() % span + static_cast<std::uint64_t>(low));
  return result;
}

template <bool has_low, bool has_generator> void randint_kernel(Call& call) {
  constexpr std::size_t kHigh = has_low ? 1 : 0, kSizes = kHigh + 1;
  Generator& generator = has_generator ? source(call, kSizes + 1) : generator_of(call);
  const DType dtype =
      call.optional_dtype(kSizes + (has_generator ? 2 : 1)).value_or(DType::kInt64);
  call.give(tile::cast(integers(call.ints(kSizes), has_low ? call.integer(0) : 0,
                                call.integer(kHigh), generator),
                       dtype));
}

/// An int, or the number in a tensor of one element.
std::int64_t limit_of(const Call& call, std::size_t i) {
  if (!call[i].is(Tag::kTensor)) return call.integer(i);
  if (call.tensor(i).count() != 1)
    refuse("expected a tensor with one element, got shape " + text_of(call.tensor(i).sizes()));
  return *plain(call.tensor_ref(i), DType::kInt64)->data<std::int64_t>();
}

template <bool has_low, bool has_generator> void randint_like_kernel(Call& call) {
  constexpr std::size_t kHigh = has_low ? 2 : 1;
  Generator& generator = has_generator ? source(call, kHigh + 1) : generator_of(call);
  const Tensor& x = call.tensor(0);
  const DType dtype = call.optional_dtype(kHigh + (has_generator ? 2 : 1)).value_or(x.dtype());
  call.give(tile::cast(
      integers(x.sizes(), has_low ? call.integer(1) : 0, limit_of(call, kHigh), generator), dtype));
}

/// The largest whole number that random_ draws: of a float, the last one before gaps.
Wide largest(DType dtype) {
  if (dtype == DType::kBool) return 1;
  if (is_float(dtype)) return static_cast<Wide>(1) << bits_of(dtype);
  if (item_size(dtype) > 8) return static_cast<Wide>(UINT64_MAX) << 62;
  const std::size_t bits = 8 * item_size(dtype) - (dtype == DType::kUInt8 ? 0 : 1);
  return (static_cast<Wide>(1) << bits) - 1;
}

/// random_(), random_(to), random_(from, to).
template <std::size_t limits> void random_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const bool is_open = limits == 0 || call.is_none(limits);
  const Wide high = is_open ? largest(x->dtype()) + 1 : call.integer(limits);
  store_result(*x, integers(x->sizes(), limits == 2 ? call.integer(1) : 0, high,
                            source(call, limits + 1)));
  call.give(x);
}

template <bool has_generator> void randperm_kernel(Call& call) {
  Generator& generator = has_generator ? source(call, 1) : generator_of(call);
  const std::int64_t count = call.integer(0);
  need_sizes(Dims{count});
  const TensorRef order = Tensor::empty(DType::kInt64, {count});
  auto* const places = order->mutable_data<std::int64_t>();
  std::vector<std::uint64_t> keys(static_cast<std::size_t>(count));
  Words words(generator, Size(count) + Size(count));
  for (std::uint64_t& key : keys)
    key = words.next_long();
  std::iota(places, places + count, 0);
  std::stable_sort(places, places + count, [&](std::int64_t a, std::int64_t b) {
    return keys[static_cast<std::size_t>(a)] < keys[static_cast<std::size_t>(b)];
  });
  call.give(
      tile::cast(order, call.optional_dtype(has_generator ? 2 : 1).value_or(DType::kInt64)));
}

// --- coins --------------------------------------------------------------------------------------

/// Bools that are true with a probability, of a number or of each element of a tensor.
TensorRef chances(const Value& p, const Dims& sizes, Generator& generator) {
  const TensorRef given = number_tensor(p);
  if (is_complex(given->dtype())) refuse("expected probabilities from 0 to 1");
  const TensorRef own = plain(given, DType::kFloat64);
  for (std::int64_t i = 0; i < own->count(); ++i)
    if (!(own->data<double>()[i] >= 0 && own->data<double>()[i] <= 1))
      refuse("expected probabilities from 0 to 1");
  const TensorRef likely = plain(expand(own, sizes));
  const Size count = count_of(sizes);
  std::vector<double> draws(count.count());
  draw_uniform(generator, draws.data(), count, 53);
  const TensorRef result = Tensor::empty(DType::kBool, sizes);
  auto* to = result->mutable_data<std::uint8_t>();
  for (std::size_t i = 0; i < draws.size(); ++i)
    to[i] = draws[i] < likely->data<double>()[i];
  return result;
}

/// With the probability in operand `p`, which may be self.
template <std::size_t p> void bernoulli_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  call.give(tile::cast(chances(call[p], x.sizes(), source(call, p + 1)), x.dtype()));
}

void bernoulli_in_place(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  store_result(*x, chances(call[1], x->sizes(), source(call, 2)));
  call.give(x);
}

// --- normal, uniform, exponential ---------------------------------------------------------------

void need_spread(const TensorRef& std) {
  const TensorRef spread = plain(std, DType::kFloat64);
  for (std::int64_t i = 0; i < spread->count(); ++i)
    if (spread->data<double>()[i] < 0)
      refuse("expected standard deviations of 0 or more, got a negative one");
}

/// Means and standard deviations, of which at least one is a tensor.
void normal_kernel(Call& call) {
  Dims sizes;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}})
    if (call[i].is(Tag::kTensor)) sizes = tile::broadcast(sizes, call.tensor(i).sizes());
  const DType dtype = call.tensor(call[0].is(Tag::kTensor) ? 0 : 1).dtype();
  const TensorRef z = drawn(Draw::kNormal, sizes, DType::kFloat64, source(call, 2));
  need_spread(number_tensor(call[1]));
  call.give(tile::cast(moved(Value(z), call[1], call[0]), dtype));
}

void normal_sized_kernel(Call& call) {
  const DType dtype = call.optional_dtype(4).value_or(DType::kFloat32);
  const TensorRef z = drawn(Draw::kNormal, call.ints(2), dtype, source(call, 3));
  call.give(tile::cast(moved(Value(opmath(z)), Value(call.real(1)), Value(call.real(0))), dtype));
}

void normal_in_place(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  if (call.real(2) < 0) refuse("expected a standard deviation of 0 or more");
  const TensorRef z = drawn(Draw::kNormal, x->sizes(), DType::kFloat64, source(call, 3));
  store_result(*x, moved(Value(z), Value(call.real(2)), Value(call.real(1))));
  call.give(x);
}

void uniform_in_place(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const double low = call.real(1), high = call.real(2);
  if (low > high) refuse("expected an end of at least the start");
  const TensorRef draws = drawn(Draw::kUniform, x->sizes(), x->dtype(), source(call, 3));
  store_result(*x, moved(Value(opmath(draws)), Value(high - low), Value(low)));
  call.give(x);
}

void exponential_in_place(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const double rate = call.real(1);
  if (rate <= 0) refuse("expected a rate above 0");
  const TensorRef draws = drawn(Draw::kUniform, x->sizes(), DType::kFloat64, source(call, 2));
  auto* const numbers = draws->mutable_data<double>();
  for (std::int64_t i = 0; i < draws->count(); ++i)
    numbers[i] = -std::log1p(-numbers[i]) / rate;
  store_result(*x, draws);
  call.give(x);
}

// --- multinomial --------------------------------------------------------------------------------

/// Weights of 0 or more in rows, at least `able` of each row above 0.
void need_weights(const Tensor& rows, std::int64_t able) {
  const auto* weights = rows.data<double>();
  for (std::int64_t row = 0; row < rows.size(0); ++row) {
    std::int64_t positive = 0;
    for (std::int64_t i = 0; i < rows.size(1); ++i, ++weights) {
      if (!(*weights >= 0) || std::isinf(*weights))
        refuse("expected finite weights of 0 or more");
      positive += *weights > 0;
    }
    if (positive < able)
      refuse("expected at least " + std::to_string(able) + " weights above 0, got " +
             std::to_string(positive));
  }
}

/// Points on the line of a row's weights, one after the other.
void draw_with_replacement(const Tensor& rows, std::int64_t count, Generator& generator,
                           std::int64_t* to) {
  const auto width = static_cast<std::size_t>(rows.size(1));
  std::vector<double> points(static_cast<std::size_t>(rows.size(0) * count)), ends(width);
  draw_uniform(generator, points.data(), Size::of(points.size()), 53);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t row = i / static_cast<std::size_t>(count);
    if (i % static_cast<std::size_t>(count) == 0)
      std::partial_sum(rows.data<double>() + row * width, rows.data<double>() + (row + 1) * width,
                       ends.begin());
    to[i] = std::upper_bound(ends.begin(), ends.end(), points[i] * ends.back()) - ends.begin();
  }
}

/// The first to arrive of exponential clocks with the weights as their rates.
void draw_without(const Tensor& rows, std::int64_t count, Generator& generator, std::int64_t* to) {
  const auto width = static_cast<std::size_t>(rows.size(1));
  std::vector<double> arrivals(static_cast<std::size_t>(rows.count()));
  draw_uniform(generator, arrivals.data(), Size::of(arrivals.size()), 53);
  const auto* weights = rows.data<double>();
  for (std::size_t i = 0; i < arrivals.size(); ++i)
    arrivals[i] = weights[i] > 0 ? -std::log1p(-arrivals[i]) / weights[i]
                                 : std::numeric_limits<double>::infinity();
  std::vector<std::int64_t> order(width);
  for (std::int64_t row = 0; row < rows.size(0); ++row, to += count) {
    const double* own = arrivals.data() + static_cast<std::size_t>(row) * width;
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [own](std::int64_t a, std::int64_t b) { return own[a] < own[b]; });
    std::copy_n(order.begin(), count, to);
  }
}

void multinomial_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::int64_t count = call.integer(1);
  const bool replaces = call.boolean(2);
  if (!is_float(x->dtype()) && x->dtype() != DType::kUInt8)
    refuse("expected floating-point weights, got " + std::string(name(x->dtype())));
  need_rank(*x, 1, 2);
  if (count < 1) refuse("expected 1 sample or more, got " + std::to_string(count));
  const TensorRef weights = plain(x, DType::kFloat64);
  const std::int64_t height = x->rank() == 2 ? x->size(0) : 1;
  const TensorRef rows = shaped(weights, {height, x->sizes().back()});
  need_weights(*rows, replaces ? 1 : count);
  if (replaces && height == 0) refuse("expected a row of weights or more");
  Dims sizes = x->sizes();
  sizes[sizes.size() - 1] = count;
  const TensorRef result = Tensor::empty(DType::kInt64, sizes);
  auto* const to = result->mutable_data<std::int64_t>();
  if (replaces)
    draw_with_replacement(*rows, count, source(call, 3), to);
  else
    draw_without(*rows, count, source(call, 3), to);
  call.give(result);
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(random) {
  registry.add("aten::rand", sized_kernel<Draw::kUniform, false>);
  registry.add("aten::rand.generator", sized_kernel<Draw::kUniform, true>);
  registry.add("aten::randn", sized_kernel<Draw::kNormal, false>);
  registry.add("aten::randn.generator", sized_kernel<Draw::kNormal, true>);
  registry.add("aten::rand_like", like_kernel<Draw::kUniform, false>);
  registry.add("aten::rand_like.generator", like_kernel<Draw::kUniform, true>);
  registry.add("aten::randn_like", like_kernel<Draw::kNormal, false>);
  registry.add("aten::randn_like.generator", like_kernel<Draw::kNormal, true>);
  registry.add("aten::randint", randint_kernel<false, false>);
  registry.add("aten::randint.generator", randint_kernel<false, true>);
  registry.add("aten::randint.low", randint_kernel<true, false>);
  registry.add("aten::randint.low_generator", randint_kernel<true, true>);
  registry.add("aten::randint_like", randint_like_kernel<false, false>);
  registry.add("aten::randint_like.Tensor", randint_like_kernel<false, false>);
  registry.add("aten::randint_like.low_dtype", randint_like_kernel<true, false>);
  registry.add("aten::randint_like.generator", randint_like_kernel<false, true>);
  registry.add("aten::randint_like.Tensor_generator", randint_like_kernel<false, true>);
  registry.add("aten::randint_like.low_generator_dtype", randint_like_kernel<true, true>);
  registry.add("aten::random_", random_kernel<0>);
  registry.add("aten::random_.to", random_kernel<1>);
  registry.add("aten::random_.from", random_kernel<2>);
  registry.add("aten::randperm", randperm_kernel<false>);
  registry.add("aten::randperm.generator", randperm_kernel<true>);
  registry.add("aten::bernoulli", bernoulli_kernel<0>);
  registry.add("aten::bernoulli.p", bernoulli_kernel<1>);
  registry.add("aten::bernoulli.Tensor", bernoulli_kernel<1>);
  registry.add("aten::bernoulli_.Tensor", bernoulli_in_place);
  registry.add("aten::bernoulli_.float", bernoulli_in_place);
  registry.add("aten::normal.Tensor_float", normal_kernel);
  registry.add("aten::normal.float_Tensor", normal_kernel);
  registry.add("aten::normal.Tensor_Tensor", normal_kernel);
  registry.add("aten::normal.float_float", normal_sized_kernel);
  registry.add("aten::normal_", normal_in_place);
  registry.add("aten::uniform_", uniform_in_place);
  registry.add("aten::exponential_", exponential_in_place);
  registry.add("aten::multinomial", multinomial_kernel);
}

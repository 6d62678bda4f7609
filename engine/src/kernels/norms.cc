// Mirrors tsx/ops/norms.py and batch_norm.py: norms over a sample, over groups of channels, over a
// batch.
#include <cmath>
#include <complex>
#include <limits>

#include "base/error.h"
#include "base/refusal.h"
#include "kernels/elementwise.h"
#include "kernels/rows.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "threads/pool.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

constexpr std::size_t kGrain = 1 << 13; // elements for which another thread pays

TensorRef optional_ref(Call& call, std::size_t i) {
  return call.is_none(i) ? TensorRef() : call.tensor_ref(i);
}

/// An affine term in the dtype of the computation, row-major; null stays null.
TensorRef term(const TensorRef& tensor, DType work) {
  return tensor ? plain(tensor, work) : tensor;
}

template <typename T> const T* data_of(const TensorRef& tensor) {
  return tensor ? tensor->data<T>() : nullptr;
}

/// Half precision with float32 terms gives its statistics in float32.
DType statistics_dtype(DType dtype, std::initializer_list<const Tensor*> terms) {
  if (dtype != DType::kFloat16 && dtype != DType::kBFloat16) return dtype;
  for (const Tensor* tensor : terms) {
    if (tensor != nullptr && tensor->dtype() == DType::kFloat32) return DType::kFloat32;
  }
  return dtype;
}

template <typename T> struct Statistics {
  T mean, scale;
};

template <typename T> Statistics<T> statistics_of(const T* x, std::size_t count, double eps) {
  const T mean = static_cast<T>(row_sum(x, count) / static_cast<double>(count));
  const T variance = static_cast<T>(row_square_sum(x, mean, count) / static_cast<double>(count));
  return {mean, static_cast<T>(1 / std::sqrt(variance + static_cast<T>(eps)))};
}

// --- layer_norm and rms_norm ---------------------------------------------------------------------

struct Normalized {
  TensorRef result, mean, scale;
};

/// The last dimensions of the input are `over`, and the terms have these sizes.
Dims check_normalized(const Tensor& x, const Dims& over,
                      std::initializer_list<const Tensor*> terms) {
  bool fits = over.size() <= x.rank() && !over.empty();
  const std::size_t lead = fits ? x.rank() - over.size() : 0;
  for (std::size_t i = 0; fits && i < over.size(); ++i)
    fits = x.size(lead + i) == over[i];
  if (!fits)
    refuse("expected an input that ends in sizes " + text_of(over) + ", got " + text_of(x.sizes()));
  for (const Tensor* tensor : terms) {
    if (tensor != nullptr && tensor->sizes() != over) {
      refuse_as("TSX4060", "expected a weight or bias of sizes " + text_of(over) + ", got " +
             text_of(tensor->sizes()));
    }
  }
  Dims kept;
  for (std::size_t i = 0; i < x.rank(); ++i)
    kept.push_back(i < lead ? x.size(i) : 1);
  return kept;
}

Normalized normalize_rows(const TensorRef& x, const Dims& over, const TensorRef& weight,
                          const TensorRef& bias, double eps, bool is_rms) {
  const DType work = float_work(x->dtype());
  const Dims kept = check_normalized(*x, over, {weight.get(), bias.get()});
  const TensorRef from = plain(x, work), w = term(weight, work), b = term(bias, work);
  Normalized made{Tensor::empty(work, x->sizes()), Tensor::empty(work, kept),
                  Tensor::empty(work, kept)};
  const auto rows = static_cast<std::size_t>(made.mean->count());
  const auto width = static_cast<std::size_t>(count_of(over).value());
  for_float(work, [&](auto zero) {
    using T = decltype(zero);
    const T* const source = from->data<T>();
    T* const to = made.result->mutable_data<T>();
    T* const means = made.mean->mutable_data<T>();
    T* const scales = made.scale->mutable_data<T>();
    threads::parallel(rows, kGrain / (width + 1) + 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const T* const row = source + i * width;
        Statistics<T> found{};
        if (is_rms) {
          const T power =
              static_cast<T>(row_square_sum(row, T(0), width) / static_cast<double>(width));
          found.scale = static_cast<T>(1 / std::sqrt(power + static_cast<T>(eps)));
        } else {
          found = statistics_of(row, width, eps);
        }
        means[i] = found.mean;
        scales[i] = found.scale;
        row_normal(to + i * width, row, found.mean, found.scale, data_of<T>(w), data_of<T>(b),
                   width);
      }
    });
  });
  made.result = tile::cast(made.result, x->dtype());
  return made;
}

void layer_norm_kernel(Call& call) {
  call.give(normalize_rows(call.tensor_ref(0), call.ints(1), optional_ref(call, 2),
                           optional_ref(call, 3), call.real(4), false)
                .result);
}

void native_layer_norm_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0), weight = optional_ref(call, 2),
                  bias = optional_ref(call, 3);
  const Normalized made = normalize_rows(x, call.ints(1), weight, bias, call.real(4), false);
  const DType dtype = statistics_dtype(x->dtype(), {weight.get(), bias.get()});
  call.give(made.result, tile::cast(made.mean, dtype), tile::cast(made.scale, dtype));
}

Normalized rms_norm(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const double natural = float_work(x->dtype()) == DType::kFloat64
                             ? std::numeric_limits<double>::epsilon()
                             : static_cast<double>(std::numeric_limits<float>::epsilon());
  return normalize_rows(x, call.ints(1), optional_ref(call, 2), {},
                        call.optional_real(3).value_or(natural), true);
}

/// Of complex numbers, step by step: x / sqrt(mean(x * x) + eps) * weight.
Normalized complex_rms_norm(Call& call) {
  const TensorRef x = call.tensor_ref(0), weight = optional_ref(call, 2);
  const Dims kept = check_normalized(*x, call.ints(1), {weight.get()});
  const bool is_wide = x->dtype() == DType::kComplex128;
  const double natural = is_wide ? std::numeric_limits<double>::epsilon()
                                 : static_cast<double>(std::numeric_limits<float>::epsilon());
  const TensorRef wide = plain(x, DType::kComplex128);
  Normalized made{
      Tensor::empty(DType::kComplex128, x->sizes()), {}, Tensor::empty(DType::kComplex128, kept)};
  const auto width = static_cast<std::size_t>(count_of(call.ints(1)).value());
  const auto* const from = wide->data<std::complex<double>>();
  auto* const to = made.result->mutable_data<std::complex<double>>();
  auto* const scales = made.scale->mutable_data<std::complex<double>>();
  for (std::size_t i = 0; i < static_cast<std::size_t>(made.scale->count()); ++i) {
    std::complex<double> sum = 0;
    for (std::size_t j = 0; j < width; ++j)
      sum += from[i * width + j] * from[i * width + j];
    scales[i] =
        1.0 / std::sqrt(sum / static_cast<double>(width) + call.optional_real(3).value_or(natural));
    for (std::size_t j = 0; j < width; ++j)
      to[i * width + j] = from[i * width + j] * scales[i];
  }
  if (weight) made.result = evaluate("aten::mul.Tensor", {Value(made.result), Value(weight)});
  made.result = tile::cast(made.result, x->dtype());
  made.scale = tile::cast(made.scale, x->dtype());
  return made;
}

void rms_norm_kernel(Call& call) {
  call.give((is_complex(call.tensor(0).dtype()) ? complex_rms_norm(call) : rms_norm(call)).result);
}
void fused_rms_norm_kernel(Call& call) {
  const Normalized made =
      is_complex(call.tensor(0).dtype()) ? complex_rms_norm(call) : rms_norm(call);
  call.give(made.result, made.scale);
}

// --- group_norm ----------------------------------------------------------------------------------

void check_channels(const Tensor& x, std::initializer_list<const Tensor*> terms) {
  if (x.rank() < 2) refuse_as("TSX4055", "expected an input of 2 or more dimensions, got " + text_of(x.sizes()));
  for (const Tensor* tensor : terms) {
    if (tensor != nullptr && (tensor->rank() != 1 || tensor->size(0) != x.size(1))) {
      refuse("expected weight, bias and statistics of " + std::to_string(x.size(1)) +
             " elements, got " + text_of(tensor->sizes()));
    }
  }
}

/// Each group of channels of each image by itself; the statistics are [images, groups].
Normalized normalize_groups(const TensorRef& x, std::int64_t groups, const TensorRef& weight,
                            const TensorRef& bias, double eps) {
  const DType work = float_work(x->dtype());
  if (groups < 1) refuse("expected 1 group or more, got " + std::to_string(groups));
  check_channels(*x, {weight.get(), bias.get()});
  if (x->size(1) % groups != 0)
    refuse_as("TSX4062", "expected channels to divide into " + std::to_string(groups) + " groups, got " +
                             std::to_string(x->size(1)));
  const TensorRef from = plain(x, work), w = term(weight, work), b = term(bias, work);
  Normalized made{Tensor::empty(work, x->sizes()), Tensor::empty(work, {x->size(0), groups}),
                  Tensor::empty(work, {x->size(0), groups})};
  const auto rows = static_cast<std::size_t>(made.mean->count());
  const auto channels = static_cast<std::size_t>(x->size(1) / groups);
  const std::size_t width = rows == 0 ? 0 : static_cast<std::size_t>(x->count()) / rows;
  const std::size_t plane = channels == 0 ? 0 : width / channels;
  for_float(work, [&](auto zero) {
    using T = decltype(zero);
    const T* const source = from->data<T>();
    T* const to = made.result->mutable_data<T>();
    T* const means = made.mean->mutable_data<T>();
    T* const scales = made.scale->mutable_data<T>();
    threads::parallel(rows, kGrain / (width + 1) + 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const Statistics<T> found = statistics_of(source + i * width, width, eps);
        means[i] = found.mean;
        scales[i] = found.scale;
        for (std::size_t c = 0; c < channels; ++c) {
          const std::size_t channel = i % static_cast<std::size_t>(groups) * channels + c;
          const T factor = found.scale * (w ? w->data<T>()[channel] : T(1));
          const T offset = (b ? b->data<T>()[channel] : T(0)) - found.mean * factor;
          row_affine(to + i * width + c * plane, source + i * width + c * plane, factor, offset,
                     plane);
        }
      }
    });
  });
  made.result = tile::cast(made.result, x->dtype());
  return made;
}

void group_norm_kernel(Call& call) {
  call.give(normalize_groups(call.tensor_ref(0), call.integer(1), optional_ref(call, 2),
                             optional_ref(call, 3), call.real(4))
                .result);
}

void native_group_norm_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0), weight = optional_ref(call, 1),
                  bias = optional_ref(call, 2);
  const Normalized made = normalize_groups(x, call.integer(6), weight, bias, call.real(7));
  const DType dtype = statistics_dtype(x->dtype(), {weight.get(), bias.get()});
  call.give(made.result, tile::cast(made.mean, dtype), tile::cast(made.scale, dtype));
}

// --- batch_norm ----------------------------------------------------------------------------------

/// One number for each channel, in float64.
using Channels = std::vector<double>;

Channels channels_of(const TensorRef& tensor) {
  const TensorRef wide = plain(tensor, DType::kFloat64);
  return Channels(wide->data<double>(), wide->data<double>() + wide->count());
}

TensorRef tensor_of(const Channels& values) {
  const TensorRef made = Tensor::empty(DType::kFloat64, {static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), made->mutable_data<double>());
  return made;
}

/// running = (1 - momentum) * running + momentum * value.
void update(const TensorRef& running, const Channels& value, double momentum) {
  if (!running) return;
  Channels mixed = channels_of(running);
  for (std::size_t i = 0; i < mixed.size(); ++i)
    mixed[i] = mixed[i] * (1 - momentum) + value[i] * momentum;
  tile::assign(*running, tensor_of(mixed));
}

struct Batch {
  TensorRef x, weight, bias, mean, var;
  double momentum, eps;
  std::int64_t images() const { return x->size(0); }
  std::int64_t channels() const { return x->size(1); }
  std::int64_t plane() const { return x->count() / (images() * channels()); }
};

template <typename T>
void batch_statistics(const Batch& batch, const T* x, Channels& means, Channels& variances) {
  const auto plane = static_cast<std::size_t>(batch.plane());
  const auto count = static_cast<double>(batch.images() * batch.plane());
  threads::parallel(static_cast<std::size_t>(batch.channels()), 1,
                    [&](std::size_t begin, std::size_t end) {
                      for (std::size_t c = begin; c < end; ++c) {
                        const auto row = [&](std::int64_t n) {
                          return x + (static_cast<std::size_t>(n * batch.channels()) + c) * plane;
                        };
                        double sum = 0, squares = 0;
                        for (std::int64_t n = 0; n < batch.images(); ++n)
                          sum += row_sum(row(n), plane);
                        const T mean = static_cast<T>(sum / count);
                        for (std::int64_t n = 0; n < batch.images(); ++n)
                          squares += row_square_sum(row(n), mean, plane);
                        means[c] = mean;
                        variances[c] = squares / count;
                      }
                    });
}

/// x * alpha + beta with the four terms folded into two.
template <typename T>
void apply(const Batch& batch, const T* x, const Channels& means, const Channels& scales, T* to) {
  const auto channels = static_cast<std::size_t>(batch.channels()),
             plane = static_cast<std::size_t>(batch.plane());
  std::vector<T> alpha(channels), beta(channels);
  const Channels weight = batch.weight ? channels_of(batch.weight) : Channels(channels, 1);
  const Channels bias = batch.bias ? channels_of(batch.bias) : Channels(channels, 0);
  for (std::size_t c = 0; c < channels; ++c) {
    alpha[c] = static_cast<T>(scales[c] * weight[c]);
    beta[c] = static_cast<T>(bias[c] - means[c] * scales[c] * weight[c]);
  }
  const auto rows = static_cast<std::size_t>(batch.images()) * channels;
  threads::parallel(rows, kGrain / (plane + 1) + 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      row_affine(to + i * plane, x + i * plane, alpha[i % channels], beta[i % channels], plane);
    }
  });
}

struct BatchResult {
  TensorRef result, mean, scale;
};

BatchResult batch_norm(Batch batch, bool training) {
  const DType dtype = batch.x->dtype(), work = float_work(dtype);
  const DType kept = statistics_dtype(
      dtype, {batch.weight.get(), batch.bias.get(), batch.mean.get(), batch.var.get()});
  const TensorRef none = Tensor::empty(kept, {0});
  if (batch.x->count() == 0) return {tile::clone(*batch.x), none, Tensor::empty(kept, {0})};
  check_channels(*batch.x,
                 {batch.weight.get(), batch.bias.get(), batch.mean.get(), batch.var.get()});
  if (!training && (!batch.mean || !batch.var))
    refuse("expected running statistics when not training, got None");
  batch.x = plain(batch.x, work);
  Channels means, variances;
  if (!training) {
    means = channels_of(batch.mean);
    variances = channels_of(batch.var);
  } else {
    means.resize(static_cast<std::size_t>(batch.channels()));
    variances.resize(means.size());
    for_float(work, [&](auto zero) {
      batch_statistics(batch, batch.x->data<decltype(zero)>(), means, variances);
    });
    const auto count = static_cast<double>(batch.images() * batch.plane());
    Channels unbiased = variances;
    for (double& value : unbiased)
      value *= count / std::max(count - 1, 1.0);
    update(batch.mean, means, batch.momentum);
    update(batch.var, unbiased, batch.momentum);
  }
  Channels scales;
  for (const double variance : variances)
    scales.push_back(1 / std::sqrt(variance + batch.eps));
  const TensorRef result = Tensor::empty(work, batch.x->sizes());
  for_float(work, [&](auto zero) {
    using T = decltype(zero);
    apply(batch, batch.x->data<T>(), means, scales, result->mutable_data<T>());
  });
  const TensorRef given = tile::cast(result, dtype);
  if (!training) return {given, none, Tensor::empty(kept, {0})};
  return {given, tile::cast(tensor_of(means), kept), tile::cast(tensor_of(scales), kept)};
}

/// `first`: the place of `training`, before which the running statistics stand or not.
BatchResult batch_norm_of(Call& call, std::size_t first) {
  Batch batch{call.tensor_ref(0),   optional_ref(call, 1), optional_ref(call, 2), {}, {},
              call.real(first + 1), call.real(first + 2)};
  if (first == 5) {
    batch.mean = optional_ref(call, 3);
    batch.var = optional_ref(call, 4);
  }
  return batch_norm(std::move(batch), call.boolean(first));
}

void batch_norm_kernel(Call& call) { call.give(batch_norm_of(call, 5).result); }

template <std::size_t first> void native_batch_norm_kernel(Call& call) {
  const BatchResult made = batch_norm_of(call, first);
  call.give(made.result, made.mean, made.scale);
}

void batch_norm_impl_kernel(Call& call) {
  const BatchResult made = batch_norm_of(call, 5);
  call.give(made.result, made.mean, made.scale, Tensor::empty(DType::kUInt8, {0}), std::int64_t{0});
}

/// Each image by itself; the running statistics move by the mean over the images.
void instance_norm_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0), mean = optional_ref(call, 3), var = optional_ref(call, 4);
  check_channels(*x, {mean.get(), var.get()});
  if (!call.boolean(5) || x->count() == 0) {
    Batch batch{x,   optional_ref(call, 1), optional_ref(call, 2), mean,
                var, call.real(6),          call.real(7)};
    return call.give(batch_norm(std::move(batch), false).result);
  }
  const Normalized made =
      normalize_groups(x, x->size(1), optional_ref(call, 1), optional_ref(call, 2), call.real(7));
  if (mean && var) {
    const Channels means = channels_of(made.mean), scales = channels_of(made.scale);
    const auto channels = static_cast<std::size_t>(x->size(1)),
               images = static_cast<std::size_t>(x->size(0));
    const double count = static_cast<double>(x->count()) / static_cast<double>(made.mean->count());
    Channels middle(channels, 0), spread(channels, 0);
    for (std::size_t i = 0; i < means.size(); ++i) {
      const double variance = 1 / (scales[i] * scales[i]) - call.real(7);
      middle[i % channels] += means[i] / static_cast<double>(images);
      spread[i % channels] +=
          variance * count / std::max(count - 1, 1.0) / static_cast<double>(images);
    }
    update(mean, middle, call.real(6));
    update(var, spread, call.real(6));
  }
  call.give(made.result);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(norms) {
  registry.add("aten::layer_norm", layer_norm_kernel);
  registry.add("aten::native_layer_norm", native_layer_norm_kernel);
  registry.add("aten::rms_norm", rms_norm_kernel);
  registry.add("aten::_fused_rms_norm", fused_rms_norm_kernel);
  registry.add("aten::group_norm", group_norm_kernel);
  registry.add("aten::native_group_norm", native_group_norm_kernel);
  registry.add("aten::batch_norm", batch_norm_kernel);
  registry.add("aten::native_batch_norm", native_batch_norm_kernel<5>);
  registry.add("aten::_native_batch_norm_legit", native_batch_norm_kernel<5>);
  registry.add("aten::_native_batch_norm_legit.no_stats", native_batch_norm_kernel<3>);
  registry.add("aten::_batch_norm_impl_index", batch_norm_impl_kernel);
  registry.add("aten::instance_norm", instance_norm_kernel);
}

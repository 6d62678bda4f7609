// Mirrors tsx/ops/class_losses.py: nll_loss and cross_entropy_loss, with class weights, an ignored
// class and label smoothing.
#include <algorithm>

#include "base/error.h"
#include "base/refusal.h"
#include "kernels/places.h"
#include "kernels/rows.h"
#include "kernels/softmax.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

enum class Reduction : std::uint8_t { kNone, kMean, kSum };

/// The operands of a loss: (self, target, weight, reduction, ignored class, …). The classes lie in
/// dimension 1 of the input (0 without a batch), so it is [outer][classes][inner].
struct Loss {
  TensorRef x, target, weight; // row-major; weight may be null
  DType work;
  std::size_t dim = 0;
  Dims rest; // the sizes beside the classes
  std::int64_t classes = 0, inner = 1;
  Reduction reduction = Reduction::kMean;
  std::int64_t ignored = 0;

  std::int64_t count() const { return x->count() / std::max<std::int64_t>(classes, 1); }
  /// Where the first class of an element stands.
  std::int64_t start(std::int64_t element) const {
    return element / inner * classes * inner + element % inner;
  }
};

Loss loss_of(Call& call) {
  Loss loss;
  const TensorRef x = call.tensor_ref(0);
  loss.work = float_work(x->dtype());
  need_rank(*x, 1, kMaxRank);
  loss.x = plain(x, loss.work);
  loss.dim = x->rank() == 1 ? 0 : 1;
  loss.classes = x->size(loss.dim);
  loss.rest = x->sizes();
  loss.rest.erase(loss.dim);
  for (std::size_t i = loss.dim; i < loss.rest.size(); ++i)
    loss.inner = (Size(loss.inner) * Size(loss.rest[i])).value();
  if (!call.is_none(2)) {
    need_same_dtype(*x, call.tensor(2));
    loss.weight = plain(call.tensor_ref(2), loss.work);
    if (loss.weight->sizes() != Dims{loss.classes})
      refuse("expected class weights of sizes " + text_of(Dims{loss.classes}) + ", got " +
             text_of(loss.weight->sizes()));
  }
  const std::int64_t reduction = call.integer(3);
  if (reduction < 0 || reduction > 2)
    refuse("expected reduction 0 (none), 1 (mean) or 2 (sum), got " + std::to_string(reduction));
  loss.reduction = static_cast<Reduction>(reduction);
  loss.ignored = call.integer(4);
  return loss;
}

/// The target as class numbers, each of the input's or the ignored one.
void set_classes(Loss& loss, const TensorRef& target) {
  if (!is_integer(target->dtype()))
    refuse("expected a target of integers, got " + std::string(name(target->dtype())));
  if (target->sizes() != loss.rest)
    refuse("expected a target of sizes " + text_of(loss.rest) + ", got " +
           text_of(target->sizes()));
  loss.target = plain(target, DType::kInt64);
  for (std::int64_t i = 0; i < target->count(); ++i) {
    const std::int64_t number = loss.target->data<std::int64_t>()[i];
    if (number != loss.ignored && (number < 0 || number >= loss.classes))
      refuse_as("TSX4057", "expected a target from 0 to " + std::to_string(loss.classes - 1) + ", got " +
             std::to_string(number));
  }
}

/// The losses of all elements or their sum or mean (by `total`), of one number for each element.
template <typename T, typename Element>
TensorRef reduced(const Loss& loss, double total, Element element) {
  const bool is_whole = loss.reduction == Reduction::kNone;
  const TensorRef result = Tensor::empty(loss.work, is_whole ? loss.rest : Dims());
  T* const to = result->mutable_data<T>();
  double sum = 0;
  for (std::int64_t i = 0; i < loss.count(); ++i) {
    const T value = element(i);
    sum += static_cast<double>(value);
    if (is_whole) to[i] = value;
  }
  if (!is_whole) *to = static_cast<T>(loss.reduction == Reduction::kMean ? sum / total : sum);
  return result;
}

struct Nll {
  TensorRef value;
  double total = 0; // the weights of all elements
};

template <typename T> Nll nll(const Loss& loss) {
  const auto* const target = loss.target->data<std::int64_t>();
  const T* const x = loss.x->data<T>();
  const auto scale = [&](std::int64_t i) {
    if (target[i] == loss.ignored) return T(0);
    return loss.weight ? loss.weight->data<T>()[target[i]] : T(1);
  };
  Nll made;
  for (std::int64_t i = 0; i < loss.count(); ++i)
    made.total += static_cast<double>(scale(i));
  made.value = reduced<T>(loss, made.total, [&](std::int64_t i) {
    if (target[i] == loss.ignored) return T(0);
    return -x[loss.start(i) + target[i] * loss.inner] * scale(i);
  });
  return made;
}

template <bool with_total> void nll_kernel(Call& call) {
  Loss loss = loss_of(call);
  set_classes(loss, call.tensor_ref(1));
  const DType dtype = call.tensor(0).dtype();
  for_float(loss.work, [&](auto zero) {
    using T = decltype(zero);
    const Nll made = nll<T>(loss);
    const TensorRef value = tile::cast(made.value, dtype);
    if constexpr (!with_total) return call.give(value);
    // Losses that aren't reduced have no total, unless there is only one.
    const bool is_batch = loss.reduction == Reduction::kNone && !loss.rest.empty();
    const TensorRef total =
        Tensor::scalar<T>(loss.work, static_cast<T>(is_batch ? 0 : made.total));
    if constexpr (with_total) call.give(value, tile::cast(total, dtype));
  });
}

// --- cross entropy -------------------------------------------------------------------------------

/// The sum over the classes of one element of what `term` gives.
template <typename T, typename Term>
T class_sum(const Loss& loss, std::int64_t element, Term term) {
  const std::int64_t start = loss.start(element);
  double sum = 0;
  for (std::int64_t k = 0; k < loss.classes; ++k) {
    const T weight = loss.weight ? loss.weight->data<T>()[k] : T(1);
    sum += static_cast<double>(term(start + k * loss.inner) * weight);
  }
  return static_cast<T>(-sum);
}

/// Targets that are a share for each class.
template <typename T> TensorRef of_shares(const Loss& loss, double smoothing) {
  const T* const logs = loss.x->data<T>();
  const T* const shares = loss.target->data<T>();
  const T kept = static_cast<T>(1 - smoothing);
  const T spread = static_cast<T>(smoothing / static_cast<double>(loss.classes));
  const auto count = static_cast<double>(std::max<std::int64_t>(loss.count(), 1));
  return reduced<T>(loss, count, [&](std::int64_t i) {
    return class_sum<T>(loss, i, [&](std::int64_t at) {
      return logs[at] * (smoothing != 0 ? shares[at] * kept + spread : shares[at]);
    });
  });
}

/// The nll of the targets, mixed with the mean over all classes.
template <typename T> TensorRef of_classes(const Loss& loss, double smoothing) {
  const Nll plain_loss = nll<T>(loss);
  if (smoothing == 0) return plain_loss.value;
  const T* const logs = loss.x->data<T>();
  const auto* const target = loss.target->data<std::int64_t>();
  const TensorRef spread = reduced<T>(loss, plain_loss.total, [&](std::int64_t i) {
    if (target[i] == loss.ignored) return T(0);
    return class_sum<T>(loss, i, [&](std::int64_t at) { return logs[at]; });
  });
  const T kept = static_cast<T>(1 - smoothing);
  const T share = static_cast<T>(smoothing / static_cast<double>(loss.classes));
  T* const to = spread->mutable_data<T>();
  for (std::int64_t i = 0; i < spread->count(); ++i)
    to[i] = plain_loss.value->data<T>()[i] * kept + to[i] * share;
  return spread;
}

void cross_entropy_kernel(Call& call) {
  Loss loss = loss_of(call);
  const TensorRef target = call.tensor_ref(1);
  const double smoothing = call.real(5);
  if (!(smoothing >= 0 && smoothing <= 1))
    refuse("expected label_smoothing from 0 to 1, got " + std::to_string(smoothing));
  const bool is_shares = is_float(target->dtype());
  if (is_shares) {
    if (target->sizes() != loss.x->sizes())
      refuse("expected a target of sizes " + text_of(loss.x->sizes()) + ", got " +
             text_of(target->sizes()));
    loss.target = plain(target, loss.work);
  } else {
    set_classes(loss, target);
  }
  loss.x = softmax(Softmax::kLog, loss.x, static_cast<std::int64_t>(loss.dim), loss.work);
  for_float(loss.work, [&](auto zero) {
    using T = decltype(zero);
    const TensorRef value =
        is_shares ? of_shares<T>(loss, smoothing) : of_classes<T>(loss, smoothing);
    call.give(tile::cast(value, call.tensor(0).dtype()));
  });
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(class_losses) {
  registry.add("aten::nll_loss", nll_kernel<false>);
  registry.add("aten::nll_loss2d", nll_kernel<false>);
  registry.add("aten::nll_loss_nd", nll_kernel<false>);
  registry.add("aten::nll_loss_forward", nll_kernel<true>);
  registry.add("aten::nll_loss2d_forward", nll_kernel<true>);
  registry.add("aten::cross_entropy_loss", cross_entropy_kernel);
}

// Packed sequences: rows of a padded batch, step by step, without the padding (tsx/ops/packed.py).
#include <cstring>

#include "kernels/creation.h"
#include "kernels/places.h"
#include "kernels/views.h"

namespace tsx::engine {
namespace {

/// The numbers of a 1-D tensor of integers.
std::vector<std::int64_t> numbers_of(const TensorRef& x) {
  need_rank(*x, 1, 1);
  const TensorRef index = plain(x, DType::kInt64);
  const auto* numbers = index->data<std::int64_t>();
  return {numbers, numbers + index->count()};
}

TensorRef tensor_of(const std::vector<std::int64_t>& numbers) {
  const TensorRef made =
      Tensor::empty(DType::kInt64, {static_cast<std::int64_t>(numbers.size())});
  std::copy(numbers.begin(), numbers.end(), made->mutable_data<std::int64_t>());
  return made;
}

/// (batch, step, …) or (step, batch, …) as (step, batch, …), row-major.
TensorRef steps_of(const TensorRef& x, bool batch_first) {
  return plain(batch_first ? transpose(*x, 0, 1) : x);
}

void pack_kernel(Call& call) {
  const TensorRef input = call.tensor_ref(0);
  if (input->rank() < 2) refuse("expected an input of 2 or more dimensions");
  const TensorRef steps = steps_of(input, call.boolean(2));
  const std::vector<std::int64_t> lengths = numbers_of(call.tensor_ref(1));
  bool fits = static_cast<std::int64_t>(lengths.size()) == steps->size(1) && !lengths.empty();
  for (std::size_t i = 1; i < lengths.size(); ++i)
    fits = fits && lengths[i - 1] >= lengths[i];
  if (!fits || lengths.back() < 1)
    refuse("expected " + std::to_string(steps->size(1)) +
           " lengths of 1 or more, longest first, got " +
           text_of(Span<const std::int64_t>(lengths)));
  if (lengths[0] > steps->size(0))
    refuse("expected lengths of at most " + std::to_string(steps->size(0)) + ", got " +
           std::to_string(lengths[0]));
  // The longest sequences come first, so each step takes the first rows of its batch.
  std::vector<std::int64_t> present;
  std::int64_t rows = 0;
  for (std::int64_t t = 0; t < lengths[0]; ++t) {
    std::int64_t count = 0;
    while (count < static_cast<std::int64_t>(lengths.size()) &&
           lengths[static_cast<std::size_t>(count)] > t)
      ++count;
    present.push_back(count);
    rows += count;
  }
  Dims sizes = steps->sizes();
  sizes.erase(0);
  sizes[0] = rows;
  const TensorRef data = Tensor::empty(steps->dtype(), sizes);
  std::byte* to = data->mutable_raw();
  const std::size_t row_bytes = rows == 0 ? 0 : data->bytes().count() / Size(rows).count();
  const std::size_t step_bytes = row_bytes * lengths.size();
  for (std::size_t t = 0; t < present.size(); ++t) {
    const std::size_t bytes = Size(present[t]).count() * row_bytes;
    std::memcpy(to, steps->raw() + t * step_bytes, bytes);
    to += bytes;
  }
  call.give(data, tensor_of(present));
}

void pad_kernel(Call& call) {
  const TensorRef data = plain(call.tensor_ref(0));
  const std::vector<std::int64_t> counts = numbers_of(call.tensor_ref(1));
  const std::int64_t total = call.integer(4);
  const auto steps = static_cast<std::int64_t>(counts.size());
  if (counts.empty() || data->rank() == 0) refuse("expected one step or more");
  if (total > 0 && total < steps)
    refuse("expected a total_length of at least " + std::to_string(steps) + ", got " +
           std::to_string(total));
  Size rows;
  const Size batch = counts[0];
  std::vector<std::int64_t> lengths(batch.count());
  for (const std::int64_t count : counts) {
    if (count < 0 || count > batch.value()) refuse("expected batches that are longest first");
    rows += Size(count);
    for (std::int64_t i = 0; i < count; ++i)
      ++lengths[static_cast<std::size_t>(i)];
  }
  if (rows.value() != data->size(0))
    refuse("expected " + std::to_string(rows.value()) + " rows, got " +
           std::to_string(data->size(0)));
  Dims sizes = data->sizes();
  sizes[0] = batch.value();
  sizes.insert(0, std::max(total, steps));
  const TensorRef padded = filled(sizes, call[3], data->dtype());
  std::byte* const to = padded->mutable_raw();
  const std::byte* from = data->raw();
  const std::size_t row_bytes = rows.value() == 0 ? 0 : data->bytes().count() / rows.count();
  for (std::size_t t = 0; t < counts.size(); ++t) {
    const std::size_t bytes = Size(counts[t]).count() * row_bytes;
    std::memcpy(to + t * lengths.size() * row_bytes, from, bytes);
    from += bytes;
  }
  call.give(call.boolean(2) ? plain(transpose(*padded, 0, 1)) : padded, tensor_of(lengths));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(packed) {
  registry.add("aten::_pack_padded_sequence", pack_kernel);
  registry.add("aten::_pad_packed_sequence", pad_kernel);
}

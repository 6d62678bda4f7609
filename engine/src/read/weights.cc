#include "read/weights.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>

#include "base/error.h"
#include "base/quote.h"
#include "read/format.h"
#include "read/source.h"

namespace tsx::engine {
namespace {

template <typename T> void put(Blake2b& hasher, T value) {
  std::uint8_t bytes[sizeof value];
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  for (std::size_t i = 0; i < sizeof value; ++i)
    bytes[i] = static_cast<std::uint8_t>(bits >> (8 * i));
  hasher.update(bytes, sizeof bytes);
}

}  // namespace

/// The weights that have been asked for so far.
struct Weights::State {
  explicit State(std::size_t count) : storages(count), is_ready(count) {}

  std::mutex mutex;
  std::vector<Ref<Storage>> storages;
  std::vector<std::atomic<bool>> is_ready;  // once set, the storage never changes
};

Digest tensor_digest(const WeightEntry& entry, const std::byte* elements) {
  Blake2b hasher;
  const std::string_view dtype = name(entry.dtype);
  hasher.update(dtype.data(), dtype.size());
  hasher.update("", 1);
  put(hasher, static_cast<std::uint32_t>(entry.sizes.size()));
  for (const std::int64_t size : entry.sizes)
    put(hasher, size);
  hasher.update(elements, static_cast<std::size_t>(entry.length));
  if (entry.quantization) {
    const Quantization& how = *entry.quantization;
    put(hasher, how.axis.value_or(-1));
    put(hasher, static_cast<std::uint64_t>(how.scales.size()));
    for (const double scale : how.scales)
      put(hasher, scale);
    for (const std::int64_t point : how.zero_points)
      put(hasher, point);
  }
  return hasher.finish();
}

Weights::Weights(std::shared_ptr<Source> source, std::vector<WeightEntry> entries, bool check)
    : source_(std::move(source)), entries_(std::move(entries)),
      state_(std::make_unique<State>(entries_.size())), check_(check) {}

Weights::~Weights() = default;

std::optional<std::size_t> Weights::find(std::string_view wanted) const {
  const auto place =
      std::lower_bound(entries_.begin(), entries_.end(), wanted,
                       [](const WeightEntry& entry, std::string_view n) { return entry.name < n; });
  if (place == entries_.end() || place->name != wanted) return std::nullopt;
  return static_cast<std::size_t>(place - entries_.begin());
}

Ref<Storage> Weights::storage(std::size_t index) const {
  State& state = *state_;
  if (!state.is_ready[index].load(std::memory_order_acquire)) {
    const std::lock_guard lock(state.mutex);
    if (!state.is_ready[index].load(std::memory_order_relaxed)) {
      state.storages[index] = read(index);
      state.is_ready[index].store(true, std::memory_order_release);
    }
  }
  return state.storages[index];
}

Ref<Storage> Weights::read(std::size_t index) const {
  const WeightEntry& entry = entries_[index];
  Ref<Storage> storage = source_->view(entry.offset, entry.length);
  if (!check_) return storage;
  const auto damaged = [&](const std::string& what) {
    return failure("TSX6002", {{"what", what}}, source_->name());
  };
  if (!is_digest(tensor_digest(entry, storage->data()), entry.digest))
    throw damaged("tensor " + quote(entry.name) + " does not match its digest");
  const std::int64_t before = index == 0 ? entry.offset : end_of(entries_[index - 1]);
  for (const std::uint8_t byte : source_->read(before, entry.offset - before))
    if (byte != 0) throw damaged("the padding before " + quote(entry.name) + " is not zero");
  if (entry.dtype == DType::kBool) {
    const std::byte* bytes = storage->data();
    if (std::any_of(bytes, bytes + entry.length, [](std::byte b) { return b > std::byte{1}; }))
      throw failure(
          "TSX6005",
          {{"what", "tensor " + quote(entry.name) + " holds a bool that is neither 0 nor 1"}},
          source_->name());
  }
  return storage;
}

std::int64_t Weights::end_of(const WeightEntry& entry) { return entry.offset + entry.length; }

void Weights::check_all() const {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    storage(i);
}

}  // namespace tsx::engine

#include "read/weights.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>

#include "base/error.h"
#include "base/quote.h"
#include "read/digests.h"
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

/// A tensor's digest is of its dtype and sizes, its elements, and its quantization.
void put_type(Blake2b& hasher, const WeightEntry& entry) {
  const std::string_view dtype = name(entry.dtype);
  hasher.update(dtype.data(), dtype.size());
  hasher.update("", 1);
  put(hasher, static_cast<std::uint32_t>(entry.sizes.size()));
  for (const std::int64_t size : entry.sizes)
    put(hasher, size);
}

void put_quantization(Blake2b& hasher, const WeightEntry& entry) {
  if (!entry.quantization) return;
  const Quantization& how = *entry.quantization;
  put(hasher, how.axis.value_or(-1));
  put(hasher, static_cast<std::uint64_t>(how.scales.size()));
  for (const double scale : how.scales)
    put(hasher, scale);
  for (const std::int64_t point : how.zero_points)
    put(hasher, point);
}

/// How much of the file is checked with the first weight that is asked for: enough for the digests
/// of several large tensors at once, and over in some tens of milliseconds.
constexpr std::int64_t kAhead = std::int64_t{128} << 20;

}  // namespace

/// The weights that have been asked for so far.
struct Weights::State {
  explicit State(std::size_t count) : storages(count), is_ready(count) {}

  std::mutex mutex;
  std::vector<Ref<Storage>> storages;
  std::vector<std::atomic<bool>> is_ready;  // once set, the storage never changes
};

/// A weight on its way to be ready.
struct Weights::Fresh {
  std::size_t index;
  Ref<Storage> storage;
  std::vector<std::uint8_t> padding;  // before it
  Blake2b hasher{};
};

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
  if (!state_->is_ready[index].load(std::memory_order_acquire))
    make_ready(index, check_ && source_->is_mapped() ? kAhead : 0);
  return state_->storages[index];
}

// Their bytes are asked for before the lock: a source in Python takes the GIL, which a thread that waits for the
// lock may hold. For the same reason what another thread has made ready meanwhile is dropped after it.
std::vector<Weights::Fresh> Weights::unread(std::size_t index, std::int64_t ahead) const {
  std::vector<Fresh> batch;
  for (std::size_t n = 0; n < size(); ++n) {
    const std::size_t at = (index + n) % size();
    const WeightEntry& entry = entries_[at];
    if (n > 0 && entry.length > ahead) break;
    if (state_->is_ready[at].load(std::memory_order_acquire)) continue;
    if (n > 0) ahead -= entry.length;
    const std::int64_t before = at == 0 ? entry.offset : end_of(entries_[at - 1]);
    batch.push_back({at, source_->view(entry.offset, entry.length),
                     check_ ? source_->read(before, entry.offset - before) : std::vector<std::uint8_t>()});
  }
  return batch;
}

void Weights::make_ready(std::size_t index, std::int64_t ahead) const {
  State& state = *state_;
  std::vector<Fresh> batch = unread(index, ahead);
  const std::lock_guard lock(state.mutex);
  const auto is_open = [&](const Fresh& fresh) { return !state.is_ready[fresh.index].load(std::memory_order_relaxed); };
  const auto open_end = std::partition(batch.begin(), batch.end(), is_open);
  const Span<Fresh> open(batch.data(), static_cast<std::size_t>(open_end - batch.begin()));
  if (check_) {
    std::vector<HashPart> parts;
    for (Fresh& fresh : open) {
      const WeightEntry& entry = entries_[fresh.index];
      put_type(fresh.hasher, entry);
      parts.push_back({&fresh.hasher, reinterpret_cast<const std::uint8_t*>(fresh.storage->data()),
                       static_cast<std::size_t>(entry.length)});
    }
    update_all(std::move(parts));
  }
  for (Fresh& fresh : open) {
    if (const std::optional<Error> problem = check_ ? problem_of(fresh) : std::nullopt) {
      if (fresh.index == index) throw Error(*problem);
      continue;  // whoever asks for it is told
    }
    state.storages[fresh.index] = std::move(fresh.storage);
    state.is_ready[fresh.index].store(true, std::memory_order_release);
  }
}

std::optional<Error> Weights::problem_of(Fresh& fresh) const {
  const WeightEntry& entry = entries_[fresh.index];
  const auto damaged = [&](const std::string& what) {
    return failure("TSX6002", {{"what", what}}, source_->name());
  };
  put_quantization(fresh.hasher, entry);
  if (!is_digest(fresh.hasher.finish(), entry.digest))
    return damaged("tensor " + quote(entry.name) + " does not match its digest");
  for (const std::uint8_t byte : fresh.padding)
    if (byte != 0) return damaged("the padding before " + quote(entry.name) + " is not zero");
  const std::byte* bytes = fresh.storage->data();
  if (entry.dtype == DType::kBool &&
      std::any_of(bytes, bytes + entry.length, [](std::byte b) { return b > std::byte{1}; }))
    return failure("TSX6005",
                   {{"what", "tensor " + quote(entry.name) + " holds a bool that is neither 0 nor 1"}},
                   source_->name());
  return std::nullopt;
}

std::int64_t Weights::end_of(const WeightEntry& entry) { return entry.offset + entry.length; }

void Weights::check_all() const {
  if (check_ && !entries_.empty()) make_ready(0, INT64_MAX);
  for (std::size_t i = 0; i < entries_.size(); ++i)
    storage(i);  // throws for the first damaged one
}

}  // namespace tsx::engine

#include "core/containers.h"

#include "base/error.h"
#include "core/compare.h"

namespace tsx::engine {

const Value* Dict::find(const Value& key) const {
  const std::uint64_t hash = hash_of(key);
  if (live_ == 0) return nullptr;
  const std::uint32_t number = table_[place(key, hash)];
  return number ? &entries_[number - 1].value : nullptr;
}

void Dict::set(Value key, Value value) {
  const std::uint64_t hash = hash_of(key);
  if ((entries_.size() + 1) * 4 > table_.size() * 3) rebuild();
  std::uint32_t& number = table_[place(key, hash)];
  if (number) {
    entries_[number - 1].value = std::move(value);
    return;
  }
  if (entries_.size() >= UINT32_MAX - 1) refuse("a dict has at most 2^32 - 2 items");
  entries_.push_back({std::move(key), std::move(value), hash, true});
  number = static_cast<std::uint32_t>(entries_.size());
  ++live_;
}

bool Dict::erase(const Value& key) {
  const std::uint64_t hash = hash_of(key);
  if (live_ == 0) return false;
  const std::uint32_t number = table_[place(key, hash)];
  if (!number) return false;
  // The entry stays as a grave, so that probing goes on past it.
  Entry& entry = entries_[number - 1];
  entry.is_live = false;
  const Value dead_key = std::move(entry.key), dead_value = std::move(entry.value);
  if (--live_ == 0) clear();
  return true;
}

void Dict::clear() {
  entries_.clear();
  table_.clear();
  live_ = 0;
}

/// Where the key is in the table, or the free place where it belongs.
std::size_t Dict::place(const Value& key, std::uint64_t hash) const {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = static_cast<std::size_t>(hash) & mask;
  for (std::size_t step = 1; table_[at]; at = (at + step++) & mask) {
    const Entry& entry = entries_[table_[at] - 1];
    if (entry.is_live && entry.hash == hash && is_found_by(entry.key, key)) break;
  }
  return at;
}

/// A table with room for one more, without the graves.
void Dict::rebuild() {
  std::vector<Entry> kept;
  kept.reserve(live_ + 1);
  for (Entry& entry : entries_)
    if (entry.is_live) kept.push_back(std::move(entry));
  std::size_t size = 8;
  while (size < (kept.size() + 1) * 2) size *= 2;
  entries_ = std::move(kept);
  table_.assign(size, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t at = static_cast<std::size_t>(entries_[i].hash) & (size - 1);
    for (std::size_t step = 1; table_[at]; at = (at + step++) & (size - 1)) {
    }
    table_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

std::uint32_t ClassInfo::find(std::string_view attribute) const {
  const auto found = places_.find(std::string(attribute));
  return found == places_.end() ? kNone : found->second;
}

std::uint32_t ClassInfo::add(std::string attribute) {
  const auto [found, is_new] =
      places_.emplace(attribute, static_cast<std::uint32_t>(attributes.size()));
  if (is_new) attributes.push_back(std::move(attribute));
  return found->second;
}

void ClassInfo::index(const std::vector<std::string>& names) {
  by_number_.clear();
  for (const std::string& attribute : names) by_number_.push_back(find(attribute));
}

Value list_of(Span<const std::int64_t> integers) {
  Ref<List> made = make_ref<List>();
  for (const std::int64_t integer : integers) made->items.emplace_back(integer);
  return made;
}

Value list_of(Span<const TensorRef> tensors) {
  Ref<List> made = make_ref<List>();
  for (const TensorRef& tensor : tensors) made->items.emplace_back(tensor);
  return made;
}

}  // namespace tsx::engine

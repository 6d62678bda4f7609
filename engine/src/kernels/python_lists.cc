// Lists of any elements with Python's meaning (tsx/ops/python_lists.py).
#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "core/compare.h"
#include "core/format.h"
#include "kernels/containers.h"
#include "kernels/numbers.h"
#include "kernels/support.h"

namespace tsx::engine {
namespace {

template <bool wanted> void equal(Call& call) { call.give(is_equal(call[0], call[1]) == wanted); }

bool is_nan(const Value& value) { return value.is(Tag::kFloat) && value.real() != value.real(); }

/// Not less, and nothing that has no order.
bool is_at_most(const Value& a, const Value& b) {
  return !is_less(b, a) && !is_nan(a) && !is_nan(b);
}

void less(Call& call) { call.give(is_less(call[0], call[1])); }
void greater(Call& call) { call.give(is_less(call[1], call[0])); }
void less_equal(Call& call) { call.give(is_at_most(call[0], call[1])); }
void greater_equal(Call& call) { call.give(is_at_most(call[1], call[0])); }

void truth(Call& call) { call.give(is_true(call[0])); }

void tuple_item(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  const std::size_t place = place_of(call.integer(1), items.size());
  if (place == kNoPlace) throw Raised("IndexError", "tuple index out of range");
  call.give(Value(items[place]));
}

void index_between(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  const Slice range = slice_of(call.integer(2), call.integer(3), 1, items.size());
  for (std::size_t i = 0; i < range.count; ++i)
    if (is_found_by(items[range[i]], call[1])) return call.give(static_cast<std::int64_t>(range[i]));
  throw Raised("ValueError", repr(call[1]) + " is not in list");
}

/// The place of the best element; the first of equal ones.
template <bool takes_larger> std::size_t best_place(Span<const Value> items) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < items.size(); ++i)
    if (takes_larger ? is_less(items[best], items[i]) : is_less(items[i], items[best])) best = i;
  return best;
}

template <bool takes_larger> void need_items(Span<const Value> items) {
  if (items.empty())
    throw Raised("ValueError",
                 std::string(takes_larger ? "max" : "min") + "() arg is an empty sequence");
}

template <bool takes_larger> void best(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  need_items<takes_larger>(items);
  call.give(Value(items[best_place<takes_larger>(items)]));
}

template <bool takes_larger> void best_or(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  call.give(Value(items.empty() ? call[1] : items[best_place<takes_larger>(items)]));
}

template <bool takes_larger> void place_of_best(Call& call) {
  const Span<const Value> keys = elements_of(call, 0);
  need_items<takes_larger>(keys);
  call.give(static_cast<std::int64_t>(best_place<takes_larger>(keys)));
}

void reversed(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  std::vector<Value> found(items.begin(), items.end());
  std::reverse(found.begin(), found.end());
  call.give(list_from(std::move(found)));
}

std::vector<Value> in_order(Span<const Value> items, Span<const Value> keys, bool is_reversed) {
  if (keys.size() < items.size()) refuse("there are fewer keys than elements");
  std::vector<Value> ordered;
  ordered.reserve(items.size());
  for (const std::size_t place : sorted_places({keys.data(), items.size()}, is_reversed))
    ordered.push_back(items[place]);
  return ordered;
}

void sorted(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  call.give(list_from(in_order(items, items, call.boolean(1))));
}

void sorted_by(Call& call) {
  call.give(list_from(in_order(elements_of(call, 0), elements_of(call, 1), call.boolean(2))));
}

// --- copies of containers with all that is in them ----------------------------------------------

/// Shared parts are shared in the copy as well. Containers hold each other, so a stack is used.
class DeepCopy {
 public:
  Value of(const Value& value) {
    const Value copy = started(value);
    while (!open_.empty()) {
      const Value source = open_.back();
      open_.pop_back();
      fill(source);
    }
    return copy;
  }

 private:
  /// The copy of a value, which is filled later when it is a container.
  Value started(const Value& value) {
    if (!value.is_counted()) return value;
    const auto known = copies_.find(value.identity());
    if (known != copies_.end()) return known->second;
    Value copy = value;  // what can't change is shared
    switch (value.tag()) {
    case Tag::kTensor:
      copy = Value(plain_copy(value.tensor_ref()));
      break;
    case Tag::kList:
      copy = Value(make_ref<List>());
      break;
    case Tag::kDict:
      copy = Value(make_ref<Dict>());
      break;
    case Tag::kObject:
      copy = Value(make_ref<Object>(value.object().info));
      break;
    case Tag::kTuple:
      return copied_tuple(value);
    default:
      return copy;
    }
    copies_.emplace(value.identity(), copy);
    if (!value.is(Tag::kTensor)) open_.push_back(value);
    return copy;
  }

  static TensorRef plain_copy(const TensorRef& tensor) { return engine::copy(*tensor); }

  /// A tuple never changes, so its parts come first. It can't hold itself but through a container.
  Value copied_tuple(const Value& value) {
    if (++depth_ > 1000) refuse("a tuple is nested more than 1000 deep");
    std::vector<Value> items;
    for (const Value& item : value.elements())
      items.push_back(started(item));
    --depth_;
    Value copy = tuple_of(std::move(items));
    copies_.emplace(value.identity(), copy);
    return copy;
  }

  void fill(const Value& source) {
    const Value copy = copies_.at(source.identity());
    switch (source.tag()) {
    case Tag::kList:
      for (const Value& item : source.elements())
        copy.list().items.push_back(started(item));
      break;
    case Tag::kDict:
      for (const Dict::Entry& entry : source.dict().entries())
        if (entry.is_live) copy.dict().set(started(entry.key), started(entry.value));
      break;
    default:
      for (std::size_t i = 0; i < source.object().attributes.size(); ++i)
        copy.object().attributes[i] = started(source.object().attributes[i]);
    }
  }

  std::unordered_map<const RefCounted*, Value> copies_;
  std::vector<Value> open_;
  int depth_ = 0;
};

void deep_copy(Call& call) { call.give(DeepCopy().of(call[0])); }

// --- zip and ranges -----------------------------------------------------------------------------

std::string arguments_before(std::size_t i) {
  return i == 1 ? "argument 1" : "arguments 1-" + std::to_string(i);
}

/// How many rounds zip has; `strict` refuses lengths that differ, in Python's words.
void zip_length(Call& call) {
  const std::vector<std::int64_t> lengths = call.long_ints(0);
  const std::int64_t least =
      lengths.empty() ? 0 : *std::min_element(lengths.begin(), lengths.end());
  if (call.boolean(1))
    for (std::size_t i = 1; i < lengths.size(); ++i) {
      const bool is_shorter = lengths[i] == least && lengths[0] != least;
      const bool is_longer = lengths[i] != least && lengths[0] == least;
      if (is_shorter || is_longer)
        throw Raised("ValueError", "zip() argument " + std::to_string(i + 1) + " is " +
                                       (is_shorter ? "shorter" : "longer") + " than " +
                                       arguments_before(i));
    }
  call.give(least);
}

void need_step(std::int64_t step) {
  if (step == 0) throw Raised("ValueError", "range() arg 3 must not be zero");
}

void range_list(Call& call) {
  const std::int64_t step = call.integer(2);
  need_step(step);
  const Size length = range_length(call.integer(0), call.integer(1), step);
  need_length(length);
  std::vector<Value> numbers;
  numbers.reserve(length.count());
  std::int64_t number = call.integer(0);
  for (std::size_t i = 0; i < length.count(); ++i) {
    numbers.emplace_back(number);
    if (i + 1 < length.count()) number += step;
  }
  call.give(list_from(std::move(numbers)));
}

void range_item(Call& call) {
  const std::int64_t step = call.integer(2);
  need_step(step);
  // A range of ints may have more elements than an int counts.
  const Wide low = call.integer(0), distance = Wide(call.integer(1)) - low;
  const Wide length = distance != 0 && (distance > 0) == (step > 0)
                          ? (distance - (step > 0 ? 1 : -1)) / step + 1
                          : 0;
  const Wide place = call.integer(3) < 0 ? call.integer(3) + length : Wide(call.integer(3));
  if (place < 0 || place >= length) throw Raised("IndexError", "range object index out of range");
  call.give(static_cast<std::int64_t>(low + place * step));
}

void range_contains(Call& call) {
  const std::int64_t start = call.integer(0);
  const std::int64_t stop = call.integer(1);
  const std::int64_t step = call.integer(2);
  const std::int64_t item = call.integer(3);
  need_step(step);
  const bool is_inside = step > 0 ? start <= item && item < stop : stop < item && item <= start;
  const auto distance = step > 0
                            ? static_cast<std::uint64_t>(item) - static_cast<std::uint64_t>(start)
                            : static_cast<std::uint64_t>(start) - static_cast<std::uint64_t>(item);
  const auto stride =
      step > 0 ? static_cast<std::uint64_t>(step) : -static_cast<std::uint64_t>(step);
  call.give(is_inside && distance % stride == 0);
}

// --- writing ------------------------------------------------------------------------------------

void need_slice_step(std::int64_t step) {
  if (step == 0) throw Raised("ValueError", "slice step cannot be zero");
}

void set_slice(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  const std::int64_t step = call.integer(3);
  need_slice_step(step);
  const Span<const Value> source = elements_of(call, 4);
  const std::vector<Value> given(source.begin(), source.end());  // may be the same list
  const Slice range =
      slice_of(call.optional_integer(1), call.optional_integer(2), step, items.size());
  if (step == 1) {
    std::vector<Value> made(items.begin(), items.begin() + range.start);
    made.insert(made.end(), given.begin(), given.end());
    made.insert(made.end(), items.begin() + range.start + static_cast<std::ptrdiff_t>(range.count),
                items.end());
    items.swap(made);
    return call.give();
  }
  if (given.size() != range.count)
    throw Raised("ValueError", "attempt to assign sequence of size " +
                                   std::to_string(given.size()) + " to extended slice of size " +
                                   std::to_string(range.count));
  for (std::size_t i = 0; i < range.count; ++i)
    items[range[i]] = given[i];
  call.give();
}

void delete_slice(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  const std::int64_t step = call.integer(3);
  need_slice_step(step);
  const Slice range =
      slice_of(call.optional_integer(1), call.optional_integer(2), step, items.size());
  std::vector<bool> is_deleted(items.size());
  for (std::size_t i = 0; i < range.count; ++i)
    is_deleted[range[i]] = true;
  std::vector<Value> kept;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!is_deleted[i]) kept.push_back(items[i]);
  items.swap(kept);
  call.give();
}

void remove(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (is_found_by(items[i], call[1])) {
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(i));
      return call.give();
    }
  throw Raised("ValueError", "list.remove(x): x not in list");
}

void sort(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  items = in_order(items, items, call.boolean(1));
  call.give();
}

void sort_by(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  items = in_order(items, elements_of(call, 1), call.boolean(2));
  call.give();
}

void repeat(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  const std::int64_t times = std::max<std::int64_t>(call.integer(1), 0);
  const Size total = Size::of(items.size()) * Size(times);
  need_length(total);
  const std::vector<Value> once = items;
  items.clear();
  items.reserve(total.count());
  for (std::int64_t i = 0; i < times && !once.empty(); ++i)
    items.insert(items.end(), once.begin(), once.end());
  call.give(Value(call[0]));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(python_lists) {
  registry.add("tsx::eq", equal<true>);
  registry.add("tsx::ne", equal<false>);
  registry.add("tsx::lt", less);
  registry.add("tsx::le", less_equal);
  registry.add("tsx::gt", greater);
  registry.add("tsx::ge", greater_equal);
  registry.add("tsx::Bool", truth);
  registry.add("tsx::Bool.complex", truth);
  registry.add("tsx::Bool.str", truth);
  registry.add("tsx::Bool.t", truth);
  registry.add("tsx::__getitem__.tuple", tuple_item);
  registry.add("tsx::index.t", index_between);
  registry.add("tsx::max.list", best<true>);
  registry.add("tsx::min.list", best<false>);
  registry.add("tsx::max.default", best_or<true>);
  registry.add("tsx::min.default", best_or<false>);
  registry.add("tsx::argmax.list", place_of_best<true>);
  registry.add("tsx::argmin.list", place_of_best<false>);
  registry.add("tsx::reversed", reversed);
  registry.add("tsx::sorted", sorted);
  registry.add("tsx::sorted.by", sorted_by);
  registry.add("tsx::deepcopy", deep_copy);
  registry.add("tsx::zip_length", zip_length);
  registry.add("tsx::rangelist", range_list);
  registry.add("tsx::__contains__.range", range_contains);
  registry.add("tsx::__getitem__.range", range_item);
  registry.add("tsx::set_slice", set_slice);
  registry.add("tsx::delete_slice", delete_slice);
  registry.add("tsx::remove.t", remove);
  registry.add("tsx::sort", sort);
  registry.add("tsx::sort.by", sort_by);
  registry.add("tsx::imul.t", repeat);
}

// What kernels on lists, dicts and strings share: Python's indices, slices, orders and limits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/call.h"

namespace tsx::engine {

/// Python's place for an index that may count from the end; kNoPlace when there is none.
inline constexpr std::size_t kNoPlace = SIZE_MAX;
std::size_t place_of(std::int64_t index, std::size_t size);

/// TSX4012 in place of Python's IndexError with these words.
[[noreturn]] void out_of_range(std::int64_t index, std::size_t size,
                               std::string words = "list index out of range");
/// TSX4013 in place of an exception of Python's.
[[noreturn]] void no_such(const std::string& key, std::string exception, std::string words);

/// The places that a slice of a sequence of `size` takes, in order.
struct Slice {
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::size_t count = 0;

  std::size_t operator[](std::size_t i) const {
    return static_cast<std::size_t>(start + static_cast<std::int64_t>(i) * step);
  }
};
/// `step` isn't zero.
Slice slice_of(std::optional<std::int64_t> start, std::optional<std::int64_t> end,
               std::int64_t step, std::size_t size);

/// The number of rounds of range(low, high, step); `step` isn't zero.
Size range_length(std::int64_t low, std::int64_t high, std::int64_t step);

/// Refuses a list or string that would have more elements than memory may hold.
void need_length(Size length);

/// a < b, as Python orders numbers, strings, lists and tuples; raises TypeError for other pairs.
bool is_less(const Value& a, const Value& b);
/// Sorts as Python does: stable, also in reverse. Places of `keys` in order.
std::vector<std::size_t> sorted_places(Span<const Value> keys, bool is_reversed);

Value list_from(std::vector<Value> items);
/// A list, or the elements of a tuple.
Span<const Value> elements_of(const Call& call, std::size_t i);

/// Python's bool(value).
bool is_true(const Value& value);

}  // namespace tsx::engine

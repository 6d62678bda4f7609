#include "kernels/windows.h"

#include "base/error.h"
#include "base/refusal.h"
#include "kernels/support.h"

namespace tsx::engine {

namespace {
constexpr std::int64_t kMostWindow = std::int64_t{1} << 31;
}

void spread_numbers(std::int64_t (&to)[3], const Dims& numbers, std::size_t dims,
                    std::int64_t least, const char* what) {
  if (numbers.size() != 1 && numbers.size() != dims) {
    refuse("expected 1 or " + std::to_string(dims) + " values as " + what + ", got " +
           text_of(numbers));
  }
  for (std::size_t i = 0; i < dims; ++i) {
    const std::int64_t number = numbers[numbers.size() == 1 ? 0 : i];
    if (number < least || number > kMostWindow) {
      refuse_as("TSX4052", "needs " + std::string(what) + " of at least " + std::to_string(least) + ", got " +
                               text_of(numbers));
    }
    to[3 - dims + i] = number;
  }
}

void count_windows(Windows& w, bool ceil, const std::int64_t (&extra)[3]) {
  for (std::size_t axis = 3 - w.dims; axis < 3; ++axis) {
    const int a = static_cast<int>(axis);
    const std::int64_t size = w.in[a], whole = size + 2 * w.pad[a] + extra[a],
                       room = whole - w.reach(a);
    std::int64_t count = room < 0 ? 0 : (ceil ? room + w.stride[a] - 1 : room) / w.stride[a] + 1;
    // A last window that would start in the padding on the right is dropped.
    if (ceil && (count - 1) * w.stride[a] >= size + w.pad[a]) --count;
    if (count < 1) {
      refuse_as("TSX4053", "has no output: a window of " + std::to_string(w.reach(a)) +
                               " does not fit into a padded size of " + std::to_string(whole) +
                               " (dimension " + std::to_string(a - 3) + ")");
    }
    w.out[a] = count;
  }
}

Dims with_counts(const Windows& w, const Dims& lead) {
  Dims sizes;
  for (std::size_t i = 0; i + w.dims < lead.size(); ++i)
    sizes.push_back(lead[i]);
  for (std::size_t axis = 3 - w.dims; axis < 3; ++axis)
    sizes.push_back(w.out[axis]);
  return sizes;
}

} // namespace tsx::engine

#include "run/closest.h"

#include <algorithm>

namespace tsx::engine {
namespace {

/// Insertions, deletions and changes that make one of the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string hint(std::string_view name, const std::vector<std::string_view>& known) {
  constexpr std::size_t kLongest = 64;  // longer names are not typed by hand
  std::string_view best;
  std::size_t least = name.size() / 2 + 1;
  for (const std::string_view other : known) {
    if (name.size() > kLongest || other.size() > kLongest) continue;
    const std::size_t changes = distance(name, other);
    if (changes < least) {
      least = changes;
      best = other;
    }
  }
  return best.empty() ? std::string() : "; did you mean " + std::string(best) + "?";
}

}  // namespace tsx::engine

#include "read/limits.h"

#include <algorithm>

#include "base/error.h"

namespace tsx::engine::limits {

void exceeded(std::string_view what, std::int64_t found, std::int64_t limit) {
  throw failure("TSX6004", {{"what", what}, {"found", found}, {"limit", limit}});
}

void Growth::add(const std::vector<std::uint32_t>& parts, std::int64_t own) {
  std::int64_t depth = 1;
  std::int64_t weight = own;
  for (const std::uint32_t part : parts) {
    depth = std::max(depth, depths_[part] + 1);
    weight += weights_[part];
  }
  const std::string what(what_);
  within("an entry of " + what + ", expanded,", weight, largest_);
  total_ += weight;
  within("the nesting of " + what, depth, kDepth);
  within("the expanded table of " + what, total_, kExpanded);
  depths_.push_back(depth);
  weights_.push_back(weight);
}

}  // namespace tsx::engine::limits

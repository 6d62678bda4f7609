#include "tile/space.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace tsx::engine::tile {
namespace {

std::string text_of(const Dims& sizes) {
  std::string text = "[";
  for (const std::int64_t size : sizes)
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

std::int64_t distance(std::int64_t stride) { return stride < 0 ? -stride : stride; }

/// Whether dimension `outer` must lie inside of `inner`: 1 yes, 0 no, -1 nothing speaks for either.
int should_swap(Span<const Dims> strides, std::size_t outer, std::size_t inner) {
  int answer = -1;
  for (const Dims& operand : strides) {
    const std::int64_t a = distance(operand[outer]), b = distance(operand[inner]);
    if (a == 0 || b == 0) continue;
    if (a >= b) return 0; // one operand in row-major order decides
    answer = 1;
  }
  return answer;
}

} // namespace

Dims broadcast(const Dims& a, const Dims& b) {
  if (a == b) return a;
  const Dims& longer = a.size() >= b.size() ? a : b;
  const Dims& shorter = a.size() >= b.size() ? b : a;
  Dims result = longer;
  const std::size_t extra = longer.size() - shorter.size();
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    const std::int64_t x = longer[i + extra], y = shorter[i];
    if (x != y && x != 1 && y != 1) {
      refuse("expected shapes that broadcast, got " + text_of(a) + " and " + text_of(b));
    }
    result[i + extra] = x == 1 ? y : x;
  }
  return result;
}

Dims broadcast_strides(const Tensor& tensor, const Dims& sizes) {
  Dims strides = Dims::filled(sizes.size(), 0);
  const std::size_t extra = sizes.size() - tensor.rank();
  const auto item = static_cast<std::int64_t>(tensor.item_size());
  for (std::size_t i = 0; i < tensor.rank(); ++i) {
    strides[i + extra] = tensor.size(i) == 1 ? 0 : tensor.stride(i) * item;
  }
  return strides;
}

Dims memory_order(Span<const Dims> strides, std::size_t rank) {
  Dims order; // innermost first while sorting
  for (std::size_t d = rank; d-- > 0;)
    order.push_back(static_cast<std::int64_t>(d));
  for (std::size_t i = 1; i < rank; ++i) {
    std::size_t place = i;
    const std::int64_t moved = order[i];
    for (std::size_t j = i; j-- > 0;) {
      const int swap =
          should_swap(strides, static_cast<std::size_t>(moved), static_cast<std::size_t>(order[j]));
      if (swap == 1) place = j;
      if (swap == 0) break;
    }
    std::rotate(order.begin() + place, order.begin() + i, order.begin() + i + 1);
  }
  std::reverse(order.begin(), order.end());
  return order;
}

Dims strides_in_order(const Dims& sizes, const Dims& order) {
  Dims strides = Dims::filled(sizes.size(), 0);
  std::int64_t step = 1;
  for (std::size_t i = order.size(); i-- > 0;) {
    const auto dim = static_cast<std::size_t>(order[i]);
    strides[dim] = step;
    step *= std::max<std::int64_t>(sizes[dim], 1);
  }
  return strides;
}

Dims join_dimensions(const Dims& sizes, const Dims& order, Span<Walk> walks,
                     Span<const std::size_t> item_sizes) {
  Dims joined; // innermost first while joining
  std::vector<Dims> strides(walks.size());
  for (std::size_t i = order.size(); i-- > 0;) {
    const auto dim = static_cast<std::size_t>(order[i]);
    if (sizes[dim] == 1) continue;
    bool joins = !joined.empty();
    for (std::size_t w = 0; joins && w < walks.size(); ++w) {
      joins = walks[w].strides[dim] == strides[w].back() * joined.back();
    }
    if (joins) {
      joined[joined.size() - 1] *= sizes[dim];
      continue;
    }
    joined.push_back(sizes[dim]);
    for (std::size_t w = 0; w < walks.size(); ++w)
      strides[w].push_back(walks[w].strides[dim]);
  }
  for (std::size_t w = 0; w < walks.size(); ++w) {
    Walk& walk = walks[w];
    walk.is_single = true;
    walk.is_linear = true;
    auto step = static_cast<std::int64_t>(item_sizes[w]);
    for (std::size_t d = 0; d < joined.size(); ++d) {
      walk.is_single = walk.is_single && strides[w][d] == 0;
      walk.is_linear = walk.is_linear && strides[w][d] == step;
      step *= joined[d];
    }
    std::reverse(strides[w].begin(), strides[w].end());
    walk.strides = strides[w];
  }
  std::reverse(joined.begin(), joined.end());
  return joined;
}

} // namespace tsx::engine::tile

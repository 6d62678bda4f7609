#include <algorithm>

#include "base/error.h"
#include "core/compare.h"
#include "core/format.h"
#include "kernels/containers.h"

namespace tsx::engine {
namespace {

constexpr int kDeepest = 1000;  // containers can hold themselves
constexpr std::int64_t kMostElements = std::int64_t{1} << 40;

bool is_sequence(const Value& value) { return value.is(Tag::kList) || value.is(Tag::kTuple); }

bool is_real(const Value& value) {
  return value.is(Tag::kInt) || value.is(Tag::kFloat) || value.is(Tag::kBool);
}

bool is_less_at(const Value& a, const Value& b, int depth) {
  if (is_real(a) && is_real(b)) return compare_numbers(a, b) == -1;
  if (a.is(Tag::kString) && b.is(Tag::kString)) return a.string() < b.string();
  if (!is_sequence(a) || a.tag() != b.tag())
    throw Raised("TypeError", "'<' not supported between instances of '" + type_text(a) +
                                  "' and '" + type_text(b) + "'");
  if (depth > kDeepest) refuse("a container is nested more than 1000 deep");
  const Span<const Value> left = a.elements();
  const Span<const Value> right = b.elements();
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i)
    if (!is_found_by(left[i], right[i])) return is_less_at(left[i], right[i], depth + 1);
  return left.size() < right.size();
}

}  // namespace

std::size_t place_of(std::int64_t index, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  if (index < -count || index >= count) return kNoPlace;
  return static_cast<std::size_t>(index < 0 ? index + count : index);
}

void out_of_range(std::int64_t index, std::size_t size, std::string words) {
  throw failure("TSX4012", {{"index", index}, {"length", size}})
      .instead_of("IndexError", std::move(words));
}

void no_such(const std::string& key, std::string exception, std::string words) {
  throw failure("TSX4013", {{"key", key}}).instead_of(std::move(exception), std::move(words));
}

Slice slice_of(std::optional<std::int64_t> start, std::optional<std::int64_t> end,
               std::int64_t step, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  const std::int64_t least = step < 0 ? -1 : 0;
  const std::int64_t most = step < 0 ? count - 1 : count;
  const auto inside = [&](std::optional<std::int64_t> bound, std::int64_t otherwise) {
    if (!bound) return otherwise;
    return std::clamp(*bound < 0 ? *bound + count : *bound, least, most);
  };
  const std::int64_t from = inside(start, step < 0 ? most : least);
  const std::int64_t to = inside(end, step < 0 ? least : most);
  return {from, step, range_length(from, to, step).count()};
}

Size range_length(std::int64_t low, std::int64_t high, std::int64_t step) {
  if (step > 0 ? low >= high : low <= high) return Size(0);
  // The distance of two ints fits 64 bits without a sign, and so does the size of a step.
  const auto distance = step > 0
                            ? static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low)
                            : static_cast<std::uint64_t>(low) - static_cast<std::uint64_t>(high);
  const auto stride =
      step > 0 ? static_cast<std::uint64_t>(step) : -static_cast<std::uint64_t>(step);
  return Size::of((distance - 1) / stride + 1);
}

void need_length(Size length) {
  if (length > Size(kMostElements)) throw failure("TSX5020", {{"op", "a list"}});
}

bool is_less(const Value& a, const Value& b) { return is_less_at(a, b, 0); }

std::vector<std::size_t> sorted_places(Span<const Value> keys, bool is_reversed) {
  std::vector<std::size_t> places(keys.size());
  for (std::size_t i = 0; i < places.size(); ++i)
    places[i] = i;
  std::vector<std::size_t> merged(places.size());
  // A merge sort of our own: NaN makes the order inconsistent, which std::stable_sort doesn't
  // allow.
  const auto goes_first = [&](std::size_t later, std::size_t earlier) {
    return is_reversed ? is_less(keys[earlier], keys[later]) : is_less(keys[later], keys[earlier]);
  };
  for (std::size_t width = 1; width < places.size(); width *= 2) {
    for (std::size_t begin = 0; begin < places.size(); begin += 2 * width) {
      const std::size_t middle = std::min(begin + width, places.size());
      const std::size_t end = std::min(begin + 2 * width, places.size());
      std::size_t left = begin;
      std::size_t right = middle;
      for (std::size_t at = begin; at < end; ++at) {
        const bool takes_right =
            left == middle || (right < end && goes_first(places[right], places[left]));
        merged[at] = places[takes_right ? right++ : left++];
      }
    }
    places.swap(merged);
  }
  return places;
}

Value list_from(std::vector<Value> items) { return Value(make_ref<List>(std::move(items))); }

Span<const Value> elements_of(const Call& call, std::size_t i) {
  if (!is_sequence(call[i]))
    refuse("operand " + std::to_string(i) + " must be a list, got " + type_text(call[i]));
  return call[i].elements();
}

bool is_true(const Value& value) {
  switch (value.tag()) {
  case Tag::kNone:
    return false;
  case Tag::kBool:
  case Tag::kInt:
    return value.integer() != 0;
  case Tag::kFloat:
    return value.real() != 0;
  case Tag::kComplex:
    return value.complex() != std::complex<double>();
  case Tag::kString:
    return !value.string().empty();
  case Tag::kList:
  case Tag::kTuple:
    return !value.elements().empty();
  case Tag::kDict:
    return value.dict().size() > 0;
  default:
    return true;
  }
}

}  // namespace tsx::engine

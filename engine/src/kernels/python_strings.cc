// Strings as Python has them: sequences of characters (tsx/ops/python_strings.py). What asks for
// Unicode's letters (upper, isalpha, …) is not here.
#include <algorithm>

#include "base/error.h"
#include "base/quote.h"
#include "core/format.h"
#include "kernels/containers.h"
#include "kernels/text.h"

namespace tsx::engine {
namespace {

Text text(const Call& call, std::size_t i) { return decoded(call.string(i)); }

[[noreturn]] void value_error(std::string words) { throw Raised("ValueError", std::move(words)); }

void length(Call& call) { call.give(static_cast<std::int64_t>(text(call, 0).size())); }

void character(Call& call) {
  const Text whole = text(call, 0);
  const std::size_t place = place_of(call.integer(1), whole.size());
  if (place == kNoPlace) throw Raised("IndexError", "string index out of range");
  call.give(text_value(TextView(whole).substr(place, 1)));
}

void slice(Call& call) {
  const Text whole = text(call, 0);
  if (call.integer(3) == 0) value_error("slice step cannot be zero");
  const Slice taken =
      slice_of(call.optional_integer(1), call.optional_integer(2), call.integer(3), whole.size());
  Text found;
  for (std::size_t i = 0; i < taken.count; ++i)
    found += whole[taken[i]];
  call.give(text_value(found));
}

void contains(Call& call) { call.give(call.string(0).find(call.string(1)) != std::string::npos); }

template <std::size_t string, std::size_t count> void repeat(Call& call) {
  call.give(text_value(repeated(text(call, string), call.integer(count))));
}

void characters(Call& call) {
  std::vector<Text> found;
  for (const char32_t c : text(call, 0))
    found.emplace_back(1, c);
  call.give(text_list(found));
}

void code_of(Call& call) {
  const Text whole = text(call, 0);
  if (whole.size() != 1)
    throw Raised("TypeError", "ord() expected a character, but string of length " +
                                  std::to_string(whole.size()) + " found");
  call.give(static_cast<std::int64_t>(whole[0]));
}

void character_of(Call& call) {
  const std::int64_t code = call.integer(0);
  if (code < 0 || code > 0x10ffff) value_error("chr() arg not in range(0x110000)");
  if (code >= 0xd800 && code <= 0xdfff) refuse("a surrogate is no character");
  call.give(text_value(Text(1, static_cast<char32_t>(code))));
}

void is_ascii(Call& call) {
  const std::string& whole = call.string(0);
  call.give(std::all_of(whole.begin(), whole.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
}

// --- searching ----------------------------------------------------------------------------------

void count_of(Call& call) {
  const Text whole = text(call, 0);
  call.give(
      count(within(whole, call.optional_integer(2), call.optional_integer(3)), text(call, 1)));
}

template <bool from_right> std::int64_t found(const Call& call) {
  const Text whole = text(call, 0);
  return find(within(whole, call.optional_integer(2), call.optional_integer(3)), text(call, 1),
              from_right);
}

template <bool from_right> void find_part(Call& call) { call.give(found<from_right>(call)); }

template <bool from_right> void index_part(Call& call) {
  const std::int64_t place = found<from_right>(call);
  if (place < 0) value_error("substring not found");
  call.give(place);
}

using Question = bool (*)(TextView, TextView);

/// Of one part, or of any of a list of parts.
template <Question question> void at_end(Call& call) {
  const Text whole = text(call, 0);
  const Within in = within(whole, call.optional_integer(2), call.optional_integer(3));
  const auto holds = [&](const std::string& part) {
    return in.is_valid && question(in.text, decoded(part));
  };
  if (call[1].is(Tag::kString)) return call.give(holds(call.string(1)));
  const Span<const Value> parts = elements_of(call, 1);
  call.give(std::any_of(parts.begin(), parts.end(), [&](const Value& part) {
    return part.is(Tag::kString) && holds(part.string());
  }));
}

// --- cutting and filling ------------------------------------------------------------------------

template <bool left, bool right> void strip(Call& call) {
  const std::optional<Text> chars =
      call.is_none(1) ? std::optional<Text>() : std::optional<Text>(text(call, 1));
  call.give(text_value(stripped_of(text(call, 0), chars, left, right)));
}

enum class Side : std::uint8_t { kLeft, kRight, kCenter };

/// Where the text stands among the characters that fill it up.
template <Side side> void fill(Call& call) {
  const Text whole = text(call, 0);
  const Text filler = text(call, 2);
  if (filler.size() != 1)
    throw Raised("TypeError", "The fill character must be exactly one character long");
  const std::int64_t width = call.integer(1);
  const auto size = static_cast<std::int64_t>(whole.size());
  if (width <= size) return call.give(text_value(whole));
  need_length(Size(width));
  const std::int64_t missing = width - size;
  // As CPython: of an odd number the left side gets more when the width is odd.
  const std::int64_t half = missing / 2 + (missing & width & 1);
  const std::int64_t left = side == Side::kLeft ? 0 : side == Side::kRight ? missing : half;
  Text result(static_cast<std::size_t>(left), filler[0]);
  result += whole;
  result.append(static_cast<std::size_t>(missing - left), filler[0]);
  call.give(text_value(result));
}

void zero_fill(Call& call) { call.give(text_value(zero_filled(text(call, 0), call.integer(1)))); }

void expand_tabs(Call& call) {
  const std::int64_t size = call.integer(1);
  Text result;
  std::int64_t column = 0;
  for (const char32_t c : text(call, 0)) {
    if (c == U'\t') {
      if (size <= 0) continue;
      const std::int64_t added = size - column % size;
      need_length(Size::of(result.size()) + Size(added));
      result.append(static_cast<std::size_t>(added), U' ');
      column += added;
      continue;
    }
    result += c;
    column = c == U'\n' || c == U'\r' ? 0 : column + 1;
  }
  call.give(text_value(result));
}

void remove_prefix(Call& call) {
  const std::string& whole = call.string(0);
  const std::string& part = call.string(1);
  const bool has = whole.compare(0, part.size(), part) == 0;
  call.give(std::string_view(whole).substr(has ? part.size() : 0));
}

void remove_suffix(Call& call) {
  const std::string& whole = call.string(0);
  const std::string& part = call.string(1);
  const bool has = whole.size() >= part.size() &&
                   whole.compare(whole.size() - part.size(), part.size(), part) == 0;
  call.give(std::string_view(whole).substr(0, whole.size() - (has ? part.size() : 0)));
}

void replace(Call& call) {
  call.give(text_value(replaced(text(call, 0), text(call, 1), text(call, 2), call.integer(3))));
}

template <bool from_right> void split(Call& call) {
  const Text whole = text(call, 0);
  if (call.is_none(1))
    return call.give(text_list(split_at_space(whole, call.integer(2), from_right)));
  const Text separator = text(call, 1);
  if (separator.empty()) value_error("empty separator");
  call.give(text_list(split_at(whole, separator, call.integer(2), from_right)));
}

void split_lines(Call& call) { call.give(text_list(lines_of(text(call, 0), call.boolean(1)))); }

template <bool from_right> void partition(Call& call) {
  const std::string& whole = call.string(0);
  const std::string& part = call.string(1);
  if (part.empty()) value_error("empty separator");
  const std::size_t place = from_right ? whole.rfind(part) : whole.find(part);
  const auto piece = [&](std::size_t begin, std::size_t end) {
    return Value(std::string_view(whole).substr(begin, end - begin));
  };
  if (place == std::string::npos) {
    const Value all = piece(0, whole.size());
    const Value none = piece(0, 0);
    return call.give(tuple_of(from_right ? std::vector<Value>{none, none, all}
                                         : std::vector<Value>{all, none, none}));
  }
  const std::size_t behind = place + part.size();
  call.give(tuple_of({piece(0, place), piece(place, behind), piece(behind, whole.size())}));
}

// --- values as text (tsx/ops/python_text.py) ----------------------------------------------------

void str(Call& call) { call.give(std::string_view(to_text(call[0]))); }
void repr_of(Call& call) { call.give(std::string_view(repr(call[0]))); }

/// A set, which is held as a dict to None.
void set_text(Call& call) {
  std::string inner;
  for (const Dict::Entry& entry : call.dict(0).entries())
    if (entry.is_live) inner += (inner.empty() ? "" : ", ") + repr(entry.key);
  call.give(std::string_view(call.dict(0).size() == 0 ? "set()" : "{" + inner + "}"));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(python_strings) {
  registry.add("tsx::len.str", length);
  registry.add("tsx::__getitem__.str", character);
  registry.add("tsx::slice.str", slice);
  registry.add("tsx::__contains__.str", contains);
  registry.add("tsx::mul.str", repeat<0, 1>);
  registry.add("tsx::mul.str_right", repeat<1, 0>);
  registry.add("tsx::list.str", characters);
  registry.add("tsx::ord", code_of);
  registry.add("tsx::chr", character_of);
  registry.add("tsx::isascii", is_ascii);
  registry.add("tsx::count.str", count_of);
  registry.add("tsx::find", find_part<false>);
  registry.add("tsx::rfind", find_part<true>);
  registry.add("tsx::index.str", index_part<false>);
  registry.add("tsx::rindex", index_part<true>);
  registry.add("tsx::startswith", at_end<starts_with>);
  registry.add("tsx::startswith.any", at_end<starts_with>);
  registry.add("tsx::endswith", at_end<ends_with>);
  registry.add("tsx::endswith.any", at_end<ends_with>);
  registry.add("tsx::strip", strip<true, true>);
  registry.add("tsx::lstrip", strip<true, false>);
  registry.add("tsx::rstrip", strip<false, true>);
  registry.add("tsx::ljust", fill<Side::kLeft>);
  registry.add("tsx::rjust", fill<Side::kRight>);
  registry.add("tsx::center", fill<Side::kCenter>);
  registry.add("tsx::zfill", zero_fill);
  registry.add("tsx::expandtabs", expand_tabs);
  registry.add("tsx::removeprefix", remove_prefix);
  registry.add("tsx::removesuffix", remove_suffix);
  registry.add("tsx::replace", replace);
  registry.add("tsx::split.str", split<false>);
  registry.add("tsx::rsplit", split<true>);
  registry.add("tsx::splitlines", split_lines);
  registry.add("tsx::partition", partition<false>);
  registry.add("tsx::rpartition", partition<true>);
  registry.add("tsx::str", str);
  registry.add("tsx::repr", repr_of);
  registry.add("tsx::repr.set", set_text);
}

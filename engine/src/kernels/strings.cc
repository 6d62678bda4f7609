// Operators on strings with TorchScript's meaning (tsx/ops/strings.py). What asks for Unicode's
// letters (upper, isalpha, …) is not here.
#include <cstdio>

#include "base/error.h"
#include "base/quote.h"
#include "core/format.h"
#include "kernels/containers.h"
#include "kernels/text.h"

namespace tsx::engine {
namespace {

void add(Call& call) { call.give(std::string_view(call.string(0) + call.string(1))); }

void character(Call& call) {
  const Text text = decoded(call.string(0));
  const std::int64_t index = call.integer(1);
  const std::size_t place = place_of(index, text.size());
  if (place == kNoPlace) throw failure("TSX4012", {{"index", index}, {"length", text.size()}});
  call.give(text_value(TextView(text).substr(place, 1)));
}

void slice(Call& call) {
  const Text text = decoded(call.string(0));
  const std::int64_t step = call.integer(3);
  if (step == 0) refuse("slice step cannot be zero");
  const Slice taken =
      slice_of(call.optional_integer(1), call.optional_integer(2), step, text.size());
  Text found;
  for (std::size_t i = 0; i < taken.count; ++i)
    found += text[taken[i]];
  call.give(text_value(found));
}

/// As TorchScript shows values: 3.0 is "3.", 0.1 has 17 digits.
std::string shown(const Value& value, int depth = 0) {
  if (depth > 1000) refuse("a container is nested more than 1000 deep");
  if (value.is(Tag::kFloat)) {
    char digits[40];
    std::snprintf(digits, sizeof digits, "%.17g", value.real());
    const std::string text = digits;
    return text.find_first_of(".en") == std::string::npos ? text + "." : text;
  }
  if (!value.is(Tag::kList) && !value.is(Tag::kTuple)) return to_text(value);
  std::string inner;
  for (const Value& item : value.elements())
    inner += (inner.empty() ? "" : ", ") + shown(item, depth + 1);
  return value.is(Tag::kList) ? "[" + inner + "]" : "(" + inner + ")";
}

void str(Call& call) { call.give(std::string_view(shown(call[0]))); }

/// Only {} is a place; what else stands in braces is text.
void format(Call& call) {
  const std::string& pattern = call.string(0);
  std::string result;
  std::size_t next = 1;
  for (std::size_t at = 0; at < pattern.size();) {
    if (pattern.compare(at, 2, "{}") != 0 || next > call.size()) {
      result += pattern[at++];
      continue;
    }
    if (next == call.size())
      throw failure("TSX4012", {{"index", call.size() - 1}, {"length", call.size() - 1}});
    result += shown(call[next++]);
    at += 2;
  }
  call.give(std::string_view(result));
}

void join(Call& call) {
  std::string result;
  bool is_first = true;
  for (const Value& item : elements_of(call, 1)) {
    if (!item.is(Tag::kString)) refuse("the elements must be strings");
    if (!is_first) result += call.string(0);
    result += item.string();
    is_first = false;
  }
  call.give(std::string_view(result));
}

void split(Call& call) {
  const Text text = decoded(call.string(0));
  if (call.is_none(1)) return call.give(text_list(split_at_space(text, -1, false)));
  const Text separator = decoded(call.string(1));
  if (separator.empty()) refuse("empty separator");
  call.give(text_list(split_at(text, separator, call.integer(2), false)));
}

void split_lines(Call& call) {
  call.give(text_list(lines_of(decoded(call.string(0)), call.boolean(1))));
}

template <bool left, bool right> void strip(Call& call) {
  call.give(text_value(stripped_of(decoded(call.string(0)), decoded(call.string(1)), left, right)));
}

void replace(Call& call) {
  call.give(text_value(replaced(decoded(call.string(0)), decoded(call.string(1)),
                                decoded(call.string(2)), call.integer(3))));
}

/// The end -1 is the end of the text.
std::int64_t end_of(const Text& text, std::int64_t end) {
  return end < 0 ? static_cast<std::int64_t>(text.size()) + end + 1 : end;
}

/// text[start:end], by Python's slice.
Text part_of(const Call& call) {
  const Text text = decoded(call.string(0));
  const Slice taken = slice_of(call.integer(2), end_of(text, call.integer(3)), 1, text.size());
  return text.substr(static_cast<std::size_t>(taken.count ? taken.start : 0), taken.count);
}

void starts(Call& call) { call.give(starts_with(part_of(call), decoded(call.string(1)))); }
void ends(Call& call) { call.give(ends_with(part_of(call), decoded(call.string(1)))); }
void count_of(Call& call) {
  const Text part = part_of(call);
  call.give(count({part, 0, true}, decoded(call.string(1))));
}

std::int64_t found(const Call& call) {
  const Text text = decoded(call.string(0));
  return find(within(text, call.integer(2), end_of(text, call.integer(3))), decoded(call.string(1)),
              false);
}
void find_part(Call& call) { call.give(found(call)); }
void index_part(Call& call) {
  const std::int64_t place = found(call);
  if (place < 0) throw failure("TSX4013", {{"key", quote(call.string(1))}});
  call.give(place);
}

void zero_fill(Call& call) {
  call.give(text_value(zero_filled(decoded(call.string(0)), call.integer(1))));
}

void code_of(Call& call) {
  const Text text = decoded(call.string(0));
  if (text.size() != 1) refuse("expected a string of one character, got " + quote(call.string(0)));
  call.give(static_cast<std::int64_t>(text[0]));
}

void character_of(Call& call) {
  const std::int64_t code = call.integer(0);
  if (code < 0 || code > 0x10ffff) refuse("chr() arg not in range(0x110000)");
  if (code >= 0xd800 && code <= 0xdfff) refuse("a surrogate is no character");
  call.give(text_value(Text(1, static_cast<char32_t>(code))));
}

template <unsigned bits, char letter> void digits(Call& call) {
  call.give(std::string_view(in_base(call.integer(0), bits, letter)));
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(strings) {
  registry.add("aten::add.str", add);
  registry.add("aten::__getitem__.str", character);
  registry.add("prim::StringIndex", character);
  registry.add("aten::slice.str", slice);
  registry.add("aten::str", str);
  registry.add("aten::format", format);
  registry.add("aten::join", join);
  registry.add("tsx::join", join);
  registry.add("aten::split.str", split);
  registry.add("aten::splitlines", split_lines);
  registry.add("aten::strip", strip<true, true>);
  registry.add("aten::lstrip", strip<true, false>);
  registry.add("aten::rstrip", strip<false, true>);
  registry.add("aten::replace", replace);
  registry.add("aten::startswith", starts);
  registry.add("aten::endswith", ends);
  registry.add("aten::count", count_of);
  registry.add("aten::find", find_part);
  registry.add("aten::index.str", index_part);
  registry.add("aten::zfill", zero_fill);
  registry.add("aten::ord", code_of);
  registry.add("aten::chr", character_of);
  registry.add("aten::hex", digits<4, 'x'>);
  registry.add("aten::oct", digits<3, 'o'>);
  registry.add("aten::bin", digits<1, 'b'>);
}

#include "kernels/text.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "kernels/containers.h"

namespace tsx::engine {

Text decoded(std::string_view utf8) {
  Text text;
  text.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();)
    text += utf8::next(utf8, at);
  return text;
}

std::string encoded(TextView text) {
  std::string utf8;
  utf8.reserve(text.size());
  for (const char32_t c : text)
    utf8::append(utf8, c);
  return utf8;
}

Value text_value(TextView text) { return Value(std::string_view(encoded(text))); }

Value text_list(const std::vector<Text>& texts) {
  std::vector<Value> values;
  values.reserve(texts.size());
  for (const Text& text : texts)
    values.push_back(text_value(text));
  return list_from(std::move(values));
}

bool is_space(char32_t c) {
  return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

Within within(TextView text, std::optional<std::int64_t> start, std::optional<std::int64_t> end) {
  const auto size = static_cast<std::int64_t>(text.size());
  std::int64_t from = start.value_or(0);
  std::int64_t to = std::min(end.value_or(size), size);
  if (from < 0) from = std::max<std::int64_t>(from + size, 0);
  if (to < 0) to = std::max<std::int64_t>(to + size, 0);
  if (from > to) return {{}, 0, false};
  return {text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)),
          static_cast<std::size_t>(from), true};
}

std::int64_t find(const Within& in, TextView part, bool from_right) {
  if (!in.is_valid) return -1;
  const std::size_t place = from_right ? in.text.rfind(part) : in.text.find(part);
  return place == TextView::npos ? -1 : static_cast<std::int64_t>(in.start + place);
}

std::int64_t count(const Within& in, TextView part) {
  if (!in.is_valid) return 0;
  if (part.empty()) return static_cast<std::int64_t>(in.text.size()) + 1;
  std::int64_t found = 0;
  for (std::size_t at = 0; (at = in.text.find(part, at)) != TextView::npos; at += part.size())
    ++found;
  return found;
}

bool starts_with(TextView text, TextView part) { return text.substr(0, part.size()) == part; }

bool ends_with(TextView text, TextView part) {
  return text.size() >= part.size() && text.substr(text.size() - part.size()) == part;
}

Text replaced(TextView text, TextView old, TextView made, std::int64_t most) {
  Text result;
  std::int64_t left = most < 0 ? INT64_MAX : most;
  if (old.empty()) {  // between all characters
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (left-- > 0) result += made;
      if (i < text.size()) result += text[i];
    }
    return result;
  }
  std::size_t at = 0;
  for (std::size_t next = 0; left > 0 && (next = text.find(old, at)) != TextView::npos; --left) {
    result += text.substr(at, next - at);
    result += made;
    at = next + old.size();
  }
  return result += text.substr(at);
}

std::vector<Text> split_at_space(TextView text, std::int64_t most, bool from_right) {
  std::vector<Text> parts;
  std::int64_t left = most < 0 ? INT64_MAX : most;
  std::size_t begin = 0;
  std::size_t end = text.size();
  // The rest that is not split keeps the white space at its far end.
  const auto skip = [&] {
    if (from_right)
      while (end > begin && is_space(text[end - 1]))
        --end;
    else
      while (begin < end && is_space(text[begin]))
        ++begin;
  };
  for (skip(); begin < end; skip()) {
    if (left-- == 0) {
      parts.emplace_back(text.substr(begin, end - begin));
      break;
    }
    std::size_t at = from_right ? end : begin;
    if (from_right) {
      while (at > begin && !is_space(text[at - 1]))
        --at;
      parts.emplace_back(text.substr(at, end - at));
      end = at;
    } else {
      while (at < end && !is_space(text[at]))
        ++at;
      parts.emplace_back(text.substr(begin, at - begin));
      begin = at;
    }
  }
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<Text> split_at(TextView text, TextView separator, std::int64_t most, bool from_right) {
  std::vector<Text> parts;
  std::int64_t left = most < 0 ? INT64_MAX : most;
  while (left-- > 0) {
    const std::size_t place = from_right ? text.rfind(separator) : text.find(separator);
    if (place == TextView::npos) break;
    const std::size_t behind = place + separator.size();
    parts.emplace_back(from_right ? text.substr(behind) : text.substr(0, place));
    text = from_right ? text.substr(0, place) : text.substr(behind);
  }
  parts.emplace_back(text);
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<Text> lines_of(TextView text, bool keep_ends) {
  const auto ends_line = [](char32_t c) {
    return (c >= 10 && c <= 13) || (c >= 28 && c <= 30) || c == 0x85 || c == 0x2028 || c == 0x2029;
  };
  std::vector<Text> lines;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && !ends_line(text[end]))
      ++end;
    std::size_t behind = end;
    if (behind < text.size()) behind += text.substr(behind, 2) == U"\r\n" ? 2 : 1;
    lines.emplace_back(text.substr(at, (keep_ends ? behind : end) - at));
    at = behind;
  }
  return lines;
}

Text stripped_of(TextView text, const std::optional<Text>& chars, bool left, bool right) {
  const auto goes = [&](char32_t c) { return chars ? chars->find(c) != Text::npos : is_space(c); };
  while (left && !text.empty() && goes(text.front()))
    text.remove_prefix(1);
  while (right && !text.empty() && goes(text.back()))
    text.remove_suffix(1);
  return Text(text);
}

Text zero_filled(TextView text, std::int64_t width) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (width <= size) return Text(text);
  need_length(Size(width));
  const bool has_sign = !text.empty() && (text[0] == U'+' || text[0] == U'-');
  Text result(text.substr(0, has_sign));
  result.append(static_cast<std::size_t>(width - size), U'0');
  return result += text.substr(has_sign);
}

Text repeated(TextView text, std::int64_t times) {
  const std::int64_t wanted = std::max<std::int64_t>(times, 0);
  need_length(Size::of(text.size()) * Size(wanted));
  Text result;
  for (std::int64_t i = 0; i < wanted && !text.empty(); ++i)
    result += text;
  return result;
}

std::string in_base(std::int64_t value, unsigned bits_a_digit, char letter) {
  auto rest = value < 0 ? -static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::string digits;
  do {
    digits += "0123456789abcdef"[rest & ((1u << bits_a_digit) - 1)];
    rest >>= bits_a_digit;
  } while (rest != 0);
  std::reverse(digits.begin(), digits.end());
  return std::string(value < 0 ? "-0" : "0") + letter + digits;
}

}  // namespace tsx::engine

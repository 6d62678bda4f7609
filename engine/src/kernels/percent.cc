// Python's str % values (tsx/ops/python_text.py).
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "kernels/containers.h"
#include "kernels/float_text.h"
#include "kernels/format_spec.h"
#include "kernels/text.h"

namespace tsx::engine {
namespace {

[[noreturn]] void value_error(std::string words) { throw Raised("ValueError", std::move(words)); }
[[noreturn]] void type_error(std::string words) { throw Raised("TypeError", std::move(words)); }

/// One %: its flags, width and precision.
struct Conversion {
  bool is_left = false, is_zero = false, is_alternate = false;
  char32_t sign = 0;  // '+' or ' ' where one is asked for
  std::int64_t width = 0;
  std::int64_t precision = -1;
  char32_t type = 0;

  bool has_prefix() const {
    return is_alternate && (type == U'x' || type == U'X' || type == U'o');
  }
};

class Percent {
 public:
  explicit Percent(const Call& call) : call_(call), text_(decoded(call.string(0))) {}

  Text filled() {
    Text result;
    while (at_ < text_.size()) {
      const char32_t c = text_[at_++];
      if (c == U'%')
        result += conversion();
      else
        result += c;
    }
    if (next_ < call_.size())
      type_error("not all arguments converted during string formatting");
    return result;
  }

 private:
  char32_t taken() {
    if (at_ == text_.size()) value_error("incomplete format");
    return text_[at_++];
  }
  bool has(TextView any_of) const {
    return at_ < text_.size() && any_of.find(text_[at_]) != TextView::npos;
  }
  const Value& argument() {
    if (next_ >= call_.size()) type_error("not enough arguments for format string");
    return call_[next_++];
  }

  /// Digits, or * for an operand.
  std::int64_t number(const char* what) {
    if (has(U"*")) {
      ++at_;
      const Value& value = argument();
      if (!value.is(Tag::kInt) && !value.is(Tag::kBool)) type_error("* wants int");
      return value.integer();
    }
    std::int64_t value = 0;
    while (has(U"0123456789"))
      if (__builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, static_cast<std::int64_t>(text_[at_++] - U'0'), &value))
        value_error(std::string(what) + " too big");
    return value;
  }

  Text conversion() {
    if (has(U"%")) return Text(1, text_[at_++]);
    if (has(U"(")) type_error("format requires a mapping");
    Conversion as;
    for (; has(U"-+ #0"); ++at_) {
      if (text_[at_] == U'-') as.is_left = true;
      if (text_[at_] == U'0') as.is_zero = true;
      if (text_[at_] == U'#') as.is_alternate = true;
      if (text_[at_] == U'+') as.sign = U'+';
      if (text_[at_] == U' ' && as.sign == 0) as.sign = U' ';
    }
    as.width = number("width");
    if (as.width < 0) as.is_left = true;
    if (as.width == INT64_MIN) value_error("width too big");
    as.width = std::abs(as.width);
    if (has(U".")) {
      ++at_;
      as.precision = std::max<std::int64_t>(number("precision"), 0);
    }
    if (has(U"hlL")) ++at_;
    const std::size_t place = at_;
    as.type = taken();
    return converted_as(as, place);
  }

  Text converted_as(const Conversion& as, std::size_t place) {
    switch (as.type) {
    case U's':
    case U'r':
    case U'a': {
      const Text text = converted(argument(), as.type);
      return plain(as.precision < 0 ? TextView(text)
                                    : TextView(text).substr(0, static_cast<std::size_t>(as.precision)),
                   as);
    }
    case U'c':
      return plain(character(argument()), as);
    case U'd':
    case U'i':
    case U'u':
    case U'o':
    case U'x':
    case U'X':
      return number_text(whole(argument(), as), as);
    case U'e':
    case U'E':
    case U'f':
    case U'F':
    case U'g':
    case U'G':
      return number_text(real(argument(), as), as);
    default: {
      argument();
      const bool is_shown = as.type > 31 && as.type < 128;
      char code[16];
      std::snprintf(code, sizeof code, "%x", static_cast<unsigned>(as.type));
      value_error("unsupported format character '" +
                  (is_shown ? std::string(1, static_cast<char>(as.type)) : "?") + "' (0x" + code +
                  ") at index " + std::to_string(place));
    }
    }
  }

  static Text character(const Value& value) {
    if (value.is(Tag::kString)) {
      Text text = decoded(value.string());
      if (text.size() != 1) type_error("%c requires int or char");
      return text;
    }
    if (!value.is(Tag::kInt) && !value.is(Tag::kBool)) type_error("%c requires int or char");
    if (value.integer() < 0 || value.integer() > 0x10ffff)
      throw Raised("OverflowError", "%c arg not in range(0x110000)");
    if (value.integer() >= 0xd800 && value.integer() <= 0xdfff)
      refuse("a surrogate is no character");
    return Text(1, static_cast<char32_t>(value.integer()));
  }

  /// A whole number's digits, with sign and prefix.
  static std::string whole(const Value& value, const Conversion& as) {
    const bool is_decimal = as.type == U'd' || as.type == U'i' || as.type == U'u';
    std::string digits;
    if (value.is(Tag::kFloat) && is_decimal) {
      if (!std::isfinite(value.real()))
        throw Raised(std::isnan(value.real()) ? "ValueError" : "OverflowError",
                     std::isnan(value.real()) ? "cannot convert float NaN to integer"
                                              : "cannot convert float infinity to integer");
      digits = float_text(std::trunc(value.real()), {'f'});
      if (digits == "-0") digits = "0";
    } else if (value.is(Tag::kInt) || value.is(Tag::kBool)) {
      digits = is_decimal ? std::to_string(value.integer())
                          : in_base(value.integer(), as.type == U'o' ? 3 : 4, 'x');
      if (!is_decimal) digits.erase(digits[0] == '-' ? 1 : 0, 2);
    } else {
      type_error("%" + encoded(Text(1, as.type)) + " format: " +
                 (is_decimal ? "a real number" : "an integer") + " is required, not " +
                 python_type(value));
    }
    const std::size_t sign = digits[0] == '-' ? 1 : 0;
    const auto missing = as.precision - static_cast<std::int64_t>(digits.size() - sign);
    if (missing > 0) {
      need_length(Size(missing));
      digits.insert(sign, static_cast<std::size_t>(missing), '0');
    }
    if (as.has_prefix()) digits.insert(sign, as.type == U'o' ? "0o" : "0x");
    if (as.type == U'X')
      for (char& c : digits)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c ^ 0x20);
    return digits;
  }

  static std::string real(const Value& value, const Conversion& as) {
    if (!value.is(Tag::kFloat) && !value.is(Tag::kInt) && !value.is(Tag::kBool))
      type_error("must be real number, not " + python_type(value));
    if (as.precision >= INT32_MAX) value_error("precision too big");
    FloatStyle style{static_cast<char>(as.type), as.precision < 0 ? 6 : as.precision};
    style.keeps_point = as.is_alternate;
    return float_text(
        value.is(Tag::kFloat) ? value.real() : static_cast<double>(value.integer()), style);
  }

  static Text plain(TextView text, const Conversion& as) {
    const auto missing = as.width - static_cast<std::int64_t>(text.size());
    if (missing <= 0) return Text(text);
    need_length(Size(as.width));
    const Text blank(static_cast<std::size_t>(missing), U' ');
    return as.is_left ? Text(text) + blank : blank + Text(text);
  }

  /// Zeros stand behind the sign and the prefix, blanks before them.
  static Text number_text(const std::string& number, const Conversion& as) {
    Text text(number.begin(), number.end());
    Text head;
    if (text[0] == U'-') {
      head = U"-";
      text.erase(0, 1);
    } else if (as.sign) {
      head = Text(1, as.sign);
    }
    if (as.has_prefix()) {
      head += text.substr(0, 2);
      text.erase(0, 2);
    }
    const auto missing = as.width - static_cast<std::int64_t>(head.size() + text.size());
    if (as.is_zero && !as.is_left && missing > 0) {
      need_length(Size(as.width));
      head.append(static_cast<std::size_t>(missing), U'0');
    }
    return plain(head + text, as);
  }

  const Call& call_;
  const Text text_;
  std::size_t at_ = 0;
  std::size_t next_ = 1;
};

void percent_kernel(Call& call) { call.give(text_value(Percent(call).filled())); }

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(percent) { registry.add("tsx::percent", percent_kernel); }

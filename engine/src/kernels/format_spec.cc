#include "kernels/format_spec.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/error.h"
#include "base/quote.h"
#include "core/format.h"
#include "kernels/containers.h"
#include "kernels/float_text.h"
#include "core/compare.h"

namespace tsx::engine {
namespace {

[[noreturn]] void value_error(std::string words) { throw Raised("ValueError", std::move(words)); }

/// [[fill]align][sign][z][#][0][width][grouping][.precision][type]
struct Spec {
  char32_t fill = U' ';
  char32_t align;
  char32_t sign = 0;
  bool no_negative_zero = false;
  bool is_alternate = false;
  std::int64_t width = -1;
  char separator = 0;
  std::int64_t precision = -1;
  char32_t type;
};

bool is_align(char32_t c) { return c == U'<' || c == U'>' || c == U'=' || c == U'^'; }

std::string utf8_of(char32_t c) { return encoded(Text(1, c)); }

/// A format code as Python's messages show it: by number where it is no printing ASCII letter.
std::string code_of(char32_t type) {
  if (type > U' ' && type < 0x80) return utf8_of(type);
  std::ostringstream code;
  code << "\\x" << std::hex << static_cast<std::uint32_t>(type);
  return code.str();
}

class SpecReader {
 public:
  SpecReader(TextView text, char32_t type, char32_t align) : text_(text) {
    spec_.type = type;
    spec_.align = align;
  }

  Spec read(const std::string& type_name) {
    read_alignment();
    if (has(U"+- ")) spec_.sign = text_[at_++];
    if (has(U"z")) spec_.no_negative_zero = ++at_ != 0;
    if (has(U"#")) spec_.is_alternate = ++at_ != 0;
    if (!has_fill_ && has(U"0")) {
      spec_.fill = U'0';
      if (!has_align_ && spec_.align == U'>') spec_.align = U'=';
      ++at_;
    }
    spec_.width = number();
    read_separator();
    if (has(U".")) {
      ++at_;
      spec_.precision = number();
      if (spec_.precision < 0) value_error("Format specifier missing precision");
    }
    if (text_.size() - at_ > 1)
      value_error("Invalid format specifier '" + encoded(text_) + "' for object of type '" +
                  type_name + "'");
    if (at_ < text_.size()) spec_.type = text_[at_];
    check_separator();
    return spec_;
  }

 private:
  bool has(TextView any_of) const {
    return at_ < text_.size() && any_of.find(text_[at_]) != TextView::npos;
  }

  void read_alignment() {
    has_fill_ = text_.size() >= 2 && is_align(text_[1]);
    has_align_ = has_fill_ || (!text_.empty() && is_align(text_[0]));
    if (has_fill_) spec_.fill = text_[at_++];
    if (has_align_) spec_.align = text_[at_++];
  }

  /// -1 when there is none.
  std::int64_t number() {
    std::int64_t value = -1;
    for (; has(U"0123456789"); ++at_) {
      value = std::max<std::int64_t>(value, 0);
      if (__builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, static_cast<std::int64_t>(text_[at_] - U'0'), &value))
        value_error("Too many decimal digits in format string");
    }
    return value;
  }

  void read_separator() {
    for (const char32_t mark : {U',', U'_', U','}) {
      if (at_ >= text_.size() || text_[at_] != mark) continue;
      if (spec_.separator == static_cast<char>(mark)) return;  // a second comma is left for the type
      if (spec_.separator) value_error("Cannot specify both ',' and '_'.");
      spec_.separator = static_cast<char>(mark);
      ++at_;
    }
  }

  void check_separator() const {
    if (!spec_.separator || TextView(U"defgEG%F").find(spec_.type) != TextView::npos ||
        spec_.type == 0)
      return;
    if (spec_.separator == '_' && TextView(U"boxX").find(spec_.type) != TextView::npos) return;
    value_error(std::string("Cannot specify '") + spec_.separator + "' with '" +
                code_of(spec_.type) + "'.");
  }

  TextView text_;
  std::size_t at_ = 0;
  bool has_fill_ = false, has_align_ = false;
  Spec spec_;
};

[[noreturn]] void unknown_type(char32_t type, const std::string& name) {
  value_error("Unknown format code '" + code_of(type) + "' for object of type '" + name + "'");
}

/// The text among the characters that fill it up.
Text padded(TextView text, const Spec& spec, char32_t align) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (spec.width <= size) return Text(text);
  need_length(Size(spec.width));
  const std::int64_t missing = spec.width - size;
  const std::int64_t left = align == U'<' ? 0 : align == U'^' ? missing / 2 : missing;
  Text result(static_cast<std::size_t>(left), spec.fill);
  result += text;
  return result.append(static_cast<std::size_t>(missing - left), spec.fill);
}

Text wide(const std::string& ascii) { return Text(ascii.begin(), ascii.end()); }

// --- numbers ------------------------------------------------------------------------------------

/// A number in parts: sign, prefix (0x), the digits before the point, and what stands behind them.
struct Parts {
  bool is_negative = false;
  std::string prefix, digits, rest;
};

/// The digits in groups, with zeros in front until they are `least` characters.
std::string grouped(const std::string& digits, std::int64_t least, char separator, int group) {
  if (digits.empty()) return digits;
  std::string reversed(digits.rbegin(), digits.rend());
  if (!separator) {
    if (least > static_cast<std::int64_t>(digits.size())) {
      need_length(Size(least));
      reversed.resize(static_cast<std::size_t>(least), '0');
    }
    return std::string(reversed.rbegin(), reversed.rend());
  }
  std::string result;
  auto left = static_cast<std::int64_t>(digits.size());
  for (std::size_t at = 0;;) {
    const std::int64_t size =
        std::min<std::int64_t>(group, std::max<std::int64_t>({left, least, 1}));
    for (std::int64_t i = 0; i < size; ++i)
      result += at < reversed.size() ? reversed[at++] : '0';
    left -= size, least -= size;
    if (left <= 0 && least <= 0) break;
    need_length(Size::of(result.size()));
    result += separator;
    --least;
  }
  return std::string(result.rbegin(), result.rend());
}

Text laid_out(const Parts& parts, const Spec& spec) {
  std::string sign;
  if (parts.is_negative)
    sign = "-";
  else if (spec.sign == U'+' || spec.sign == U' ')
    sign = static_cast<char>(spec.sign);
  const auto fixed =
      static_cast<std::int64_t>(sign.size() + parts.prefix.size() + parts.rest.size());
  const bool is_zero_filled = spec.fill == U'0' && spec.align == U'=';
  if (is_zero_filled && spec.width > 0) need_length(Size(spec.width));
  const int group = spec.separator == '_' && TextView(U"boxX").find(spec.type) != TextView::npos
                        ? 4
                        : 3;
  const std::string digits =
      grouped(parts.digits, is_zero_filled ? spec.width - fixed : 0, spec.separator, group);
  const Text head = wide(sign + parts.prefix), tail = wide(digits + parts.rest);
  if (spec.align != U'=') return padded(head + tail, spec, spec.align);
  Spec inner = spec;
  inner.width = spec.width - static_cast<std::int64_t>(head.size());
  return head + padded(tail, inner, U'>');
}

Parts parts_of(std::string text) {
  Parts parts;
  parts.is_negative = text[0] == '-';
  if (parts.is_negative) text.erase(0, 1);
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  parts.digits = text.substr(0, end);
  parts.rest = text.substr(end);
  return parts;
}

std::string in_letters(std::uint64_t value, unsigned bits, bool is_capital) {
  // Not indexed in place: GCC 12's check of bounds gets a choice of two arrays wrong.
  const char* const letters = is_capital ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string digits;
  do {
    digits += letters[value & ((1u << bits) - 1)];
    value >>= bits;
  } while (value != 0);
  return std::string(digits.rbegin(), digits.rend());
}

Text character_of(std::int64_t value, const Spec& spec) {
  if (spec.sign) value_error("Sign not allowed with integer format specifier 'c'");
  if (spec.is_alternate)
    value_error("Alternate form (#) not allowed with integer format specifier 'c'");
  if (value < 0 || value > 0x10ffff)
    throw Raised("OverflowError", "%c arg not in range(0x110000)");
  if (value >= 0xd800 && value <= 0xdfff) refuse("a surrogate is no character");
  return padded(Text(1, static_cast<char32_t>(value)), spec, spec.align == U'=' ? U'>' : spec.align);
}

Text whole_text(std::int64_t value, const Spec& spec) {
  if (spec.precision >= 0) value_error("Precision not allowed in integer format specifier");
  if (spec.no_negative_zero)
    value_error("Negative zero coercion (z) not allowed in integer format specifier");
  if (spec.type == U'c') return character_of(value, spec);
  Parts parts;
  parts.is_negative = value < 0;
  const auto size =
      value < 0 ? -static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  const unsigned bits =
      spec.type == U'b' ? 1 : spec.type == U'o' ? 3 : spec.type == U'd' || spec.type == U'n' ? 0 : 4;
  parts.digits = bits ? in_letters(size, bits, spec.type == U'X') : std::to_string(size);
  if (spec.is_alternate && bits) parts.prefix = std::string("0") + static_cast<char>(spec.type);
  return laid_out(parts, spec);
}

FloatStyle style_of(const Spec& spec) {
  FloatStyle style;
  style.type = spec.type == 0 ? 'r' : spec.type == U'n' ? 'g' : static_cast<char>(spec.type);
  style.keeps_point = spec.is_alternate;
  style.has_no_negative_zero = spec.no_negative_zero;
  if (style.type == '%') style.type = 'f';
  if (spec.precision >= INT32_MAX) value_error("precision too big");
  style.precision = spec.precision >= 0 ? spec.precision : style.type == 'r' ? 0 : 6;
  if (style.type == 'r' && spec.precision >= 0) style.type = 'g';
  return style;
}

Text real_text(double value, const Spec& spec) {
  FloatStyle style = style_of(spec);
  style.adds_point = spec.type == 0;
  if (spec.type == U'%') value *= 100;
  return laid_out(parts_of(float_text(value, style) + (spec.type == U'%' ? "%" : "")), spec);
}

Text complex_text(std::complex<double> value, const Spec& spec) {
  if (spec.fill == U'0')
    value_error("Zero padding is not allowed in complex format specifier");
  if (spec.align == U'=')
    value_error("'=' alignment flag is not allowed in complex format specifier");
  const bool skips_real = spec.type == 0 && value.real() == 0 && !std::signbit(value.real());
  const FloatStyle style = style_of(spec);
  Spec plain = spec;
  plain.width = -1;
  plain.align = U'<';
  Text text;
  if (!skips_real) {
    text = laid_out(parts_of(float_text(value.real(), style)), plain);
    plain.sign = U'+';
  }
  text += laid_out(parts_of(float_text(value.imag(), style)), plain) + U"j";
  if (spec.type == 0 && !skips_real) text = U"(" + text + U")";
  return padded(text, spec, spec.align);
}

// --- strings ------------------------------------------------------------------------------------

Text string_text(TextView text, const Spec& spec) {
  if (spec.sign == U' ') value_error("Space not allowed in string format specifier");
  if (spec.sign) value_error("Sign not allowed in string format specifier");
  if (spec.no_negative_zero)
    value_error("Negative zero coercion (z) not allowed in string format specifier");
  if (spec.is_alternate) value_error("Alternate form (#) not allowed in string format specifier");
  if (spec.align == U'=') value_error("'=' alignment not allowed in string format specifier");
  if (spec.precision >= 0) text = text.substr(0, static_cast<std::size_t>(spec.precision));
  return padded(text, spec, spec.align);
}

bool is_one_of(char32_t type, TextView any_of) {
  return type == 0 || any_of.find(type) != TextView::npos;
}

}  // namespace

std::string python_type(const Value& value) {
  if (value.is(Tag::kList)) return "list";
  if (value.is(Tag::kTuple)) return "tuple";
  if (value.is(Tag::kDict)) return "dict";
  return value.is(Tag::kTensor) ? "Tensor" : type_text(value);
}

Text converted(const Value& value, char32_t conversion) {
  if (conversion == U's') return decoded(to_text(value));
  const std::string text = repr(value);
  return decoded(conversion == U'a' ? ascii(text) : text);
}

Text formatted(const Value& value, TextView spec) {
  if (spec.empty()) return decoded(to_text(value));
  if (value.is(Tag::kTensor) && value.tensor().rank() == 0)  // which is its number
    return formatted(element(value.tensor(), value.tensor().raw()), spec);
  const std::string name = python_type(value);
  constexpr TextView kFloats = U"eEfFgGn%";
  switch (value.tag()) {
  case Tag::kString: {
    const Spec read = SpecReader(spec, U's', U'<').read(name);
    if (read.type != U's') unknown_type(read.type, name);
    return string_text(decoded(value.string()), read);
  }
  case Tag::kBool:
  case Tag::kInt: {
    const Spec read = SpecReader(spec, U'd', U'>').read(name);
    if (is_one_of(read.type, U"bcdoxXn")) return whole_text(value.integer(), read);
    if (!is_one_of(read.type, U"eEfFgG%")) unknown_type(read.type, name);
    return real_text(static_cast<double>(value.integer()), read);
  }
  case Tag::kFloat: {
    const Spec read = SpecReader(spec, 0, U'>').read(name);
    if (!is_one_of(read.type, kFloats)) unknown_type(read.type, name);
    return real_text(value.real(), read);
  }
  case Tag::kComplex: {
    const Spec read = SpecReader(spec, 0, U'>').read(name);
    if (!is_one_of(read.type, U"eEfFgGn")) unknown_type(read.type, name);
    return complex_text(value.complex(), read);
  }
  default:
    throw Raised("TypeError", "unsupported format string passed to " + name + ".__format__");
  }
}

}  // namespace tsx::engine

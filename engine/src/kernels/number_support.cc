#include "kernels/numbers.h"

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "core/format.h"

namespace tsx::engine {

void overflows(std::string_view operation) {
  throw failure("TSX5001", {{"operation", operation}, {"reason", "overflows"}})
      .instead_of("OverflowError", "the result needs more than 64 bits");
}

void divides_by_zero(std::string_view operation, std::string words) {
  throw failure("TSX5001", {{"operation", operation}, {"reason", "divides by zero"}})
      .instead_of("ZeroDivisionError", std::move(words));
}

std::int64_t fit(std::string_view operation, Wide result) {
  if (result < INT64_MIN || result > INT64_MAX) overflows(operation);
  return static_cast<std::int64_t>(result);
}

std::int64_t truncated(std::string_view operation, double value) {
  if (!std::isfinite(value)) {
    const bool is_nan = std::isnan(value);
    throw failure("TSX5001", {{"operation", operation},
                              {"reason", "of " + format_float(value) + " has no answer"}})
        .instead_of(is_nan ? "ValueError" : "OverflowError",
                    is_nan ? "cannot convert float NaN to integer"
                           : "cannot convert float infinity to integer");
  }
  if (!(value >= -0x1p63 && value < 0x1p63)) overflows(operation);
  return static_cast<std::int64_t>(value);
}

Wide floor_divide(std::int64_t a, std::int64_t b) {
  const Wide quotient = static_cast<Wide>(a) / b;
  return quotient - ((a % (b == -1 ? 1 : b) != 0) && ((a < 0) != (b < 0)));
}

std::int64_t floor_rest(std::int64_t a, std::int64_t b) {
  if (b == -1) return 0;  // INT64_MIN % -1 is undefined in C++
  const std::int64_t rest = a % b;
  return rest != 0 && ((rest < 0) != (b < 0)) ? rest + b : rest;
}

std::int64_t int_power(std::int64_t a, std::int64_t b) {
  if (b > 64 && (a < -1 || a > 1)) overflows("pow");
  if (b > 64) return a == -1 ? (b % 2 == 0 ? 1 : -1) : a;
  Wide result = 1;
  for (; b > 0; --b)
    result = fit("pow", result * a);
  return static_cast<std::int64_t>(result);
}

Complex64 complex_product(Complex64 a, Complex64 b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

Complex64 complex_quotient(Complex64 a, Complex64 b) {
  if (std::fabs(b.real()) >= std::fabs(b.imag())) {
    if (b.real() == 0 && b.imag() == 0) return {a.real() / 0.0, a.imag() / 0.0};
    const double ratio = b.imag() / b.real();
    const double scale = 1.0 / (b.real() + b.imag() * ratio);
    return {(a.real() + a.imag() * ratio) * scale, (a.imag() - a.real() * ratio) * scale};
  }
  const double ratio = b.real() / b.imag();
  const double scale = 1.0 / (b.imag() + b.real() * ratio);
  return {(a.real() * ratio + a.imag()) * scale, (a.imag() * ratio - a.real()) * scale};
}

Complex64 python_quotient(Complex64 a, Complex64 b) {
  if (b == Complex64()) throw Raised("ZeroDivisionError", "complex division by zero");
  if (std::fabs(b.real()) >= std::fabs(b.imag())) {
    const double ratio = b.imag() / b.real();
    const double divisor = b.real() + b.imag() * ratio;
    return {(a.real() + a.imag() * ratio) / divisor, (a.imag() - a.real() * ratio) / divisor};
  }
  const double ratio = b.real() / b.imag();
  const double divisor = b.real() * ratio + b.imag();
  return {(a.real() * ratio + a.imag()) / divisor, (a.imag() * ratio - a.real()) / divisor};
}

Number number(const Call& call, std::size_t i) {
  const Value& value = call[i];
  switch (value.tag()) {
  case Tag::kBool:
  case Tag::kInt:
    return {Tag::kInt, value.integer(), {static_cast<double>(value.integer()), 0}};
  case Tag::kFloat:
    return {Tag::kFloat, 0, {value.real(), 0}};
  case Tag::kComplex:
    return {Tag::kComplex, 0, value.complex()};
  default:
    refuse("operand " + std::to_string(i) + " must be a number, got " + type_text(value));
  }
}

double real_number(const Call& call, std::size_t i) {
  const Number found = number(call, i);
  if (found.is_complex())
    refuse("operand " + std::to_string(i) + " must be a real number, got complex");
  return found.real();
}

Complex64 complex_number(const Call& call, std::size_t i) { return number(call, i).value; }

std::string_view stripped(std::string_view text) {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool is_leading = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    if (unicode::is(utf8::next(text, at), unicode::kSpace)) continue;
    if (is_leading) begin = start;
    is_leading = false;
    end = at;
  }
  return text.substr(begin, end - begin);
}

namespace {

/// Digits of any script are those of ASCII, and so is white space.
std::string in_ascii(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = utf8::next(text, at);
    const int digit = c < 0x80 ? -1 : unicode::decimal_value(c);
    if (digit >= 0)
      out += static_cast<char>('0' + digit);
    else if (c >= 0x80 && unicode::is(c, unicode::kSpace))
      out += ' ';
    else
      utf8::append(out, c);
  }
  return out;
}

}  // namespace

bool without_underscores(std::string_view text, std::string& digits) {
  const std::string given = in_ascii(text);
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] != '_') {
      digits += given[i];
      continue;
    }
    const auto is_digit = [&](std::size_t at) {
      return at < given.size() && std::isalnum(static_cast<unsigned char>(given[at]));
    };
    if (i == 0 || !is_digit(i - 1) || !is_digit(i + 1)) return false;
  }
  return true;
}

namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 36;
}

}  // namespace

Parsed parse_int(std::string_view text, int base, std::int64_t& value) {
  text = stripped(text);
  const bool is_negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  const auto has_prefix = [&](char letter) {
    return text.size() > 1 && text[0] == '0' && (text[1] | 0x20) == letter;
  };
  constexpr std::pair<char, int> kPrefixes[] = {{'x', 16}, {'o', 8}, {'b', 2}};
  bool is_plain = true;
  for (const auto& [letter, means] : kPrefixes)
    if (has_prefix(letter) && (base == 0 || base == means)) {
      base = means;
      text.remove_prefix(text.size() > 2 && text[2] == '_' ? 3 : 2);
      is_plain = false;
      break;
    }
  const bool is_guessed = base == 0;
  if (is_guessed) base = 10;
  std::string digits;
  if (!without_underscores(text, digits) || digits.empty()) return Parsed::kNoNumber;
  const bool has_zero = is_guessed && is_plain && digits[0] == '0';
  Wide total = 0;
  bool is_large = false;
  for (const char c : digits) {
    const int digit = digit_of(c);
    if (digit >= base || (has_zero && digit != 0)) return Parsed::kNoNumber;
    if (!is_large) total = total * base + digit;
    is_large = is_large || total > static_cast<Wide>(INT64_MAX) + 1;
  }
  if (is_negative) total = -total;
  if (is_large || total > INT64_MAX) return Parsed::kTooLarge;
  value = static_cast<std::int64_t>(total);
  return Parsed::kNumber;
}

bool parse_float(std::string_view text, double& value) {
  std::string digits;
  if (!without_underscores(stripped(text), digits)) return false;
  std::string lower;
  for (const char c : digits)
    lower += static_cast<char>(c | (c >= 'A' && c <= 'Z' ? 0x20 : 0));
  const std::string_view word = std::string_view(lower).substr(
      !lower.empty() && (lower[0] == '-' || lower[0] == '+') ? 1 : 0);
  const bool is_word = word == "inf" || word == "infinity" || word == "nan";
  if (!is_word && (word.empty() || word.find_first_not_of("0123456789.e+-") != word.npos))
    return false;
  char* end = nullptr;
  value = std::strtod(lower.c_str(), &end);
  return end == lower.c_str() + lower.size();
}

}  // namespace tsx::engine

#include "kernels/float_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "kernels/containers.h"

namespace tsx::engine {
namespace {

/// No double has more digits than these, before or behind the point.
constexpr std::int64_t kMostDigits = 1100;

/// A number as digits without zeros at the end, and where the point stands: 0.d1d2… * 10^point.
struct Digits {
  std::string digits;
  std::int64_t point = 0;
};

void drop_zeros(std::string& digits) {
  digits.erase(digits.find_last_not_of('0') + 1);
}

/// `count` digits of a positive number; fewer than 0: as many as read back.
Digits significant(double value, std::int64_t count) {
  char buffer[kMostDigits + 40];
  const std::to_chars_result end =
      count < 0 ? std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific)
                : std::to_chars(buffer, buffer + sizeof buffer, value,
                                std::chars_format::scientific, static_cast<int>(count - 1));
  const std::string text(buffer, end.ptr);
  const std::size_t mark = text.find('e');
  Digits found{text.substr(0, 1), std::stoi(text.substr(mark + 1)) + 1};
  if (mark > 2) found.digits += text.substr(2, mark - 2);
  if (value == 0) return {"0", 1};
  drop_zeros(found.digits);
  return found;
}

/// A positive number rounded `places` behind the point.
Digits fixed(double value, std::int64_t places) {
  char buffer[2 * kMostDigits + 40];
  const std::to_chars_result end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed,
                    static_cast<int>(places));
  std::string text(buffer, end.ptr);
  const std::size_t place = text.find('.');
  Digits found{text, static_cast<std::int64_t>(place == std::string::npos ? text.size() : place)};
  if (place != std::string::npos) found.digits.erase(place, 1);
  const std::size_t zeros = found.digits.find_first_not_of('0');
  if (zeros == std::string::npos) return {"", -places};  // rounds to nothing
  found.digits.erase(0, zeros);
  found.point -= static_cast<std::int64_t>(zeros);
  drop_zeros(found.digits);
  return found;
}

/// The digits from `first` to `last`, counted from the first one, with a point after `point`.
std::string laid_out(const Digits& found, std::int64_t point, std::int64_t last, bool keeps_point) {
  const std::int64_t first = point <= 0 ? point - 1 : 0;
  need_length(Size(last - first));
  std::string text;
  for (std::int64_t i = first; i < last; ++i) {
    if (i == point) text += '.';
    const bool has = i >= 0 && i < static_cast<std::int64_t>(found.digits.size());
    text += has ? found.digits[static_cast<std::size_t>(i)] : '0';
  }
  if (keeps_point && last == point) text += '.';
  return text;
}

std::string finite_text(double value, const FloatStyle& style) {
  const std::int64_t precision =
      style.type == 'e' ? style.precision + 1
                        : style.type == 'g' ? std::max<std::int64_t>(style.precision, 1)
                                            : style.precision;
  const std::int64_t asked = std::min(precision, kMostDigits);
  const Digits found = style.type == 'f'   ? fixed(value, asked)
                       : style.type == 'r' ? significant(value, -1)
                                           : significant(value, asked);
  std::int64_t point = found.point;
  auto last = static_cast<std::int64_t>(found.digits.size());
  bool has_exponent = style.type == 'e';
  if (style.type == 'e') last = precision;
  if (style.type == 'f') last = point + precision;
  if (style.type == 'r') has_exponent = point <= -4 || point > 16;
  if (style.type == 'g') {
    has_exponent = point <= -4 || point > precision - (style.adds_point ? 1 : 0);
    if (style.keeps_point) last = precision;
  }
  const std::int64_t exponent = point - 1;
  if (has_exponent) point = 1;
  last = std::max(last, !has_exponent && style.adds_point ? point + 1 : point);
  std::string text = laid_out(found, point, last, style.keeps_point);
  if (!has_exponent) return text;
  const std::string power = std::to_string(std::abs(exponent));
  return text + (exponent < 0 ? "e-" : "e+") + (power.size() < 2 ? "0" : "") + power;
}

}  // namespace

std::string float_text(double value, FloatStyle style) {
  const bool is_capital = style.type >= 'A' && style.type <= 'Z';
  if (is_capital) style.type = static_cast<char>(style.type | 0x20);
  std::string text = std::isnan(value)   ? "nan"
                     : std::isinf(value) ? "inf"
                                         : finite_text(std::fabs(value), style);
  const bool is_zero =
      style.has_no_negative_zero && text.find_first_of("123456789in") == std::string::npos;
  if (std::signbit(value) && !std::isnan(value) && !is_zero) text.insert(0, 1, '-');
  if (is_capital)
    for (char& c : text)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c ^ 0x20);
  return text;
}

}  // namespace tsx::engine

// Floats as text, as CPython's PyOS_double_to_string writes them.
#pragma once

#include <string>

namespace tsx::engine {

/// How a float is written: 'e', 'f', 'g' with a precision, or 'r', the shortest digits that read
/// back. A capital letter gives capital letters.
struct FloatStyle {
  char type = 'r';
  std::int64_t precision = 0;
  bool adds_point = false;  // 1.0 where C writes 1
  bool keeps_point = false; // the # form: the point and the zeros stay
  bool has_no_negative_zero = false;
};

/// With a leading '-' where it is negative; nan has no sign.
std::string float_text(double value, FloatStyle style);

}  // namespace tsx::engine

// What kernels on plain numbers share: numbers of any kind, results of 64 bits, Python's
// exceptions.
#pragma once

#include <complex>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/call.h"

namespace tsx::engine {

using Complex64 = std::complex<double>;
/// Holds any sum or product of two ints.
__extension__ typedef __int128 Wide;

/// An int, float or complex; a bool counts as an int.
struct Number {
  Tag tag = Tag::kInt;  // kInt, kFloat or kComplex
  std::int64_t integer = 0;
  Complex64 value;  // of any kind

  bool is_int() const { return tag == Tag::kInt; }
  bool is_complex() const { return tag == Tag::kComplex; }
  double real() const { return value.real(); }
};

/// The operand as a number; refuses what is none.
Number number(const Call& call, std::size_t i);
/// The operand as a real number.
double real_number(const Call& call, std::size_t i);
Complex64 complex_number(const Call& call, std::size_t i);

/// TSX5001, in place of Python's OverflowError.
[[noreturn]] void overflows(std::string_view operation);
/// TSX5001, in place of Python's ZeroDivisionError with these words.
[[noreturn]] void divides_by_zero(std::string_view operation, std::string words);
/// The result of 128 bits as an int.
std::int64_t fit(std::string_view operation, Wide result);
/// A float as an int, towards zero; TSX5001 when no int is that value.
std::int64_t truncated(std::string_view operation, double value);

/// Python's floor division and its rest, for ints; the divisor isn't zero.
Wide floor_divide(std::int64_t a, std::int64_t b);
std::int64_t floor_rest(std::int64_t a, std::int64_t b);
/// a ** b for b >= 0; TSX5001 when it needs more than 64 bits.
std::int64_t int_power(std::int64_t a, std::int64_t b);

/// The number in a text as Python's int(text, base) and float(text) read it, if there is one.
enum class Parsed : std::uint8_t { kNumber, kNoNumber, kTooLarge };
Parsed parse_int(std::string_view text, int base, std::int64_t& value);
bool parse_float(std::string_view text, double& value);
/// The text with digits of any script as those of ASCII, and without the underscores between two of
/// them; false where one stands elsewhere.
bool without_underscores(std::string_view text, std::string& digits);
/// Without the white space at both ends, as Python's str.strip does it.
std::string_view stripped(std::string_view text);

/// Division as NumPy and Python divide: by scaling, so that it doesn't overflow on the way.
Complex64 complex_quotient(Complex64 a, Complex64 b);
/// Python's own, which raises ZeroDivisionError.
Complex64 python_quotient(Complex64 a, Complex64 b);
/// As both multiply: without C's corrections for infinities.
Complex64 complex_product(Complex64 a, Complex64 b);

}  // namespace tsx::engine

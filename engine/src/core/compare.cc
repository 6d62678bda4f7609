#include "core/compare.h"

#include <cmath>
#include <cstring>
#include <functional>

#include "base/error.h"
#include "core/half.h"

namespace tsx::engine {
namespace {

constexpr int kDeepest = 1000;  // containers can hold themselves
constexpr double kTwo63 = 9223372036854775808.0;

void check_depth(int depth) {
  if (depth > kDeepest) refuse("a container is nested more than 1000 deep");
}

bool is_real(const Value& value) {
  return value.is(Tag::kInt) || value.is(Tag::kBool) || value.is(Tag::kFloat);
}

double as_real(const Value& value) {
  return value.is(Tag::kFloat) ? value.real() : static_cast<double>(value.integer());
}

/// An int against a float, exactly: the int may have more digits than a double holds.
int compare_mixed(std::int64_t a, double b) {
  if (std::isnan(b)) return 2;
  if (b >= kTwo63) return -1;
  if (b < -kTwo63) return 1;
  const double whole = std::floor(b);
  const auto floor = static_cast<std::int64_t>(whole);
  if (a != floor) return a < floor ? -1 : 1;
  return whole < b ? -1 : 0;
}

using Equal = bool (*)(const Value&, const Value&, int depth);

bool equal_elements(Span<const Value> a, Span<const Value> b, Equal equal, int depth) {
  if (a.size() != b.size()) return false;
  check_depth(depth);
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!equal(a[i], b[i], depth + 1)) return false;
  return true;
}

bool equal_deep(const Value& a, const Value& b, int depth);

/// The same NaN, which equals nothing.
bool is_same_nan(const Value& a, const Value& b) {
  const auto is_same = [](double x, double y) { return std::memcmp(&x, &y, sizeof x) == 0; };
  if (a.is(Tag::kFloat) && b.is(Tag::kFloat))
    return std::isnan(a.real()) && is_same(a.real(), b.real());
  if (!a.is(Tag::kComplex) || !b.is(Tag::kComplex)) return false;
  const std::complex<double> x = a.complex(), y = b.complex();
  return x != x && is_same(x.real(), y.real()) && is_same(x.imag(), y.imag());
}

bool found_deep(const Value& a, const Value& b, int depth) {
  return is_same_nan(a, b) || equal_deep(a, b, depth);
}

bool equal_dicts(const Dict& a, const Dict& b, int depth) {
  if (a.size() != b.size()) return false;
  check_depth(depth);
  for (const Dict::Entry& entry : a.entries()) {
    if (!entry.is_live) continue;
    const Value* other = b.find(entry.key);
    if (!other || !found_deep(entry.value, *other, depth + 1)) return false;
  }
  return true;
}

bool equal_deep(const Value& a, const Value& b, int depth) {
  if (is_real(a) && is_real(b)) return compare_numbers(a, b) == 0;
  if (a.is(Tag::kComplex) || b.is(Tag::kComplex)) {
    const Value& other = a.is(Tag::kComplex) ? b : a;
    const Value& complex = a.is(Tag::kComplex) ? a : b;
    if (other.is(Tag::kComplex)) return a.complex() == b.complex();
    return is_real(other) && complex.complex().imag() == 0 &&
           compare_numbers(other, Value(complex.complex().real())) == 0;
  }
  if (a.tag() != b.tag()) return false;
  if (a.identity() && a.identity() == b.identity()) return true;
  switch (a.tag()) {
  case Tag::kNone: return true;
  case Tag::kString: return a.string() == b.string();
  case Tag::kList:
  case Tag::kTuple: return equal_elements(a.elements(), b.elements(), found_deep, depth);
  case Tag::kDict: return equal_dicts(a.dict(), b.dict(), depth);
  case Tag::kEnumMember:
    return a.enum_member().class_name == b.enum_member().class_name &&
           a.enum_member().name == b.enum_member().name;
  default: return false;
  }
}

std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 33, x *= 0xff51afd7ed558ccd;
  x ^= x >> 33, x *= 0xc4ceb9fe1a85ec53;
  return x ^ (x >> 33);
}

std::uint64_t hash_of_real(double value) {
  if (value >= -kTwo63 && value < kTwo63 && value == std::floor(value))
    return mixed(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return mixed(bits ^ 0x9e3779b97f4a7c15);
}

bool is_nan(const Value& value) {
  if (value.is(Tag::kFloat)) return std::isnan(value.real());
  return value.is(Tag::kComplex) &&
         (std::isnan(value.complex().real()) || std::isnan(value.complex().imag()));
}

bool same_deep(const Value& a, const Value& b, int depth) {
  if (a.is(Tag::kTensor)) return same_deep(to_numbers(a.tensor()), b, depth);
  const bool is_sequence = a.is(Tag::kList) || a.is(Tag::kTuple);
  if (is_sequence && (b.is(Tag::kList) || b.is(Tag::kTuple)))
    return equal_elements(a.elements(), b.elements(), same_deep, depth);
  if (a.is(Tag::kBool) != b.is(Tag::kBool)) return false;
  return equal_deep(a, b, depth) || (is_nan(a) && is_nan(b));
}

Value nested(const Tensor& tensor, std::size_t dim, const std::byte* at) {
  if (dim == tensor.rank()) return element(tensor, at);
  Ref<List> made = make_ref<List>();
  const auto step = tensor.stride(dim) * static_cast<std::int64_t>(tensor.item_size());
  for (std::int64_t i = 0; i < tensor.size(dim); ++i)
    made->items.push_back(nested(tensor, dim + 1, at + i * step));
  return made;
}

template <typename T> T read(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <typename T> Value integer_at(const std::byte* at) {
  return Value(static_cast<std::int64_t>(read<T>(at)));
}

}  // namespace

int compare_numbers(const Value& a, const Value& b) {
  const bool a_is_float = a.is(Tag::kFloat), b_is_float = b.is(Tag::kFloat);
  if (!a_is_float && !b_is_float)
    return a.integer() < b.integer() ? -1 : a.integer() > b.integer();
  if (!a_is_float) return compare_mixed(a.integer(), b.real());
  if (!b_is_float) {
    const int reversed = compare_mixed(b.integer(), a.real());
    return reversed == 2 ? 2 : -reversed;
  }
  const double x = as_real(a), y = as_real(b);
  return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
}

bool is_equal(const Value& a, const Value& b) { return equal_deep(a, b, 0); }

bool is_found_by(const Value& a, const Value& b) { return found_deep(a, b, 0); }

bool is_same(const Value& value, const Value& expected) { return same_deep(value, expected, 0); }

std::uint64_t hash_of(const Value& value) {
  switch (value.tag()) {
  case Tag::kNone: return 0x6e6f6e65;
  case Tag::kBool:
  case Tag::kInt: return mixed(static_cast<std::uint64_t>(value.integer()));
  case Tag::kFloat: return hash_of_real(value.real());
  case Tag::kComplex:
    return value.complex().imag() == 0
               ? hash_of_real(value.complex().real())
               : mixed(hash_of_real(value.complex().real()) * 31 +
                       hash_of_real(value.complex().imag()));
  case Tag::kString: return mixed(std::hash<std::string>()(value.string()));
  case Tag::kEnumMember: return mixed(std::hash<std::string>()(value.enum_member().name));
  case Tag::kTuple: {
    std::uint64_t hash = 0x345678;
    for (const Value& part : value.tuple().items) hash = mixed(hash * 31 + hash_of(part));
    return hash;
  }
  case Tag::kTensor:
  case Tag::kObject: return mixed(reinterpret_cast<std::uintptr_t>(value.identity()));
  default: refuse(value.is(Tag::kDict) ? "unhashable type: 'dict'" : "unhashable type: 'list'");
  }
}

Value to_numbers(const Tensor& tensor) {
  if (tensor.count() == 1) return element(tensor, tensor.raw());
  return nested(tensor, 0, tensor.raw());
}

Value element(const Tensor& tensor, const std::byte* at) {
  switch (tensor.dtype()) {
  case DType::kUInt8: return integer_at<std::uint8_t>(at);
  case DType::kInt8: return integer_at<std::int8_t>(at);
  case DType::kInt16: return integer_at<std::int16_t>(at);
  case DType::kInt32: return integer_at<std::int32_t>(at);
  case DType::kInt64: return integer_at<std::int64_t>(at);
  case DType::kFloat16: return Value(double{float_of_half(read<std::uint16_t>(at))});
  case DType::kBFloat16: return Value(double{float_of_bfloat16(read<std::uint16_t>(at))});
  case DType::kFloat32: return Value(double{read<float>(at)});
  case DType::kFloat64: return Value(read<double>(at));
  case DType::kComplex64: return Value(std::complex<double>(read<std::complex<float>>(at)));
  case DType::kComplex128: return Value(read<std::complex<double>>(at));
  case DType::kBool: return Value(read<std::uint8_t>(at) != 0);
  default: refuse("elements of dtype " + std::string(name(tensor.dtype())) + " have no value");
  }
}

}  // namespace tsx::engine

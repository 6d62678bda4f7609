#include "run/convert.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "core/format.h"
#include "core/half.h"

namespace tsx::engine {
namespace {

std::string described(const Value& given) {
  if (given.is(Tag::kTensor)) {
    std::string sizes;
    for (const std::int64_t size : given.tensor().sizes())
      sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
    return "an array of " + std::string(name(given.tensor().dtype())) + "[" + sizes + "]";
  }
  const bool is_plain = given.is_none() || given.is(Tag::kBool) || given.is_number() ||
                        given.is(Tag::kString);
  return is_plain ? repr(given).substr(0, 60) : "a value of type " + type_text(given);
}

[[noreturn]] void wrong(const std::string& path, const Type& expected, const Value& given) {
  throw failure("TSX5012",
                {{"name", path}, {"expected", to_text(expected)}, {"found", described(given)}});
}

/// bool, int, float, complex: numbers go up these, never down.
int rank_of(DType dtype) {
  if (dtype == DType::kBool) return 0;
  return is_integer(dtype) ? 1 : is_float(dtype) ? 2 : 3;
}

int rank_of(const Value& number) {
  switch (number.tag()) {
  case Tag::kBool: return 0;
  case Tag::kInt: return 1;
  case Tag::kFloat: return 2;
  case Tag::kComplex: return 3;
  default: return -1;
  }
}

bool is_sequence(const Value& value) { return value.is(Tag::kList) || value.is(Tag::kTuple); }

/// Numbers in nested lists, as a tensor.
class NumberReader {
 public:
  NumberReader(const std::string& path, const Type& type, const Value& given)
      : path_(path), type_(type), given_(given) {}

  TensorRef tensor() {
    Dims sizes;
    for (const Value* at = &given_; is_sequence(*at); at = &at->elements()[0]) {
      if (sizes.size() == kMaxRank) wrong(path_, type_, given_);
      sizes.push_back(static_cast<std::int64_t>(at->elements().size()));
      if (at->elements().empty()) break;
    }
    collect(given_, sizes, 0);
    int rank = numbers_.empty() ? 2 : 0;
    for (const Value& number : numbers_) rank = std::max(rank, rank_of(number));
    constexpr DType kDefaults[] = {DType::kBool, DType::kInt64, DType::kFloat32, DType::kComplex64};
    const DType dtype = type_.dtype.value_or(kDefaults[rank]);
    if (rank > rank_of(dtype)) {
      throw failure("TSX5013", {{"name", path_},
                                {"expected", to_text(type_)},
                                {"found", described(given_)},
                                {"dtype", name(dtype)}});
    }
    TensorRef made = Tensor::empty(dtype, sizes);
    std::byte* at = made->mutable_raw();
    for (const Value& number : numbers_) at = write(at, dtype, number);
    return made;
  }

 private:
  void collect(const Value& value, const Dims& sizes, std::size_t depth) {
    if (depth == sizes.size()) {
      if (rank_of(value) < 0) wrong(path_, type_, given_);
      numbers_.push_back(value);
      return;
    }
    const bool fits = is_sequence(value) &&
                      static_cast<std::int64_t>(value.elements().size()) == sizes[depth];
    if (!fits) wrong(path_, type_, given_);
    for (const Value& part : value.elements()) collect(part, sizes, depth + 1);
  }

  template <typename T> static std::byte* put(std::byte* at, T value) {
    std::memcpy(at, &value, sizeof value);
    return at + sizeof value;
  }

  static std::byte* write(std::byte* at, DType dtype, const Value& number) {
    const std::int64_t whole = number.is(Tag::kInt) || number.is(Tag::kBool) ? number.integer() : 0;
    const double real = number.is(Tag::kFloat)     ? number.real()
                        : number.is(Tag::kComplex) ? number.complex().real()
                                                   : static_cast<double>(whole);
    const double imaginary = number.is(Tag::kComplex) ? number.complex().imag() : 0;
    const auto single = static_cast<float>(real);
    switch (dtype) {
    case DType::kBool: return put(at, static_cast<std::uint8_t>(whole != 0));
    case DType::kUInt8: return put(at, static_cast<std::uint8_t>(whole));
    case DType::kInt8: return put(at, static_cast<std::int8_t>(whole));
    case DType::kInt16: return put(at, static_cast<std::int16_t>(whole));
    case DType::kInt32: return put(at, static_cast<std::int32_t>(whole));
    case DType::kInt64: return put(at, whole);
    case DType::kFloat16: return put(at, half_of_float(single));
    case DType::kBFloat16: return put(at, bfloat16_of_float(single));
    case DType::kFloat32: return put(at, single);
    case DType::kFloat64: return put(at, real);
    case DType::kComplex64: return put(put(at, single), static_cast<float>(imaginary));
    case DType::kComplex128: return put(put(at, real), imaginary);
    default: refuse("no numbers of dtype " + std::string(name(dtype)));
    }
  }

  const std::string& path_;
  const Type& type_;
  const Value& given_;
  std::vector<Value> numbers_;
};

Value tensor(const std::string& path, const Value& given, const Type& type) {
  if (!given.is(Tag::kTensor)) {
    if (rank_of(given) < 0 && !is_sequence(given)) wrong(path, type, given);
    return NumberReader(path, type, given).tensor();
  }
  if (type.dtype && *type.dtype != given.tensor().dtype())
    throw failure("TSX5013", {{"name", path},
                              {"expected", to_text(type)},
                              {"found", type_text(given)},
                              {"dtype", name(*type.dtype)}});
  return given;
}

Value sequence(const std::string& path, const Value& given, const Type& type) {
  const bool is_list = type.is(TypeKind::kList);
  if (!is_sequence(given) || (!is_list && given.elements().size() != type.parts.size()))
    wrong(path, type, given);
  std::vector<Value> items;
  const Span<const Value> parts = given.elements();
  for (std::size_t i = 0; i < parts.size(); ++i)
    items.push_back(converted(path + "[" + std::to_string(i) + "]", parts[i],
                              is_list ? *type.element() : *type.parts[i]));
  if (!is_list) return tuple_of(std::move(items));
  return make_ref<List>(std::move(items));
}

Value dict(const std::string& path, const Value& given, const Type& type) {
  if (!given.is(Tag::kDict)) wrong(path, type, given);
  Ref<Dict> made = make_ref<Dict>();
  for (const Dict::Entry& entry : given.dict().entries())
    if (entry.is_live)
      made->set(converted(path, entry.key, *type.parts[0]),
                converted(path + "[" + repr(entry.key) + "]", entry.value, *type.parts[1]));
  return made;
}

Value number(const std::string& path, const Value& given, const Type& type) {
  const bool is_int = given.is(Tag::kInt), is_real = is_int || given.is(Tag::kFloat);
  const double real = is_int ? static_cast<double>(given.integer()) : given.is(Tag::kFloat) ? given.real() : 0;
  switch (type.kind) {
  case TypeKind::kInt:
    if (is_int) return given;
    break;
  case TypeKind::kFloat:
    if (is_real) return Value(real);
    break;
  case TypeKind::kComplex:
    if (is_real) return Value(std::complex<double>(real));
    if (given.is(Tag::kComplex)) return given;
    break;
  case TypeKind::kNumber:
    if (given.is_number()) return given;
    break;
  case TypeKind::kBool:
    if (given.is(Tag::kBool)) return given;
    break;
  case TypeKind::kStr:
  case TypeKind::kDevice:
    if (given.is(Tag::kString)) return given;
    break;
  case TypeKind::kNone:
    if (given.is_none()) return given;
    break;
  default: break;
  }
  wrong(path, type, given);
}

}  // namespace

// Recursion follows the type, which the format lets nest 64 deep.
Value converted(const std::string& path, const Value& given, const Type& type) {
  switch (type.kind) {
  case TypeKind::kTensor: return tensor(path, given, type);
  case TypeKind::kOptional:
    return given.is_none() ? Value() : converted(path, given, *type.element());
  case TypeKind::kList:
  case TypeKind::kTuple: return sequence(path, given, type);
  case TypeKind::kDict: return dict(path, given, type);
  case TypeKind::kAny: return given;
  default: return number(path, given, type);
  }
}

}  // namespace tsx::engine

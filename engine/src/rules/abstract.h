// Abstract: what is known of a value without running, as tsx/ir/op.py and tsx/ir/infer.py have it.
//
// It is small and copied freely: what it refers to (types, sizes, text, items of lists) belongs to the
// module or to the Arena of one verification.
#pragma once

#include <complex>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "ir/type.h"

namespace tsx::engine::rules {

/// The sizes of a tensor, each of which may be unknown.
using Shape = std::vector<Dim>;

class Abstract;
using Items = std::vector<Abstract>;

class Abstract {
 public:
  enum class Kind : std::uint8_t {
    kUnknown,  // only its type is known
    kTensor,   // its dtype and sizes, as far as its type says them
    kNone,
    kBool,
    kInt,
    kSize,  // an int that depends on symbols
    kFloat,
    kComplex,
    kString,
    kList,
    kTuple,
  };

  /// Of which only the type is known; of a tensor its type says all. `type` is not null.
  explicit Abstract(const Type* type)
      : kind_(type->is(TypeKind::kTensor)  ? Kind::kTensor
              : type->is(TypeKind::kNone) ? Kind::kNone
                                          : Kind::kUnknown) {
    bits_.type = type;
  }
  static Abstract none() { return Abstract(Kind::kNone); }
  static Abstract boolean(bool value) {
    Abstract made(Kind::kBool);
    made.bits_.integer = value ? 1 : 0;
    return made;
  }
  static Abstract integer(std::int64_t value) {
    Abstract made(Kind::kInt);
    made.bits_.integer = value;
    return made;
  }
  static Abstract size(const SizeExpr* expr) {
    Abstract made(Kind::kSize);
    made.bits_.expr = expr;
    return made;
  }
  static Abstract real(double value) {
    Abstract made(Kind::kFloat);
    made.bits_.real = value;
    return made;
  }
  static Abstract complex(std::complex<double> value) {
    Abstract made(Kind::kComplex);
    made.bits_.real = value.real();
    made.imag_or_length_.imag = value.imag();
    return made;
  }
  static Abstract string(std::string_view text) {
    Abstract made(Kind::kString);
    made.bits_.text = text.data();
    made.imag_or_length_.length = text.size();
    return made;
  }
  static Abstract list(const Items* items) { return of_items(Kind::kList, items); }
  static Abstract tuple(const Items* items) { return of_items(Kind::kTuple, items); }

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_none() const { return kind_ == Kind::kNone; }
  bool is_tensor() const { return kind_ == Kind::kTensor; }
  bool is_unknown() const { return kind_ == Kind::kUnknown; }
  /// Whether it is a list or tuple whose items are told.
  bool has_items() const { return kind_ == Kind::kList || kind_ == Kind::kTuple; }
  /// Whether it is an int that is known, exactly or by symbols. A bool is none.
  bool is_dim() const { return kind_ == Kind::kInt || kind_ == Kind::kSize; }

  /// Of a tensor, or of what is unknown.
  const Type* type() const { return bits_.type; }
  /// Of an int or a bool.
  std::int64_t as_int() const { return bits_.integer; }
  bool as_bool() const { return bits_.integer != 0; }
  const SizeExpr* as_size() const { return bits_.expr; }
  double as_real() const { return bits_.real; }
  std::complex<double> as_complex() const { return {bits_.real, imag_or_length_.imag}; }
  std::string_view as_string() const { return {bits_.text, imag_or_length_.length}; }
  const Items& items() const { return *bits_.items; }

  /// The int as a size; unknown for anything else.
  Dim as_dim() const {
    if (kind_ == Kind::kInt) return Dim::known(bits_.integer);
    return kind_ == Kind::kSize ? Dim::symbolic(bits_.expr) : Dim();
  }
  /// Python's isinstance(value, int), of what is known exactly: bools are.
  std::optional<std::int64_t> known_int() const {
    if (kind_ != Kind::kInt && kind_ != Kind::kBool) return std::nullopt;
    return bits_.integer;
  }
  std::optional<bool> known_bool() const {
    if (kind_ != Kind::kBool) return std::nullopt;
    return as_bool();
  }

  /// Whether both say the same: 1, 1.0 and True differ, so do the zeros, and NaN is itself.
  friend bool operator==(const Abstract& a, const Abstract& b);
  friend bool operator!=(const Abstract& a, const Abstract& b) { return !(a == b); }

 private:
  explicit Abstract(Kind kind) : kind_(kind) { bits_.integer = 0; }
  static Abstract of_items(Kind kind, const Items* items) {
    Abstract made(kind);
    made.bits_.items = items;
    return made;
  }

  union {
    const Type* type;
    std::int64_t integer;
    double real;
    const SizeExpr* expr;
    const char* text;
    const Items* items;
  } bits_;
  union {
    double imag;
    std::size_t length = 0;
  } imag_or_length_;
  Kind kind_;
};

/// Whether all of it is told, items too.
bool is_known(const Abstract& value);
/// What is known of a value, in the words of types; the items of a list up to about `limit` bytes.
std::string to_text(const Abstract& value, std::size_t limit = SIZE_MAX);

/// What abstract values of one verification refer to.
class Arena {
 public:
  explicit Arena(TypeStore& store) : types(store) {}

  const Items* keep(Items items) {
    items_.push_back(std::move(items));
    return &items_.back();
  }
  Abstract list(Items items) { return Abstract::list(keep(std::move(items))); }
  Abstract tuple(Items items) { return Abstract::tuple(keep(std::move(items))); }
  Abstract string(std::string_view text) { return Abstract::string(types.intern(text)); }
  Abstract tensor(std::optional<DType> dtype, std::optional<Shape> shape) {
    return Abstract(types.tensor(dtype, std::move(shape)));
  }
  /// An int; of an unknown size only its type.
  Abstract integer(const Dim& dim) {
    if (dim.is_known()) return Abstract::integer(dim.size);
    return dim.expr ? Abstract::size(dim.expr) : unknown(TypeKind::kInt);
  }
  Abstract unknown(TypeKind atom) { return Abstract(types.atom(atom)); }

  TypeStore& types;

 private:
  std::deque<Items> items_;
};

}  // namespace tsx::engine::rules

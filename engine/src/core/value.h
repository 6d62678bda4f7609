// Value: what the VM's stack holds, 16 bytes: a tag, and a number or a counted pointer.
//
// Numbers, bools and None lie in the value itself; everything else is an object of containers.h or a
// Tensor. Reading as another kind than the tag says is a bug of the caller: check first.
#pragma once

#include <complex>
#include <cstdint>
#include <string_view>

#include "base/ref.h"
#include "core/tensor.h"

namespace tsx::engine {

class Complex;
class Dict;
class EnumMember;
class List;
class Object;
class String;
class Tuple;

enum class Tag : std::uint8_t {
  kNone, kBool, kInt, kFloat,
  kUninitialized,  // the value of a path that is never taken; see Value::later
  // from here on a counted pointer
  kComplex, kString, kTensor, kList, kTuple, kDict, kObject, kEnumMember,
};

class Value {
 public:
  Value() noexcept : Value(Tag::kNone, std::int64_t{0}) {}
  explicit Value(bool value) noexcept : Value(Tag::kBool, std::int64_t{value}) {}
  explicit Value(std::int64_t value) noexcept : Value(Tag::kInt, value) {}
  explicit Value(double value) noexcept : tag_(Tag::kFloat) { bits_.real = value; }
  explicit Value(std::complex<double> value);
  explicit Value(std::string_view text);
  Value(Ref<Tensor> object) noexcept : Value(Tag::kTensor, object.leak()) {}
  Value(Ref<Complex> object) noexcept;
  Value(Ref<String> object) noexcept;
  Value(Ref<List> object) noexcept;
  Value(Ref<Tuple> object) noexcept;
  Value(Ref<Dict> object) noexcept;
  Value(Ref<Object> object) noexcept;
  Value(Ref<EnumMember> object) noexcept;
  Value(const char*) = delete;  // would be a bool
  static Value uninitialized() noexcept { return Value(Tag::kUninitialized, std::int64_t{0}); }
  /// Stands for the weight of that number in an attribute, until it is read for the first time.
  static Value later(std::uint32_t weight) noexcept {
    return Value(Tag::kUninitialized, std::int64_t{weight} + 1);
  }
  bool is_later() const { return tag_ == Tag::kUninitialized && bits_.integer != 0; }
  std::uint32_t weight() const { return static_cast<std::uint32_t>(bits_.integer - 1); }

  Value(const Value& other) noexcept : bits_(other.bits_), tag_(other.tag_) {
    if (is_counted()) bits_.object->retain();
  }
  Value(Value&& other) noexcept : bits_(other.bits_), tag_(other.tag_) { other.tag_ = Tag::kNone; }
  ~Value() {
    if (is_counted()) bits_.object->release();
  }
  Value& operator=(const Value& other) noexcept { return *this = Value(other); }
  Value& operator=(Value&& other) noexcept {
    std::swap(bits_, other.bits_);
    std::swap(tag_, other.tag_);
    return *this;
  }

  Tag tag() const { return tag_; }
  bool is(Tag tag) const { return tag_ == tag; }
  bool is_none() const { return tag_ == Tag::kNone; }
  bool is_counted() const { return tag_ >= Tag::kComplex; }
  /// An int, float or complex; a bool is none.
  bool is_number() const {
    return tag_ == Tag::kInt || tag_ == Tag::kFloat || tag_ == Tag::kComplex;
  }

  bool boolean() const { return bits_.integer != 0; }
  std::int64_t integer() const { return bits_.integer; }
  double real() const { return bits_.real; }
  std::complex<double> complex() const;
  const std::string& string() const;
  const Tensor& tensor() const { return *static_cast<const Tensor*>(bits_.object); }
  TensorRef tensor_ref() const { return TensorRef::share(static_cast<Tensor*>(bits_.object)); }
  List& list() const;
  const Tuple& tuple() const;
  Dict& dict() const;
  Object& object() const;
  const EnumMember& enum_member() const;
  /// The elements of a list or tuple.
  Span<const Value> elements() const;
  /// The object behind a counted pointer, for identity.
  const RefCounted* identity() const { return is_counted() ? bits_.object : nullptr; }

 private:
  friend class Run;  // the VM, which knows what its instructions find in their registers

  Value(Tag tag, std::int64_t bits) noexcept : tag_(tag) { bits_.integer = bits; }
  Value(Tag tag, RefCounted* object) noexcept : tag_(tag) { bits_.object = object; }

  union {
    std::int64_t integer;
    double real;
    RefCounted* object;
  } bits_;
  Tag tag_;
};
static_assert(sizeof(Value) == 16, "a value is two words");

}  // namespace tsx::engine

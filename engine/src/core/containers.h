// What a Value points at besides tensors: strings, lists, tuples, dicts, objects, enum members.
//
// Lists, dicts and objects are shared and may change, as in Python; the others never do.
#pragma once

#include <complex>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/budget.h"
#include "base/span.h"
#include "core/value.h"

namespace tsx::engine {

class Complex final : public RefCounted {
 public:
  explicit Complex(std::complex<double> number) : value(number), charge_(sizeof *this) {}
  const std::complex<double> value;

 private:
  Charge charge_;
};

/// Valid UTF-8; see base/utf8.h for indexing by code points.
class String final : public RefCounted {
 public:
  explicit String(std::string characters)
      : text(std::move(characters)), charge_(static_cast<std::int64_t>(sizeof *this + text.size())) {}
  const std::string text;

 private:
  Charge charge_;
};

class List final : public RefCounted {
 public:
  List() = default;
  explicit List(std::vector<Value> values) : items(std::move(values)) { charge(); }
  std::vector<Value> items;
  bool is_frozen = false;  // part of a shared module: see Call::mutable_list

  /// Charges what it takes now; the VM asks for it after an operator.
  void charge() { charge_.set(static_cast<std::int64_t>(sizeof *this + items.capacity() * sizeof(Value))); }

 private:
  Charge charge_;
};

class Tuple final : public RefCounted {
 public:
  explicit Tuple(std::vector<Value> values)
      : items(std::move(values)),
        charge_(static_cast<std::int64_t>(sizeof *this + items.size() * sizeof(Value))) {}
  const std::vector<Value> items;

 private:
  Charge charge_;
};

/// A hash map that keeps the order of insertion. Keys compare as Python's do: 1, 1.0 and True are one.
class Dict final : public RefCounted {
 public:
  struct Entry {
    Value key;
    Value value;
    std::uint64_t hash;
    bool is_live;
  };

  std::size_t size() const { return live_; }
  /// Null when there is none. A key that has no hash (a list, a dict) is an error.
  const Value* find(const Value& key) const;
  void set(Value key, Value value);
  /// Whether there was one.
  bool erase(const Value& key);
  void clear();
  /// In order of insertion; skip those that are not live.
  const std::vector<Entry>& entries() const { return entries_; }
  void charge() {
    charge_.set(static_cast<std::int64_t>(sizeof *this + entries_.capacity() * sizeof(Entry) +
                                          table_.capacity() * sizeof table_[0]));
  }

  bool is_frozen = false;  // part of a shared module: see Call::mutable_dict

 private:
  std::size_t place(const Value& key, std::uint64_t hash) const;
  void rebuild();

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> table_;  // open addressing: 0 is free, else an entry's number plus 1
  std::size_t live_ = 0;
  Charge charge_;
};

/// The class of objects as the VM knows it: which place each attribute has.
class ClassInfo {
 public:
  explicit ClassInfo(std::string class_name) : name(std::move(class_name)) {}
  static constexpr std::uint32_t kNone = UINT32_MAX;

  /// The place of an attribute, kNone when the class has none of this name.
  std::uint32_t find(std::string_view attribute) const;
  std::uint32_t add(std::string attribute);
  /// Makes `place` answer for these names by their numbers.
  void index(const std::vector<std::string>& names);
  std::uint32_t place(std::uint32_t name_number) const { return by_number_[name_number]; }

  const std::string name;
  std::vector<std::string> attributes;

 private:
  std::unordered_map<std::string, std::uint32_t> places_;
  std::vector<std::uint32_t> by_number_;
};

/// An instance. An attribute that nobody set is Uninitialized.
class Object final : public RefCounted {
 public:
  explicit Object(std::shared_ptr<const ClassInfo> of)
      : info(std::move(of)), attributes(info->attributes.size(), Value::uninitialized()),
        charge_(static_cast<std::int64_t>(sizeof *this + attributes.size() * sizeof(Value))) {}
  const std::shared_ptr<const ClassInfo> info;
  std::vector<Value> attributes;
  bool is_frozen = false;  // part of a shared module: setting an attribute is an error

 private:
  Charge charge_;
};

class EnumMember final : public RefCounted {
 public:
  EnumMember(std::string of, std::string member, Value content)
      : class_name(std::move(of)), name(std::move(member)), value(std::move(content)) {}
  const std::string class_name;
  const std::string name;
  const Value value;
};

inline Value::Value(std::complex<double> value) : Value(make_ref<Complex>(value)) {}
inline Value::Value(std::string_view text) : Value(make_ref<String>(std::string(text))) {}
inline Value::Value(Ref<Complex> object) noexcept : Value(Tag::kComplex, object.leak()) {}
inline Value::Value(Ref<String> object) noexcept : Value(Tag::kString, object.leak()) {}
inline Value::Value(Ref<List> object) noexcept : Value(Tag::kList, object.leak()) {}
inline Value::Value(Ref<Tuple> object) noexcept : Value(Tag::kTuple, object.leak()) {}
inline Value::Value(Ref<Dict> object) noexcept : Value(Tag::kDict, object.leak()) {}
inline Value::Value(Ref<Object> object) noexcept : Value(Tag::kObject, object.leak()) {}
inline Value::Value(Ref<EnumMember> object) noexcept : Value(Tag::kEnumMember, object.leak()) {}

inline std::complex<double> Value::complex() const {
  return static_cast<const Complex*>(bits_.object)->value;
}
inline const std::string& Value::string() const {
  return static_cast<const String*>(bits_.object)->text;
}
inline List& Value::list() const { return *static_cast<List*>(bits_.object); }
inline const Tuple& Value::tuple() const { return *static_cast<const Tuple*>(bits_.object); }
inline Dict& Value::dict() const { return *static_cast<Dict*>(bits_.object); }
inline Object& Value::object() const { return *static_cast<Object*>(bits_.object); }
inline const EnumMember& Value::enum_member() const {
  return *static_cast<const EnumMember*>(bits_.object);
}
inline Span<const Value> Value::elements() const {
  return tag_ == Tag::kList ? Span<const Value>(list().items) : Span<const Value>(tuple().items);
}

/// A list of ints, of tensors.
Value list_of(Span<const std::int64_t> integers);
Value list_of(Span<const TensorRef> tensors);
inline Value tuple_of(std::vector<Value> items) {
  return Value(make_ref<Tuple>(std::move(items)));
}

}  // namespace tsx::engine

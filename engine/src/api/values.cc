#include "api/c_api.h"
#include "base/utf8.h"
#include "core/format.h"
#include "kernels/tensor_text.h"

using namespace tsx::engine;

namespace {

[[noreturn]] void wrong_kind(const char* expected, const Value& found) {
  throw failure("TSX5012", {{"name", "value"}, {"expected", expected}, {"found", type_text(found)}}, {}, {},
                "tsx_value_kind says what a value is, in C++ value.kind()");
}

std::vector<Value> values_of(const tsx_value* const* items, std::size_t count) {
  first(items, count, "the array of items");
  std::vector<Value> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(at(items[i], "an item").value);
  return values;
}

bool is_sequence(const Value& value) { return value.is(Tag::kList) || value.is(Tag::kTuple); }

/// Entry number `index` of a dict.
const Dict::Entry& entry_at(const Dict& dict, std::size_t index) {
  for (const Dict::Entry& entry : dict.entries())
    if (entry.is_live && index-- == 0) return entry;
  throw failure("TSX4012", {{"index", index}, {"length", dict.size()}});
}

const Value& item_at(const Value& value, std::size_t index) {
  if (value.is(Tag::kDict)) return entry_at(value.dict(), index).value;
  if (!is_sequence(value)) wrong_kind("a list, tuple or dict", value);
  const Span<const Value> items = value.elements();
  if (index >= items.size())
    throw failure("TSX4012", {{"index", index}, {"length", items.size()}});
  return items[index];
}

template <typename... Args> tsx_error* make(tsx_value** out, Args&&... args) {
  return guarded([&] { give(out, Value(std::forward<Args>(args)...), std::string()); });
}

}  // namespace

tsx_error* tsx_value_none(tsx_value** value) { return make(value); }
tsx_error* tsx_value_bool(int boolean, tsx_value** value) { return make(value, boolean != 0); }
tsx_error* tsx_value_int(int64_t number, tsx_value** value) { return make(value, number); }
tsx_error* tsx_value_float(double number, tsx_value** value) { return make(value, number); }
tsx_error* tsx_value_complex(double real, double imaginary, tsx_value** value) {
  return make(value, std::complex<double>(real, imaginary));
}
tsx_error* tsx_value_string(const char* utf8, size_t length, tsx_value** value) {
  return guarded([&] {
    const std::string_view text(first(utf8, length, "the string"), length);
    if (!utf8::is_valid(text))
      throw failure("TSX5012", {{"name", "value"}, {"expected", "UTF-8"}, {"found", "other bytes"}});
    give(value, Value(text), std::string());
  });
}
tsx_error* tsx_value_tensor(const tsx_tensor* tensor, tsx_value** value) {
  return guarded([&] { give(value, Value(at(tensor, "the tensor").tensor), std::string()); });
}
tsx_error* tsx_value_list(const tsx_value* const* items, size_t count, tsx_value** value) {
  return guarded(
      [&] { give(value, Value(make_ref<List>(values_of(items, count))), std::string()); });
}
tsx_error* tsx_value_tuple(const tsx_value* const* items, size_t count, tsx_value** value) {
  return guarded([&] { give(value, tuple_of(values_of(items, count)), std::string()); });
}
tsx_error* tsx_value_dict(const tsx_value* const* keys, const tsx_value* const* items, size_t count,
                          tsx_value** value) {
  return guarded([&] {
    const std::vector<Value> names = values_of(keys, count), values = values_of(items, count);
    Ref<Dict> dict = make_ref<Dict>();
    for (std::size_t i = 0; i < count; ++i) dict->set(names[i], values[i]);
    give(value, Value(dict), std::string());
  });
}

tsx_value* tsx_value_share(const tsx_value* value) {
  tsx_value* made = nullptr;
  tsx_error_free(guarded([&] { give(&made, value->value, std::string()); }));
  return made;
}

void tsx_value_free(tsx_value* value) { std::default_delete<tsx_value>()(value); }

tsx_kind tsx_value_kind(const tsx_value* value) {
  switch (value->value.tag()) {
  case Tag::kNone: return TSX_KIND_NONE;
  case Tag::kBool: return TSX_KIND_BOOL;
  case Tag::kInt: return TSX_KIND_INT;
  case Tag::kFloat: return TSX_KIND_FLOAT;
  case Tag::kComplex: return TSX_KIND_COMPLEX;
  case Tag::kString: return TSX_KIND_STRING;
  case Tag::kTensor: return TSX_KIND_TENSOR;
  case Tag::kList: return TSX_KIND_LIST;
  case Tag::kTuple: return TSX_KIND_TUPLE;
  case Tag::kDict: return TSX_KIND_DICT;
  default: return TSX_KIND_OTHER;
  }
}

tsx_error* tsx_value_to_bool(const tsx_value* value, int* boolean) {
  return guarded([&] {
    const Value& given = at(value, "the value").value;
    if (!given.is(Tag::kBool)) wrong_kind("a bool", given);
    *boolean = given.boolean();
  });
}
tsx_error* tsx_value_to_int(const tsx_value* value, int64_t* number) {
  return guarded([&] {
    const Value& given = at(value, "the value").value;
    if (!given.is(Tag::kInt)) wrong_kind("an int", given);
    *number = given.integer();
  });
}
tsx_error* tsx_value_to_float(const tsx_value* value, double* number) {
  return guarded([&] {
    const Value& given = at(value, "the value").value;
    if (!given.is(Tag::kInt) && !given.is(Tag::kFloat)) wrong_kind("a float", given);
    *number = given.is(Tag::kInt) ? static_cast<double>(given.integer()) : given.real();
  });
}
tsx_error* tsx_value_to_complex(const tsx_value* value, double* real, double* imaginary) {
  return guarded([&] {
    const Value& given = at(value, "the value").value;
    if (!given.is(Tag::kComplex)) wrong_kind("a complex", given);
    *real = given.complex().real();
    *imaginary = given.complex().imag();
  });
}
tsx_error* tsx_value_to_string(const tsx_value* value, const char** utf8, size_t* length) {
  return guarded([&] {
    const Value& given = at(value, "the value").value;
    if (!given.is(Tag::kString)) wrong_kind("a str", given);
    *utf8 = given.string().c_str();
    *length = given.string().size();
  });
}
tsx_error* tsx_value_to_tensor(const tsx_value* value, tsx_tensor** tensor) {
  return guarded([&] {
    const Value& given = at(value, "the value").value;
    if (!given.is(Tag::kTensor)) wrong_kind("a tensor", given);
    give(tensor, given.tensor_ref());
  });
}

size_t tsx_value_size(const tsx_value* value) {
  if (value->value.is(Tag::kDict)) return value->value.dict().size();
  return is_sequence(value->value) ? value->value.elements().size() : 0;
}
tsx_error* tsx_value_item(const tsx_value* value, size_t index, tsx_value** item) {
  return guarded([&] { give(item, item_at(at(value, "the value").value, index), std::string()); });
}
tsx_error* tsx_value_key(const tsx_value* value, size_t index, tsx_value** key) {
  return guarded([&] {
    const Value& given = at(value, "the value").value;
    if (!given.is(Tag::kDict)) wrong_kind("a dict", given);
    give(key, entry_at(given.dict(), index).key, std::string());
  });
}
tsx_error* tsx_value_field(const tsx_value* value, const char* name, tsx_value** item) {
  return guarded([&] {
    const Value& given = at(value, "the value").value;
    if (!given.is(Tag::kDict)) wrong_kind("a dict", given);
    const Value* found = given.dict().find(Value(std::string_view(&at(name, "the name"))));
    if (!found) throw failure("TSX4013", {{"key", repr(Value(std::string_view(name)))}});
    give(item, *found, std::string());
  });
}
tsx_error* tsx_value_text(tsx_value* value, const char** text) {
  return guarded([&] {
    value->text = text_with_tensors(at(value, "the value").value);
    *text = value->text.c_str();
  });
}

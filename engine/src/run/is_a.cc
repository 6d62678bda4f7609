#include "run/is_a.h"

#include <algorithm>

namespace tsx::engine {
namespace {

bool is_dict_of(const Value& value, const Type& key, const Type& element) {
  if (!value.is(Tag::kDict)) return false;
  for (const Dict::Entry& entry : value.dict().entries())
    if (entry.is_live && !(is_a(entry.key, key) && is_a(entry.value, element))) return false;
  return true;
}

bool is_tuple_of(const Value& value, const std::vector<const Type*>& types) {
  if (!value.is(Tag::kTuple) || value.tuple().items.size() != types.size()) return false;
  for (std::size_t i = 0; i < types.size(); ++i)
    if (!is_a(value.tuple().items[i], *types[i])) return false;
  return true;
}

}  // namespace

// Recursion follows the type, which the format lets nest 64 deep.
bool is_a(const Value& value, const Type& type) {
  switch (type.kind) {
  case TypeKind::kInt: return value.is(Tag::kInt);
  case TypeKind::kFloat: return value.is(Tag::kFloat);
  case TypeKind::kBool: return value.is(Tag::kBool);
  case TypeKind::kStr:
  case TypeKind::kDevice: return value.is(Tag::kString);
  case TypeKind::kComplex: return value.is(Tag::kComplex);
  case TypeKind::kNumber: return value.is_number();
  case TypeKind::kNone: return value.is_none();
  case TypeKind::kAny: return true;
  case TypeKind::kTensor:
    return value.is(Tag::kTensor) && (!type.dtype || *type.dtype == value.tensor().dtype());
  case TypeKind::kOptional: return value.is_none() || is_a(value, *type.element());
  case TypeKind::kUnion:
    return std::any_of(type.parts.begin(), type.parts.end(),
                       [&](const Type* member) { return is_a(value, *member); });
  case TypeKind::kList: {
    if (!value.is(Tag::kList)) return false;
    const std::vector<Value>& items = value.list().items;
    return std::all_of(items.begin(), items.end(),
                       [&](const Value& item) { return is_a(item, *type.element()); });
  }
  case TypeKind::kDict: return is_dict_of(value, *type.parts[0], *type.parts[1]);
  case TypeKind::kTuple: return is_tuple_of(value, type.parts);
  case TypeKind::kClass: return value.is(Tag::kObject) && value.object().info->name == type.name;
  case TypeKind::kEnum:
    return value.is(Tag::kEnumMember) && value.enum_member().class_name == type.name;
  default: return false;
  }
}

}  // namespace tsx::engine

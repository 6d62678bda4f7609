#include "run/tree.h"

#include "base/error.h"
#include "base/quote.h"
#include "core/compare.h"
#include "core/format.h"
#include "run/literal.h"

namespace tsx::engine {
namespace {

using Kind = ir::Tree::Kind;

/// What was given, in a few words.
std::string shown(const Value& value) {
  if (value.is(Tag::kDict)) {
    std::string keys;
    for (const Dict::Entry& entry : value.dict().entries())
      if (entry.is_live) keys += (keys.empty() ? "" : ", ") + repr(entry.key);
    return "a dict with the keys " + (keys.empty() ? "(none)" : keys);
  }
  if (value.is(Tag::kTuple) || value.is(Tag::kList))
    return std::string("a ") + (value.is(Tag::kTuple) ? "tuple" : "list") + " of " +
           std::to_string(value.elements().size());
  if (value.is(Tag::kTensor)) return "a tensor " + type_text(value);
  return repr(value);
}

[[noreturn]] void misfit(const std::string& path, const std::string& expected, const Value& value) {
  throw failure("TSX5018", {{"name", path}, {"expected", expected}, {"found", shown(value)}});
}

Value key_of(const ir::Literal& key) { return value_of(key, nullptr); }

std::string keys_text(const ir::Tree& tree, bool quoted) {
  std::string text;
  for (const ir::Literal& key : tree.keys)
    text += (text.empty() ? "" : ", ") + (quoted ? repr(key_of(key)) : to_text(key_of(key)));
  return text;
}

bool has_exactly(const Dict& dict, const ir::Tree& tree) {
  if (dict.size() != tree.keys.size()) return false;
  for (const ir::Literal& key : tree.keys)
    if (!dict.find(key_of(key))) return false;
  return true;
}

/// A field of a named tuple or record, given by name or (as a plain tuple) by place.
Value field(const ir::Tree& tree, const Value& value, std::size_t index, const std::string& path) {
  const Value key = key_of(tree.keys[index]);
  if (value.is(Tag::kDict))
    if (const Value* found = value.dict().find(key)) return *found;
  if (value.is(Tag::kTuple) && value.elements().size() == tree.keys.size())
    return value.elements()[index];
  const bool is_record = tree.kind == Kind::kRecord;
  misfit(path,
         std::string("a ") + (is_record ? "record" : "namedtuple") + " with the fields " +
             keys_text(tree, false),
         value);
}

void check_constant(const ir::Tree& tree, const Value& value, const std::string& path) {
  const Value expected = value_of(tree.value, nullptr);  // never a tuple
  if (value.tag() == expected.tag() && is_same(value, expected)) return;
  throw failure("TSX5017",
                {{"name", path}, {"expected", repr(expected)}, {"found", shown(value)}});
}

}  // namespace

// Recursion follows the tree, which the format lets nest 64 deep.
void flatten(const ir::Module& module, ir::TreeId id, const Value& value, const std::string& path,
             std::vector<Leaf>& leaves) {
  const ir::Tree& tree = module.trees[id];
  const std::size_t count = tree.children.size();
  switch (tree.kind) {
  case Kind::kLeaf: leaves.emplace_back(path, value); return;
  case Kind::kNone:
    if (!value.is_none()) misfit(path, "None", value);
    return;
  case Kind::kConstant: return check_constant(tree, value, path);
  case Kind::kTuple:
  case Kind::kList:
    if ((!value.is(Tag::kTuple) && !value.is(Tag::kList)) || value.elements().size() != count)
      misfit(path,
             std::string("a ") + (tree.kind == Kind::kTuple ? "tuple" : "list") + " of " +
                 std::to_string(count),
             value);
    for (std::size_t i = 0; i < count; ++i)
      flatten(module, tree.children[i], value.elements()[i], path + "[" + std::to_string(i) + "]",
              leaves);
    return;
  case Kind::kDict:
    if (!value.is(Tag::kDict) || !has_exactly(value.dict(), tree))
      misfit(path, "a dict with the keys " + keys_text(tree, true), value);
    for (std::size_t i = 0; i < count; ++i) {
      const Value key = key_of(tree.keys[i]);
      flatten(module, tree.children[i], *value.dict().find(key), path + "[" + repr(key) + "]", leaves);
    }
    return;
  case Kind::kNamedTuple:
  case Kind::kRecord:
    for (std::size_t i = 0; i < count; ++i)
      flatten(module, tree.children[i], field(tree, value, i, path),
              path + "." + to_text(key_of(tree.keys[i])), leaves);
  }
}

Value unflatten(const ir::Module& module, ir::TreeId id, const std::vector<Value>& leaves,
                std::size_t& next) {
  const ir::Tree& tree = module.trees[id];
  switch (tree.kind) {
  case Kind::kLeaf:
    if (next >= leaves.size()) bug("a result has more leaves than the method gives");
    return leaves[next++];
  case Kind::kNone: return Value();
  case Kind::kConstant: return value_of(tree.value, nullptr);
  default: break;
  }
  std::vector<Value> parts;
  for (std::uint32_t i = 0; i < tree.children.size(); ++i)
    parts.push_back(unflatten(module, tree.children[i], leaves, next));
  if (tree.kind == Kind::kTuple) return tuple_of(std::move(parts));
  if (tree.kind == Kind::kList) return make_ref<List>(std::move(parts));
  Ref<Dict> dict = make_ref<Dict>();
  for (std::size_t i = 0; i < parts.size(); ++i) dict->set(key_of(tree.keys[i]), std::move(parts[i]));
  return dict;
}

}  // namespace tsx::engine

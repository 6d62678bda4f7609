#include "read/program.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/quote.h"
#include "read/limits.h"
#include "read/objects.h"
#include "read/unit.h"

namespace tsx::engine {
namespace {

using ir::ClassDef;
using ir::Literal;
using ir::Tree;
using ir::TreeId;

constexpr std::string_view kKeys[] = {"bodies",  "classes", "functions", "methods",
                                      "objects", "root",    "unit"};
constexpr std::string_view kClassKinds[] = {"module", "class", "interface", "enum", "namedtuple"};
constexpr std::string_view kTreeKinds[] = {"leaf", "constant", "none",       "tuple",
                                           "list", "dict",     "namedtuple", "record"};
constexpr std::string_view kSources[] = {"trace", "script", "pt", "built", ""};

/// The place of a word among those that may stand there.
template <typename Kind, std::size_t N>
Kind one_of(const std::string_view (&words)[N], std::string_view word, std::string_view what) {
  for (std::size_t i = 0; i < N; ++i)
    if (words[i] == word) return static_cast<Kind>(i);
  throw malformed(quote(word.substr(0, 60)) + " is no " + std::string(what));
}

class ProgramReader {
 public:
  ProgramReader(ir::Module& module, const std::array<Reader, 7>& values)
      : module_(module), values_(values), unit_(module, values[6]) {}

  ProgramParts read() {
    auto [bodies, classes, functions, methods, objects, root, unit] = values_;
    for (std::uint32_t left = methods.array("the methods"); left > 0; --left)
      method(methods);
    for (std::uint32_t left = classes.array("the classes"); left > 0; --left)
      class_def(classes);
    for (std::uint32_t left = functions.array("the functions"); left > 0; --left)
      function(functions);
    if (next_graph_ != unit_.graphs().size()) throw malformed("a graph has no use");
    ObjectReader tree(module_, unit_);
    for (std::uint32_t left = objects.array("the objects"); left > 0; --left)
      tree.read(objects);
    if (!root.take_nil()) module_.root = tree.at(root);
    return {unit_.graphs(), bodies};
  }

 private:
  /// Every graph of the unit belongs to one place, in order.
  const ir::Graph* graph(Reader& from) {
    const std::uint32_t at = from.index(unit_.graphs().size(), "a graph");
    if (at != next_graph_) throw malformed("the graphs are not in the order of their uses");
    return unit_.graphs()[next_graph_++];
  }

  void method(Reader& rows) {
    rows.array("a method", 7);
    ir::Method made;
    made.name = rows.name("the name of a method");
    made.graph = graph(rows);
    std::unordered_set<std::string_view> names;
    for (std::uint32_t left = rows.array("the inputs of a method"); left > 0; --left) {
      made.parameters.push_back(parameter(rows));
      names.insert(made.parameters.back().name);
    }
    made.result = tree(rows);
    for (std::uint32_t left = rows.array("the pins of a method"); left > 0; --left)
      made.pins.push_back(pin(rows));
    for (std::uint32_t left = rows.array("the samples of a method"); left > 0; --left) {
      made.samples.push_back(unit_.type(rows, "a sample"));
      if (!made.samples.back()->is(TypeKind::kTensor))
        throw malformed("a sample has to be a tensor type");
    }
    made.source = rows.string("the source of a method");
    one_of<int>(kSources, made.source, "source of a method");
    if (names.size() != made.parameters.size())
      throw malformed("the inputs of a method have a name twice");
    const std::string_view name = made.name;
    if (!module_.methods.add(name, std::move(made)))
      throw malformed("the methods have " + quote(name) + " twice");
  }

  ir::Parameter parameter(Reader& rows) {
    const std::uint32_t fields = rows.array("a parameter");
    if (fields != 3 && fields != 4) throw malformed("a parameter has 3 or 4 elements");
    ir::Parameter made;
    made.name = rows.name("the name of a parameter");
    made.tree = tree(rows);
    made.keyword_only = rows.boolean("whether a parameter is keyword-only");
    if (fields == 3) return made;
    if (module_.trees[made.tree].kind != Tree::Kind::kLeaf)
      throw malformed("a parameter that is no leaf has no default");
    rows.array("a default", 1);
    const std::size_t before = module_.literals.size();
    made.default_value = unit_.literal(rows, module_.literals, "a default");
    const auto is_plain = [](const Literal& value) {
      return !value.is(Literal::Kind::kType) && !value.is(Literal::Kind::kWeight);
    };
    const auto begin = module_.literals.begin() + static_cast<std::ptrdiff_t>(before);
    if (!is_plain(*made.default_value) || !std::all_of(begin, module_.literals.end(), is_plain))
      throw malformed("a default has to be plain");
    return made;
  }

  static ir::Pin pin(Reader& rows) {
    rows.array("a pin", 4);
    ir::Pin made;
    made.input = rows.name("the input of a pin");
    made.dim = rows.integer("the dimension of a pin", 0, limits::kRank - 1);
    made.size = rows.integer("the size of a pin", 0);
    made.reason = rows.string("the reason of a pin");
    return made;
  }

  /// A tree: its kind and children, then, once these are read, the rest of its row.
  TreeId tree(Reader& rows) {
    struct Open {
      TreeId tree;
      std::uint32_t next;
    };
    const auto root = static_cast<TreeId>(module_.trees.size());
    module_.trees.emplace_back();
    start_tree(rows, root);
    std::vector<Open> open = {{root, module_.trees[root].children.begin}};
    while (!open.empty()) {
      Open& top = open.back();
      if (top.next == module_.trees[top.tree].children.end) {
        finish_tree(rows, top.tree);
        open.pop_back();
        continue;
      }
      const TreeId child = top.next++;
      start_tree(rows, child);
      open.push_back({child, module_.trees[child].children.begin});
    }
    return root;
  }

  void start_tree(Reader& rows, TreeId at) {
    rows.array("a tree", 5);
    if (!rows.is(Reader::Kind::kString)) throw malformed("the kind of a tree has to be a string");
    const auto kind = one_of<Tree::Kind>(kTreeKinds, rows.tag(), "kind of tree");
    const std::uint32_t count = rows.array("the parts of a tree");
    const auto begin = static_cast<std::uint32_t>(module_.trees.size());
    module_.trees.resize(begin + count);
    module_.trees[at].kind = kind;
    module_.trees[at].children = {begin, begin + count};
  }

  void finish_tree(Reader& rows, TreeId at) {
    Tree& tree = module_.trees[at];
    std::unordered_set<std::string> seen;
    for (std::uint32_t left = rows.array("the keys of a tree"); left > 0; --left) {
      const bool is_text = rows.is(Reader::Kind::kString);
      const Literal key = is_text ? Literal::of_string(rows.string("a key"))
                                  : Literal::of_int(rows.integer("a key"));
      seen.insert(is_text ? "s" + std::string(key.as_text()) : std::to_string(key.as_int()));
      tree.keys.push_back(key);
    }
    tree.label = rows.string("the label of a tree");
    tree.value = unit_.literal(rows, module_.literals, "the value of a tree");
    using Kind = Literal::Kind;
    const Kind kind = tree.value.kind();
    if (kind != Kind::kNone && kind != Kind::kBool && kind != Kind::kInt && kind != Kind::kFloat &&
        kind != Kind::kString)
      throw malformed("the value of a tree has to be plain");
    const bool has_keys = tree.kind >= Tree::Kind::kDict;
    if (tree.keys.size() != (has_keys ? tree.children.size() : 0))
      throw malformed("a tree has other keys than parts");
    if (tree.kind <= Tree::Kind::kNone && !tree.children.empty())
      throw malformed("a " + std::string(kTreeKinds[static_cast<std::size_t>(tree.kind)]) + " has no parts");
    if (kind != Kind::kNone && tree.kind != Tree::Kind::kConstant)
      throw malformed("only a constant tree has a value");
    if (seen.size() != tree.keys.size()) throw malformed("a tree has a key twice");
    tree.leaves = tree.kind == Tree::Kind::kLeaf ? 1 : 0;
    for (TreeId child = tree.children.begin; child < tree.children.end; ++child)
      tree.leaves += module_.trees[child].leaves;
  }

  void class_def(Reader& rows) {
    rows.array("a class", 8);
    ClassDef made;
    made.name = rows.dotted("the name of a class");
    made.kind =
        one_of<ClassDef::Kind>(kClassKinds, rows.string("the kind of a class"), "kind of class");
    for (std::uint32_t left = rows.array("the attributes of a class"); left > 0; --left) {
      rows.array("an attribute of a class", 2);
      const std::string_view name = rows.name("the name of an attribute of a class");
      if (!made.attributes.add(name, unit_.type(rows, "the type of an attribute")))
        throw malformed("a class has " + quote(name) + " twice");
    }
    for (std::uint32_t left = rows.array("the methods of a class"); left > 0; --left) {
      rows.array("a method of a class", 2);
      const std::string_view name = rows.name("the name of a method of a class");
      if (!made.methods.add(name, graph(rows)))
        throw malformed("a class has " + quote(name) + " twice");
    }
    made.parameters = names(rows, "the parameters of a class");
    made.buffers = names(rows, "the buffers of a class");
    made.bases = names(rows, "the bases of a class");
    for (std::uint32_t left = rows.array("the members of a class"); left > 0; --left) {
      rows.array("a member of a class", 2);
      const std::string_view name = rows.name("the name of a member");
      if (!made.members.add(name, unit_.literal(rows, module_.literals, "a member of a class")))
        throw malformed("a class has the member " + quote(name) + " twice");
    }
    const std::string_view name = made.name;
    if (!module_.classes.add(name, std::move(made)))
      throw malformed("the classes have " + quote(name) + " twice");
  }

  static std::vector<std::string_view> names(Reader& rows, std::string_view what) {
    std::vector<std::string_view> found;
    for (std::uint32_t left = rows.array(what); left > 0; --left)
      found.push_back(rows.name(what));
    const std::unordered_set<std::string_view> once(found.begin(), found.end());
    if (once.size() != found.size()) throw malformed(std::string(what) + " have a name twice");
    return found;
  }

  void function(Reader& rows) {
    rows.array("a function", 2);
    const std::string_view name = rows.name("the name of a function");
    if (!module_.functions.add(name, graph(rows)))
      throw malformed("the functions have " + quote(name) + " twice");
  }

  ir::Module& module_;
  std::array<Reader, 7> values_;
  UnitReader unit_;
  std::size_t next_graph_ = 0;
};

}  // namespace

ProgramParts read_program(ir::Module& module, Reader section) {
  return ProgramReader(module, section.map("the program", kKeys)).read();
}

}  // namespace tsx::engine

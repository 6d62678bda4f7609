// Module: a whole program: classes, an attribute tree, functions, methods, weights, signatures.
//
// As tsx/ir/module.py has it. A loaded module is immutable and may be shared by threads; its
// weights read their bytes on first use (read/weights.h). All text in it belongs to it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ir/graph.h"
#include "ir/table.h"

namespace tsx::engine {
class Weights;
}  // namespace tsx::engine

namespace tsx::engine::ir {

using SpanId = std::uint32_t;
using ObjectId = std::uint32_t;
using TreeId = std::uint32_t;

/// A place in source: a package-relative file, 1-based line, 0-based column (-1: unknown).
struct SourceSpan {
  std::string_view file;
  std::int64_t line = 0;
  std::int64_t column = -1;
  std::string_view function;
  SpanId caller = kNoId;  // the call that inlining replaced; an earlier span
};

/// Where a node came from; the first span is the one that errors name.
struct Origin {
  Range ids;    // of Module::origin_ids
  Range spans;  // of Module::origin_spans
  std::string_view scope;
};

/// The value of an attribute of an object. Containers are not shared, so they are ranges.
struct AttributeValue {
  enum class Kind : std::uint8_t { kLiteral, kObject, kList, kTuple, kDict };

  Kind kind = Kind::kLiteral;
  Literal literal;  // none, bool, int, float, complex, string or weight
  ObjectId object = 0;
  Range items;  // of Module::attribute_values; of a dict: key, value, key, value …
};

struct Object {
  std::string_view class_name;
  Table<AttributeValue> attributes;
};

struct ClassDef {
  enum class Kind : std::uint8_t { kModule, kClass, kInterface, kEnum, kNamedTuple };

  std::string_view name;
  Kind kind = Kind::kModule;
  Table<const Type*> attributes;
  Table<const Graph*> methods;
  std::vector<std::string_view> parameters;
  std::vector<std::string_view> buffers;
  std::vector<std::string_view> bases;
  Table<Literal> members;  // of an enum

  const Type* attribute(std::string_view wanted) const {
    const Type* const* found = attributes.find(wanted);
    return found ? *found : nullptr;
  }
  const Graph* method(std::string_view wanted) const {
    const Graph* const* found = methods.find(wanted);
    return found ? *found : nullptr;
  }
};

/// How flat values make up a structured one (TreeSpec in Python).
struct Tree {
  enum class Kind : std::uint8_t {
    kLeaf,
    kConstant,
    kNone,
    kTuple,
    kList,
    kDict,
    kNamedTuple,
    kRecord
  };

  Kind kind = Kind::kLeaf;
  Range children;             // of Module::trees
  std::vector<Literal> keys;  // strings or ints, one for each child, where the kind has keys
  std::string_view label;
  Literal value;             // of a constant
  std::uint32_t leaves = 1;  // in it
};

struct Parameter {
  std::string_view name;
  TreeId tree = 0;
  bool keyword_only = false;
  std::optional<Literal> default_value;  // of a leaf that may be left out; items: Module::literals
};

/// A size that capture had to fix.
struct Pin {
  std::string_view input;
  std::int64_t dim = 0;
  std::int64_t size = 0;
  std::string_view reason;
  SpanId span = kNoId;
};

/// An entry point: a graph with its border. Graph inputs after `self` are the parameters' leaves.
struct Method {
  std::string_view name;
  const Graph* graph = nullptr;
  std::vector<Parameter> parameters;
  TreeId result = 0;
  std::vector<Pin> pins;
  std::vector<const Type*> samples;
  std::string_view source;

  bool has_self() const;
};

/// The body of a composite operator, from the archive.
struct Body {
  std::int64_t version = 0;
  const Graph* graph = nullptr;
};

struct Module {
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  std::string_view name;
  std::vector<std::pair<std::string_view, std::string_view>> metadata;
  Table<Method> methods;
  Table<ClassDef> classes;
  Table<const Graph*> functions;
  Table<Body> bodies;           // of composites, by kind
  std::vector<std::shared_ptr<const Operator>> host_operators;  // which nodes may point to
  std::vector<Object> objects;  // an object refers to earlier ones only
  ObjectId root = kNoId;        // what `self` is
  std::shared_ptr<const Weights> weights;

  // What the above refers to.
  std::deque<Graph> graphs;
  std::vector<Tree> trees;
  std::vector<Literal> literals;  // items of tuples outside of graphs
  std::vector<AttributeValue> attribute_values;
  std::vector<SourceSpan> spans;
  std::vector<Origin> origins;  // 0 is nowhere
  std::vector<std::int64_t> origin_ids;
  std::vector<SpanId> origin_spans;
  TypeStore types;
  std::deque<std::vector<std::uint8_t>> text;  // private copies of the sections

  /// The entry point that a call means: `forward`, else the first.
  const Method& forward() const;
  /// The record of an operator, the engine's or a host's; null when nobody has it.
  const Operator* operator_of(std::string_view kind) const;
  const Graph* function(std::string_view wanted) const {
    const Graph* const* found = functions.find(wanted);
    return found ? *found : nullptr;
  }
  /// The first span of an origin as `file:line:column`; empty when it has none.
  std::string where(OriginId origin) const;
};

}  // namespace tsx::engine::ir

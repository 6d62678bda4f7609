// Operator schemas: PyTorch's function schema text, read into typed arguments and results.
//
// As tsx/ir/schema.py reads it. Default values are passed over: in a graph every argument is an operand.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ir/op.h"
#include "ir/type.h"

namespace tsx::engine {

/// The alias marks of an argument or result: (a), (a!), (a -> *).
struct AliasMark {
  bool is_marked = false;
  bool writes = false;
  bool is_wildcard = false;
};

struct Argument {
  std::string_view name;  // may be empty in a result
  const Type* type = nullptr;
  AliasMark alias;
  AliasMark inner_alias;  // of a list's elements
  std::string spelling;  // the type as the schema spells it: SymInt, ScalarType?, int[2] …
};

struct Schema {
  std::vector<Argument> arguments;
  std::vector<Argument> results;
  bool is_vararg = false;  // takes any further operands
  bool is_varret = false;
};

/// Reads a schema, whose types then live in `types`; TSX4001 says where it does not parse.
Schema parse_schema(TypeStore& types, std::string_view text);

/// Reads schemas when they are first asked for; their types live in `types`.
class SchemaTable {
 public:
  explicit SchemaTable(TypeStore& types) : types_(types) {}

  const Schema& of(const Operator& op);

 private:
  TypeStore& types_;
  std::unordered_map<const Operator*, Schema> schemas_;
};

}  // namespace tsx::engine

// The tables of a program while it is lowered: entries in the order of first use, equal ones once.
// As tsx/runtime/tables.py; `functions` grows as calls are met.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "run/program.h"

namespace tsx::engine {

class Tables {
 public:
  explicit Tables(Program& program) : program_(program) {}

  std::uint32_t constant(const Constant& constant);
  std::uint32_t operator_entry(const ir::Node& node);
  std::uint32_t name(std::string_view name);
  std::uint32_t types(std::vector<const Type*> types, bool is_union);
  std::uint32_t guard(Guard guard);
  std::uint32_t tile(const ir::Graph& graph, const ir::Node& group);

  std::uint32_t function(std::string name, const ir::Graph* graph);
  std::uint32_t called_function(std::string_view name, ir::OriginId origin);
  std::uint32_t called_method(const Type& receiver, std::string_view method, ir::OriginId origin);
  /// Enters the method of every class that has it, for calls that the object's class decides.
  void implementations(std::string_view method);

  /// What is to be lowered, in the order of the program's functions.
  const std::vector<std::pair<std::string, const ir::Graph*>>& functions() const {
    return functions_;
  }
  std::string where(ir::OriginId origin) const { return program_.module->where(origin); }

 private:
  Program& program_;
  std::vector<std::pair<std::string, const ir::Graph*>> functions_;
  std::unordered_map<const ir::Graph*, std::uint32_t> function_places_;
  std::unordered_map<std::string, std::uint32_t> constants_;
  std::unordered_map<std::string, std::uint32_t> operators_;
  std::unordered_map<std::string, std::uint32_t> names_;
  std::unordered_map<std::string, std::uint32_t> types_;
  std::unordered_map<std::string, std::uint32_t> guards_;
};

}  // namespace tsx::engine

// Executable: a module made ready to run: its program, kernels, constants and objects. Immutable once
// made, so threads share it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/call.h"
#include "run/code.h"
#include "run/program.h"
#include "run/weights.h"
#include "run/work.h"
#include "tile/runner.h"

namespace tsx::engine {

class Executable {
 public:
  /// TSX5031 when an operator has neither a kernel nor a body.
  explicit Executable(std::shared_ptr<const ir::Module> module);

  const Program& program() const { return program_; }
  const ir::Module& module() const { return *program_.module; }
  const Code& code(std::uint32_t function) const { return codes_[function]; }
  Kernel kernel(std::uint32_t operator_index) const { return kernels_[operator_index]; }
  WorkRule work(std::uint32_t operator_index) const { return work_rules_[operator_index]; }
  const TileRunner& tile(std::uint32_t index) const { return *tiles_[index]; }
  std::size_t most_results() const { return most_results_; }

  /// A constant, made anew where the program may write it.
  Value constant(std::uint32_t index) const;
  /// One that needs no making: a number or string.
  const Value& plain_constant(std::uint32_t index) const { return plain_[index]; }
  WeightTable& weights() const { return *weights_; }

  /// The function that a call of `method` on an object of `class_name` means, or kNoFunction.
  std::uint32_t method(const std::string& class_name, const std::string& method) const;
  /// Null for a type that is no class.
  const std::shared_ptr<const ClassInfo>& class_info(std::string_view name) const;

  /// What `self` is: the attribute tree, with weights that wait for their first use.
  const Value& root() const { return root_; }
  /// A tree of its own for a session, whose weights are in `weights`.
  Value make_root(WeightTable& weights, bool is_frozen) const;

 private:
  Value constant(const ir::Literal& value, const ir::Graph* graph, const Type& type) const;
  Value container(const ir::AttributeValue& value, const std::vector<Ref<Object>>& objects,
                  WeightTable& weights, bool is_frozen) const;
  void bind_operators();
  void make_classes();
  void make_enums();

  Program program_;
  std::vector<Code> codes_;
  std::vector<Kernel> kernels_;
  std::vector<WorkRule> work_rules_;
  std::vector<std::unique_ptr<const TileRunner>> tiles_;
  std::vector<Value> plain_;
  std::unique_ptr<WeightTable> weights_;
  std::map<std::string, std::shared_ptr<const ClassInfo>, std::less<>> classes_;
  std::map<std::pair<std::string, std::string>, Value> enums_;  // class and member
  Value root_;
  std::size_t most_results_ = 1;
};

}  // namespace tsx::engine

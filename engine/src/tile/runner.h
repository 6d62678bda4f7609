// TileRunner: a fusion group as the VM calls it. A contraction at its beginning and a reduction at
// its end run by their own kernels; the elementwise steps between them are one tile program, made
// once for each signature of operands. Each step rounds as its operator does alone.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/call.h"
#include "run/program.h"
#include "tile/formula.h"
#include "tile/run.h"

namespace tsx::engine {

class TileRunner {
 public:
  /// `tile` must outlive it. TSX5031 when an operator has no kernel.
  explicit TileRunner(const Tile& tile);

  /// The group's operands in, its outputs out. Threads may run it at once.
  void run(Call& call) const;

 private:
  using Values = std::vector<Value>;

  Value operand(const TileOperand& operand, const Values& registers) const;
  void run_step(Call& call, std::size_t step, Values& registers) const;
  void find_baked();
  std::shared_ptr<const tile::Plan> plan_for(const Values& registers) const;
  tile::Plan made(const Values& registers) const;
  DType target_of(const tile::Operand& self, const tile::Operand& like, const TileOperand& wanted,
                  const Values& registers) const;
  std::vector<TileOperand> stored() const;
  void run_fused(Call& call, Values& registers) const;

  const Tile& tile_;
  std::vector<Kernel> kernels_;                   // of the steps
  std::vector<const tile::FormulaRow*> formulas_; // of the steps; null: none
  std::size_t first_ = 0, last_ = 0;              // the steps first … last - 1 are one program
  bool is_fused_ = false;
  std::vector<bool> is_baked_; // of operands and early results: a program depends on the value
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, std::shared_ptr<const tile::Plan>> plans_;
};

} // namespace tsx::engine

// TileRunner: a fusion group as the VM calls it.
#pragma once

#include <vector>

#include "core/call.h"
#include "run/program.h"

namespace tsx::engine {

class TileRunner {
 public:
  /// `tile` must outlive it. TSX5031 when an operator has no kernel.
  explicit TileRunner(const Tile& tile);

  /// The group's operands in, its outputs out. Threads may run it at once.
  void run(Call& call) const;

 private:
  Value operand(const TileOperand& operand, const std::vector<Value>& registers) const;

  const Tile& tile_;
  std::vector<Kernel> kernels_;  // of the steps
};

}  // namespace tsx::engine

#include "tile/runner.h"

#include "base/error.h"
#include "run/literal.h"

namespace tsx::engine {

TileRunner::TileRunner(const Tile& tile) : tile_(tile) {
  for (const TileStep& step : tile.steps) {
    const Kernel kernel = Registry::all().find(step.kind);
    if (!kernel) throw failure("TSX5031", {{"operators", step.kind}});
    kernels_.push_back(kernel);
  }
}

void TileRunner::run(Call& call) const {
  std::vector<Value> registers;
  registers.reserve(call.size() + tile_.steps.size());
  for (std::size_t i = 0; i < call.size(); ++i) registers.push_back(call[i]);
  for (std::size_t i = 0; i < tile_.steps.size(); ++i) {
    const TileStep& step = tile_.steps[i];
    std::vector<Value> operands;
    for (const TileOperand& from : step.operands) operands.push_back(operand(from, registers));
    Value result;
    Call part(operands.data(), operands.size(), &result, 1, &call.context(), step.op);
    kernels_[i](part);
    registers.push_back(std::move(result));
  }
  std::vector<Value> outputs;
  for (const TileOperand& from : tile_.outputs) outputs.push_back(operand(from, registers));
  call.give_all(std::move(outputs));
}

Value TileRunner::operand(const TileOperand& operand, const std::vector<Value>& registers) const {
  if (!operand.is_constant) return registers[operand.reg];
  const Constant& constant = operand.constant;
  Value value = value_of(constant.value, constant.graph);
  if (!value.is(Tag::kTuple)) return value;
  return make_ref<List>(std::vector<Value>(value.elements().begin(), value.elements().end()));
}

}  // namespace tsx::engine

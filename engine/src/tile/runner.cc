#include "tile/runner.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "run/literal.h"

namespace tsx::engine {
namespace {

constexpr std::size_t kMostPlans = 64; // kept for one group

} // namespace

TileRunner::TileRunner(const Tile& tile) : tile_(tile) {
  for (const TileStep& step : tile.steps) {
    const Kernel kernel = Registry::all().find(step.kind);
    if (!kernel) throw failure("TSX5031", {{"operators", step.kind}});
    kernels_.push_back(kernel);
    formulas_.push_back(tile::find_formula(step.kind));
  }
  const auto is_formula = [](const tile::FormulaRow* row) { return row != nullptr; };
  const auto begin = std::find_if(formulas_.begin(), formulas_.end(), is_formula);
  const auto end = std::find_if_not(begin, formulas_.end(), is_formula);
  first_ = static_cast<std::size_t>(begin - formulas_.begin());
  last_ = static_cast<std::size_t>(end - formulas_.begin());
  // A reduction may follow, and is then all that the group gives.
  const bool reduces = last_ + 1 == formulas_.size() && tile.outputs.size() == 1;
  is_fused_ = first_ < last_ && (last_ == formulas_.size() || reduces);
  for (const TileOperand& output : tile.outputs)
    is_fused_ = is_fused_ && !output.is_constant;
  if (reduces) {
    const std::size_t own = tile.operands + last_;
    is_fused_ =
        is_fused_ && tile.outputs[0].reg == own && !tile.steps[last_].operands[0].is_constant;
    for (std::size_t i = 1; i < tile.steps[last_].operands.size(); ++i) {
      const TileOperand& operand = tile.steps[last_].operands[i];
      is_fused_ = is_fused_ && (operand.is_constant || operand.reg < tile.operands + first_);
    }
  }
  find_baked();
}

/// Which of the operands and early results a formula makes part of its program.
void TileRunner::find_baked() {
  is_baked_.assign(tile_.operands + first_, false);
  for (std::size_t i = first_; i < last_; ++i) {
    const std::vector<TileOperand>& operands = tile_.steps[i].operands;
    for (std::size_t j = 0; j < operands.size(); ++j) {
      if (!operands[j].is_constant && operands[j].reg < is_baked_.size() &&
          formulas_[i]->bakes(static_cast<int>(j))) {
        is_baked_[operands[j].reg] = true;
      }
    }
  }
}

void TileRunner::run(Call& call) const {
  Values registers;
  registers.reserve(call.size() + tile_.steps.size());
  for (std::size_t i = 0; i < call.size(); ++i)
    registers.push_back(call[i]);
  for (std::size_t i = 0; i < first_; ++i)
    run_step(call, i, registers);
  if (is_fused_) return run_fused(call, registers);
  for (std::size_t i = first_; i < tile_.steps.size(); ++i)
    run_step(call, i, registers);
  Values outputs;
  for (const TileOperand& from : tile_.outputs)
    outputs.push_back(operand(from, registers));
  call.give_all(std::move(outputs));
}

void TileRunner::run_step(Call& call, std::size_t index, Values& registers) const {
  const TileStep& step = tile_.steps[index];
  Values operands;
  for (const TileOperand& from : step.operands)
    operands.push_back(operand(from, registers));
  Value result;
  Call part(operands.data(), operands.size(), &result, 1, call.context(), step.op);
  kernels_[index](part);
  registers.push_back(std::move(result));
}

Value TileRunner::operand(const TileOperand& operand, const Values& registers) const {
  if (!operand.is_constant) return registers[operand.reg];
  const Constant& constant = operand.constant;
  Value value = value_of(constant.value, constant.graph);
  if (!value.is(Tag::kTuple)) return value;
  return make_ref<List>(std::vector<Value>(value.elements().begin(), value.elements().end()));
}

/// What the program gives: the outputs, or what the reduction reads.
std::vector<TileOperand> TileRunner::stored() const {
  if (last_ == tile_.steps.size()) return tile_.outputs;
  return {tile_.steps[last_].operands[0]};
}

void TileRunner::run_fused(Call& call, Values& registers) const {
  const std::shared_ptr<const tile::Plan> plan = plan_for(registers);
  std::vector<NumberMemory> numbers(registers.size());
  std::vector<tile::Source> sources(registers.size());
  for (std::size_t i = 0; i < registers.size(); ++i) {
    numbers[i] = in_memory(registers[i]);
    sources[i].number = &numbers[i];
    if (registers[i].is(Tag::kTensor)) sources[i] = {&registers[i].tensor(), nullptr};
  }
  const std::vector<TensorRef> results = plan->run(Span<const tile::Source>(sources));
  if (last_ == tile_.steps.size()) return call.give_all(Values(results.begin(), results.end()));
  const std::size_t read = tile_.steps[last_].operands[0].reg;
  registers.resize(std::max(registers.size(), read + 1));
  registers[read] = results[0];
  run_step(call, last_, registers);
  call.give(registers.back());
}

std::shared_ptr<const tile::Plan> TileRunner::plan_for(const Values& registers) const {
  std::string key;
  for (std::size_t i = 0; i < registers.size(); ++i)
    append_signature(key, registers[i], is_baked_[i]);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const auto found = plans_.find(key); found != plans_.end()) return found->second;
  auto plan = std::make_shared<const tile::Plan>(made(registers));
  if (plans_.size() >= kMostPlans) plans_.clear();
  plans_.emplace(std::move(key), plan);
  return plan;
}

/// The dtype that a cast among the steps becomes.
DType TileRunner::target_of(const tile::Operand& self, const tile::Operand& like,
                            const TileOperand& wanted, const Values& registers) const {
  const auto* const own = std::get_if<tile::Register>(&self);
  if (own == nullptr) refuse("expected a tensor to cast");
  const auto* const other = std::get_if<tile::Register>(&like);
  if (other != nullptr && other->category != tile::Category::kNumber) return other->dtype;
  return *cast_target(operand(wanted, registers), own->dtype);
}

tile::Plan TileRunner::made(const Values& registers) const {
  tile::Builder builder;
  std::vector<tile::Register> results;
  const auto value_of_operand = [&](const TileOperand& from, bool is_baked,
                                    Value& kept) -> tile::Operand {
    if (!from.is_constant) {
      if (from.reg >= registers.size()) return results[from.reg - registers.size()];
      return load_operand(builder, from.reg, registers[from.reg], is_baked);
    }
    kept = operand(from, registers);
    if (kept.is(Tag::kString)) return std::string_view(kept.string());
    const std::optional<tile::Number> number = as_number(kept);
    if (!number) return std::monostate();
    if (is_baked) return *number;
    return builder.constant(*number, tile::number_dtype(*number));
  };
  for (std::size_t i = first_; i < last_; ++i) {
    const tile::FormulaRow& row = *formulas_[i];
    const std::vector<TileOperand>& given = tile_.steps[i].operands;
    std::vector<tile::Operand> operands;
    Values kept(given.size()); // constants: operands point into their strings
    for (std::size_t j = 0; j < given.size(); ++j) {
      operands.push_back(value_of_operand(given[j], row.bakes(static_cast<int>(j)), kept[j]));
    }
    std::optional<DType> target;
    if (row.becomes >= 0) {
      const auto place = static_cast<std::size_t>(row.becomes);
      target = target_of(operands[0], operands[place], given[place], registers);
    }
    results.push_back(emit(builder, row, Span<const tile::Operand>(operands), target));
  }
  for (const TileOperand& output : stored()) {
    Value kept;
    const tile::Operand value = value_of_operand(output, false, kept);
    const auto* const reg = std::get_if<tile::Register>(&value);
    if (reg == nullptr) refuse("expected a tensor as a group's output");
    builder.store(*reg);
  }
  return tile::Plan(builder.finish());
}

} // namespace tsx::engine

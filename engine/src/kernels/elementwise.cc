#include "kernels/elementwise.h"

#include <unordered_map>

#include "base/error.h"
#include "ir/op.h"
#include "tile/space.h"

namespace tsx::engine {
namespace {

using tile::Category;
using tile::FormulaRow;
using tile::Number;

constexpr std::size_t kMostPlans = 512; // kept by a thread

void append(std::string& key, const void* bytes, std::size_t count) {
  key.append(static_cast<const char*>(bytes), count);
}

std::string signature(const FormulaRow& row, Span<const Value> operands) {
  std::string key;
  const FormulaRow* const place = &row;
  append(key, &place, sizeof place);
  for (std::size_t i = 0; i < operands.size(); ++i) {
    append_signature(key, operands[i], row.bakes(static_cast<int>(i)));
  }
  return key;
}

tile::Plan made(const FormulaRow& row, Span<const Value> operands) {
  tile::Builder builder;
  std::vector<tile::Operand> given;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    given.push_back(load_operand(builder, i, operands[i], row.bakes(static_cast<int>(i))));
  }
  builder.store(emit(builder, row, Span<const tile::Operand>(given)));
  return tile::Plan(builder.finish());
}

std::shared_ptr<const tile::Plan> plan_for(const FormulaRow& row, Span<const Value> operands) {
  thread_local std::unordered_map<std::string, std::shared_ptr<const tile::Plan>> plans;
  std::string key = signature(row, operands);
  const auto found = plans.find(key);
  if (found != plans.end()) return found->second;
  auto plan = std::make_shared<const tile::Plan>(made(row, operands));
  if (plans.size() >= kMostPlans) plans.clear();
  plans.emplace(std::move(key), plan);
  return plan;
}

/// Casts may give their operand itself: casts.cc has them.
bool is_cast(const Operator& op) {
  return tile::formula_of(op)->becomes >= 0 || op.kind() == "aten::to.prim_other";
}

/// The operator that an in-place form writes; null for any other operator.
const Operator* written_by(const Operator& form) {
  return form.written_form < 0 ? nullptr : &operators()[static_cast<std::size_t>(form.written_form)];
}

void give_formula(Call& call) {
  call.give(evaluate(*tile::formula_of(call.op()), call.operands()));
}

void write_formula(Call& call) {
  const TensorRef target = call.tensor_ref(0);
  write_result(*target, evaluate(*tile::formula_of(*written_by(call.op())), call.operands()));
  call.give(target);
}

} // namespace

std::optional<Number> as_number(const Value& value) {
  switch (value.tag()) {
  case Tag::kBool:
    return Number(value.boolean());
  case Tag::kInt:
    return Number(value.integer());
  case Tag::kFloat:
    return Number(value.real());
  case Tag::kComplex:
    return Number(value.complex());
  default:
    return {};
  }
}

void append_signature(std::string& key, const Value& value, bool is_baked) {
  key.push_back(static_cast<char>(value.tag()));
  if (value.is(Tag::kTensor)) {
    key.push_back(static_cast<char>(value.tensor().dtype()));
    key.push_back(value.tensor().rank() == 0 ? '0' : '+');
  } else if (value.is(Tag::kString)) {
    key += value.string() + '\0';
  } else if (is_baked) {
    const std::optional<Number> number = as_number(value);
    if (number) std::visit([&](auto v) { append(key, &v, sizeof v); }, *number);
  }
}

tile::Operand load_operand(tile::Builder& builder, std::size_t slot, const Value& value,
                           bool is_baked) {
  if (value.is(Tag::kTensor)) {
    const Category category = value.tensor().rank() == 0 ? Category::kZeroDim : Category::kTensor;
    return builder.load(slot, value.tensor().dtype(), category);
  }
  if (value.is(Tag::kString)) return std::string_view(value.string());
  const std::optional<Number> number = as_number(value);
  if (!number) return std::monostate();
  if (is_baked) return *number;
  return builder.load(slot, tile::number_dtype(*number), Category::kNumber);
}

std::optional<DType> cast_target(const Value& wanted, DType own) {
  if (wanted.is(Tag::kTensor)) return wanted.tensor().dtype();
  if (wanted.is_none()) return own;
  const std::optional<DType> dtype =
      wanted.is(Tag::kInt) ? dtype_of_code(wanted.integer()) : std::nullopt;
  if (!dtype || !is_runnable(*dtype)) refuse("expected the number of a dtype");
  return dtype;
}

NumberMemory in_memory(const Value& value) {
  NumberMemory memory{};
  if (value.is(Tag::kBool)) memory.flag = value.boolean();
  if (value.is(Tag::kInt)) memory.integer = value.integer();
  if (value.is(Tag::kFloat)) memory.real[0] = value.real();
  if (value.is(Tag::kComplex)) {
    memory.real[0] = value.complex().real();
    memory.real[1] = value.complex().imag();
  }
  return memory;
}

TensorRef evaluate(const FormulaRow& row, Span<const Value> operands) {
  const auto plan = plan_for(row, operands);
  std::vector<NumberMemory> numbers(operands.size());
  std::vector<tile::Source> sources(operands.size());
  for (std::size_t i = 0; i < operands.size(); ++i) {
    numbers[i] = in_memory(operands[i]);
    sources[i].number = &numbers[i];
    if (operands[i].is(Tag::kTensor)) sources[i] = {&operands[i].tensor(), nullptr};
  }
  return plan->run(Span<const tile::Source>(sources))[0];
}

TensorRef evaluate(std::string_view kind, std::initializer_list<Value> operands) {
  const FormulaRow* const row = tile::find_formula(kind);
  if (row == nullptr) bug("no formula called " + std::string(kind));
  return evaluate(*row, Span<const Value>(operands.begin(), operands.size()));
}

void write_result(const Tensor& target, const TensorRef& value) {
  if (!tile::can_cast(value->dtype(), target.dtype())) {
    refuse("gives " + std::string(name(value->dtype())) + ", which can't be written into a " +
           std::string(name(target.dtype())) + " tensor");
  }
  tile::assign(target, value);
}

} // namespace tsx::engine

TSX_KERNELS(elementwise) {
  for (const Operator& op : operators()) {
    const Operator* const written = written_by(op);
    if (op.formula >= 0 && !is_cast(op)) registry.add(op.kind(), give_formula);
    if (written != nullptr && written->formula >= 0) registry.add(op.kind(), write_formula);
  }
}

// What the units of a Run do that are more than arithmetic and jumps.
#include <algorithm>
#include <cstdio>

#include "base/budget.h"
#include "base/error.h"
#include "core/compare.h"
#include "core/format.h"
#include "run/failure.h"
#include "run/is_a.h"
#include "run/literal.h"
#include "run/profile.h"
#include "run/vm.h"

namespace tsx::engine {
namespace {

std::vector<Value> taken(Value* first, std::size_t count) {
  std::vector<Value> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) values.push_back(std::move(first[i]));
  return values;
}

TensorRef tensor_of(const Value& number) {
  switch (number.tag()) {
  case Tag::kBool: return Tensor::scalar<std::uint8_t>(DType::kBool, number.boolean());
  case Tag::kInt: return Tensor::scalar(DType::kInt64, number.integer());
  case Tag::kFloat: return Tensor::scalar(DType::kFloat64, number.real());
  case Tag::kComplex: return Tensor::scalar(DType::kComplex128, number.complex());
  default: refuse("a tensor can't be made of " + type_text(number));
  }
}

const Object& object_of(const Value& value) {
  if (!value.is(Tag::kObject)) refuse("expected an object, got " + type_text(value));
  return value.object();
}

/// "the rank of y": what is guarded, as tsx/ir/guards.py says it.
std::string guard_subject(const Guard& guard) {
  const char* property = guard.kind == "rank"    ? "the rank of "
                         : guard.kind == "len"   ? "the length of "
                         : guard.kind == "dtype" ? "the dtype of "
                                                 : "";
  return property + std::string(guard.source.empty() ? "a value" : guard.source);
}

/// A value that was expected or found; a dtype, which is a number in graphs, by its name.
std::string guard_value(const Guard& guard, const Value& value) {
  const bool is_dtype = guard.kind == "dtype" && value.is(Tag::kInt);
  const std::optional<DType> dtype = is_dtype ? dtype_of_code(value.integer()) : std::nullopt;
  return dtype ? std::string(name(*dtype)) : to_text(value);
}

/// "Float(1, 3), int": the types of values, for a profile.
std::string types_text(Span<const Value> values) {
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : ", ") + type_text(value);
  return text;
}

/// Python's slice of a sequence of `size`, with step 1.
std::pair<std::size_t, std::size_t> bounds(std::int64_t begin, std::int64_t end, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  const auto inside = [count](std::int64_t at) {
    return std::clamp(at < 0 ? at + count : at, std::int64_t{0}, count);
  };
  const std::int64_t from = inside(begin), to = std::max(from, inside(end));
  return {static_cast<std::size_t>(from), static_cast<std::size_t>(to)};
}

/// Whether a string can be a name of Python's.
bool is_identifier(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

}  // namespace

void Run::step(const Unit& unit, Value* r) {
  Value& a = r[unit.a];
  switch (unit.kind) {
  case StepKind::kFresh: a = executable_.constant(unit.b); return;
  case StepKind::kGuard: return guard(unit, r);
  case StepKind::kRaise: raise(r[unit.a], r[unit.a + 1]);
  case StepKind::kPrint: return print(unit, r);
  case StepKind::kWrite:
    write(a.string());
    a = Value();
    return;
  case StepKind::kList: a = Value(make_ref<List>(taken(&a, unit.b))); return;
  case StepKind::kTuple: a = tuple_of(taken(&a, unit.b)); return;
  case StepKind::kDict: return make_dict(unit, r);
  case StepKind::kUnpack: return unpack(unit, r);
  case StepKind::kIndex: return index(unit, r);
  case StepKind::kSlice: return slice(unit, r);
  case StepKind::kSetAttr: return set_attribute(unit, r);
  case StepKind::kCreate: {
    const auto& info = executable_.class_info(executable_.program().types[unit.b].types[0]->name);
    if (!info) refuse("there is no such class");
    a = Value(make_ref<Object>(info));
    return;
  }
  case StepKind::kIsInstance: a = is_instance(unit, a); return;
  case StepKind::kToTensor: a = Value(tensor_of(a)); return;
  case StepKind::kEnumName:
  case StepKind::kEnumValue:
    if (!a.is(Tag::kEnumMember)) refuse("expected an enum member, got " + type_text(a));
    a = unit.kind == StepKind::kEnumName ? Value(std::string_view(a.enum_member().name))
                                         : Value(a.enum_member().value);
    return;
  default: bug("a step of no kind");
  }
}

template <typename Body>
void Run::timed(const Unit& unit, const Value* operands, std::size_t operand_count,
                std::size_t result_count, Body body) {
  Profile* profile = context_.profile;
  if (!profile) return body();
  std::string given;  // before the body, which may take its operands
  if (profile->keeps_events()) given = types_text({operands, operand_count});
  const auto start = Profile::Clock::now();
  body();
  const auto time = Profile::Clock::now() - start;
  const Frame& frame = frames_.back();
  const std::uint32_t place =
      frame.code->places[static_cast<std::size_t>(&unit - frame.code->units.data())];
  profile->add(frame.function, place, time);
  if (profile->keeps_events())
    profile->add_event({frame.function, place, start - profile->begin(), time, std::move(given),
                        types_text({results_.data(), result_count})});
}

void Run::call_operator(const Unit& unit, Value* r) {
  if (--calls_ < 0) poll();
  const OperatorEntry& entry = executable_.program().operators[unit.b];
  Call call(r + unit.a, entry.operands, results_.data(), entry.results, &context_, entry.op);
  if (context_.budget) pay_before(executable_.work(unit.b), r + unit.a, entry.operands);
  timed(unit, r + unit.a, entry.operands, entry.results, [&] { executable_.kernel(unit.b)(call); });
  if (context_.budget) pay_after(r + unit.a, entry.operands, entry.results);
  take_results(unit, r, entry.operands, entry.results);
}

void Run::call_tile(const Unit& unit, Value* r) {
  if (--calls_ < 0) poll();
  const Tile& tile = executable_.program().tiles[unit.b];
  Call call(r + unit.a, tile.operands, results_.data(), tile.outputs.size(), &context_);
  if (context_.budget) pay_before(WorkRule::kElements, r + unit.a, tile.operands);
  timed(unit, r + unit.a, tile.operands, tile.outputs.size(), [&] { executable_.tile(unit.b).run(call); });
  if (context_.budget) pay_after(r + unit.a, tile.operands, tile.outputs.size());
  take_results(unit, r, tile.operands, tile.outputs.size());
}

void Run::pay_before(WorkRule rule, const Value* operands, std::size_t count) {
  const Span<const Value> all(operands, count);
  context_.budget->spend(work_of(rule, all) / kElementsPerFuel);
  const double grown = bytes_grown(rule, all);
  if (grown > 0) context_.budget->need(grown);
}

void Run::pay_after(const Value* operands, std::size_t operand_count, std::size_t result_count) {
  double elements = 0;
  for (std::size_t i = 0; i < result_count; ++i) elements += elements_of(results_[i]);
  context_.budget->spend(elements / kElementsPerFuel);
  for (std::size_t i = 0; i < operand_count; ++i) {  // an operator changes the operands themselves
    if (operands[i].is(Tag::kList)) operands[i].list().charge();
    if (operands[i].is(Tag::kDict)) operands[i].dict().charge();
  }
  for (std::size_t i = 0; i < result_count; ++i) {
    if (results_[i].is(Tag::kList)) results_[i].list().charge();
    if (results_[i].is(Tag::kDict)) results_[i].dict().charge();
  }
}

void Run::take_results(const Unit& unit, Value* r, std::size_t operands, std::size_t results) {
  for (std::size_t i = 0; i < operands; ++i) r[unit.a + i] = Value();
  if (unit.n) {
    r[unit.c] = std::move(results_[0]);
    results_[0] = Value();
    return;
  }
  for (std::size_t i = 0; i < results; ++i) {
    r[unit.a + i] = std::move(results_[i]);
    results_[i] = Value();
  }
}

std::uint32_t Run::called_method(const Unit& unit, const Value* r) const {
  const Object& receiver = object_of(r[unit.a]);
  const std::string& name = executable_.program().names[unit.b];
  const std::uint32_t function = executable_.method(receiver.info->name, name);
  if (function == kNoFunction || executable_.program().functions[function].inputs != unit.c)
    throw failure("TSX5003", {{"name", receiver.info->name + "." + name}});
  return function;
}

void Run::guard(const Unit& unit, Value* r) const {
  const Guard& guard = executable_.program().guards[unit.b];
  const Value expected = value_of(guard.expect.value, guard.expect.graph);
  Value& value = r[unit.a];
  if (!is_same(value, expected)) {
    const bool is_number = value.is(Tag::kTensor) && value.tensor().count() == 1;
    const Value found = is_number ? to_numbers(value.tensor()) : value;
    throw failure("TSX5004", {{"source", guard_subject(guard)},
                              {"found", guard_value(guard, found)},
                              {"expected", guard_value(guard, expected)}});
  }
  value = Value();
}

void Run::raise(const Value& message, const Value& kind) const {
  std::string name = to_text(kind), text = to_text(message);
  const std::size_t separator = text.find(": ");
  if (name.empty() && separator != std::string::npos && is_identifier(text.substr(0, separator))) {
    name = text.substr(0, separator);  // older archives: "AssertionError: text"
    text = text.substr(separator + 2);
  }
  name = name.substr(name.rfind('.') + 1);
  if (name.empty()) name = "an exception";
  // No line raises an UnboundLocalError itself, so there is more to say of it.
  const auto help = name == "UnboundLocalError" ? way_out(name) : std::nullopt;
  throw failure("TSX5005", {{"kind", name}, {"message", text}}, {}, {}, help).instead_of(name, text);
}

void Run::print(const Unit& unit, Value* r) const {
  std::string line;
  for (std::uint32_t i = 0; i < unit.b; ++i) {
    line += (i ? " " : "") + to_text(r[unit.a + i]);
    r[unit.a + i] = Value();
  }
  write(line + "\n");
}

void Run::write(const std::string& text) const {
  if (context_.write)
    context_.write(text);
  else
    std::fwrite(text.data(), 1, text.size(), stdout);
}

void Run::unpack(const Unit& unit, Value* r) const {
  const Value sequence = r[unit.a];
  const bool is_tuple = sequence.is(Tag::kTuple);
  if (!is_tuple && !sequence.is(Tag::kList)) refuse("expected a list or tuple, got " + type_text(sequence));
  const Span<const Value> items = sequence.elements();
  if (items.size() != unit.b) {
    const std::string expected = std::to_string(unit.b), found = std::to_string(items.size());
    throw failure("TSX5007", {{"expected", expected}, {"type", is_tuple ? "tuple" : "list"}, {"found", found}})
        .instead_of("ValueError",
                    items.size() > unit.b
                        ? "too many values to unpack (expected " + expected + ")"
                        : "not enough values to unpack (expected " + expected + ", got " + found + ")");
  }
  r[unit.a] = Value();
  for (std::uint32_t i = 0; i < unit.b; ++i) r[unit.a + i] = items[i];
}

void Run::index(const Unit& unit, Value* r) const {
  const Value& sequence = r[unit.a];
  if (!sequence.is(Tag::kTuple) && !sequence.is(Tag::kList))
    refuse("expected a tuple, got " + type_text(sequence));
  const auto count = static_cast<std::int64_t>(sequence.elements().size());
  const std::int64_t given = integer(r[unit.a + 1]), at = given < 0 ? given + count : given;
  if (at < 0 || at >= count) refuse("tuple index out of range");
  const Value found = sequence.elements()[static_cast<std::size_t>(at)];
  r[unit.a] = found;
}

void Run::slice(const Unit& unit, Value* r) const {
  const Value& sequence = r[unit.a];
  if (!sequence.is(Tag::kTuple)) refuse("expected a tuple, got " + type_text(sequence));
  const std::vector<Value>& items = sequence.tuple().items;
  const auto [from, to] = bounds(integer(r[unit.a + 1]), integer(r[unit.a + 2]), items.size());
  r[unit.a] = tuple_of({items.begin() + static_cast<std::ptrdiff_t>(from),
                        items.begin() + static_cast<std::ptrdiff_t>(to)});
}

void Run::get_attribute(const Unit& unit, Value* r) const {
  const Object& object = object_of(r[unit.b]);
  const std::uint32_t place = object.info->place(unit.c);
  Value found = place == ClassInfo::kNone ? Value::uninitialized() : object.attributes[place];
  if (found.is_later())
    found = (own_weights_ ? *own_weights_ : executable_.weights()).tensor(found.weight());
  else if (found.is(Tag::kUninitialized))
    refuse("there is no key '" + executable_.program().names[unit.c] + "'");
  r[unit.a] = std::move(found);
}

void Run::set_attribute(const Unit& unit, Value* r) const {
  object_of(r[unit.a]);
  Object& object = r[unit.a].object();
  const std::uint32_t place = object.info->place(unit.b);
  if (place == ClassInfo::kNone)
    refuse("there is no attribute " + executable_.program().names[unit.b]);
  if (object.is_frozen) throw failure("TSX5030", {});
  object.attributes[place] = std::move(r[unit.a + 1]);
  r[unit.a + 1] = Value();
  r[unit.a] = Value();
}

void Run::make_dict(const Unit& unit, Value* r) const {
  Ref<Dict> made = make_ref<Dict>();
  for (std::uint32_t i = 0; i < unit.b; i += 2)
    made->set(std::move(r[unit.a + i]), std::move(r[unit.a + i + 1]));
  made->charge();
  r[unit.a] = Value(std::move(made));
}

Value Run::is_instance(const Unit& unit, const Value& value) const {
  for (const Type* type : executable_.program().types[unit.b].types)
    if (is_a(value, *type)) return Value(true);
  return Value(false);
}

}  // namespace tsx::engine

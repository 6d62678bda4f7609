#include "tile/formula.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/refusal.h"
#include "ir/op.h"

namespace tsx::engine::tile {
namespace {

using simd::Primitive;

struct NumberRow {
  bool is_int;
  std::int64_t integer;
  double real;
};
struct FunctionRow {
  int operands, code, code_in_float32;
};
// Names stand in their rows: a pointer to one would be mended by the loader of each program, and is larger.
struct CaseRow {
  char name[14];
  std::uint16_t code;
};
#include "formulas.inc"

/// While emitting: a register, a number that has no dtype yet, or an absent operand.
using Item = std::variant<std::monostate, Register, Number>;

bool is_absent(const Item& item) { return std::holds_alternative<std::monostate>(item); }
const Register* as_register(const Item& item) { return std::get_if<Register>(&item); }

// --- folding numbers -----------------------------------------------------------------------------

/// A primitive of numbers: on bools, on int64 when all are ints, else on float64 or complex128.
Number fold(Primitive primitive, Span<const Item> operands) {
  const PrimitiveRow& row = row_of(primitive);
  std::complex<double> z[3] = {};
  double x[3] = {};
  std::int64_t n[3] = {};
  bool whole = true, complex = false, logical = true;
  std::uint8_t flags[3] = {};
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Number& number = std::get<Number>(operands[i]);
    const bool* const truth = std::get_if<bool>(&number);
    logical = logical && truth != nullptr;
    if (truth != nullptr) {
      n[i] = flags[i] = *truth;
    } else if (const auto* integer = std::get_if<std::int64_t>(&number)) {
      n[i] = *integer;
    } else {
      whole = false;
      complex = complex || std::holds_alternative<std::complex<double>>(number);
    }
    z[i] = as_complex(number);
    x[i] = z[i].real();
  }
  const auto run = [&](simd::Compute compute, void* to, const void* values, std::size_t size) {
    const auto* at = static_cast<const std::byte*>(values);
    const simd::TileOp op =
        simd::table().tile[static_cast<std::size_t>(primitive)][static_cast<std::size_t>(compute)];
    if (op == nullptr) return false;
    if (!op(to, at, at + size, at + 2 * size, 1)) {
      throw failure("TSX5001", {{"operation", row.name}, {"reason", "divides by zero"}});
    }
    return true;
  };
  std::uint8_t flag = 0;
  std::int64_t integer = 0;
  if (logical && run(simd::Compute::kBool, &flag, flags, 1)) return Number(flag != 0);
  if (whole && run(simd::Compute::kI64, row.gives_bool ? static_cast<void*>(&flag) : &integer, n,
                   sizeof n[0])) {
    return row.gives_bool ? Number(flag != 0) : Number(integer);
  }
  if (!complex) {
    double real = 0;
    if (!run(simd::Compute::kF64, row.gives_bool ? static_cast<void*>(&flag) : &real, x,
             sizeof x[0])) {
      bug(std::string("no meaning of ") + row.name + " on numbers");
    }
    return row.gives_bool ? Number(flag != 0) : Number(real);
  }
  std::complex<double> result;
  if (!run(simd::Compute::kC128, row.gives_bool ? static_cast<void*>(&flag) : &result, z,
           sizeof z[0])) {
    bug(std::string("no meaning of ") + row.name + " on complex numbers");
  }
  if (primitive == Primitive::abs_) return result.real();
  return row.gives_bool ? Number(flag != 0) : Number(result);
}

// --- emitting ------------------------------------------------------------------------------------

constexpr int kMostSlots = 24;

/// Walks one expression; `slots` holds its operands, then its named parts.
class Emitter {
 public:
  Emitter(Builder& builder, int code, DType dtype)
      : builder_(builder), at_(kCode + code), dtype_(dtype) {}

  Item slots[kMostSlots];

  Item expression() {
    while (*at_ == kLet) {
      const std::int16_t slot = at_[1];
      at_ += 2;
      slots[slot] = value();
    }
    return value();
  }

 private:
  enum Code : std::int16_t {
    kNumber,
    kName,
    kPrimitive,
    kCall,
    kCast,
    kCastTo,
    kDefault,
    kPoly,
    kLet
  };

  std::int16_t next() { return *at_++; }

  Item value() {
    switch (next()) {
    case kNumber: {
      const NumberRow& row = kNumbers[next()];
      return row.is_int ? Number(row.integer) : Number(row.real);
    }
    case kName:
      return slots[next()];
    case kPrimitive:
      return primitive(static_cast<Primitive>(next()));
    case kCall:
      return call(kFunctions[next()]);
    case kCast:
      return cast(dtype_);
    case kCastTo:
      return cast(static_cast<DType>(next()));
    case kDefault: {
      const Item first = value(), second = value();
      return is_absent(first) ? second : first;
    }
    case kPoly:
      return poly(next());
    default:
      bug("code of a formula");
    }
  }

  Item cast(DType dtype) {
    const Item item = value();
    return is_absent(item) ? item : Item(builder_.cast(typed(item, dtype), dtype));
  }

  Item poly(std::int16_t count) {
    Item items[kMostSlots];
    for (std::int16_t i = 0; i < count; ++i)
      items[i] = value();
    Item result = items[count - 1];
    for (std::int16_t i = count - 2; i >= 1; --i) {
      const Item factors[] = {items[0], result};
      const Item terms[] = {items[i], apply(Primitive::mul_, factors)};
      result = apply(Primitive::add_, terms);
    }
    return result;
  }

  Item call(const FunctionRow& function) {
    Item operands[kMostSlots];
    DType dtype = dtype_;
    bool has_register = false, has_absent = false;
    for (int i = 0; i < function.operands; ++i) {
      operands[i] = value();
      has_absent = has_absent || is_absent(operands[i]);
      if (const Register* found = as_register(operands[i]); found != nullptr && !has_register) {
        dtype = found->dtype;
        has_register = true;
      }
    }
    if (has_absent) return {};
    Emitter inner(builder_, dtype == DType::kFloat32 ? function.code_in_float32 : function.code,
                  dtype);
    for (int i = 0; i < function.operands; ++i)
      inner.slots[i] = typed(operands[i], dtype);
    return inner.expression();
  }

  Item primitive(Primitive primitive) {
    Item operands[3];
    const auto arity = static_cast<std::size_t>(row_of(primitive).arity);
    for (std::size_t i = 0; i < arity; ++i)
      operands[i] = value();
    return apply(primitive, {operands, arity});
  }

  Item apply(Primitive primitive, Span<const Item> operands) {
    if (primitive == Primitive::where_) {
      if (const Number* number = std::get_if<Number>(&operands[0])) {
        if (const bool* flag = std::get_if<bool>(number)) return *flag ? operands[1] : operands[2];
      }
    }
    const Item* present = nullptr;
    const Register* first = nullptr;
    const Register* last = nullptr;
    bool has_absent = false;
    for (const Item& item : operands) {
      if (is_absent(item)) {
        has_absent = true;
      } else if (present == nullptr) {
        present = &item;
      }
      if (const Register* found = as_register(item)) {
        if (first == nullptr) first = found;
        last = found;
      }
    }
    if (has_absent) {
      const bool leaves_out = primitive == Primitive::min_ || primitive == Primitive::max_;
      return leaves_out && present != nullptr ? *present : Item();
    }
    if (first == nullptr) return fold(primitive, operands);
    if (primitive == Primitive::mul_ && has_one(operands)) return *first;
    const Register* guide = primitive == Primitive::where_ ? last : first;
    const bool is_condition = primitive == Primitive::where_ && guide == as_register(operands[0]);
    const DType dtype = is_condition ? dtype_ : guide->dtype;
    Register registers[3];
    for (std::size_t i = 0; i < operands.size(); ++i)
      registers[i] = typed(operands[i], dtype);
    return builder_.apply(primitive, {registers, operands.size()});
  }

  /// Multiplying by 1 is exact in every dtype; `alpha=1` is everywhere.
  static bool has_one(Span<const Item> operands) {
    return std::any_of(operands.begin(), operands.end(), [](const Item& item) {
      const Number* number = std::get_if<Number>(&item);
      return number != nullptr && as_complex(*number) == 1.0;
    });
  }

  Register typed(const Item& item, DType dtype) {
    if (const Register* found = as_register(item)) return *found;
    return builder_.constant(std::get<Number>(item), dtype);
  }

  Builder& builder_;
  const std::int16_t* at_;
  DType dtype_;
};

// --- what a formula asks of its operands ---------------------------------------------------------

unsigned class_bit(DType dtype) {
  if (dtype == DType::kBool) return 1;
  return is_float(dtype) ? 4 : is_complex(dtype) ? 8 : 2;
}

std::string class_name(DType dtype) {
  if (dtype == DType::kBool) return "bool";
  return is_float(dtype) ? "float" : is_complex(dtype) ? "complex" : "integer";
}

/// The largest finite number of a dtype.
Number finite_limit(DType dtype, bool is_largest) {
  const auto pick = [is_largest](auto low, auto high) { return is_largest ? high : low; };
  switch (dtype) {
  case DType::kBool:
    return is_largest;
  case DType::kUInt8:
    return pick(std::int64_t{0}, std::int64_t{255});
  case DType::kInt8:
    return pick(std::int64_t{-128}, std::int64_t{127});
  case DType::kInt16:
    return pick(std::int64_t{INT16_MIN}, std::int64_t{INT16_MAX});
  case DType::kInt32:
    return pick(std::int64_t{INT32_MIN}, std::int64_t{INT32_MAX});
  case DType::kInt64:
    return pick(std::int64_t{INT64_MIN}, std::int64_t{INT64_MAX});
  case DType::kFloat16:
    return pick(-65504.0, 65504.0);
  case DType::kBFloat16:
    return pick(-3.3895313892515355e38, 3.3895313892515355e38);
  case DType::kFloat64:
  case DType::kComplex128:
    return pick(std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max());
  default:
    return pick(static_cast<double>(std::numeric_limits<float>::lowest()),
                static_cast<double>(std::numeric_limits<float>::max()));
  }
}

/// A number as Python writes it, as far as a case could be named so.
std::string as_case(const Operand& operand) {
  if (std::holds_alternative<std::monostate>(operand)) return "None";
  if (const auto* text = std::get_if<std::string_view>(&operand)) return std::string(*text);
  const Number* number = std::get_if<Number>(&operand);
  if (number == nullptr) return "";
  if (const bool* flag = std::get_if<bool>(number)) return *flag ? "True" : "False";
  if (const auto* whole = std::get_if<std::int64_t>(number)) return std::to_string(*whole);
  const double* real = std::get_if<double>(number);
  char text[32] = "";
  if (real != nullptr) std::snprintf(text, sizeof text, "%g", *real);
  if (real == nullptr || std::strtod(text, nullptr) != *real) return "";
  return std::strpbrk(text, ".ein") != nullptr ? text : std::string(text) + ".0";
}

std::string mode_choices(Span<const std::string> known) {
  std::string text;
  for (const std::string& name : known)
    text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

[[noreturn]] void wrong_case(const FormulaRow& row, const std::string& chosen) {
  std::vector<std::string> known;
  for (int i = row.first_case; i < row.first_case + row.cases; ++i) {
    if (std::strchr(kCases[i].name, '/') == nullptr) known.emplace_back(kCases[i].name);
  }
  refuse("expected one of " + mode_choices(Span<const std::string>(known)) + ", got '" + chosen +
         "'");
}

int code_of_case(const FormulaRow& row, const std::string& chosen, DType compute) {
  const std::string kind = class_name(compute);
  for (const std::string& name :
       {chosen + "/" + kind, chosen.empty() ? kind : chosen, kind, std::string()}) {
    for (int i = row.first_case; i < row.first_case + row.cases; ++i) {
      if (name == kCases[i].name) return kCases[i].code;
    }
  }
  wrong_case(row, chosen);
}

Kind kind_of(const FormulaRow& row, const std::string& chosen) {
  if (row.kinds == 0) return row.kind_of_dtype;
  for (const KindRow& one : kinds_of(row))
    if (chosen == one.name) return one.kind;
  wrong_case(row, chosen);
}

DType promoted(const FormulaRow& row, Span<const Operand> operands) {
  Promotion promotion;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if ((row.promotes >> i & 1) == 0) continue;
    if (const Register* found = std::get_if<Register>(&operands[i])) {
      const bool is_number = found->category == Category::kNumber;
      DType dtype = found->dtype;
      if (is_number && is_float(dtype)) dtype = DType::kFloat32;
      if (is_number && is_complex(dtype)) dtype = DType::kComplex64;
      promotion.add(dtype, found->category);
    } else if (const Number* number = std::get_if<Number>(&operands[i])) {
      DType dtype = number_dtype(*number);
      if (dtype == DType::kFloat64) dtype = DType::kFloat32;
      if (dtype == DType::kComplex128) dtype = DType::kComplex64;
      promotion.add(dtype, Category::kNumber);
    }
  }
  if (promotion.empty()) refuse("expected at least one operand that is not None");
  return promotion.result();
}

ComputeAndResult dtypes_for(const FormulaRow& row, Span<const Operand> operands,
                            const std::string& chosen, std::optional<DType> target) {
  const DType common = promoted(row, operands);
  if (target) return {*target, *target};
  if ((row.refuses & class_bit(common)) != 0) {
    refuse_as("TSX4006", "is not defined for " + std::string(name(common)) + " tensors");
  }
  ComputeAndResult found = dtypes_of(kind_of(row, chosen), common);
  if (row.compute >= 0) found.compute = static_cast<DType>(row.compute);
  return found;
}

} // namespace

DType number_dtype(const Number& number) {
  if (std::holds_alternative<bool>(number)) return DType::kBool;
  if (std::holds_alternative<std::int64_t>(number)) return DType::kInt64;
  return std::holds_alternative<double>(number) ? DType::kFloat64 : DType::kComplex128;
}

Span<const KindRow> kinds_of(const FormulaRow& row) { return {kKinds + row.first_kind, row.kinds}; }

const FormulaRow* formula_of(const Operator& op) {
  return op.formula < 0 ? nullptr : &kFormulas[op.formula];
}

const FormulaRow* find_formula(std::string_view kind) {
  const Operator* const op = find_operator(kind);
  return op == nullptr ? nullptr : formula_of(*op);
}

Register emit(Builder& builder, const FormulaRow& row, Span<const Operand> operands,
              std::optional<DType> target) {
  const std::string chosen =
      row.select >= 0 ? as_case(operands[static_cast<std::size_t>(row.select)]) : "";
  const ComputeAndResult dtypes = dtypes_for(row, operands, chosen, target);
  Emitter emitter(builder, code_of_case(row, chosen, dtypes.compute), dtypes.compute);
  bool has_tensor = false;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (const Register* found = std::get_if<Register>(&operands[i])) {
      has_tensor = has_tensor || found->category == Category::kTensor;
      const bool is_fixed = static_cast<int>(i) == row.fixed;
      emitter.slots[i] =
          builder.cast(*found, is_fixed ? static_cast<DType>(row.fixed_dtype) : dtypes.compute);
    } else if (const Number* number = std::get_if<Number>(&operands[i])) {
      emitter.slots[i] = *number;
    }
  }
  emitter.slots[row.arguments] = finite_limit(dtypes.result, true);
  emitter.slots[row.arguments + 1] = finite_limit(dtypes.result, false);
  const Item item = emitter.expression();
  if (is_absent(item)) refuse("expected at least one operand that is not None, got none");
  const Register* made = as_register(item);
  const Register value =
      made != nullptr ? *made : builder.constant(std::get<Number>(item), dtypes.compute);
  Register result = builder.cast(value, dtypes.result);
  result.category = has_tensor ? Category::kTensor : Category::kZeroDim;
  return result;
}

} // namespace tsx::engine::tile

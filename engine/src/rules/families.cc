// Elementwise operators and their in-place forms, as tsx/ops/families.py and formula.py.
#include "base/quote.h"
#include "rules/support.h"
#include "tile/formula.h"
#include "tile/promote.h"

namespace tsx::engine::rules {
namespace {

/// 1 bool, 2 integer (a quantised dtype too), 4 float, 8 complex, as FormulaRow::refuses counts them.
unsigned class_of(DType dtype) {
  if (dtype == DType::kBool) return 1;
  if (is_float(dtype)) return 4;
  return is_complex(dtype) ? 8 : 2;
}

/// Whether a cast's dtype operand is a ScalarType (or None, or unknown), rather than a tensor.
bool is_code(const Abstract& value) {
  return value.is_none() || value.is_unknown() || value.known_int();
}

std::optional<DType> target_of(const Abstract& wanted, DType own) {
  if (is_code(wanted)) return dtype_arg(wanted, own);
  return dtype_of_value(wanted);
}

tile::Kind kind_of(const Operands& in, const tile::FormulaRow& row) {
  if (row.kinds == 0) return row.kind_of_dtype;
  const Abstract& chosen = in[static_cast<std::size_t>(row.select)];
  const std::string name = chosen.is(Abstract::Kind::kString) ? std::string(chosen.as_string())
                                                              : to_text(chosen);
  std::string known;
  for (const tile::KindRow& one : tile::kinds_of(row)) {
    if (name == one.name) return one.kind;
    known += (known.empty() ? "'" : ", '") + std::string(one.name) + "'";
  }
  const std::string_view argument = in.schema().arguments[static_cast<std::size_t>(row.select)].name;
  mismatch(in.kind(), std::string(argument) + " to be one of " + known, quote(name));
}

/// The dtype of the result; nothing when it isn't known yet.
std::optional<DType> dtype_of(const Operands& in, const tile::FormulaRow& row) {
  const bool is_bool = row.kinds == 0 && row.kind_of_dtype == tile::Kind::ALWAYS_BOOL;
  std::vector<Abstract> promoting;
  for (std::size_t i = 0; i < in.size(); ++i)
    if (row.promotes >> i & 1) promoting.push_back(in[i]);
  const std::optional<DType> common = result_type(promoting);
  const std::optional<DType> unknown = is_bool ? std::optional(DType::kBool) : std::nullopt;
  if (!common) return unknown;
  if (row.becomes >= 0) {
    const auto target = target_of(in[static_cast<std::size_t>(row.becomes)], *common);
    return target ? target : unknown;
  }
  if ((row.refuses & class_of(*common)) != 0) {
    throw failure("TSX4006", {{"op", in.kind()}, {"dtype", tsx::engine::name(*common)}});
  }
  return tile::dtypes_of(kind_of(in, row), *common).result;
}

/// Whether a result surely doesn't fit: more dimensions, or a size that is known to differ.
bool outgrows(const Shape& result, const Shape& target) {
  if (result.size() > target.size()) return true;
  for (std::size_t i = 0; i < result.size(); ++i)
    if (result[i].is_known() && target[i].is_known() && result[i] != target[i]) return true;
  return false;
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(families_infer_infer) {
  std::vector<std::optional<Shape>> shapes;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i].is_tensor()) {
      shapes.push_back(in.shape(i));
    } else if (in.schema().arguments[i].type->is(TypeKind::kTensor)) {
      const bool is_number = in[i].known_int() || in[i].is(Abstract::Kind::kFloat);
      shapes.push_back(is_number ? std::optional<Shape>(Shape()) : std::nullopt);
    }
  }
  const std::optional<DType> dtype =
      dtype_of(in, *tile::formula_of(in.op()));
  return in.tensor(dtype, broadcast(in.kind(), shapes));
}

TSX_RULE(families_infer_inplace) {
  const Operator& base = operators()[static_cast<std::size_t>(in.op().written_form)];
  const Abstract result =
      rule_of(base)(Operands(in.arena(), base, in.schema(), in.values()));
  if (!result.is_tensor() || !in[0].is_tensor()) return result;
  const Type &made = *result.type(), &target = in.type(0);
  if (made.dtype && target.dtype && !tile::can_cast(*made.dtype, *target.dtype)) {
    throw failure("TSX4007", {{"op", in.kind()},
                              {"result", tsx::engine::name(*made.dtype)},
                              {"dtype", tsx::engine::name(*target.dtype)}});
  }
  if (made.shape && target.shape && outgrows(*made.shape, *target.shape)) {
    mismatch(in.kind(), "a result of shape " + to_text(target) + ", as self has",
                   to_text(made));
  }
  return in.tensor(target.dtype, target.shape);
}

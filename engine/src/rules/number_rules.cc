// Operators on Python numbers and strings, as tsx/ops/number_rules.py: constants are computed by the
// kernels themselves, sizes as far as sizes allow it.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "core/call.h"
#include "core/containers.h"
#include "rules/support.h"

namespace tsx::engine::rules {
namespace {

// --- constants ----------------------------------------------------------------------------------

Value value_of(const Abstract& known) {
  switch (known.kind()) {
  case Abstract::Kind::kBool:
    return Value(known.as_bool());
  case Abstract::Kind::kInt:
    return Value(known.as_int());
  case Abstract::Kind::kFloat:
    return Value(known.as_real());
  case Abstract::Kind::kComplex:
    return Value(known.as_complex());
  case Abstract::Kind::kString:
    return Value(known.as_string());
  case Abstract::Kind::kList:
  case Abstract::Kind::kTuple:
    break;
  default:
    return Value();
  }
  std::vector<Value> items;
  for (const Abstract& item : known.items())
    items.push_back(value_of(item));
  if (known.is(Abstract::Kind::kList)) return Value(make_ref<List>(std::move(items)));
  return Value(make_ref<Tuple>(std::move(items)));
}

/// Nothing for what no rule can name: tensors, dicts, objects.
std::optional<Abstract> abstract_of(const Operands& in, const Value& value) {
  switch (value.tag()) {
  case Tag::kNone:
    return Abstract::none();
  case Tag::kBool:
    return Abstract::boolean(value.boolean());
  case Tag::kInt:
    return Abstract::integer(value.integer());
  case Tag::kFloat:
    return Abstract::real(value.real());
  case Tag::kComplex:
    return Abstract::complex(value.complex());
  case Tag::kString:
    return in.string(value.string());
  case Tag::kList:
  case Tag::kTuple:
    break;
  default:
    return std::nullopt;
  }
  Items items;
  for (const Value& item : value.elements()) {
    const std::optional<Abstract> one = abstract_of(in, item);
    if (!one) return std::nullopt;
    items.push_back(*one);
  }
  return value.is(Tag::kList) ? in.list(std::move(items)) : in.tuple(std::move(items));
}

/// The kernel of an operator; of one that is an instruction, that of its form for any numbers.
Kernel kernel_of(const Operands& in) {
  const Registry& all = Registry::all();
  const std::string any = std::string(in.name()) + ".Scalar";
  for (const std::string_view kind : {in.kind(), in.name(), std::string_view(any)}) {
    const Operator* const op = find_operator(kind);
    const bool is_of_tensors = op && op->schema().find("(Tensor self") != std::string_view::npos;
    if (is_of_tensors) continue;
    if (const Kernel kernel = all.find(kind)) return kernel;
  }
  return nullptr;
}

std::int64_t size_of(const Abstract& value) {
  const auto length = [](const Abstract& text) {
    return text.is(Abstract::Kind::kString) ? static_cast<std::int64_t>(text.as_string().size()) : 0;
  };
  if (value.has_items()) {
    std::int64_t total = 0;
    for (const Abstract& item : value.items())
      total += 1 + length(item);
    return total;
  }
  if (value.is(Abstract::Kind::kString)) return length(value);
  return value.known_int() ? std::abs(std::max(*value.known_int(), -INT64_MAX)) : 1;
}

/// Whether evaluating can't make a huge string or list: the product of all sizes and ints is bounded.
bool is_small(const Operands& in) {
  const Type& result = *in.schema().results[0].type;
  if (result.is_atom() && !result.is(TypeKind::kStr)) return true;
  std::int64_t product = 1;
  for (const Abstract& operand : in.values()) {
    if (__builtin_mul_overflow(product, std::max<std::int64_t>(size_of(operand), 1), &product))
      return false;
  }
  return product <= 16 * kMostKnown;
}

/// Lists are searched by identity before equality, and which NaN is which isn't known.
bool holds_nan(const Abstract& value) {
  if (!value.has_items()) return false;
  return std::any_of(value.items().begin(), value.items().end(), [](const Abstract& item) {
    if (item.is(Abstract::Kind::kFloat)) return std::isnan(item.as_real());
    if (!item.is(Abstract::Kind::kComplex)) return false;
    return std::isnan(item.as_complex().real()) || std::isnan(item.as_complex().imag());
  });
}

/// Nothing where it stops when it runs, if it runs.
std::optional<Abstract> evaluated(const Operands& in) {
  if (in.kind() == "aten::__not__") return Abstract::boolean(!in[0].as_bool());
  const Kernel kernel = kernel_of(in);
  if (kernel == nullptr) return std::nullopt;
  std::vector<Value> operands, results(in.schema().results.size());
  for (const Abstract& operand : in.values())
    operands.push_back(value_of(operand));
  try {
    Call call(operands.data(), operands.size(), results.data(), results.size(), nullptr, &in.op());
    kernel(call);
  } catch (const Refusal&) {
    return std::nullopt;
  } catch (const Raised&) {
    return std::nullopt;
  } catch (const Error& error) {
    if (error.code() == "TSX9001") throw;  // a bug of ours is none of the model's
    return std::nullopt;
  }
  if (results.size() == 1) return abstract_of(in, results[0]);
  Items all;
  for (const Value& result : results) {
    const std::optional<Abstract> one = abstract_of(in, result);
    if (!one) return std::nullopt;
    all.push_back(*one);
  }
  return in.tuple(std::move(all));
}

// --- sizes --------------------------------------------------------------------------------------

/// -1, 0 or 1 where two sizes differ by a constant.
std::optional<int> compared(const Dim& a, const Dim& b) {
  const Dim difference = a - b;
  if (!difference.is_known()) return std::nullopt;
  return difference.size < 0 ? -1 : difference.size > 0 ? 1 : 0;
}

std::optional<bool> comparison(std::string_view name, const Dim& a, const Dim& b) {
  const std::optional<int> sign = compared(a, b);
  if (!sign) return std::nullopt;
  if (name == "eq") return *sign == 0;
  if (name == "ne") return *sign != 0;
  if (name == "lt") return *sign < 0;
  if (name == "le") return *sign <= 0;
  if (name == "gt") return *sign > 0;
  return *sign >= 0;
}

bool is_comparison(std::string_view name) {
  return name == "eq" || name == "ne" || name == "lt" || name == "le" || name == "gt" ||
         name == "ge";
}

/// The size that arithmetic on sizes gives; unknown where there is none.
Dim size_of(const Operands& in, std::string_view name) {
  const Dim a = in[0].as_dim();
  if (in.size() == 1) {
    const bool is_same = name == "Int" || name == "floor" || name == "ceil";
    return name == "neg" ? 0 - a : is_same ? a : Dim();
  }
  const Dim b = in[1].as_dim();
  if (in.size() == 3) return name == "__derive_index" ? b + a * in[2].as_dim() : Dim();
  if (name == "add") return a + b;
  if (name == "sub") return a - b;
  if (name == "mul") return a * b;
  const bool is_divided = b.is_known() && b.size > 0 && in.schema().arguments[0].type->is(TypeKind::kInt);
  if (name == "floordiv" && is_divided) return floor_div(a, b.size);
  if (name == "remainder" && is_divided) return modulo(a, b.size);
  return {};
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(number_rules_rule_infer) {
  const Span<const Abstract> values = in.values();
  if (std::all_of(values.begin(), values.end(), is_known)) {
    if (is_small(in) && std::none_of(values.begin(), values.end(), holds_nan)) {
      if (const std::optional<Abstract> found = evaluated(in)) return *found;
    }
  } else if (std::all_of(values.begin(), values.end(),
                         [](const Abstract& value) { return value.is_dim(); })) {
    const std::string_view name = in.base();
    if (values.size() == 2 && is_comparison(name)) {
      if (const auto found = comparison(name, in[0].as_dim(), in[1].as_dim()))
        return Abstract::boolean(*found);
    } else if (const Dim size = size_of(in, name); size.kind != Dim::Kind::kUnknown) {
      return in.integer(size);
    }
  }
  if (in.schema().results.size() == 1) return in.result();
  Items all;
  for (std::size_t i = 0; i < in.schema().results.size(); ++i)
    all.push_back(in.result(i));
  return in.tuple(std::move(all));
}

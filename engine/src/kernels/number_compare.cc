// Comparisons of numbers, strings, devices, enums and lists of them (tsx/ops/numbers.py).
#include <string>

#include "base/error.h"
#include "core/compare.h"
#include "core/format.h"
#include "kernels/numbers.h"

namespace tsx::engine {
namespace {

template <bool wanted> void equal(Call& call) { call.give(is_equal(call[0], call[1]) == wanted); }

/// -1, 0 or 1; 2 when one is NaN. Strings compare by code points, which is the order of UTF-8.
int order_of(const Value& a, const Value& b) {
  if (a.is(Tag::kString) && b.is(Tag::kString)) {
    const int order = a.string().compare(b.string());
    return order < 0 ? -1 : order > 0;
  }
  const auto is_real = [](const Value& value) {
    return value.is(Tag::kInt) || value.is(Tag::kFloat) || value.is(Tag::kBool);
  };
  if (!is_real(a) || !is_real(b)) refuse(type_text(a) + " and " + type_text(b) + " have no order");
  return compare_numbers(a, b);
}

void less(Call& call) { call.give(order_of(call[0], call[1]) == -1); }
void less_equal(Call& call) {
  const int order = order_of(call[0], call[1]);
  call.give(order == -1 || order == 0);
}
void greater(Call& call) { call.give(order_of(call[0], call[1]) == 1); }
void greater_equal(Call& call) {
  const int order = order_of(call[0], call[1]);
  call.give(order == 1 || order == 0);
}

}  // namespace

}  // namespace tsx::engine

TSX_KERNELS(number_compare) {
  registry.add("aten::eq", equal<true>);
  registry.add("aten::eq.bool", equal<true>);
  registry.add("aten::eq.bool_list", equal<true>);
  registry.add("aten::eq.complex", equal<true>);
  registry.add("aten::eq.complex_float", equal<true>);
  registry.add("aten::eq.device", equal<true>);
  registry.add("aten::eq.enum", equal<true>);
  registry.add("aten::eq.float_complex", equal<true>);
  registry.add("aten::eq.float_int", equal<true>);
  registry.add("aten::eq.float_list", equal<true>);
  registry.add("aten::eq.int_float", equal<true>);
  registry.add("aten::eq.int_list", equal<true>);
  registry.add("aten::eq.str", equal<true>);
  registry.add("aten::eq.str_list", equal<true>);
  registry.add("aten::ne", equal<false>);
  registry.add("aten::ne.bool", equal<false>);
  registry.add("aten::ne.bool_list", equal<false>);
  registry.add("aten::ne.complex", equal<false>);
  registry.add("aten::ne.complex_float", equal<false>);
  registry.add("aten::ne.device", equal<false>);
  registry.add("aten::ne.enum", equal<false>);
  registry.add("aten::ne.float_complex", equal<false>);
  registry.add("aten::ne.float_int", equal<false>);
  registry.add("aten::ne.float_list", equal<false>);
  registry.add("aten::ne.int_float", equal<false>);
  registry.add("aten::ne.int_list", equal<false>);
  registry.add("aten::ne.str", equal<false>);
  registry.add("aten::ne.str_list", equal<false>);
  registry.add("aten::lt", less);
  registry.add("aten::lt.float_int", less);
  registry.add("aten::lt.int_float", less);
  registry.add("aten::lt.str", less);
  registry.add("aten::le", less_equal);
  registry.add("aten::le.float_int", less_equal);
  registry.add("aten::le.int_float", less_equal);
  registry.add("aten::le.str", less_equal);
  registry.add("aten::gt", greater);
  registry.add("aten::gt.float_int", greater);
  registry.add("aten::gt.int_float", greater);
  registry.add("aten::gt.str", greater);
  registry.add("aten::ge", greater_equal);
  registry.add("aten::ge.float_int", greater_equal);
  registry.add("aten::ge.int_float", greater_equal);
  registry.add("aten::ge.str", greater_equal);
}

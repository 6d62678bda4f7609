#include "ir/op.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"

namespace tsx::engine {
namespace {

constexpr Operator kOperators[] = {
#define TSX_OPERATOR(schema, length, operands, results, version, traits, instruction, composite,   \
                     formula, written_form, write_mode)                                            \
  {schema,      std::string_view(schema, length),                                                  \
   operands,    results,                                                                           \
   version,     traits,                                                                            \
   instruction, composite,                                                                         \
   formula,     written_form,                                                                      \
   write_mode},
#include "operators.inc"
#undef TSX_OPERATOR
};

constexpr PrimRow kPrims[] = {
#define TSX_PRIM(name, kind, least_operands, most_operands, least_results, most_results, blocks,   \
                 required, optional)                                                               \
  {Prim::name,   kind,   least_operands, most_operands, least_results,                             \
   most_results, blocks, required,       optional},
#include "prims.inc"
#undef TSX_PRIM
};

}  // namespace

Prim prim_by_name(std::string_view kind) {
  const auto* place =
      std::lower_bound(std::begin(kPrims), std::end(kPrims), kind,
                       [](const PrimRow& row, std::string_view k) { return row.kind < k; });
  return place != std::end(kPrims) && place->kind == kind ? place->prim : Prim::kNone;
}

const PrimRow& row_of(Prim prim) {
  for (const PrimRow& row : kPrims)
    if (row.prim == prim) return row;
  bug("a structural kind has no row");
}

Span<const Operator> operators() { return kOperators; }

const Operator* find_operator(std::string_view kind) {
  const auto* place =
      std::lower_bound(std::begin(kOperators), std::end(kOperators), kind,
                       [](const Operator& row, std::string_view k) { return row.kind < k; });
  return place != std::end(kOperators) && place->kind == kind ? place : nullptr;
}

}  // namespace tsx::engine

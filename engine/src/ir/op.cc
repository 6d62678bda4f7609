#include "ir/op.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/error.h"

namespace tsx::engine {
namespace {

// One literal for all texts: a table of pointers would be twice its size once relocations are counted. The standard asks
// compilers for 65,536 characters only; those that build this take any number.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
constexpr char kTexts[] =
#define TSX_OPERATOR(schema, length, operands, results, version, traits, instruction, composite,   \
                     formula, written_form, write_mode)                                            \
  schema instruction
#include "operators.inc"
#undef TSX_OPERATOR
    ;
#pragma GCC diagnostic pop

constexpr Operator kRows[] = {
#define TSX_OPERATOR(schema, length, operands, results, version, traits, instruction, composite,   \
                     formula, written_form, write_mode)                                            \
  {0,        sizeof(schema) - 1, length,  sizeof(instruction) - 1, operands,                       \
   results,  version,            traits,  composite,               formula,                        \
   written_form, write_mode},
#include "operators.inc"
#undef TSX_OPERATOR
};

/// The rows with the places of their texts.
constexpr std::array<Operator, std::size(kRows)> placed() {
  std::array<Operator, std::size(kRows)> rows{};
  std::uint32_t text = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i] = kRows[i];
    rows[i].text = text;
    text += rows[i].schema_length + std::uint32_t{rows[i].instruction_length};
  }
  return rows;
}

constexpr auto kOperators = placed();

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

std::string_view Operator::schema() const {
  const char* start = is_host() ? static_cast<const HostRecord*>(this)->own_text.data() : kTexts + text;
  return {start, schema_length};
}
std::string_view Operator::kind() const { return schema().substr(0, kind_length); }
std::string_view Operator::instruction() const {
  return is_host() ? std::string_view() : std::string_view(kTexts + text + schema_length, instruction_length);
}

Span<const Operator> operators() { return {kOperators.data(), kOperators.size()}; }

const Operator* find_operator(std::string_view kind) {
  const auto place =
      std::lower_bound(std::begin(kOperators), std::end(kOperators), kind,
                       [](const Operator& row, std::string_view k) { return row.kind() < k; });
  return place != std::end(kOperators) && place->kind() == kind ? &*place : nullptr;
}

}  // namespace tsx::engine

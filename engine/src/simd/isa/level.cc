// A level's table, put together from its parts.
#include "simd/isa/levels.h"

#define TSX_TEXT_OF(name) #name
#define TSX_TEXT(name) TSX_TEXT_OF(name)

namespace tsx::engine::simd::TSX_LEVEL {
namespace {

Table made() {
  Table table;
  table.name = TSX_TEXT(TSX_LEVEL);
  fill_float(table);
  fill_integer(table);
  fill_complex(table);
  fill_convert(table);
  fill_complex_conversions(table);
  fill_gemm(table);
  fill_rows(table);
  fill_hash(table);
  return table;
}

} // namespace

const Table& table() {
  static const Table kTable = made();
  return kTable;
}

} // namespace tsx::engine::simd::TSX_LEVEL

// What the sources of this folder give to a level's table.
#pragma once

#include "simd/table.h"

namespace tsx::engine::simd::TSX_LEVEL {

void fill_float(Table& table);
void fill_integer(Table& table);
void fill_convert(Table& table);
void fill_gemm(Table& table);
void fill_rows(Table& table);
void fill_hash(Table& table);

} // namespace tsx::engine::simd::TSX_LEVEL

namespace tsx::engine::simd {

/// Complex numbers are the same on every level.
void fill_complex(Table& table);
void fill_complex_conversions(Table& table);

} // namespace tsx::engine::simd

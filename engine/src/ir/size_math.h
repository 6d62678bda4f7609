// Arithmetic on sizes, known or symbolic, as tsx/ir/dims.py and tsx/ops/bounds.py define it.
//
// What has an unknown operand, or a number that 64 bits can't hold, is unknown. A symbolic result is
// entered in the store of its operands. A result of more terms than any model's throws TSX8003.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/type.h"

namespace tsx::engine {

Dim operator+(const Dim& a, const Dim& b);
Dim operator-(const Dim& a, const Dim& b);
Dim operator*(const Dim& a, const Dim& b);
inline Dim operator+(const Dim& a, std::int64_t b) { return a + Dim::known(b); }
inline Dim operator-(const Dim& a, std::int64_t b) { return a - Dim::known(b); }
inline Dim operator*(const Dim& a, std::int64_t b) { return a * Dim::known(b); }
inline Dim operator-(std::int64_t a, const Dim& b) { return Dim::known(a) - b; }

/// The quotient rounded down and what it leaves, by a divisor above 0.
Dim floor_div(const Dim& dim, std::int64_t divisor);
Dim modulo(const Dim& dim, std::int64_t divisor);
/// `dim / divisor` where it is known to leave no rest, else unknown (as for view(-1, …)).
Dim exact_div(const Dim& dim, const Dim& divisor);

// What is certain for every binding of the symbols, each of which is 0 or more.

bool is_at_least(const Dim& dim, std::int64_t low);
/// Whether a >= b.
bool no_less(const Dim& a, const Dim& b);
/// The smaller one, or unknown where that can't be told.
Dim smaller(const Dim& a, const Dim& b);
/// Whether it is not 1, so that squeeze keeps it.
bool never_one(const Dim& dim);

/// Whether `a` stands before `b` in a sum: by the number of factors, then by their texts, the
/// greatest first.
bool descends(const SizeTerm& a, const SizeTerm& b);
/// The factors of a term as text; in normal form they ascend.
std::vector<std::string> texts_of(const SizeTerm& term);

}  // namespace tsx::engine

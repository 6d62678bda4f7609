// Complex numbers between memory, registers and other dtypes: the same on every instruction set.
#include "simd/elements.h"
#include "simd/isa/levels.h"

namespace tsx::engine::simd {
namespace {

/// Between complex numbers of T and registers of `R`, which are `type`.
template <typename T, typename R> void fill_casts(Table& table, Compute complex, Compute type) {
  const auto own = static_cast<std::size_t>(complex), other = static_cast<std::size_t>(type);
  table.cast[other][own] = cast_all<Pair<T>, R>;
  table.cast[own][other] = cast_all<R, Pair<T>>;
}

template <typename T> void fill(Table& table, Compute complex, std::size_t dtype) {
  table.load[dtype] = load_all<Pair<T>, Pair<T>>;
  table.store[dtype] = store_all<Pair<T>, Pair<T>>;
  fill_casts<T, float>(table, complex, Compute::kF32);
  fill_casts<T, double>(table, complex, Compute::kF64);
  fill_casts<T, std::int64_t>(table, complex, Compute::kI64);
  fill_casts<T, Bool>(table, complex, Compute::kBool);
  fill_casts<T, Pair<float>>(table, complex, Compute::kC64);
  fill_casts<T, Pair<double>>(table, complex, Compute::kC128);
}

} // namespace

void fill_complex_conversions(Table& table) {
  fill<float>(table, Compute::kC64, 9);
  fill<double>(table, Compute::kC128, 10);
}

} // namespace tsx::engine::simd

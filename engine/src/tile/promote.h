// torch's type promotion, as tsx/ops/promote.py has it.
#pragma once

#include <optional>

#include "core/dtype.h"
#include "simd/table.h"

namespace tsx::engine::tile {

/// How much a value's dtype counts: a tensor's most, a 0-dim tensor's less, a number's least.
enum class Category : std::uint8_t { kTensor, kZeroDim, kNumber };

/// How an elementwise operator gets from the promoted dtype to the dtypes it computes in and gives.
/// The names are those of gen/formulas.inc.
enum class Kind : std::uint8_t {
  DEFAULT,
  NO_OPMATH,
  INT_TO_FLOAT,
  ALWAYS_BOOL,
  COMPLEX_TO_FLOAT,
  BOOL_TO_LONG,
  DOUBLE,
};

/// The dtype of the parts of a complex dtype; any other is its own.
DType real_of(DType dtype);
DType complex_of(DType dtype);
/// The dtype that values of `dtype` are computed in: float32 for float16 and bfloat16.
DType opmath(DType dtype);
/// The least dtype that both convert to.
DType promote(DType a, DType b);
/// Whether an in-place operator may write `from` results into a `to` tensor.
bool can_cast(DType from, DType to);

/// Promotion of any number of operands, added one by one.
class Promotion {
 public:
  void add(DType dtype, Category category);
  bool empty() const { return !best_[0] && !best_[1] && !best_[2]; }
  DType result() const;

 private:
  std::optional<DType> best_[3];
};

struct ComputeAndResult {
  DType compute, result;
};
ComputeAndResult dtypes_of(Kind kind, DType common);

/// The type of the tile register that holds `dtype`.
simd::Compute compute_type(DType dtype);

} // namespace tsx::engine::tile

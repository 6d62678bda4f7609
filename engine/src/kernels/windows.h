// Windows over up to three spatial dimensions, as convolutions and pools have them. Fewer
// dimensions are three whose first ones have size 1.
#pragma once

#include <string>

#include "core/call.h"

namespace tsx::engine {

struct Windows {
  std::size_t dims = 0;
  std::int64_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1};
  std::int64_t kernel[3] = {1, 1, 1}, stride[3] = {1, 1, 1}, pad[3] = {0, 0, 0},
               dilation[3] = {1, 1, 1};

  std::int64_t reach(int axis) const { return dilation[axis] * (kernel[axis] - 1) + 1; }
  std::int64_t inputs() const { return in[0] * in[1] * in[2]; }
  std::int64_t outputs() const { return out[0] * out[1] * out[2]; }
  std::int64_t places() const { return kernel[0] * kernel[1] * kernel[2]; }
};

/// An operand of one or `dims` numbers, each at least `least`, into the last places of `to`.
void spread_numbers(std::int64_t (&to)[3], const Dims& numbers, std::size_t dims,
                    std::int64_t least, const char* what);
/// Sets the number of windows along each axis; `extra` is padding at the end only. Refuses when
/// there is none.
void count_windows(Windows& windows, bool ceil, const std::int64_t (&extra)[3]);
/// The sizes of a result: those before the spatial ones (of `input`), then the numbers of windows.
Dims with_counts(const Windows& windows, const Dims& lead);

} // namespace tsx::engine

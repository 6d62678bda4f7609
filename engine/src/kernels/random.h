// Draws from a run's generator, for kernels that need random numbers.
#pragma once

#include "core/call.h"
#include "core/generator.h"

namespace tsx::engine {

/// The generator of the run; the process's own where it has none.
Generator& generator_of(const Call& call);
/// Numbers from [0, 1), multiples of 2^-bits.
void draw_uniform(Generator& generator, double* to, Size count, int bits);

}  // namespace tsx::engine

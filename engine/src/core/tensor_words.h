// The elements of tensors as text, where the program around the engine has a way to write them.
#pragma once

#include <string>

#include "core/tensor.h"

namespace tsx::engine {

/// str(tensor), or repr(tensor).
using TensorWords = std::string (*)(const TensorRef& tensor, bool is_repr);

/// From now on tensors are printed by it: Python sets NumPy's. Without one their type is printed.
void set_tensor_words(TensorWords words);

}  // namespace tsx::engine

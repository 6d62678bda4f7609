// Values, types of values and numbers as text, as Python writes them.
#pragma once

#include <string>

#include "core/containers.h"

namespace tsx::engine {

/// repr(float): the shortest digits that read back.
std::string format_float(double value);
std::string format_complex(std::complex<double> value);
/// repr(value); of a tensor its type.
std::string repr(const Value& value);
/// str(value): a string is itself.
std::string to_text(const Value& value);
/// "Float(2, 3)", "int", "int[]": the type of a value as errors show it.
std::string type_text(const Value& value);
std::string type_text(const Tensor& tensor);

}  // namespace tsx::engine

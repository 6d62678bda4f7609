// .npy files: arrays as NumPy saves them, format versions 1 to 3. Never objects.
#pragma once

#include <stdexcept>
#include <string>

#include "tsx/tsx.h"

namespace tsx::tools {

/// What is wrong with a file, in one sentence.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

Tensor read_npy(const std::string& path);
/// bfloat16 is written as its bits (uint16), which NumPy has no other dtype for.
void write_npy(const std::string& path, const Tensor& tensor);

}  // namespace tsx::tools

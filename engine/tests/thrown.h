// What the public interface throws.
#pragma once

#include <string>

#include "tsx/tsx.h"

namespace tsx::test {

/// The code of the tsx::Error that `run` throws; empty when it throws none.
template <typename Run> std::string code(Run run) {
  try {
    run();
  } catch (const tsx::Error& error) {
    return error.code();
  }
  return "";
}

}  // namespace tsx::test

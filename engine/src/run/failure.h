// What a user reads when a run stops: the reason, the source line, the operator and the types it was
// given, the calls that led there. As tsx/runtime/failure.py.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "core/containers.h"
#include "run/program.h"

namespace tsx::engine {

/// Where a run is: an instruction of a function, and the operands that it still has.
struct Moment {
  const Program& program;
  const Function& function;
  std::uint32_t place;
  std::vector<Value> operands;
};

/// A call around: the function and the instruction that called.
struct Caller {
  const Function* function;
  std::uint32_t place;
};

/// What to do about an exception of Python's, by the name of its class; none where only the model's
/// author knows. As tsx/runtime/ways.py.
std::optional<std::string> way_out(std::string_view exception);

/// The error to throw in place of `stopped`. `callers`: innermost first.
Error explained(std::exception_ptr stopped, const Moment& moment, const std::vector<Caller>& callers);

}  // namespace tsx::engine

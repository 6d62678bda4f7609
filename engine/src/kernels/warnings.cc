// A message to whoever runs the program (tsx/ops/warnings.py).
#include <cstdio>

#include "base/quote.h"
#include "core/call.h"
#include "run/context.h"

namespace tsx::engine {
namespace {

void warn(Call& call) {
  const std::string& message = call.string(0);
  call.integer(1);
  if (call.context() != nullptr && call.context()->warn) {
    call.context()->warn(message);
  } else {
    const std::string line = "warning: " + escape(message) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
  call.give();
}

}  // namespace
}  // namespace tsx::engine

TSX_KERNELS(warnings) { registry.add("aten::warn", warn); }

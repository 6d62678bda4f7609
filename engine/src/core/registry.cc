#include "base/error.h"
#include "core/call.h"

namespace tsx::engine {
namespace {

Registry made() {
  Registry registry;
#define TSX_KERNEL_FILE(file) kernels_of_##file(registry);
#include "kernels/files.inc"
#undef TSX_KERNEL_FILE
  return registry;
}

}  // namespace

const Registry& Registry::all() {
  static const Registry kAll = made();
  return kAll;
}

void Registry::add(std::string_view kind, Kernel kernel) {
  if (!kernels_.emplace(kind, kernel).second) bug("two kernels for " + std::string(kind));
}

Kernel Registry::find(std::string_view kind) const {
  const auto found = kernels_.find(std::string(kind));
  return found == kernels_.end() ? nullptr : found->second;
}

std::vector<std::string> Registry::kinds() const {
  std::vector<std::string> kinds;
  for (const auto& [kind, kernel] : kernels_) kinds.push_back(kind);
  return kinds;
}

}  // namespace tsx::engine

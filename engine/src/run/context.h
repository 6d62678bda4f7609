// RunContext: what one run has besides its values: where print goes, and what watches it.
#pragma once

#include <functional>
#include <string_view>

namespace tsx::engine {

class Budget;
class Profile;

class RunContext {
 public:
  /// What the model prints; standard output when empty.
  std::function<void(std::string_view)> write;
  /// Times each operator when it isn't null.
  Profile* profile = nullptr;
  /// What a limited run may still take; null where there are no limits.
  Budget* budget = nullptr;
};

}  // namespace tsx::engine

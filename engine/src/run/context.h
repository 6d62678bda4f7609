// RunContext: what one run has besides its values: where print goes, random numbers, what watches it.
#pragma once

#include <functional>
#include <string_view>

namespace tsx::engine {

class Budget;
class Generator;
class Profile;

class RunContext {
 public:
  /// What the model prints; standard output when empty.
  std::function<void(std::string_view)> write;
  /// What the model warns of, without an end of line; standard error when empty.
  std::function<void(std::string_view)> warn;
  /// Where random numbers come from; the process's own generator when null.
  Generator* generator = nullptr;
  /// Times each operator when it isn't null.
  Profile* profile = nullptr;
  /// What a limited run may still take; null where there are no limits.
  Budget* budget = nullptr;
};

}  // namespace tsx::engine

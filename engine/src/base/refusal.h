// Refusals whose way out is known: what is wrong with the operands has a code of its own in
// tsx/error_codes.toml, and so a help, whatever the operator.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace tsx::engine {

/// The way out that goes with an error code.
std::string help_of(std::string_view code);

class KnownRefusal final : public Refusal {
 public:
  KnownRefusal(const char* code, std::string reason) : Refusal(std::move(reason)), code_(code) {}
  const char* code() const { return code_; }

 private:
  const char* code_;
};

/// `refuse`, with the way out of `code`.
[[noreturn]] void refuse_as(const char* code, std::string reason);

}  // namespace tsx::engine

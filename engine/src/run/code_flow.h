// Flow: where the jumps of a function land in code over registers. The engine's own business.
//
// The stack machine stores what a jump carries where it lands; in code over registers the jump
// itself does that, so it lands behind the stores.
#pragma once

#include <cstdint>
#include <vector>

#include "run/program.h"

namespace tsx::engine {

class Flow {
 public:
  explicit Flow(const Function& function) : function_(function) {}

  /// Whether a jump lands at each place, and at the end.
  std::vector<bool> targets() const;
  /// Where a forward jump really lands: stores at its target are done before it jumps.
  std::uint32_t landing(std::size_t place, std::uint32_t target) const;
  /// The LOOP whose next turn a jump to `target` begins, or kNoRegister. Ways that meet only to go
  /// on to the next turn do so each by itself.
  std::uint32_t turned(std::uint32_t place, std::uint32_t target) const;
  /// Behind the stores that follow a LOOP, or 0 when other code does.
  std::uint32_t body_start(std::uint32_t loop) const;

 private:
  bool is_store(std::size_t place) const;
  /// Whether what follows a LOOP stores each value that it carries.
  bool keeps_all(std::uint32_t loop) const;

  const Function& function_;
};

}  // namespace tsx::engine

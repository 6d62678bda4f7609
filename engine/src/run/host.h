// Operators that the program around the engine provides: tsx::register_kernel, and tsx.register_kernel
// of Python.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/call.h"
#include "ir/schema.h"
#include "run/program.h"

namespace tsx::engine {

/// What a host operator does: a value for each of `results` results. Throws as a kernel does; any
/// number of threads may call it at once.
using HostFunction = std::function<std::vector<Value>(Span<const Value> operands, std::size_t results)>;

/// A record with its meaning. Immutable: a second registration of the name makes another one.
class HostOperator final : public HostRecord {
 public:
  /// TSX4001 for a schema that does not parse, TSX4071 for a namespace of tsx's own, TSX4076 for what
  /// a kernel of the host can't do.
  HostOperator(const std::string& schema, std::int16_t version, HostFunction function);

  /// Runs it. What it gives has to be what the schema says (TSX4075), and is in memory of its own
  /// where the schema does not say otherwise.
  void run(Call& call) const;

 private:
  void check_schema() const;

  HostFunction function_;
  TypeStore types_;
  Schema parsed_;
};

/// Makes an operator known to all that load from now on, in place of one of its name.
void register_operator(std::shared_ptr<const HostOperator> op);
/// The one that was registered last under the name, or null.
std::shared_ptr<const Operator> registered_operator(std::string_view kind);

/// What answers an operator: the host's function, else the engine's kernel; null when there is none.
Kernel kernel_of(const OperatorEntry& entry);

}  // namespace tsx::engine

// The border of a loaded module: values as callers have them in, structured results out.
//
// As tsx/runtime/border.py: binds arguments to a method's parameters, checks them against the
// graph's types, keeps the program from writing into the caller's memory, and gives results that
// share no memory with inputs, weights or state.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/budget.h"
#include "run/context.h"
#include "run/session.h"
#include "run/vm.h"

namespace tsx::engine {

using Keywords = std::vector<std::pair<std::string, Value>>;

struct CallOptions {
  /// The program writes into the caller's own tensors instead of copies.
  bool in_place = false;
  /// What the run may take; by default all there is.
  Limits limits;
  RunContext context;
  /// Asked now and then while it runs; see Run.
  Poll poll;
};

/// Runs a method. Without a session, a model that changes what it keeps stops with TSX5030.
Value call(const Executable& executable, std::string_view method, const std::vector<Value>& arguments,
           const Keywords& keywords, CallOptions& options, Session* session);

/// The same on flat values: the graph's inputs without `self`, checked by the caller.
std::vector<Value> call_flat(const Executable& executable, std::string_view method,
                             std::vector<Value> inputs, CallOptions& options, Session* session);

/// The parameters as people read them: (x, mask, *, scale).
std::string signature(const ir::Module& module, const ir::Method& method);

/// The name of the entry point that a call means: `forward`, else the first.
std::string_view default_method(const ir::Module& module);

}  // namespace tsx::engine

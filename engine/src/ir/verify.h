// The verifier: the boundary between a graph that somebody gave us and one that runs.
//
// The numbered invariants and their codes are those of tsx/ir/verify (docs/ir.md lists them). Takes
// any module that the reader can build, and gives every violation. Later groups are looked at only
// where the earlier ones hold, because their questions make no sense before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/module.h"

namespace tsx::engine::ir {

/// One broken invariant: its number, a sentence, and the graph and node that it is about.
struct Violation {
  const char* code;  // "V13"
  std::string message;
  const Graph* graph = nullptr;
  NodeId node = kNoId;
  std::string name;  // of the graph in its module, or of the thing that is wrong
};

/// Every violation in the graphs and tables of `module`, graphs first. Enters types in its store.
std::vector<Violation> verify(Module& module);

/// Refuses (TSX6006) a module that breaks an invariant.
void check(Module& module);

}  // namespace tsx::engine::ir

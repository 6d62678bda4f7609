// A unit: graphs with the strings, sizes and types they use (docs/archive.md, section 6).
//
// Takes checked msgpack. Gives graphs whose indices are in range, no more: that a program makes
// sense is the verifier's business, which always runs after this. Nothing recurses.
#pragma once

#include <string_view>
#include <vector>

#include "ir/module.h"
#include "read/msgpack.h"
#include "read/type_table.h"

namespace tsx::engine {

class UnitReader {
 public:
  /// Reads the unit; its graphs become entries of `module.graphs`.
  UnitReader(ir::Module& module, Reader rows);

  /// The graphs of the unit, in order.
  const std::vector<ir::Graph*>& graphs() const { return graphs_; }

  const Type* type(Reader& from, std::string_view what) const { return types_.take(from, what); }
  /// A node attribute or another plain value; items of tuples go to the end of `items`.
  ir::Literal literal(Reader& from, std::vector<ir::Literal>& items, std::string_view what) const;

 private:
  UnitReader(ir::Module& module, const std::array<Reader, 4>& tables);
  ir::Literal plain(Reader& from, std::string_view what) const;

  std::vector<std::string_view> strings_;
  TypeTable types_;
  std::vector<ir::Graph*> graphs_;
};

}  // namespace tsx::engine

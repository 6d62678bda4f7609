// The attribute tree: objects that refer to earlier ones only (docs/archive.md, section 5).
#pragma once

#include <vector>

#include "ir/module.h"
#include "read/limits.h"
#include "read/unit.h"

namespace tsx::engine {

class ObjectReader {
 public:
  ObjectReader(ir::Module& module, const UnitReader& unit) : module_(module), unit_(unit) {}

  void read(Reader& rows);
  ir::ObjectId at(Reader& from);

 private:
  /// A container that still lacks items.
  struct Open {
    std::uint32_t next;
    ir::AttributeValue whole;
  };

  ir::AttributeValue value(Reader& from);
  bool container(Reader& from, ir::AttributeValue& made) const;
  ir::AttributeValue leaf(Reader& from);
  void check_keys(const ir::AttributeValue& dict) const;

  ir::Module& module_;
  const UnitReader& unit_;
  limits::Growth growth_{"objects"};
  std::vector<std::uint32_t> parts_;  // of the object that is being read
  std::vector<Open> open_;
};

}  // namespace tsx::engine

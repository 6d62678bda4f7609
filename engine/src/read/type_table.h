// Sizes and types as tables whose entries refer to earlier ones (docs/archive.md, section 6).
#pragma once

#include <vector>

#include "ir/type.h"
#include "read/limits.h"
#include "read/msgpack.h"

namespace tsx::engine {

/// The tables of a unit; both are read in one loop, and no entry is larger than the limits allow.
class TypeTable {
 public:
  /// Reads both tables; the entries live in `store`.
  TypeTable(TypeStore& store, Reader sizes, Reader types);

  /// The type whose index comes next in `from`.
  const Type* take(Reader& from, std::string_view what) const {
    return types_[from.index(types_.size(), what)];
  }

 private:
  void read_size(Reader& rows);
  SizeTerm read_term(Reader& rows, std::vector<std::uint32_t>& parts);
  void read_type(Reader& rows);
  void read_tensor(Reader& row, Type& type);
  void read_tuple(Reader& row, Type& type);
  std::vector<Dim> read_shape(Reader& row);
  const Type* part(Reader& row);
  void all_parts(Reader& row, Type& type);

  TypeStore& store_;
  std::vector<const SizeExpr*> sizes_;
  std::vector<const Type*> types_;
  limits::Growth size_growth_{"sizes", limits::kSize};
  limits::Growth type_growth_{"types"};
  // Of the type that is being read: what it refers to, and how large it is itself.
  std::vector<std::uint32_t> parts_;
  std::int64_t own_ = 0;
};

}  // namespace tsx::engine

// Where the bytes of an archive come from: memory, or a file that is mapped or read piece by piece.
//
// What is interpreted (header, program) is always copied into private memory by `read`; only the
// elements of tensors are seen in place through `view`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ref.h"
#include "base/span.h"
#include "core/storage.h"

namespace tsx::engine {

/// Whether weights are mapped; kAuto maps except on network file systems.
enum class MapMode : std::uint8_t { kAuto, kOn, kOff };

class Source {
 public:
  virtual ~Source() = default;

  /// What errors call it.
  const std::string& name() const { return name_; }
  std::int64_t size() const { return size_; }

  /// A private copy of bytes that lie within the source.
  std::vector<std::uint8_t> read(std::int64_t offset, std::int64_t length) const;
  virtual void read_into(std::uint8_t* target, std::int64_t offset, std::int64_t length) const = 0;
  /// The bytes of a tensor, frozen and 64-byte aligned: mapped, or a copy.
  virtual Ref<Storage> view(std::int64_t offset, std::int64_t length) const;
  /// Whether views are no copies, so that one more costs no memory.
  virtual bool is_mapped() const { return false; }

 protected:
  Source(std::string name, std::int64_t size) : name_(std::move(name)), size_(size) {}

  std::string name_;
  std::int64_t size_;
};

/// A regular file; TSX6008 when it can't be read, TSX6001 when it is a folder or the like.
std::shared_ptr<Source> open_file(const std::string& path, MapMode mode);

/// A copy of bytes in memory.
std::shared_ptr<Source> open_bytes(Span<const std::uint8_t> data, std::string name = "<bytes>");

/// The type of the file system that holds `path`, by the text of /proc/self/mounts; empty if none.
std::string file_system_of(const std::string& path, const std::string& mounts);

}  // namespace tsx::engine

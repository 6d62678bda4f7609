#include "read/source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace tsx::engine {
namespace {

class MemorySource final : public Source {
 public:
  MemorySource(Span<const std::uint8_t> data, std::string name)
      : Source(std::move(name), Size::of(data.size()).value()), data_(data.begin(), data.end()) {}

  void read_into(std::uint8_t* target, std::int64_t offset, std::int64_t length) const override {
    std::copy_n(data_.begin() + offset, length, target);
  }

 private:
  std::vector<std::uint8_t> data_;
};

Error unreadable(int number, const std::string& path) {
  return failure("TSX6008", {{"why", std::generic_category().message(number)}}, path);
}

Error became_shorter(const std::string& path) {
  return failure("TSX6002", {{"what", "it became shorter while it was read"}}, path);
}

/// An open file, closed with its last user.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

/// A mapped file, unmapped with the last tensor in it.
class Mapping {
 public:
  Mapping(void* start, std::size_t length) : start_(start), length_(length) {}
  ~Mapping() { ::munmap(start_, length_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  std::byte* at(std::int64_t offset) const { return static_cast<std::byte*>(start_) + offset; }

 private:
  void* start_;
  std::size_t length_;
};

class FileSource final : public Source {
 public:
  FileSource(std::string path, int descriptor, std::int64_t size, bool is_mapped)
      : Source(std::move(path), size), file_(descriptor), is_mapped_(is_mapped && size > 0) {}

  void read_into(std::uint8_t* target, std::int64_t offset, std::int64_t length) const override {
    // One read may give less, by a signal or a limit of the system.
    while (length > 0) {
      const ::ssize_t count =
          ::pread(file_.number(), target, static_cast<std::size_t>(length), offset);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw unreadable(errno, name_);
      if (count == 0) throw became_shorter(name_);
      target += count;
      offset += count;
      length -= count;
    }
  }

  Ref<Storage> view(std::int64_t offset, std::int64_t length) const override {
    if (length == 0 || !is_mapped_) return Source::view(offset, length);
    std::shared_ptr<const Mapping> mapping = mapped();
    std::byte* start = mapping->at(offset);
    return Storage::borrow(start, Size(length), Access::kFrozen, std::move(mapping));
  }

  bool is_mapped() const override { return is_mapped_; }

 private:
  std::shared_ptr<const Mapping> mapped() const {
    const std::lock_guard lock(mutex_);
    if (!mapping_) {
      struct ::stat facts {};
      if (::fstat(file_.number(), &facts) != 0) throw unreadable(errno, name_);
      if (facts.st_size < size_) throw became_shorter(name_);
      const auto length = static_cast<std::size_t>(size_);
      void* start = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, file_.number(), 0);
      if (start == MAP_FAILED) throw unreadable(errno, name_);
      try {
        mapping_ = std::make_shared<const Mapping>(start, length);
      } catch (...) {
        ::munmap(start, length);
        throw;
      }
    }
    return mapping_;
  }

  Descriptor file_;
  bool is_mapped_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Mapping> mapping_;
};

/// What a path is when it's no regular file.
const char* what_else(::mode_t mode) {
  if (S_ISDIR(mode)) return "it is a folder";
  if (S_ISFIFO(mode)) return "it is a pipe (use `-` and redirect it to read from one)";
  if (S_ISSOCK(mode)) return "it is a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "it is a device";
  return nullptr;
}

/// Whether the mount that holds `path` is of a network file system; only Linux tells.
bool is_on_network(const std::string& path) {
  constexpr std::array<std::string_view, 12> kNetwork = {
      "9p",         "afs",    "ceph", "cifs", "fuse.gcsfuse", "fuse.s3fs",
      "fuse.sshfs", "lustre", "nfs",  "nfs4", "smb3",         "smbfs"};
  std::ifstream file("/proc/self/mounts");
  if (!file) return false;
  std::ostringstream mounts;
  mounts << file.rdbuf();
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  const std::string type = file_system_of(real ? real.get() : path, mounts.str());
  return std::find(kNetwork.begin(), kNetwork.end(), type) != kNetwork.end();
}

/// Mount points have their blanks written as \040.
std::string unescaped(std::string text) {
  for (std::size_t at = 0; (at = text.find("\\040", at)) != std::string::npos; ++at)
    text.replace(at, 4, " ");
  return text;
}

}  // namespace

std::vector<std::uint8_t> Source::read(std::int64_t offset, std::int64_t length) const {
  std::vector<std::uint8_t> copy(static_cast<std::size_t>(length));
  read_into(copy.data(), offset, length);
  return copy;
}

Ref<Storage> Source::view(std::int64_t offset, std::int64_t length) const {
  Ref<Storage> copy = Storage::allocate(Size(length));
  read_into(reinterpret_cast<std::uint8_t*>(copy->writable_data()), offset, length);
  std::byte* start = copy->writable_data();
  auto owner = std::make_shared<const Ref<Storage>>(std::move(copy));
  return Storage::borrow(start, Size(length), Access::kFrozen, std::move(owner));
}

std::shared_ptr<Source> open_file(const std::string& path, MapMode mode) {
  if (path.find('\0') != std::string::npos)
    throw failure("TSX6008", {{"why", "no path holds a NUL character"}});
  // Never waits for the writer of a pipe.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) throw unreadable(errno, path);
  struct ::stat facts {};
  const bool is_known = ::fstat(descriptor, &facts) == 0;
  const int number = errno;
  const char* other = is_known ? what_else(facts.st_mode) : nullptr;
  if (!is_known || other) ::close(descriptor);
  if (!is_known) throw unreadable(number, path);
  if (other) throw failure("TSX6001", {{"what", other}}, path);
  const bool is_mapped = mode == MapMode::kOn || (mode == MapMode::kAuto && !is_on_network(path));
  return std::make_shared<FileSource>(path, descriptor, facts.st_size, is_mapped);
}

std::shared_ptr<Source> open_bytes(Span<const std::uint8_t> data, std::string name) {
  return std::make_shared<MemorySource>(data, std::move(name));
}

std::string file_system_of(const std::string& path, const std::string& mounts) {
  std::istringstream lines(mounts);
  std::string line, best, found;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string device, folder, type;
    if (!(words >> device >> folder >> type)) continue;
    folder = unescaped(folder);
    const std::string inside = folder == "/" ? folder : folder + "/";
    const bool holds = path == folder || path.compare(0, inside.size(), inside) == 0;
    if (!holds || folder.size() < best.size()) continue;
    best = folder;
    found = type;
  }
  return found;
}

}  // namespace tsx::engine

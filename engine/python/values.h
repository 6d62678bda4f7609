// Values across the border between Python and the engine: arrays over each other's memory, numbers, strings,
// containers, and the classes that `register_types` was given.
#pragma once

#include <nanobind/nanobind.h>

#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/c_api.h"
#include "core/containers.h"
#include "run/weights.h"

namespace tsx::engine::python {

namespace nb = nanobind;

/// The classes that values have in Python, and what makes errors. They live as long as the process.
struct Types {
  nb::object error, instance, enum_member, uninitialized, weight;
};

Types& types();
nb::str text(std::string_view characters);

/// Raises the error that is being handled, as TsxError.
[[noreturn]] void raise_caught();

/// An exception of Python's as an error: a TsxError's own parts, else what it says.
Error error_of(nb::handle exception);

/// `body` with the engine's errors as Python's.
template <typename Body> auto guarded_for_python(Body body) {
  try {
    return body();
  } catch (const nb::python_error&) {
    throw;
  } catch (...) {
    raise_caught();
  }
}

/// A buffer of Python's, given back under the GIL by whoever lets go of it last.
class Buffer {
 public:
  explicit Buffer(nb::handle of) {
    if (PyObject_GetBuffer(of.ptr(), &view_, PyBUF_FORMAT | PyBUF_STRIDES) != 0) throw nb::python_error();
  }
  ~Buffer() {
    const nb::gil_scoped_acquire gil;
    PyBuffer_Release(&view_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  const Py_buffer& view() const { return view_; }

 private:
  Py_buffer view_;
};

/// Arrays of Python as tensors over their memory. What is given twice is one storage.
class Lender {
 public:
  TensorRef tensor(nb::handle array);

 private:
  struct Lent {
    std::byte* start;
    std::int64_t bytes;
    Ref<Storage> storage;
  };

  Ref<Storage> storage_of(std::byte* start, std::int64_t bytes, std::shared_ptr<const void> owner);

  std::vector<Lent> lent_;
};

/// Whether arrays in `values` share memory without being the same.
bool overlap(nb::handle values);

/// An array over a tensor's memory, which lives as long as the array.
nb::object array_of(const TensorRef& tensor);

/// Values of Python as the engine's.
class FromPython {
 public:
  Value value(nb::handle given, int depth = 0);

 private:
  std::vector<Value> items(nb::handle sequence, int depth);

  Lender lender_;
};

/// Values of the engine as Python's. Objects that are shared stay shared.
class ToPython {
 public:
  ToPython() = default;
  /// Of a session, whose tensors are copied, since it goes on writing them. Weights that nobody has
  /// read are given by name, but for those in `owned`.
  ToPython(WeightTable& weights, const Weights& names, nb::handle owned)
      : weights_(&weights), names_(&names), owned_(owned) {}

  nb::object value(const Value& given, int depth = 0);

 private:
  nb::object tensor(const TensorRef& tensor);
  nb::object weight(std::uint32_t index);
  nb::object object(const Value& given, int depth);

  std::unordered_map<const RefCounted*, nb::object> made_;
  WeightTable* weights_ = nullptr;
  const Weights* names_ = nullptr;
  nb::handle owned_;
};

}  // namespace tsx::engine::python

// The Python extension tsx.runtime._engine: programs of the engine, called on NumPy arrays.
//
// tsx/runtime/native.py is its only user. It binds, checks and converts what callers pass, so values
// arrive here as the VM of Python takes them, and leave as that VM gives them: arrays, numbers,
// strings, lists, tuples, dicts, and the classes that `register_types` was given. Arrays go in and
// out without a copy; what owns their memory is kept alive by the other side. The GIL is not held
// while a program runs.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/unique_ptr.h>

#include <algorithm>
#include <chrono>
#include <unordered_map>

#include "api/c_api.h"
#include "base/error.h"
#include "core/containers.h"
#include "ir/module.h"
#include "read/archive.h"
#include "run/border.h"
#include "run/literal.h"
#include "run/profile.h"
#include "run/writes.h"
#include "simd/table.h"
#include "threads/pool.h"

namespace nb = nanobind;

namespace tsx::engine {
namespace {

// --- What Python gives us once -----------------------------------------------------------------

/// The classes that values have in Python, and what makes errors. They live as long as the process.
struct Types {
  nb::object error, instance, enum_member, uninitialized, weight;
};

Types& types() {
  static Types* const kTypes = std::make_unique<Types>().release();
  return *kTypes;
}

nb::str text(std::string_view characters) { return nb::str(characters.data(), characters.size()); }

/// Raises the error that is being handled, as TsxError.
[[noreturn]] void raise_caught() {
  const std::unique_ptr<tsx_error, decltype(&tsx_error_free)> caught(engine::caught(), &tsx_error_free);
  const Error& error = caught->error;
  nb::object exception = nb::none();
  if (!error.exception().empty())
    exception = nb::make_tuple(text(error.exception()), text(error.exception_text()));
  const nb::object made = types().error(text(error.code()), text(error.message()), text(error.where()),
                                        text(error.excerpt()), text(error.help()), exception);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(made.ptr())), made.ptr());
  throw nb::python_error();
}

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

// --- Arrays ------------------------------------------------------------------------------------

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

DType dtype_of(const Py_buffer& view) {
  std::string_view format = view.format ? view.format : "B";
  const std::size_t prefix = format.find_first_not_of("<=@^|");
  format.remove_prefix(std::min(prefix, format.size()));
  if (format == "?") return DType::kBool;
  if (format == "e") return DType::kFloat16;
  if (format == "f") return DType::kFloat32;
  if (format == "d") return DType::kFloat64;
  if (format == "Zf") return DType::kComplex64;
  if (format == "Zd") return DType::kComplex128;
  if (format == "b") return DType::kInt8;
  if (format == "B") return DType::kUInt8;
  if (format == "h") return DType::kInt16;
  if (format == "H") return DType::kBFloat16;  // its bits, as everywhere in tsx
  if (format == "i") return DType::kInt32;
  if ((format == "l" || format == "q") && view.itemsize == 8) return DType::kInt64;
  refuse("no tensor has elements of the format " + std::string(format));
}

nb::dlpack::dtype dlpack_dtype(DType dtype) {
  using Code = nb::dlpack::dtype_code;
  const auto made = [&](Code code) {
    return nb::dlpack::dtype{static_cast<std::uint8_t>(code),
                             static_cast<std::uint8_t>(8 * item_size(dtype)), 1};
  };
  if (dtype == DType::kBool) return made(Code::Bool);
  if (dtype == DType::kUInt8 || dtype == DType::kBFloat16) return made(Code::UInt);
  if (is_integer(dtype)) return made(Code::Int);
  return made(is_complex(dtype) ? Code::Complex : Code::Float);
}

/// Arrays of Python as tensors over their memory. What is given twice is one storage.
class Lender {
 public:
  Value tensor(nb::handle array) {
    auto buffer = std::make_shared<const Buffer>(array);
    const Py_buffer& view = buffer->view();
    const DType dtype = dtype_of(view);
    const auto width = static_cast<std::int64_t>(view.itemsize);
    const std::int64_t alignment = is_complex(dtype) ? width / 2 : width;
    if (reinterpret_cast<std::uintptr_t>(view.buf) % static_cast<std::uintptr_t>(alignment) != 0)
      return tensor(array.attr("copy")());
    Dims sizes, strides;
    std::int64_t low = 0, high = width;  // in bytes, from the first element
    bool is_empty = false;
    for (int i = 0; i < view.ndim; ++i) {
      const std::int64_t size = view.shape[i], step = view.strides[i];
      if (size > 1 && step % width != 0) return tensor(array.attr("copy")());
      sizes.push_back(size);
      strides.push_back(size > 1 ? step / width : 0);
      is_empty = is_empty || size == 0;
      if (size > 1) (step < 0 ? low : high) += step * (size - 1);
    }
    if (is_empty || view.ndim == 0 || is_row_major(sizes, strides)) strides = row_major(sizes);
    if (is_empty) low = high = 0;
    auto* start = static_cast<std::byte*>(view.buf) + low;
    Ref<Storage> storage = storage_of(start, high - low, buffer);
    return make_ref<Tensor>(std::move(storage), dtype, sizes, strides, -low / width, view.readonly == 0);
  }

 private:
  struct Lent {
    std::byte* start;
    std::int64_t bytes;
    Ref<Storage> storage;
  };

  /// Row-major but for dimensions of one element, whose strides don't matter.
  static bool is_row_major(const Dims& sizes, const Dims& strides) {
    const Dims wanted = row_major(sizes);
    for (std::size_t i = 0; i < sizes.size(); ++i)
      if (sizes[i] > 1 && strides[i] != wanted[i]) return false;
    return true;
  }

  Ref<Storage> storage_of(std::byte* start, std::int64_t bytes, std::shared_ptr<const void> owner) {
    for (const Lent& lent : lent_)
      if (lent.start == start && lent.bytes == bytes) return lent.storage;
    lent_.push_back({start, bytes, Storage::borrow(start, bytes, Access::kWritable, std::move(owner))});
    return lent_.back().storage;
  }

  std::vector<Lent> lent_;
};

/// Whether arrays in `values` share memory without being the same.
class Overlap {
 public:
  void add(nb::handle value) {
    if (PyList_Check(value.ptr()) || PyTuple_Check(value.ptr())) {
      for (const nb::handle item : value) add(item);
    } else if (PyDict_Check(value.ptr())) {
      for (const auto& [key, item] : nb::borrow<nb::dict>(value)) add(item);
    } else if (PyObject_CheckBuffer(value.ptr())) {
      const TensorRef tensor = lender_.tensor(value).tensor_ref();
      auto* start = tensor->storage()->data();
      if (tensor->storage()->bytes().value() > 0)
        found_.push_back({start, start + tensor->storage()->bytes().value(), tensor});
    }
  }

  bool any() {
    std::sort(found_.begin(), found_.end(), [](const Range& a, const Range& b) {
      return a.start != b.start ? a.start < b.start : a.end < b.end;
    });
    for (std::size_t i = 1; i < found_.size(); ++i) {
      const Range &a = found_[i - 1], &b = found_[i];
      const bool are_same = a.start == b.start && a.tensor->raw() == b.tensor->raw() &&
                            a.tensor->dtype() == b.tensor->dtype() && a.tensor->sizes() == b.tensor->sizes() &&
                            a.tensor->strides() == b.tensor->strides();
      if (b.start < a.end && !are_same) return true;
    }
    return false;
  }

 private:
  struct Range {
    const std::byte *start, *end;
    TensorRef tensor;
  };
  Lender lender_;
  std::vector<Range> found_;
};

/// An array over a tensor's memory, which lives as long as the array.
nb::object array_of(const TensorRef& tensor) {
  auto kept = std::make_unique<TensorRef>(tensor);
  const nb::capsule owner(kept.get(), [](void* held) noexcept {
    std::default_delete<TensorRef>()(static_cast<TensorRef*>(held));
  });
  kept.release();
  std::size_t sizes[kMaxRank];
  for (std::size_t i = 0; i < tensor->rank(); ++i) sizes[i] = static_cast<std::size_t>(tensor->size(i));
  auto* first = const_cast<std::byte*>(tensor->raw());
  return nb::cast(nb::ndarray<nb::numpy>(first, tensor->rank(), sizes, owner, tensor->strides().begin(),
                                         dlpack_dtype(tensor->dtype())),
                  nb::rv_policy::reference);
}

// --- Values ------------------------------------------------------------------------------------

constexpr int kDeepest = 1000;

/// Values of Python as the engine's.
class FromPython {
 public:
  Value value(nb::handle given, int depth = 0) {
    if (depth > kDeepest) refuse("a value is nested more than 1000 deep");
    PyObject* object = given.ptr();
    if (object == Py_None) return Value();
    if (PyBool_Check(object)) return Value(object == Py_True);
    if (PyLong_Check(object)) return Value(nb::cast<std::int64_t>(given));
    if (PyFloat_Check(object)) return Value(PyFloat_AS_DOUBLE(object));
    if (PyComplex_Check(object))
      return Value(std::complex<double>(PyComplex_RealAsDouble(object), PyComplex_ImagAsDouble(object)));
    if (PyUnicode_Check(object)) return string(object);
    if (PyList_Check(object)) return make_ref<List>(items(given, depth));
    if (PyTuple_Check(object)) return tuple_of(items(given, depth));
    if (PyDict_Check(object)) {
      Ref<Dict> dict = make_ref<Dict>();
      for (const auto& [key, item] : nb::borrow<nb::dict>(given))
        dict->set(value(key, depth + 1), value(item, depth + 1));
      return dict;
    }
    return lender_.tensor(given);
  }

 private:
  static Value string(PyObject* object) {
    Py_ssize_t length = 0;
    const char* characters = PyUnicode_AsUTF8AndSize(object, &length);
    if (!characters) throw nb::python_error();
    return Value(std::string_view(characters, static_cast<std::size_t>(length)));
  }

  std::vector<Value> items(nb::handle sequence, int depth) {
    std::vector<Value> found;
    for (const nb::handle item : sequence) found.push_back(value(item, depth + 1));
    return found;
  }

  Lender lender_;
};

/// Values of the engine as Python's. Objects that are shared stay shared.
class ToPython {
 public:
  /// `weights`: of a session whose weights that nobody has read are given by name, but for `owned`.
  explicit ToPython(WeightTable* weights = nullptr, const Weights* names = nullptr, nb::handle owned = {})
      : weights_(weights), names_(names), owned_(owned) {}

  nb::object value(const Value& given, int depth = 0) {
    if (depth > kDeepest) refuse("a value is nested more than 1000 deep");
    switch (given.tag()) {
    case Tag::kNone: return nb::none();
    case Tag::kBool: return nb::bool_(given.boolean());
    case Tag::kInt: return nb::int_(given.integer());
    case Tag::kFloat: return nb::float_(given.real());
    case Tag::kUninitialized: return given.is_later() ? weight(given.weight()) : types().uninitialized;
    case Tag::kComplex:
      return nb::steal(PyComplex_FromDoubles(given.complex().real(), given.complex().imag()));
    case Tag::kString: return text(given.string());
    case Tag::kTensor: return tensor(given.tensor_ref());
    case Tag::kList: {
      nb::list list;
      for (const Value& item : given.list().items) list.append(value(item, depth + 1));
      return list;
    }
    case Tag::kTuple: {
      nb::list list;
      for (const Value& item : given.tuple().items) list.append(value(item, depth + 1));
      return nb::tuple(list);
    }
    case Tag::kDict: {
      nb::dict dict;
      for (const Dict::Entry& entry : given.dict().entries())
        if (entry.is_live) dict[value(entry.key, depth + 1)] = value(entry.value, depth + 1);
      return dict;
    }
    case Tag::kObject: return object(given, depth);
    case Tag::kEnumMember: {
      const EnumMember& member = given.enum_member();
      return types().enum_member(text(member.class_name), text(member.name), value(member.value));
    }
    }
    bug("a value of no kind");
  }

 private:
  nb::object tensor(const TensorRef& tensor) {
    nb::object& made = made_[tensor.get()];
    // A session goes on writing what it has, so its state is given as copies.
    if (!made.is_valid()) made = array_of(weights_ ? copy(*tensor) : tensor);
    return made;
  }

  nb::object weight(std::uint32_t index) {
    const nb::str name = text(names_->entry(index).name);
    const bool is_owned = owned_.is_valid() && PySequence_Contains(owned_.ptr(), name.ptr()) == 1;
    return is_owned ? tensor(weights_->tensor(index)) : types().weight(name);
  }

  nb::object object(const Value& given, int depth) {
    nb::object& made = made_[given.identity()];
    if (made.is_valid()) return made;
    const Object& source = given.object();
    nb::dict attributes;
    const nb::object instance = types().instance(text(source.info->name), attributes);
    made = instance;  // before its attributes, which may lead back to it
    for (std::size_t i = 0; i < source.attributes.size(); ++i) {
      const Value& attribute = source.attributes[i];
      if (attribute.is(Tag::kUninitialized) && !attribute.is_later()) continue;  // nobody set it
      attributes[text(source.info->attributes[i])] = value(attribute, depth + 1);
    }
    return instance;
  }

  std::unordered_map<const RefCounted*, nb::object> made_;
  WeightTable* weights_;
  const Weights* names_;
  nb::handle owned_;
};

// --- Archives ----------------------------------------------------------------------------------

/// The bytes of an archive, from a Source of tsx/serialize/source.py.
class PythonSource final : public Source {
 public:
  explicit PythonSource(nb::object source)
      : Source(nb::cast<std::string>(source.attr("name")), nb::cast<std::int64_t>(source.attr("size"))),
        source_(std::move(source)) {}
  ~PythonSource() override {
    const nb::gil_scoped_acquire gil;
    source_.reset();
  }

  void read_into(std::uint8_t* target, std::int64_t offset, std::int64_t length) const override {
    if (length == 0) return;
    const nb::gil_scoped_acquire gil;
    const Buffer bytes(source_.attr("read")(offset, length));
    if (bytes.view().len != length) bug("a source gave another number of bytes than it was asked for");
    std::copy_n(static_cast<const std::uint8_t*>(bytes.view().buf), length, target);
  }

  Ref<Storage> view(std::int64_t offset, std::int64_t length) const override {
    const nb::gil_scoped_acquire gil;
    auto bytes = std::make_shared<const Buffer>(source_.attr("view")(offset, length));
    auto* start = static_cast<std::byte*>(bytes->view().buf);
    return Storage::borrow(start, Size(length), Access::kFrozen, std::move(bytes));
  }

 private:
  nb::object source_;
};

CheckMode check_mode(std::string_view name) {
  if (name == "full") return CheckMode::kFull;
  return name == "header" ? CheckMode::kHeader : CheckMode::kAuto;
}

// --- What a method is, for the border ----------------------------------------------------------

nb::object plain(const ir::Literal& literal) { return ToPython().value(value_of(literal, nullptr)); }

/// (kind, children, keys, label, value), as TreeSpec has them.
nb::tuple tree(const ir::Module& module, ir::TreeId id) {
  static constexpr const char* kKinds[] = {"leaf", "constant",   "none",  "tuple",
                                           "list", "dict", "namedtuple", "record"};
  const ir::Tree& found = module.trees[id];
  nb::list children, keys;
  for (std::uint32_t i = 0; i < found.children.size(); ++i)
    children.append(tree(module, found.children[i]));
  for (const ir::Literal& key : found.keys) keys.append(plain(key));
  return nb::make_tuple(kKinds[static_cast<int>(found.kind)], nb::tuple(children), nb::tuple(keys),
                        text(found.label), plain(found.value));
}

nb::object default_of(const ir::Module& module, const ir::Parameter& parameter) {
  if (!parameter.default_value) return nb::make_tuple();
  return nb::make_tuple(ToPython().value(value_of(*parameter.default_value, module.literals)));
}

constexpr std::size_t kWholeType = 1 << 20;

nb::list named_types(const ir::Graph& graph, ir::Range values, std::uint32_t first) {
  nb::list found;
  for (std::uint32_t i = first; i < values.size(); ++i) {
    const ir::Value& value = graph.values[values[i]];
    found.append(nb::make_tuple(text(value.name), text(to_text(*value.type, kWholeType))));
  }
  return found;
}

nb::dict described(const ir::Module& module, const ir::Method& method) {
  nb::list parameters, outputs, pins;
  for (const ir::Parameter& parameter : method.parameters)
    parameters.append(nb::make_tuple(text(parameter.name), tree(module, parameter.tree),
                                     parameter.keyword_only, default_of(module, parameter)));
  for (const ir::ValueId output : method.graph->outputs())
    outputs.append(text(to_text(*method.graph->values[output].type, kWholeType)));
  for (const ir::Pin& pin : method.pins) {
    nb::object span = nb::none();
    if (pin.span != ir::kNoId) {
      const ir::SourceSpan& found = module.spans[pin.span];
      span = nb::make_tuple(text(found.file), found.line, found.column, text(found.function));
    }
    pins.append(nb::make_tuple(text(pin.input), pin.dim, pin.size, text(pin.reason), span));
  }
  nb::dict facts;
  facts["parameters"] = parameters;
  facts["result"] = tree(module, method.result);
  facts["inputs"] = named_types(*method.graph, method.graph->inputs(), method.has_self() ? 1 : 0);
  facts["outputs"] = outputs;
  facts["pins"] = pins;
  return facts;
}

// --- Programs, sessions, profiles --------------------------------------------------------------

class PyProfile {
 public:
  Profile profile;
};

class PySession {
 public:
  explicit PySession(std::shared_ptr<const Executable> executable)
      : executable_(std::move(executable)), session_(executable_) {}

  Session& session() { return session_; }

  /// The object that `self` is, as it is now.
  nb::object root(nb::handle owned) {
    return guarded_for_python([&] {
      std::unique_lock<std::mutex> lock(session_.lock(), std::defer_lock);
      {
        const nb::gil_scoped_release released;
        lock.lock();
      }
      return ToPython(&session_.weights(), executable_->module().weights.get(), owned).value(session_.root());
    });
  }

 private:
  std::shared_ptr<const Executable> executable_;
  Session session_;
};

class PyProgram {
 public:
  PyProgram(nb::object source, std::string_view check) {
    guarded_for_python([&] {
      const auto bytes = std::make_shared<PythonSource>(std::move(source));
      const nb::gil_scoped_release released;
      Loaded loaded = load_archive(bytes, check_mode(check));
      executable_ = std::make_shared<const Executable>(std::move(loaded.module));
    });
  }

  const ir::Module& module() const { return executable_->module(); }
  nb::str name() const { return text(module().name); }
  bool has_state() const { return module().root != ir::kNoId; }
  bool writes() const { return may_write(module()); }
  nb::str code() const { return text(disassemble(executable_->program())); }
  nb::str forward() const { return text(default_method(module())); }

  nb::list methods() const {
    nb::list names;
    for (const auto& [name, method] : module().methods) names.append(text(name));
    return names;
  }

  nb::dict method(std::string_view name) const {
    return guarded_for_python([&] {
      const ir::Method* found = module().methods.find(name);
      if (!found) bug("no entry " + std::string(name));
      return described(module(), *found);
    });
  }

  std::unique_ptr<PySession> session() const {
    return guarded_for_python([&] { return std::make_unique<PySession>(executable_); });
  }

  bool overlap(nb::list inputs) const {
    return guarded_for_python([&] {
      Overlap overlap;
      overlap.add(inputs);
      return overlap.any();
    });
  }

  /// Runs a method on values without `self`; `write` takes what it prints.
  nb::list call(std::string_view name, nb::list inputs, nb::callable write, PySession* session,
                bool in_place, PyProfile* profile) const {
    return guarded_for_python([&] {
      std::vector<Value> values;
      FromPython reader;
      for (const nb::handle input : inputs) values.push_back(reader.value(input));
      CallOptions options;
      options.in_place = in_place;
      options.context.profile = profile ? &profile->profile : nullptr;
      options.context.write = [&](std::string_view printed) {
        const nb::gil_scoped_acquire gil;
        write(text(printed));
      };
      {
        const nb::gil_scoped_release released;
        values = call_flat(*executable_, name, std::move(values), options,
                           session ? &session->session() : nullptr);
      }
      nb::list results;
      ToPython giver;
      for (const Value& value : values) results.append(giver.value(value));
      return results;
    });
  }

 private:
  std::shared_ptr<const Executable> executable_;
};

}  // namespace
}  // namespace tsx::engine

NB_MODULE(_engine, module) {
  using namespace tsx::engine;
  nb::set_leak_warnings(false);  // what Python keeps until the process ends is no leak of ours
  module.doc() = "The C++ engine over NumPy arrays; tsx.runtime.native is its only user.";
  module.def("register_types", [](nb::object error, nb::object instance, nb::object enum_member,
                                  nb::object uninitialized, nb::object weight) {
    types() = {error, instance, enum_member, uninitialized, weight};
  });
  module.def("version", &tsx_version);
  module.def("threads", &threads::count);
  module.def("set_threads", [](std::size_t count) {
    const nb::gil_scoped_release released;
    threads::set_count(count);
  });
  module.def("levels", [] {
    nb::list names;
    const simd::Levels levels = simd::levels();
    for (std::size_t i = 0; i < levels.count; ++i) names.append(levels.names[i]);
    return names;
  });
  nb::class_<PyProfile>(module, "Profile").def(nb::init<>());
  nb::class_<PySession>(module, "Session").def("root", &PySession::root, nb::arg("owned"));
  nb::class_<PyProgram>(module, "Program")
      .def(nb::init<nb::object, std::string_view>(), nb::arg("source"), nb::arg("check"))
      .def_prop_ro("name", &PyProgram::name)
      .def_prop_ro("has_state", &PyProgram::has_state)
      .def_prop_ro("writes", &PyProgram::writes)
      .def_prop_ro("code", &PyProgram::code)
      .def_prop_ro("forward", &PyProgram::forward)
      .def("methods", &PyProgram::methods)
      .def("method", &PyProgram::method, nb::arg("name"))
      .def("session", &PyProgram::session)
      .def("overlap", &PyProgram::overlap, nb::arg("inputs"))
      .def("call", &PyProgram::call, nb::arg("method"), nb::arg("inputs"), nb::arg("write"),
           nb::arg("session").none(), nb::arg("in_place"), nb::arg("profile").none());
}

#include "values.h"

#include <nanobind/ndarray.h>

#include <algorithm>

#include "base/error.h"

namespace tsx::engine::python {
namespace {

constexpr int kDeepest = 1000;

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

/// Row-major but for dimensions of one element, whose strides don't matter.
bool is_row_major(const Dims& sizes, const Dims& strides) {
  const Dims wanted = row_major(sizes);
  for (std::size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] > 1 && strides[i] != wanted[i]) return false;
  return true;
}

Value string(PyObject* object) {
  Py_ssize_t length = 0;
  const char* characters = PyUnicode_AsUTF8AndSize(object, &length);
  if (!characters) throw nb::python_error();
  return Value(std::string_view(characters, static_cast<std::size_t>(length)));
}

template <typename T> struct Kind { using type = T; };

/// Whether arrays in `values` share memory without being the same.
class Overlap {
 public:
  void add(nb::handle value) {
    if (PyList_Check(value.ptr()) || PyTuple_Check(value.ptr())) {
      for (const nb::handle item : value) add(item);
    } else if (PyDict_Check(value.ptr())) {
      for (const auto& [key, item] : nb::borrow<nb::dict>(value)) add(item);
    } else if (PyObject_CheckBuffer(value.ptr())) {
      const TensorRef tensor = lender_.tensor(value);
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

}  // namespace

Types& types() {
  static Types* const kTypes = std::make_unique<Types>().release();
  return *kTypes;
}

nb::str text(std::string_view characters) { return nb::str(characters.data(), characters.size()); }

void raise_caught() {
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

Error error_of(nb::handle exception) {
  const auto part = [&](const char* name) { return nb::cast<std::string>(nb::str(exception.attr(name))); };
  if (!nb::hasattr(exception, "excerpt"))  // a TsxError has one
    return failure("TSX5002", {{"op", "the kernel"}, {"reason", nb::cast<std::string>(nb::str(exception))}});
  const Error error(part("code"), part("message"), part("where"), part("excerpt"), part("help"));
  const nb::object original = exception.attr("exception");
  if (original.is_none()) return error;
  return error.instead_of(nb::cast<std::string>(nb::str(original[0])), nb::cast<std::string>(nb::str(original[1])));
}

// --- Arrays ------------------------------------------------------------------------------------

TensorRef Lender::tensor(nb::handle array) {
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

Ref<Storage> Lender::storage_of(std::byte* start, std::int64_t bytes, std::shared_ptr<const void> owner) {
  for (const Lent& lent : lent_)
    if (lent.start == start && lent.bytes == bytes) return lent.storage;
  lent_.push_back({start, bytes, Storage::borrow(start, bytes, Access::kWritable, std::move(owner))});
  return lent_.back().storage;
}

bool overlap(nb::handle values) {
  Overlap found;
  found.add(values);
  return found.any();
}

nb::object array_of(const TensorRef& tensor) {
  // A write may move the storage to memory of its own; an array that is there already stays with the old one.
  using Kept = std::pair<TensorRef, std::shared_ptr<const void>>;
  auto kept = std::make_unique<Kept>(tensor, tensor->storage()->owner());
  const nb::capsule owner(kept.get(), [](void* held) noexcept {
    std::default_delete<Kept>()(static_cast<Kept*>(held));
  });
  kept.release();
  std::size_t sizes[kMaxRank];
  for (std::size_t i = 0; i < tensor->rank(); ++i) sizes[i] = static_cast<std::size_t>(tensor->size(i));
  const auto array = [&](auto kind, auto* first) {
    using Array = typename decltype(kind)::type;
    return nb::cast(Array(first, tensor->rank(), sizes, owner, tensor->strides().begin(),
                          dlpack_dtype(tensor->dtype())),
                    nb::rv_policy::reference);
  };
  if (tensor->storage()->access() != Access::kWritable)  // somebody else's, to be read only
    return array(Kind<nb::ndarray<nb::numpy, nb::ro>>(), tensor->raw());
  return array(Kind<nb::ndarray<nb::numpy>>(), const_cast<std::byte*>(tensor->raw()));
}

// --- Values ------------------------------------------------------------------------------------

Value FromPython::value(nb::handle given, int depth) {
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

std::vector<Value> FromPython::items(nb::handle sequence, int depth) {
  std::vector<Value> found;
  for (const nb::handle item : sequence) found.push_back(value(item, depth + 1));
  return found;
}

nb::object ToPython::value(const Value& given, int depth) {
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

nb::object ToPython::tensor(const TensorRef& tensor) {
  nb::object& made = made_[tensor.get()];
  // A session goes on writing what it has, so its state is given as copies.
  if (!made.is_valid()) made = array_of(weights_ ? copy(*tensor) : tensor);
  return made;
}

nb::object ToPython::weight(std::uint32_t index) {
  const nb::str name = text(names_->entry(index).name);
  const bool is_owned = owned_.is_valid() && PySequence_Contains(owned_.ptr(), name.ptr()) == 1;
  return is_owned ? tensor(weights_->tensor(index)) : types().weight(name);
}

nb::object ToPython::object(const Value& given, int depth) {
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

}  // namespace tsx::engine::python

/* tsx: load a .tsx archive and run it, from C++ or C, with no Python.
 *
 *     #include <tsx/tsx.h>
 *
 *     tsx::Module module = tsx::load("model.tsx");
 *     tsx::Tensor out = module.forward({tsx::ones({1, 3, 224, 224})}).to_tensor();
 *
 * In CMake: find_package(tsx) and target_link_libraries(app tsx::tsx) (static) or tsx::shared. The
 * C++ classes in the second half are inline over the C functions in the first half: those are the
 * interface of the library, so it may be built with another compiler than the program.
 *
 * Threads. A module never changes once it is loaded: any number of threads may call it at once. A
 * session (what a model keeps between calls) does one call at a time; a second one waits. Tensors
 * and values are counted references: give each thread its own, and let nobody write into a tensor
 * while another thread reads it.
 *
 * Memory. Weights stay in the file, which is mapped; don't change it in place while it is loaded.
 * Inputs are not copied (what the model writes into is, on the first write), so they must stay as
 * they are during the call. Results are the caller's own: they share memory with nothing.
 *
 * Operators of your own. An archive may ask for operators that the program around the engine provides
 * (`@tsx.register_kernel` in Python). Register a function under the operator's schema before you load it:
 *
 *     tsx::register_kernel("my::peaks(Tensor x, float above) -> Tensor", peaks);
 *
 * Errors. C functions give a tsx_error*, null when all went well; C++ throws tsx::Error. Both have
 * a code that never changes (TSX5013), a message, the source line of the model, and a way out. A null
 * pointer that may not be one is such an error (TSX1016); functions that give no error take none. */
#ifndef TSX_TSX_H
#define TSX_TSX_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TSX_API __attribute__((visibility("default")))
#else
#define TSX_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --- Errors ----------------------------------------------------------------------------------- */

typedef struct tsx_error tsx_error;

TSX_API const char* tsx_error_code(const tsx_error* error);    /* "TSX6001"; see docs/errors.md */
TSX_API const char* tsx_error_message(const tsx_error* error); /* one sentence */
TSX_API const char* tsx_error_where(const tsx_error* error);   /* "model.py:12:4", or "" */
TSX_API const char* tsx_error_help(const tsx_error* error);    /* one way out, or "" */
/* The Python class of what the model raised: "ValueError", or "". */
TSX_API const char* tsx_error_exception(const tsx_error* error);
TSX_API const char* tsx_error_text(const tsx_error* error); /* all of it, in lines */
TSX_API int tsx_error_exit_status(const tsx_error* error);  /* what a command should exit with */
/* An error of your own, for what a kernel of yours refuses; and the same error again, to pass it on. */
TSX_API tsx_error* tsx_error_new(const char* message);
TSX_API tsx_error* tsx_error_copy(const tsx_error* error);
TSX_API void tsx_error_free(tsx_error* error);

/* --- Tensors ---------------------------------------------------------------------------------- */

typedef struct tsx_tensor tsx_tensor;

typedef enum tsx_dtype { /* torch's numbers */
  TSX_UINT8 = 0,
  TSX_INT8 = 1,
  TSX_INT16 = 2,
  TSX_INT32 = 3,
  TSX_INT64 = 4,
  TSX_FLOAT16 = 5,
  TSX_FLOAT32 = 6,
  TSX_FLOAT64 = 7,
  TSX_COMPLEX64 = 9,
  TSX_COMPLEX128 = 10,
  TSX_BOOL = 11,
  TSX_BFLOAT16 = 15
} tsx_dtype;

TSX_API const char* tsx_dtype_name(tsx_dtype dtype); /* "float32" */
TSX_API size_t tsx_dtype_size(tsx_dtype dtype);      /* bytes of an element */

/* A fresh row-major tensor of zeros. At most 16 dimensions. */
TSX_API tsx_error* tsx_tensor_new(tsx_dtype dtype, const int64_t* sizes, size_t rank,
                                  tsx_tensor** tensor);
/* Over memory of yours, without a copy. `strides` count elements; null means row-major. `release`
 * is called with `owner` when nobody needs the memory any more (also when this call fails); it may
 * be null. */
TSX_API tsx_error* tsx_tensor_borrow(tsx_dtype dtype, const int64_t* sizes, const int64_t* strides,
                                     size_t rank, void* data, void (*release)(void* owner),
                                     void* owner, tsx_tensor** tensor);
/* The same tensor when it is row-major, else a row-major copy. */
TSX_API tsx_error* tsx_tensor_contiguous(const tsx_tensor* tensor, tsx_tensor** contiguous);
TSX_API tsx_tensor* tsx_tensor_share(const tsx_tensor* tensor); /* one more reference; null without memory */
TSX_API void tsx_tensor_free(tsx_tensor* tensor);

TSX_API tsx_dtype tsx_tensor_dtype(const tsx_tensor* tensor);
TSX_API size_t tsx_tensor_rank(const tsx_tensor* tensor);
TSX_API const int64_t* tsx_tensor_sizes(const tsx_tensor* tensor);
TSX_API const int64_t* tsx_tensor_strides(const tsx_tensor* tensor); /* in elements */
TSX_API int64_t tsx_tensor_count(const tsx_tensor* tensor);          /* of its elements */
TSX_API int tsx_tensor_is_contiguous(const tsx_tensor* tensor);
/* The first element. Of a result it may be written; of a borrowed tensor it is your memory. */
TSX_API void* tsx_tensor_data(const tsx_tensor* tensor);
/* The same, of a tensor that has to have this dtype (else TSX5013). */
TSX_API tsx_error* tsx_tensor_data_of(const tsx_tensor* tensor, tsx_dtype dtype, void** data);

/* --- Values: what goes into a model and comes out --------------------------------------------- */

typedef struct tsx_value tsx_value;

typedef enum tsx_kind {
  TSX_KIND_NONE,
  TSX_KIND_BOOL,
  TSX_KIND_INT,
  TSX_KIND_FLOAT,
  TSX_KIND_COMPLEX,
  TSX_KIND_STRING,
  TSX_KIND_TENSOR,
  TSX_KIND_LIST,
  TSX_KIND_TUPLE,
  TSX_KIND_DICT, /* also a NamedTuple or dataclass: its fields are the keys, in their order */
  TSX_KIND_OTHER /* an object of the model's own */
} tsx_kind;

TSX_API tsx_error* tsx_value_none(tsx_value** value);
TSX_API tsx_error* tsx_value_bool(int boolean, tsx_value** value);
TSX_API tsx_error* tsx_value_int(int64_t number, tsx_value** value);
TSX_API tsx_error* tsx_value_float(double number, tsx_value** value);
TSX_API tsx_error* tsx_value_complex(double real, double imaginary, tsx_value** value);
TSX_API tsx_error* tsx_value_string(const char* utf8, size_t length, tsx_value** value);
TSX_API tsx_error* tsx_value_tensor(const tsx_tensor* tensor, tsx_value** value);
TSX_API tsx_error* tsx_value_list(const tsx_value* const* items, size_t count, tsx_value** value);
TSX_API tsx_error* tsx_value_tuple(const tsx_value* const* items, size_t count, tsx_value** value);
TSX_API tsx_error* tsx_value_dict(const tsx_value* const* keys, const tsx_value* const* items,
                                  size_t count, tsx_value** value);
TSX_API tsx_value* tsx_value_share(const tsx_value* value); /* one more reference */
TSX_API void tsx_value_free(tsx_value* value);

TSX_API tsx_kind tsx_value_kind(const tsx_value* value);
/* Each is an error (TSX5012) when the value is of another kind; an int is also a float. */
TSX_API tsx_error* tsx_value_to_bool(const tsx_value* value, int* boolean);
TSX_API tsx_error* tsx_value_to_int(const tsx_value* value, int64_t* number);
TSX_API tsx_error* tsx_value_to_float(const tsx_value* value, double* number);
TSX_API tsx_error* tsx_value_to_complex(const tsx_value* value, double* real, double* imaginary);
TSX_API tsx_error* tsx_value_to_string(const tsx_value* value, const char** utf8, size_t* length);
TSX_API tsx_error* tsx_value_to_tensor(const tsx_value* value, tsx_tensor** tensor);
/* Of a list, tuple or dict: how many items, one of them, its key, the item of a key. */
TSX_API size_t tsx_value_size(const tsx_value* value);
TSX_API tsx_error* tsx_value_item(const tsx_value* value, size_t index, tsx_value** item);
TSX_API tsx_error* tsx_value_key(const tsx_value* value, size_t index, tsx_value** key);
TSX_API tsx_error* tsx_value_field(const tsx_value* value, const char* name, tsx_value** item);
/* As Python's repr shows it, a tensor as torch's: "tensor([1., 2.])", both ends of what has more than 1000
 * elements. The text lives until the next call of this for `value`, or its end. */
TSX_API tsx_error* tsx_value_text(tsx_value* value, const char** text);

/* --- Operators of your own --------------------------------------------------------------------- */

/* What an operator does, for an archive that lists it as required (`@tsx.register_kernel` in Python).
 * `operands` are as many as the schema has arguments, in its order, with defaults filled in: read them,
 * free none of them, and write only into tensors that the schema marks so: Tensor(a!). For each result
 * make a value, which the caller takes. Give null when all went well; any results go with an error. May
 * be called from several threads at once, and must not throw. */
typedef tsx_error* (*tsx_kernel)(void* owner, const tsx_value* const* operands, size_t operand_count,
                                 tsx_value** results, size_t result_count);

/* Makes `kernel` the meaning of an operator, for the whole process, before archives that need it are
 * loaded (else TSX6007): tsx_register_kernel("my::peaks(Tensor x, float above) -> Tensor", …). Under a
 * name that is registered it takes the place of the kernel there; modules that are loaded keep theirs.
 * `release` is called with `owner` when nobody needs the kernel any more (also when this call fails); it
 * may be null. */
TSX_API tsx_error* tsx_register_kernel(const char* schema, tsx_kernel kernel, void* owner,
                                       void (*release)(void* owner));

/* --- Modules ---------------------------------------------------------------------------------- */

typedef struct tsx_module tsx_module;
typedef struct tsx_session tsx_session;
typedef struct tsx_profile tsx_profile;

/* What a call may take, for models that you don't trust; 0: no limit. Over one of them the call
 * stops with TSX5040 (fuel), TSX5041 (bytes), TSX5006 (calls) or TSX5042 (seconds). */
typedef struct tsx_limits {
  int64_t fuel;   /* instructions, and one for every 64 elements that an operator works on */
  int64_t bytes;  /* of tensors, lists, dicts and strings that the call makes and still holds */
  int64_t calls;  /* inside each other; 1024 at most */
  double seconds;
} tsx_limits;

typedef struct tsx_load_options { /* zeros are the defaults */
  const char* check; /* tensors against their digests: "auto" (small ones at load, large ones on
                        first use), "full" (all at load), "header" (never) */
  const char* mmap;  /* "auto" (not on network file systems), "on", "off" */
  int untrusted;     /* 1: the limits of docs/running.md for each call, and check is "full" */
  const tsx_limits* limits; /* for each call, in place of those; may be null */
} tsx_load_options;

TSX_API tsx_error* tsx_load(const char* path, const tsx_load_options* options, tsx_module** module);
TSX_API tsx_error* tsx_load_memory(const void* data, size_t length, const tsx_load_options* options,
                                   tsx_module** module);
TSX_API void tsx_module_free(tsx_module* module);

TSX_API size_t tsx_module_method_count(const tsx_module* module);
TSX_API const char* tsx_module_method_name(const tsx_module* module, size_t index);
TSX_API const char* tsx_module_signature(const tsx_module* module, size_t index); /* "(x, mask)" */
TSX_API const char* tsx_module_code(const tsx_module* module); /* its instructions, as text */

typedef struct tsx_arguments {
  const tsx_value* const* positional;
  size_t positional_count;
  const char* const* names; /* of those that are given by name */
  const tsx_value* const* named;
  size_t named_count;
} tsx_arguments;

typedef struct tsx_call_options { /* zeros are the defaults */
  int in_place; /* the model writes into your tensors instead of copies */
  void (*print)(const char* text, size_t length, void* owner); /* null: standard output */
  void* print_owner;
  tsx_profile* profile; /* null: none */
} tsx_call_options;

/* Runs a method; null means `forward`, or the only one. A model that changes what it keeps between
 * calls needs a session (TSX5030). */
TSX_API tsx_error* tsx_module_call(const tsx_module* module, const char* method,
                                   const tsx_arguments* arguments, const tsx_call_options* options,
                                   tsx_value** result);
/* A session has copies of what the model changes, and keeps the module alive. */
TSX_API tsx_error* tsx_session_new(const tsx_module* module, tsx_session** session);
TSX_API tsx_error* tsx_session_call(tsx_session* session, const char* method,
                                    const tsx_arguments* arguments, const tsx_call_options* options,
                                    tsx_value** result);
TSX_API void tsx_session_free(tsx_session* session);

/* A profile adds up the time of each operator over the calls that it is given to. */
typedef struct tsx_profile_row {
  const char* instruction; /* "CALL aten::conv2d" */
  const char* where;       /* the source line, or "" */
  uint64_t calls;
  uint64_t nanoseconds;
} tsx_profile_row;

TSX_API tsx_error* tsx_profile_new(const tsx_module* module, tsx_profile** profile);
/* Slowest first; the rows live until the profile is used again. */
TSX_API tsx_error* tsx_profile_rows(tsx_profile* profile, const tsx_profile_row** rows,
                                    size_t* count);
/* From now on it also keeps the first `most` calls of operators: when, how long, and on what. */
TSX_API void tsx_profile_keep_events(tsx_profile* profile, size_t most);
/* Those, in the Chrome Trace Event Format (JSON), which Perfetto and chrome://tracing show; it lives until
 * the profile is used again. */
TSX_API tsx_error* tsx_profile_trace(tsx_profile* profile, const char** json);
TSX_API void tsx_profile_free(tsx_profile* profile);

TSX_API const char* tsx_version(void);

#ifdef __cplusplus
} /* extern "C" */

#include <complex>
#include <exception>
#include <initializer_list>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tsx {

/// What every function below throws.
class Error : public std::exception {
 public:
  explicit Error(tsx_error* error) : error_(error, &tsx_error_free) {}

  const char* code() const noexcept { return tsx_error_code(error_.get()); }
  const char* message() const noexcept { return tsx_error_message(error_.get()); }
  const char* where() const noexcept { return tsx_error_where(error_.get()); }
  const char* help() const noexcept { return tsx_error_help(error_.get()); }
  const char* exception() const noexcept { return tsx_error_exception(error_.get()); }
  int exit_status() const noexcept { return tsx_error_exit_status(error_.get()); }
  const char* what() const noexcept override { return tsx_error_text(error_.get()); }

  const tsx_error* get() const noexcept { return error_.get(); }

 private:
  std::shared_ptr<tsx_error> error_;
};

namespace detail {

inline void check(tsx_error* error) {
  if (error) throw Error(error);
}

/// What a C function gives through its last argument.
template <typename T, typename Function, typename... Args> T* made(Function function, Args... args) {
  T* out = nullptr;
  check(function(args..., &out));
  return out;
}

template <typename T> struct DTypeOf {};
template <typename T> struct DTypeOf<const T> : DTypeOf<T> {};
template <> struct DTypeOf<std::uint8_t> { static constexpr tsx_dtype value = TSX_UINT8; };
template <> struct DTypeOf<std::int8_t> { static constexpr tsx_dtype value = TSX_INT8; };
template <> struct DTypeOf<std::int16_t> { static constexpr tsx_dtype value = TSX_INT16; };
template <> struct DTypeOf<std::int32_t> { static constexpr tsx_dtype value = TSX_INT32; };
template <> struct DTypeOf<std::int64_t> { static constexpr tsx_dtype value = TSX_INT64; };
template <> struct DTypeOf<float> { static constexpr tsx_dtype value = TSX_FLOAT32; };
template <> struct DTypeOf<double> { static constexpr tsx_dtype value = TSX_FLOAT64; };
template <> struct DTypeOf<std::complex<float>> { static constexpr tsx_dtype value = TSX_COMPLEX64; };
template <> struct DTypeOf<std::complex<double>> {
  static constexpr tsx_dtype value = TSX_COMPLEX128;
};
template <> struct DTypeOf<bool> { static constexpr tsx_dtype value = TSX_BOOL; };

template <typename T, typename = void> struct HasDType : std::false_type {};
template <typename T> struct HasDType<T, std::void_t<decltype(DTypeOf<T>::value)>> : std::true_type {};

}  // namespace detail

using Sizes = std::vector<std::int64_t>;

/// A counted reference to a tensor; copying one does not copy the elements.
class Tensor {
 public:
  /// Of a C tensor whose reference it takes over.
  explicit Tensor(tsx_tensor* tensor) : tensor_(tensor, &tsx_tensor_free) {}

  tsx_dtype dtype() const { return tsx_tensor_dtype(get()); }
  std::size_t rank() const { return tsx_tensor_rank(get()); }
  Sizes sizes() const { return Sizes(tsx_tensor_sizes(get()), tsx_tensor_sizes(get()) + rank()); }
  Sizes strides() const {
    return Sizes(tsx_tensor_strides(get()), tsx_tensor_strides(get()) + rank());
  }
  std::int64_t size(std::size_t dim) const { return tsx_tensor_sizes(get())[dim]; }
  std::int64_t count() const { return tsx_tensor_count(get()); }
  bool is_contiguous() const { return tsx_tensor_is_contiguous(get()) != 0; }
  Tensor contiguous() const {
    return Tensor(detail::made<tsx_tensor>(tsx_tensor_contiguous, get()));
  }
  /// The elements, one after the other when the tensor is contiguous. T must be its element type, or this
  /// throws; data<void>() and types that are no dtype's (std::uint16_t for float16 and bfloat16) take any.
  template <typename T> T* data() const {
    if constexpr (detail::HasDType<T>::value)
      return static_cast<T*>(detail::made<void>(tsx_tensor_data_of, get(), detail::DTypeOf<T>::value));
    else
      return static_cast<T*>(tsx_tensor_data(get()));
  }
  /// The only element; throws when there are more, or none, or they are of another type.
  template <typename T> T item() const {
    T* only = data<T>();
    if (count() != 1) throw Error(tsx_error_new("item() is for tensors of one element"));
    return *only;
  }

  tsx_tensor* get() const { return tensor_.get(); }

 private:
  std::shared_ptr<tsx_tensor> tensor_;
};

inline Tensor zeros(const Sizes& sizes, tsx_dtype dtype = TSX_FLOAT32) {
  return Tensor(detail::made<tsx_tensor>(tsx_tensor_new, dtype, sizes.data(), sizes.size()));
}

/// A fresh tensor of one value: full<std::int64_t>({2, 3}, 7).
template <typename T> Tensor full(const Sizes& sizes, T value) {
  Tensor made = zeros(sizes, detail::DTypeOf<T>::value);
  for (std::int64_t i = 0; i < made.count(); ++i) made.data<T>()[i] = value;
  return made;
}

inline Tensor ones(const Sizes& sizes) { return full(sizes, 1.0f); }

/// Over memory of yours, row-major, without a copy: it must outlive the tensor.
template <typename T> Tensor from_memory(T* data, const Sizes& sizes) {
  return Tensor(detail::made<tsx_tensor>(
      tsx_tensor_borrow, detail::DTypeOf<T>::value, sizes.data(),
      static_cast<const std::int64_t*>(nullptr), sizes.size(), static_cast<void*>(data),
      static_cast<void (*)(void*)>(nullptr), static_cast<void*>(nullptr)));
}

/// What goes into a model and comes out: None, a number, a string, a tensor, or a list, tuple or
/// dict of them.
class Value {
 public:
  Value() : Value(detail::made<tsx_value>(tsx_value_none)) {}
  Value(bool boolean) : Value(detail::made<tsx_value>(tsx_value_bool, int{boolean})) {}
  Value(int number) : Value(static_cast<std::int64_t>(number)) {}
  Value(std::int64_t number) : Value(detail::made<tsx_value>(tsx_value_int, number)) {}
  Value(double number) : Value(detail::made<tsx_value>(tsx_value_float, number)) {}
  Value(std::complex<double> number)
      : Value(detail::made<tsx_value>(tsx_value_complex, number.real(), number.imag())) {}
  Value(const char* text)
      : Value(detail::made<tsx_value>(tsx_value_string, text,
                                      text ? std::char_traits<char>::length(text) : std::size_t{1})) {}
  Value(std::string_view text)
      : Value(detail::made<tsx_value>(tsx_value_string, text.data(), text.size())) {}
  Value(const Tensor& tensor) : Value(detail::made<tsx_value>(tsx_value_tensor, tensor.get())) {}
  /// Of a C value whose reference it takes over.
  explicit Value(tsx_value* value) : value_(value, &tsx_value_free) {}

  static Value list(const std::vector<Value>& items) { return sequence(tsx_value_list, items); }
  static Value tuple(const std::vector<Value>& items) { return sequence(tsx_value_tuple, items); }
  static Value dict(const std::vector<std::pair<Value, Value>>& items) {
    std::vector<const tsx_value*> keys, values;
    for (const auto& [key, value] : items) {
      keys.push_back(key.get());
      values.push_back(value.get());
    }
    return Value(detail::made<tsx_value>(tsx_value_dict, keys.data(), values.data(), keys.size()));
  }

  tsx_kind kind() const { return tsx_value_kind(get()); }
  bool is_none() const { return kind() == TSX_KIND_NONE; }
  bool is_tensor() const { return kind() == TSX_KIND_TENSOR; }
  /// Each throws when the value is of another kind.
  bool to_bool() const { return read<int>(tsx_value_to_bool) != 0; }
  std::int64_t to_int() const { return read<std::int64_t>(tsx_value_to_int); }
  double to_double() const { return read<double>(tsx_value_to_float); }
  std::string to_string() const {
    const char* text = nullptr;
    std::size_t length = 0;
    detail::check(tsx_value_to_string(get(), &text, &length));
    return std::string(text, length);
  }
  Tensor to_tensor() const { return Tensor(detail::made<tsx_tensor>(tsx_value_to_tensor, get())); }

  /// Of a list, tuple or dict. A NamedTuple or dataclass is a dict: out["logits"], out[0].
  std::size_t size() const { return tsx_value_size(get()); }
  Value operator[](std::size_t index) const {
    return Value(detail::made<tsx_value>(tsx_value_item, get(), index));
  }
  Value operator[](int index) const { return (*this)[static_cast<std::size_t>(index)]; }
  Value operator[](const char* name) const {
    return Value(detail::made<tsx_value>(tsx_value_field, get(), name));
  }
  Value key(std::size_t index) const {
    return Value(detail::made<tsx_value>(tsx_value_key, get(), index));
  }

  /// As tsx_value_text has it: "(tensor([1., 2.]), 3)".
  friend std::ostream& operator<<(std::ostream& out, const Value& value) {
    const char* text = nullptr;
    detail::check(tsx_value_text(value.get(), &text));
    return out << text;
  }

  tsx_value* get() const { return value_.get(); }

 private:
  template <typename Function> static Value sequence(Function make, const std::vector<Value>& items) {
    std::vector<const tsx_value*> all;
    for (const Value& item : items) all.push_back(item.get());
    return Value(detail::made<tsx_value>(make, all.data(), all.size()));
  }
  template <typename T, typename Function> T read(Function function) const {
    T out = {};
    detail::check(function(get(), &out));
    return out;
  }

  std::shared_ptr<tsx_value> value_;
};

inline std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << Value(tensor); }

namespace detail {

/// What a kernel returns, as values: a vector of them, one, or nothing.
template <typename Kernel>
std::vector<Value> results_of(const Kernel& kernel, const std::vector<Value>& operands) {
  using Result = decltype(kernel(operands));
  if constexpr (std::is_void_v<Result>) {
    kernel(operands);
    return {};
  } else if constexpr (std::is_convertible_v<Result, Value>) {
    return {Value(kernel(operands))};
  } else {
    return kernel(operands);
  }
}

inline tsx_value* shared(const tsx_value* value) {
  tsx_value* made = tsx_value_share(value);
  if (!made) throw std::bad_alloc();
  return made;
}

/// A tsx_kernel: what `Kernel` throws becomes the error that it gives.
template <typename Kernel>
tsx_error* run_kernel(void* owner, const tsx_value* const* operands, std::size_t operand_count,
                      tsx_value** results, std::size_t result_count) noexcept {
  try {
    std::vector<Value> given;
    for (std::size_t i = 0; i < operand_count; ++i) given.emplace_back(shared(operands[i]));
    const std::vector<Value> made = results_of(*static_cast<const Kernel*>(owner), given);
    if (made.size() != result_count) return tsx_error_new("the kernel gave another number of results");
    for (std::size_t i = 0; i < result_count; ++i) results[i] = shared(made[i].get());
    return nullptr;
  } catch (const Error& error) {
    return tsx_error_copy(error.get());
  } catch (const std::exception& error) {
    return tsx_error_new(error.what());
  } catch (...) {
    return tsx_error_new("the kernel threw what is no std::exception");
  }
}

}  // namespace detail

/// Makes a function the meaning of an operator of your own, before archives that need it are loaded:
///
///     tsx::register_kernel("my::peaks(Tensor x, float above) -> Tensor",
///                          [](const std::vector<tsx::Value>& operands) {
///                            return peaks(operands[0].to_tensor(), operands[1].to_double());
///                          });
///
/// The function takes the operands in the order of the schema and gives the result, a vector of them
/// where the schema has several, or nothing where it has none. What it throws stops the model's call,
/// with the source line of the model. Several threads may call it at once.
template <typename Kernel> void register_kernel(const std::string& schema, Kernel kernel) {
  auto kept = std::make_unique<Kernel>(std::move(kernel));
  const auto release = [](void* held) { std::default_delete<Kernel>()(static_cast<Kernel*>(held)); };
  detail::check(
      tsx_register_kernel(schema.c_str(), &detail::run_kernel<Kernel>, kept.release(), release));
}

/// Arguments by name: {{"mask", mask}, {"scale", 2.0}}.
using Named = std::vector<std::pair<std::string, Value>>;

namespace detail {

/// Calls a C function of the form (owner, method, arguments, options, result).
template <typename Owner, typename Function>
Value call(Function function, Owner* owner, const char* method, const std::vector<Value>& positional,
           const Named& named, const tsx_call_options* options) {
  std::vector<const tsx_value*> values, named_values;
  std::vector<const char*> names;
  for (const Value& value : positional) values.push_back(value.get());
  for (const auto& [name, value] : named) {
    names.push_back(name.c_str());
    named_values.push_back(value.get());
  }
  const tsx_arguments arguments = {values.data(), values.size(), names.data(), named_values.data(),
                                   named_values.size()};
  return Value(made<tsx_value>(function, owner, method, &arguments, options));
}

}  // namespace detail

/// What a model keeps between calls, for one stream of calls: from Module::session().
class Session {
 public:
  explicit Session(tsx_session* session) : session_(session, &tsx_session_free) {}

  Value forward(const std::vector<Value>& positional, const Named& named = {}) {
    return detail::call(tsx_session_call, session_.get(), nullptr, positional, named, nullptr);
  }
  Value call(const std::string& method, const std::vector<Value>& positional,
             const Named& named = {}, const tsx_call_options* options = nullptr) {
    return detail::call(tsx_session_call, session_.get(), method.c_str(), positional, named, options);
  }

 private:
  std::shared_ptr<tsx_session> session_;
};

/// A loaded archive. Copies are the same module.
class Module {
 public:
  explicit Module(tsx_module* module) : module_(module, &tsx_module_free) {}

  /// Runs `forward`, or the only method.
  Value forward(const std::vector<Value>& positional, const Named& named = {}) const {
    return detail::call(tsx_module_call, get(), nullptr, positional, named, nullptr);
  }
  Value call(const std::string& method, const std::vector<Value>& positional,
             const Named& named = {}, const tsx_call_options* options = nullptr) const {
    return detail::call(tsx_module_call, get(), method.c_str(), positional, named, options);
  }
  Session session() const { return Session(detail::made<tsx_session>(tsx_session_new, get())); }

  std::vector<std::string> methods() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < tsx_module_method_count(get()); ++i)
      names.emplace_back(tsx_module_method_name(get(), i));
    return names;
  }
  /// The inputs of a method, or of `forward` or the only one: "(x, mask)".
  std::string signature(const std::string& method = "forward") const {
    const std::size_t count = tsx_module_method_count(get());
    for (std::size_t i = 0; i < count; ++i)
      if (count == 1 || tsx_module_method_name(get(), i) == method)
        return tsx_module_signature(get(), i);
    return "";
  }
  /// The instructions that the module became, as text.
  std::string code() const { return tsx_module_code(get()); }

  const tsx_module* get() const { return module_.get(); }

 private:
  std::shared_ptr<tsx_module> module_;
};

inline Module load(const std::string& path, const tsx_load_options* options = nullptr) {
  return Module(detail::made<tsx_module>(tsx_load, path.c_str(), options));
}

}  // namespace tsx
#endif

#endif /* TSX_TSX_H */

#include "api/c_api.h"
#include "core/format.h"

using namespace tsx::engine;

namespace {

DType dtype_of(tsx_dtype dtype) {
  const std::optional<DType> found = dtype_of_code(dtype);
  if (!found || !is_runnable(*found))
    throw failure("TSX4004", {{"dtype", static_cast<int>(dtype)}});
  return *found;
}

Dims dims_of(const std::int64_t* values, std::size_t rank) {
  return Dims(Span<const std::int64_t>(first(values, rank, "the array of sizes"), rank));
}

/// How many elements `sizes` and `strides` reach over, counted from the first one.
Size reach_of(const Dims& sizes, const Dims& strides) {
  if (count_of(sizes) == Size(0)) return 0;
  Size last = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (strides[i] < 0) refuse("strides must not be negative");
    last += Size(sizes[i] - 1) * Size(strides[i]);
  }
  return last + Size(1);
}

/// Whether some element is reached by two indices (as after expand), so that writing has no meaning.
bool repeats(const Dims& sizes, const Dims& strides) {
  for (std::size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] > 1 && strides[i] == 0) return true;
  return false;
}

}  // namespace

const char* tsx_dtype_name(tsx_dtype dtype) {
  const std::optional<DType> found = dtype_of_code(dtype);
  return found ? name(*found).data() : "";
}

size_t tsx_dtype_size(tsx_dtype dtype) {
  const std::optional<DType> found = dtype_of_code(dtype);
  return found ? item_size(*found) : 0;
}

tsx_error* tsx_tensor_new(tsx_dtype dtype, const int64_t* sizes, size_t rank, tsx_tensor** tensor) {
  return guarded([&] { give(tensor, Tensor::zeros(dtype_of(dtype), dims_of(sizes, rank))); });
}

tsx_error* tsx_tensor_borrow(tsx_dtype dtype, const int64_t* sizes, const int64_t* strides,
                             size_t rank, void* data, void (*release)(void*), void* owner,
                             tsx_tensor** tensor) {
  return guarded([&] {
    const std::shared_ptr<const void> kept(data, [release, owner](const void*) {
      if (release) release(owner);
    });
    const Dims shape = dims_of(sizes, rank);
    const Dims steps = strides ? dims_of(strides, rank) : row_major(shape);
    const DType type = dtype_of(dtype);
    const Size bytes = reach_of(shape, steps) * Size::of(item_size(type));
    if (bytes != Size(0)) at(static_cast<std::byte*>(data), "the memory");
    Ref<Storage> storage =
        Storage::borrow(static_cast<std::byte*>(data), bytes, Access::kWritable, kept);
    give(tensor, make_ref<Tensor>(std::move(storage), type, shape, steps, 0, !repeats(shape, steps)));
  });
}

tsx_error* tsx_tensor_contiguous(const tsx_tensor* tensor, tsx_tensor** result) {
  return guarded([&] { give(result, contiguous(at(tensor, "the tensor").tensor)); });
}

tsx_tensor* tsx_tensor_share(const tsx_tensor* tensor) {
  tsx_tensor* made = nullptr;
  tsx_error_free(guarded([&] { give(&made, tensor->tensor); }));
  return made;
}

void tsx_tensor_free(tsx_tensor* tensor) { std::default_delete<tsx_tensor>()(tensor); }

tsx_dtype tsx_tensor_dtype(const tsx_tensor* tensor) {
  return static_cast<tsx_dtype>(tensor->tensor->dtype());
}
size_t tsx_tensor_rank(const tsx_tensor* tensor) { return tensor->tensor->rank(); }
const int64_t* tsx_tensor_sizes(const tsx_tensor* tensor) {
  return tensor->tensor->sizes().begin();
}
const int64_t* tsx_tensor_strides(const tsx_tensor* tensor) {
  return tensor->tensor->strides().begin();
}
int64_t tsx_tensor_count(const tsx_tensor* tensor) { return tensor->tensor->count(); }
int tsx_tensor_is_contiguous(const tsx_tensor* tensor) {
  return tensor->tensor->is_contiguous();
}
tsx_error* tsx_tensor_data_of(const tsx_tensor* tensor, tsx_dtype dtype, void** data) {
  return guarded([&] {
    const Tensor& given = *at(tensor, "the tensor").tensor;
    if (given.dtype() != dtype_of(dtype))
      throw failure("TSX5013", {{"name", "tensor"}, {"expected", name(dtype_of(dtype))},
                                {"found", type_text(given)}, {"dtype", name(dtype_of(dtype))}},
                    {}, {}, "read it as what it is: tsx_tensor_dtype, in C++ tensor.dtype()");
    at(data, "the place for the result") = const_cast<std::byte*>(given.raw());
  });
}
void* tsx_tensor_data(const tsx_tensor* tensor) {
  return const_cast<std::byte*>(tensor->tensor->raw());
}

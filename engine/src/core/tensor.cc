#include "core/tensor.h"

#include <cstring>

#include "base/error.h"

namespace tsx::engine {
namespace {

/// Whether the elements are one run of memory in row-major order.
bool is_row_major(const Dims& sizes, const Dims& strides) {
  if (count_of(sizes) == Size(0)) return true;
  std::int64_t step = 1;
  for (std::size_t i = sizes.size(); i-- > 0;) {
    if (sizes[i] != 1 && strides[i] != step) return false;
    step *= sizes[i];
  }
  return true;
}

/// Throws when an element would lie outside of `bytes` of storage.
void check_inside(const Dims& sizes, const Dims& strides, std::int64_t offset, Size count,
                  std::size_t item_size, Size bytes) {
  Size low = offset, high = offset;
  if (count == Size(0)) return;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const Size reach = Size(sizes[i] - 1) * Size(strides[i] < 0 ? -strides[i] : strides[i]);
    if (strides[i] < 0)
      low = low - reach;
    else
      high += reach;
  }
  if ((high + Size(1)) * Size::of(item_size) > bytes) refuse("a view reaches outside its storage");
}

/// A strided copy of `sizes[dim…]`; `Item` has the size of an element.
template <typename Item> class Copier {
 public:
  Copier(const Tensor& from, const Tensor& to) : from_(from), to_(to) {}

  void run(const Item* source, Item* target, std::size_t dim) const {
    const std::int64_t size = to_.size(dim), a = from_.stride(dim), b = to_.stride(dim);
    if (dim + 1 < to_.rank()) {  // at most 16 levels
      for (std::int64_t i = 0; i < size; ++i) run(source + i * a, target + i * b, dim + 1);
    } else if (a == 1 && b == 1) {
      std::memmove(target, source, static_cast<std::size_t>(size) * sizeof(Item));
    } else {
      for (std::int64_t i = 0; i < size; ++i) target[i * b] = source[i * a];
    }
  }

 private:
  const Tensor& from_;
  const Tensor& to_;
};

template <typename Item> void copy_as(const Tensor& from, const Tensor& to) {
  Item* target = to.mutable_data<Item>();
  const Item* source = from.data<Item>();
  if (to.rank() == 0)
    *target = *source;
  else
    Copier<Item>(from, to).run(source, target, 0);
}

struct alignas(8) Item16 {
  std::uint64_t halves[2];
};

}  // namespace

Tensor::Tensor(Ref<Storage> storage, DType dtype, const Dims& sizes, const Dims& strides,
               std::int64_t offset, bool is_writable)
    : storage_(std::move(storage)), sizes_(sizes), strides_(strides), offset_(offset),
      count_(count_of(sizes).value()), dtype_(dtype), is_writable_(is_writable),
      is_contiguous_(is_row_major(sizes, strides)) {
  check_inside(sizes, strides, offset, Size(count_), item_size(), storage_->bytes());
}

TensorRef Tensor::empty(DType dtype, const Dims& sizes) {
  const Size bytes = count_of(sizes) * Size::of(engine::item_size(dtype));
  return make_ref<Tensor>(Storage::allocate(bytes), dtype, sizes, row_major(sizes));
}

TensorRef Tensor::zeros(DType dtype, const Dims& sizes) {
  const Size bytes = count_of(sizes) * Size::of(engine::item_size(dtype));
  return make_ref<Tensor>(Storage::zeros(bytes), dtype, sizes, row_major(sizes));
}

TensorRef Tensor::view(const Dims& sizes, const Dims& strides, std::int64_t offset) const {
  return make_ref<Tensor>(storage_, dtype_, sizes, strides, offset, is_writable_);
}

TensorRef Tensor::reinterpreted(DType dtype) const {
  if (engine::item_size(dtype) != item_size()) bug("reinterpreted as elements of another size");
  return make_ref<Tensor>(storage_, dtype, sizes_, strides_, offset_, is_writable_);
}

std::byte* Tensor::mutable_raw() const {
  if (!is_writable_) refuse("would write to a tensor whose elements share memory or are read-only");
  return storage_->writable_data() + offset_ * static_cast<std::int64_t>(item_size());
}

TensorRef contiguous(const TensorRef& tensor) {
  return tensor->is_contiguous() ? tensor : copy(*tensor);
}

TensorRef copy(const Tensor& tensor) {
  TensorRef made = Tensor::empty(tensor.dtype(), tensor.sizes());
  copy_elements(tensor, *made);
  return made;
}

void copy_elements(const Tensor& from, const Tensor& to) {
  if (from.dtype() != to.dtype() || from.sizes() != to.sizes()) bug("copy between unlike tensors");
  if (to.count() == 0) return;
  if (from.is_contiguous() && to.is_contiguous()) {
    std::byte* target = to.mutable_raw();
    std::memmove(target, from.raw(), to.bytes().count());
    return;
  }
  switch (to.item_size()) {
  case 1: return copy_as<std::uint8_t>(from, to);
  case 2: return copy_as<std::uint16_t>(from, to);
  case 4: return copy_as<std::uint32_t>(from, to);
  case 8: return copy_as<std::uint64_t>(from, to);
  default: return copy_as<Item16>(from, to);
  }
}

}  // namespace tsx::engine

// Tensor: elements of one type in a Storage, by sizes, strides and an offset (counted in elements).
//
// A tensor never changes after it is made, only the elements in its storage do. Views share the
// storage. `is_writable` is false for a view through which writing has no meaning (expand).
#pragma once

#include <cstdint>

#include "base/ref.h"
#include "core/dims.h"
#include "core/dtype.h"
#include "core/storage.h"

namespace tsx::engine {

class Tensor;
using TensorRef = Ref<Tensor>;

class Tensor final : public RefCounted {
 public:
  /// Throws when elements lie outside of the storage.
  Tensor(Ref<Storage> storage, DType dtype, const Dims& sizes, const Dims& strides,
         std::int64_t offset = 0, bool is_writable = true);

  /// A fresh row-major tensor; its elements are undefined, zero, or one value.
  static TensorRef empty(DType dtype, const Dims& sizes);
  static TensorRef zeros(DType dtype, const Dims& sizes);
  template <typename T> static TensorRef scalar(DType dtype, T value) {
    TensorRef made = empty(dtype, {});
    *made->mutable_data<T>() = value;
    return made;
  }
  /// Other sizes, strides and offset over the same storage.
  TensorRef view(const Dims& sizes, const Dims& strides, std::int64_t offset) const;
  /// The same bytes as another element type of the same size.
  TensorRef reinterpreted(DType dtype) const;

  DType dtype() const { return dtype_; }
  std::size_t rank() const { return sizes_.size(); }
  const Dims& sizes() const { return sizes_; }
  const Dims& strides() const { return strides_; }
  std::int64_t size(std::size_t dim) const { return sizes_[dim]; }
  std::int64_t stride(std::size_t dim) const { return strides_[dim]; }
  std::int64_t offset() const { return offset_; }
  std::int64_t count() const { return count_; }
  std::size_t item_size() const { return engine::item_size(dtype_); }
  Size bytes() const { return Size(count_) * Size::of(item_size()); }
  bool is_contiguous() const { return is_contiguous_; }
  bool is_writable() const { return is_writable_; }
  const Ref<Storage>& storage() const { return storage_; }

  /// The element at index 0, …, 0. The type is the caller's business: check dtype() first.
  template <typename T> const T* data() const { return reinterpret_cast<const T*>(raw()); }
  /// For writing: throws when the tensor can't be written. May move the storage's bytes, so take it
  /// before any data() of a tensor that may share the storage.
  template <typename T> T* mutable_data() const { return reinterpret_cast<T*>(mutable_raw()); }
  const std::byte* raw() const {
    return storage_->data() + offset_ * static_cast<std::int64_t>(item_size());
  }
  std::byte* mutable_raw() const;

 private:
  Ref<Storage> storage_;
  Dims sizes_;
  Dims strides_;
  std::int64_t offset_;
  std::int64_t count_;
  DType dtype_;
  bool is_writable_;
  bool is_contiguous_;
  Charge charge_{sizeof *this};
};

/// The tensor itself when it is row-major, else a row-major copy.
TensorRef contiguous(const TensorRef& tensor);
/// A fresh row-major tensor with the same elements.
TensorRef copy(const Tensor& tensor);
/// Copies elements between tensors of the same dtype and sizes. They must not overlap, unless they
/// are the same elements.
void copy_elements(const Tensor& from, const Tensor& to);

}  // namespace tsx::engine

// Mirrors tsx/ops/products.py: kron, chains of matrices, powers of matrices, vecdot, cross.
#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/joining.h"
#include "kernels/places.h"
#include "kernels/reductions.h"
#include "kernels/singular.h"
#include "kernels/views.h"
#include "tile/run.h"
#include "tile/space.h"

namespace tsx::engine {
namespace {

TensorRef times(const TensorRef& a, const TensorRef& b) {
  return evaluate("aten::mul.Tensor", {Value(a), Value(b)});
}

/// Every element of the first times all of the second, laid out as blocks.
void kron_kernel(Call& call) {
  const TensorRef both[] = {call.tensor_ref(0), call.tensor_ref(1)};
  const DType dtype = joined_dtype(both), work = compute_dtype(dtype);
  const std::size_t rank = std::max(both[0]->rank(), both[1]->rank());
  Dims blocks, inside, sizes;
  for (std::size_t i = 0; i < rank; ++i) {
    const auto size = [&](const TensorRef& x) {
      return i + x->rank() < rank ? 1 : x->size(i + x->rank() - rank);
    };
    sizes.push_back((Size(size(both[0])) * Size(size(both[1]))).value());
    blocks.push_back(size(both[0]));
    blocks.push_back(1);
    inside.push_back(1);
    inside.push_back(size(both[1]));
  }
  const TensorRef product = times(reshape(plain(both[0], work), blocks),
                                  reshape(plain(both[1], work), inside));
  call.give(tile::cast(shaped(contiguous(product), sizes), dtype));
}

// --- chains --------------------------------------------------------------------------------------

/// Matrices whose sizes follow each other, and where to split the chain so that the fewest products
/// are needed (Cormen et al., 15.2).
struct Chain {
  std::vector<TensorRef> matrices;
  std::vector<std::size_t> splits; // [first * count + last]

  void find_splits() {
    const std::size_t count = matrices.size();
    std::vector<double> costs(count * count, 0);
    splits.assign(count * count, 0);
    for (std::size_t length = 1; length < count; ++length) {
      for (std::size_t i = 0; i + length < count; ++i) {
        const std::size_t last = i + length;
        double least = 0;
        for (std::size_t k = i; k < last; ++k) {
          const double cost = costs[i * count + k] + costs[(k + 1) * count + last] +
                              static_cast<double>(matrices[i]->size(0)) *
                                  static_cast<double>(matrices[k]->size(1)) *
                                  static_cast<double>(matrices[last]->size(1));
          if (k == i || cost < least) {
            least = cost;
            splits[i * count + last] = k;
          }
        }
        costs[i * count + last] = least;
      }
    }
  }

  TensorRef product(std::size_t first, std::size_t last) const {
    if (first == last) return matrices[first];
    const std::size_t middle = splits[first * matrices.size() + last];
    return matmul(product(first, middle), product(middle + 1, last));
  }
};

constexpr std::size_t kLongestChain = 1000; // the splits take its square in memory

void chain_kernel(Call& call) {
  const std::vector<TensorRef> given = call.tensors(0);
  if (given.size() < 2 || given.size() > kLongestChain)
    refuse("expected 2 to 1000 matrices, got " + std::to_string(given.size()));
  const DType dtype = given[0]->dtype();
  Chain chain;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const TensorRef& x = given[i];
    const bool is_end = i == 0 || i + 1 == given.size();
    need_same_dtype(*given[0], *x);
    need_rank(*x, is_end ? 1 : 2, 2);
    const TensorRef wide = tile::cast(x, product_dtype(dtype));
    chain.matrices.push_back(x->rank() == 2 ? wide : unsqueeze(*wide, i == 0 ? 0 : 1));
    if (i > 0 && chain.matrices[i - 1]->size(1) != chain.matrices[i]->size(0))
      refuse("expected matrices that can be multiplied, got " + text_of(given[i - 1]->sizes()) +
             " and " + text_of(x->sizes()));
  }
  chain.find_splits();
  TensorRef result = chain.product(0, given.size() - 1);
  if (given.back()->rank() == 1) result = squeeze_axis(*result, 1);
  if (given.front()->rank() == 1) result = squeeze_axis(*result, 0);
  call.give(tile::cast(result, dtype));
}

// --- powers --------------------------------------------------------------------------------------

/// Matrices with ones on the diagonal, of the sizes and dtype of `like`.
TensorRef identities(const Tensor& like) {
  const TensorRef result = Tensor::zeros(like.dtype(), like.sizes());
  const TensorRef ones = diagonal(*result, 0, -2, -1);
  tile::assign(*ones, Tensor::scalar<std::uint8_t>(DType::kBool, 1));
  return result;
}

/// x to the power n by squaring; n is 1 or more.
TensorRef powered(const TensorRef& x, std::uint64_t n) {
  TensorRef square = x, result;
  for (;; square = matmul(square, square)) {
    if (n % 2 != 0) result = result ? matmul(result, square) : square;
    n /= 2;
    if (n == 0) return result;
  }
}

void matrix_power_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0);
  const std::int64_t n = call.integer(1);
  if (x->rank() < 2 || x->size(x->rank() - 1) != x->size(x->rank() - 2))
    refuse("expected square matrices, got " + text_of(x->sizes()));
  const DType dtype = x->dtype();
  if (n == 0) return call.give(identities(*x));
  TensorRef base = tile::cast(x, product_dtype(dtype));
  if (n < 0) {
    if (!is_float(dtype) && !is_complex(dtype))
      refuse("expected a floating-point tensor, got " + std::string(name(dtype)));
    base = inverses(tile::cast(x, is_complex(dtype) ? DType::kComplex128 : DType::kFloat64));
  }
  const auto count = static_cast<std::uint64_t>(n);
  const TensorRef result = powered(base, n < 0 ? 0 - count : count);
  call.give(tile::cast(result == x ? copy(*x) : contiguous(result), dtype));
}

// --- vecdot, cross -------------------------------------------------------------------------------

TensorRef conjugate(const TensorRef& x) {
  if (x->dtype() != DType::kComplex128) return x;
  const TensorRef turned = copy(*x);
  auto* const values = turned->mutable_data<std::complex<double>>();
  for (std::int64_t i = 0; i < turned->count(); ++i)
    values[i] = std::conj(values[i]);
  return turned;
}

void vecdot_kernel(Call& call) {
  const TensorRef x = call.tensor_ref(0), y = call.tensor_ref(1);
  need_same_dtype(*x, *y);
  const DType dtype = x->dtype(), work = product_dtype(dtype);
  const TensorRef product = times(conjugate(tile::cast(x, work)), tile::cast(y, work));
  call.give(tile::cast(sum_over(product, one_axis(call.integer(2), product->rank())), dtype));
}

/// The dimension of size 3; without `dim` the first one that has it.
std::int64_t cross_dim(const Dims& sizes, std::optional<std::int64_t> dim) {
  std::size_t place = 0;
  if (dim)
    place = axis_of(*dim, sizes.size());
  else
    place = static_cast<std::size_t>(std::find(sizes.begin(), sizes.end(), 3) - sizes.begin());
  if (place >= sizes.size() || sizes[place] != 3)
    refuse("expected a dimension of size 3, got " + text_of(sizes));
  return static_cast<std::int64_t>(place);
}

void cross_kernel(Call& call) {
  const TensorRef given[] = {call.tensor_ref(0), call.tensor_ref(1)};
  need_same_dtype(*given[0], *given[1]);
  const DType dtype = given[0]->dtype();
  const Dims sizes = tile::broadcast(given[0]->sizes(), given[1]->sizes());
  const std::int64_t dim = cross_dim(sizes, call.optional_integer(2));
  TensorRef parts[2][3];
  for (std::size_t k = 0; k < 2; ++k) {
    const TensorRef wide = expand(tile::cast(given[k], compute_dtype(dtype)), sizes);
    for (std::int64_t i = 0; i < 3; ++i)
      parts[k][i] = select(*wide, dim, i);
  }
  std::vector<TensorRef> result;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t a = (i + 1) % 3, b = (i + 2) % 3;
    const TensorRef left = times(parts[0][a], parts[1][b]), right = times(parts[0][b], parts[1][a]);
    result.push_back(
        evaluate("aten::sub.Tensor", {Value(left), Value(right), Value(std::int64_t{1})}));
  }
  call.give(tile::cast(stack(result, dim), dtype));
}

/// Here each operand has as many dimensions, and three elements along `dim`, before they are broadcast.
void linalg_cross_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  const Tensor& y = call.tensor(1);
  if (x.rank() != y.rank()) refuse("expected operands of as many dimensions");
  const std::size_t axis = axis_of(call.integer(2), x.rank());
  if (x.rank() == 0 || x.size(axis) != 3 || y.size(axis) != 3)
    refuse("expected operands of size 3 along the dimension");
  cross_kernel(call);
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(products) {
  registry.add("aten::kron", kron_kernel);
  registry.add("aten::linalg_multi_dot", chain_kernel);
  registry.add("aten::chain_matmul", chain_kernel);
  registry.add("aten::matrix_power", matrix_power_kernel);
  registry.add("aten::linalg_matrix_power", matrix_power_kernel);
  registry.add("aten::linalg_vecdot", vecdot_kernel);
  registry.add("aten::linalg_cross", linalg_cross_kernel);
  registry.add("aten::cross", cross_kernel);
}

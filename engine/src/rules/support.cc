#include "rules/support.h"

#include <algorithm>
#include <utility>

#include "tile/promote.h"

namespace tsx::engine::rules {

std::string_view Operands::name() const {
  const std::string_view kind = op_.kind();
  return kind.substr(0, kind.find('.'));
}

std::string_view Operands::base() const {
  const std::string_view whole = name();
  return whole.substr(whole.find("::") + 2);
}

void Mismatch::operator()(std::string_view op, std::string_view expected,
                          std::string_view found) const {
  throw failure("TSX4005", {{"op", op}, {"expected", expected}, {"found", found}});
}

void unfit(std::string_view op, std::string_view expected, std::string_view found) {
  throw failure("TSX4055", {{"op", op}, {"expected", expected}, {"found", found}});
}

std::string shape_text(const Shape& shape) {
  std::string text;
  for (const Dim& size : shape)
    text += (text.empty() ? "" : ", ") + to_text(size);
  return "[" + text + "]";
}

std::string list_text(const std::vector<std::int64_t>& values) {
  std::string text;
  for (const std::int64_t value : values)
    text += (text.empty() ? "" : ", ") + std::to_string(value);
  return "[" + text + "]";
}

std::optional<Shape> dims_of(const Abstract& value, std::optional<std::size_t> count) {
  if (value.has_items()) {
    Shape sizes;
    for (const Abstract& item : value.items())
      sizes.push_back(item.as_dim());
    if (count && sizes.size() == 1) sizes.resize(*count, Dim(sizes[0]));
    return sizes;
  }
  if (value.is_dim() && count) return Shape(*count, value.as_dim());
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> known_ints(const Abstract& value) {
  if (!value.has_items()) return std::nullopt;
  std::vector<std::int64_t> ints;
  for (const Abstract& item : value.items()) {
    if (!item.known_int()) return std::nullopt;
    ints.push_back(*item.known_int());
  }
  return ints;
}

std::optional<std::vector<std::int64_t>> concrete(const Shape& sizes) {
  std::vector<std::int64_t> ints;
  for (const Dim& size : sizes) {
    if (!size.is_known()) return std::nullopt;
    ints.push_back(size.size);
  }
  return ints;
}

std::optional<DType> dtype_arg(const Abstract& value, std::optional<DType> fallback) {
  if (value.is_none()) return fallback;
  return value.known_int() ? dtype_of_code(*value.known_int()) : std::nullopt;
}

std::optional<std::size_t> wrap_dim(std::string_view op, const Abstract& dim,
                                    std::optional<std::size_t> rank, std::size_t extra) {
  if (!dim.known_int() || !rank) return std::nullopt;
  const auto span = static_cast<std::int64_t>(std::max<std::size_t>(*rank + extra, 1));
  const std::int64_t place = *dim.known_int();
  if (place < -span || place >= span) {
    mismatch(
        op, "a dimension from " + std::to_string(-span) + " to " + std::to_string(span - 1),
        to_text(dim));
  }
  return static_cast<std::size_t>(place < 0 ? place + span : place);
}

Dim broadcast_dim(std::string_view op, const Dim& a, const Dim& b) {
  const Dim one = Dim::known(1);
  if (a == b) return a;
  if (a == one) return b;
  if (b == one) return a;
  if (a.is_known() && b.is_known())
    mismatch(op, "sizes that broadcast", to_text(a) + " and " + to_text(b));
  // One is a known size above 1: the other must be it or 1, and the result is the known one.
  if (a.is_known()) return a;
  return b.is_known() ? b : Dim();
}

std::optional<Shape> broadcast(std::string_view op,
                               const std::vector<std::optional<Shape>>& shapes) {
  Shape result;
  for (const std::optional<Shape>& shape : shapes) {
    if (!shape) return std::nullopt;
    const std::size_t rank = std::max(result.size(), shape->size());
    Shape joined(rank);
    for (std::size_t back = rank; back > 0; --back) {
      const Dim one = Dim::known(1);
      const Dim& a = back <= result.size() ? result[result.size() - back] : one;
      const Dim& b = back <= shape->size() ? (*shape)[shape->size() - back] : one;
      joined[rank - back] = broadcast_dim(op, a, b);
    }
    result = std::move(joined);
  }
  return result;
}

Dim numel(const std::optional<Shape>& shape) {
  if (!shape) return {};
  if (std::find(shape->begin(), shape->end(), Dim::known(0)) != shape->end()) return Dim::known(0);
  Dim total = Dim::known(1);
  for (const Dim& size : *shape) {
    if (size.kind == Dim::Kind::kUnknown) return {};
    total = total * size;
  }
  return total;
}

bool differ(const Dim& a, const Dim& b) {
  const Dim gap = a - b;
  return gap.is_known() && gap.size != 0;
}

Dim either(const Dim& a, const Dim& b) {
  const bool is_worse = a.kind == Dim::Kind::kSymbolic && b.is_known();
  return a.kind == Dim::Kind::kUnknown || is_worse ? b : a;
}

std::optional<DType> one_dtype(std::string_view op,
                               const std::vector<std::optional<DType>>& dtypes) {
  std::vector<DType> found;
  for (const std::optional<DType>& dtype : dtypes) {
    if (dtype && std::find(found.begin(), found.end(), *dtype) == found.end())
      found.push_back(*dtype);
  }
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) return found[0];
  std::string text(tsx::engine::name(found[0]));
  for (std::size_t i = 1; i < found.size(); ++i)
    text += " and " + std::string(tsx::engine::name(found[i]));
  throw failure("TSX4054", {{"op", op}, {"found", text}});
}

std::optional<DType> one_dtype(const Operands& in, std::string_view op,
                               std::initializer_list<std::size_t> places) {
  std::vector<std::optional<DType>> dtypes;
  for (const std::size_t place : places)
    dtypes.push_back(in.dtype(place));
  return one_dtype(op, dtypes);
}

std::optional<DType> one_dtype(const Operands& in, std::string_view op) {
  std::vector<std::optional<DType>> dtypes;
  for (std::size_t i = 0; i < in.size(); ++i)
    dtypes.push_back(in.dtype(i));
  return one_dtype(op, dtypes);
}

const std::optional<Shape>& need_rank(const Operands& in, std::string_view op, std::size_t place,
                                      std::initializer_list<std::size_t> ranks,
                                      std::string_view what) {
  const std::optional<Shape>& shape = in.shape(place);
  if (shape && std::find(ranks.begin(), ranks.end(), shape->size()) == ranks.end()) {
    std::string expected;
    for (const std::size_t rank : ranks)
      expected += (expected.empty() ? "" : " or ") + std::to_string(rank) + "-D";
    unfit(op, "a " + expected + " " + std::string(what), shape_text(*shape));
  }
  return shape;
}

// --- reductions ---------------------------------------------------------------------------------

std::optional<Shape> reduced_shape(std::string_view op, const std::optional<Shape>& shape,
                                   const Abstract& dim, const Abstract& keepdim) {
  const bool is_everything = dim.is_none() || (dim.has_items() && dim.items().empty());
  const std::optional<bool> keeps = keepdim.known_bool();
  if (is_everything && keeps == false) return Shape();
  if (!shape || !is_known(dim) || !keeps) return std::nullopt;
  const std::size_t span = std::max<std::size_t>(shape->size(), 1);  // a 0-dim tensor takes -1 and 0
  std::vector<bool> is_reduced(span + 1, is_everything);  // the last is for what is no int
  const Items alone = {dim};
  bool is_twice = false;
  for (const Abstract& one : is_everything ? Items() : dim.has_items() ? dim.items() : alone) {
    const std::size_t place = wrap_dim(op, one, shape->size()).value_or(span);
    is_twice = is_twice || is_reduced[place];
    is_reduced[place] = true;
  }
  if (is_twice) mismatch(op, "each dimension once", to_text(dim));
  Shape left;
  for (std::size_t i = 0; i < shape->size(); ++i) {
    if (!is_reduced[i]) left.push_back((*shape)[i]);
    if (is_reduced[i] && *keeps) left.push_back(Dim::known(1));
  }
  return left;
}

std::optional<DType> sum_dtype(std::optional<DType> dtype) {
  if (!dtype) return std::nullopt;
  return is_integer(*dtype) || *dtype == DType::kBool ? DType::kInt64 : *dtype;
}

std::optional<DType> need_float(std::string_view op, std::optional<DType> dtype) {
  if (dtype && !is_float(*dtype) && !is_complex(*dtype))
    mismatch(op, "a floating-point or complex tensor", std::string(tsx::engine::name(*dtype)));
  return dtype;
}

std::optional<DType> real_dtype(std::optional<DType> dtype) {
  return dtype ? std::optional<DType>(tile::real_of(*dtype)) : std::nullopt;
}

// --- promotion ----------------------------------------------------------------------------------

TypeKind number_type(const Abstract& value) {
  switch (value.kind()) {
  case Abstract::Kind::kUnknown:
    return value.type()->kind;
  case Abstract::Kind::kBool:
    return TypeKind::kBool;
  case Abstract::Kind::kInt:
  case Abstract::Kind::kSize:
    return TypeKind::kInt;
  case Abstract::Kind::kFloat:
    return TypeKind::kFloat;
  case Abstract::Kind::kComplex:
    return TypeKind::kComplex;
  default:
    return TypeKind::kAny;
  }
}

std::optional<DType> dtype_of_value(const Abstract& value) {
  if (value.is_tensor()) return value.type()->dtype;
  switch (number_type(value)) {
  case TypeKind::kBool:
    return DType::kBool;
  case TypeKind::kInt:
    return DType::kInt64;
  case TypeKind::kFloat:
    return DType::kFloat32;
  case TypeKind::kComplex:
    return DType::kComplex64;
  default:  // what is no number counts as the default float
    return value.is_unknown() ? std::nullopt : std::optional<DType>(DType::kFloat32);
  }
}

namespace {

std::optional<DType> promoted(const std::vector<Abstract>& values, tile::Category unranked) {
  tile::Promotion promotion;
  for (const Abstract& value : values) {
    if (value.is_none()) continue;
    if (!value.is_tensor()) {
      promotion.add(*dtype_of_value(value), tile::Category::kNumber);
    } else {
      const std::optional<Shape>& shape = value.type()->shape;
      const tile::Category ranked =
          shape && shape->empty() ? tile::Category::kZeroDim : tile::Category::kTensor;
      promotion.add(*value.type()->dtype, shape ? ranked : unranked);
    }
  }
  return promotion.empty() ? std::nullopt : std::optional<DType>(promotion.result());
}

}  // namespace

std::optional<DType> result_type(const std::vector<Abstract>& values) {
  bool is_unranked = false;
  for (const Abstract& value : values) {
    if (value.is_none()) continue;
    if (!dtype_of_value(value)) return std::nullopt;
    is_unranked = is_unranked || (value.is_tensor() && !value.type()->shape);
  }
  const std::optional<DType> found = promoted(values, tile::Category::kTensor);
  if (is_unranked && found != promoted(values, tile::Category::kZeroDim)) return std::nullopt;
  return found;
}

}  // namespace tsx::engine::rules

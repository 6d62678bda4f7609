// Losses and distances, as tsx/ops/losses.py, class_losses.py and distance.py.
#include <utility>

#include "rules/nn.h"

namespace tsx::engine::rules {
namespace {

void check_reduction(std::string_view name, const Abstract& reduction) {
  const std::optional<std::int64_t> code = reduction.known_int();
  if (!code || (*code >= 0 && *code <= 2)) return;
  unfit(name, "reduction 0 (none), 1 (mean) or 2 (sum)", to_text(reduction));
}

/// A tensor operand, of which nothing is known where it isn't told to be one.
Abstract tensor_at(const Operands& in, std::size_t place) { return in.unknown(&in.type(place)); }

// --- element by element -------------------------------------------------------------------------

bool is_tensor_or_none(const Type& type) {
  return type.is(TypeKind::kTensor) ||
         (type.is(TypeKind::kOptional) && type.element()->is(TypeKind::kTensor));
}

std::size_t place_of(const Schema& schema, std::string_view name) {
  std::size_t place = 0;
  while (schema.arguments[place].name != name)
    ++place;
  return place;
}

/// Losses that add a float to their operands: integers become float32 there, the others refuse them.
bool adds_float(std::string_view name) {
  return name == "margin_ranking_loss" || name == "poisson_nll_loss";
}

// --- classes ------------------------------------------------------------------------------------

std::size_t class_dim(const Shape& shape) { return shape.size() == 1 ? 0 : 1; }

/// The sizes without that of the classes.
Shape elements_of(const Shape& shape) { return without(shape, class_dim(shape)); }

/// The shape of the losses of all elements; errors when target or weights don't fit the input.
Shape checked(std::string_view name, const Shape& x, const std::optional<Shape>& target,
              const std::optional<Shape>& weights) {
  if (x.empty()) unfit(name, "an input of 1 or more dimensions", "a scalar");
  Shape rest = elements_of(x);
  if (target && misfits(*target, rest))
    unfit(name, "a target of sizes " + shape_text(rest), shape_text(*target));
  const Shape classes = {x[class_dim(x)]};
  if (weights && misfits(*weights, classes)) {
    throw failure("TSX4060", {{"op", name},
                              {"what", "class weights"},
                              {"expected", shape_text(classes)},
                              {"found", shape_text(*weights)}});
  }
  return rest;
}

Abstract nll(const Operands& in, std::string_view name) {
  check_reduction(name, in[3]);
  const std::optional<DType> dtype = one_dtype(in, name, {0, 2});
  const std::optional<std::int64_t> reduction = in[3].known_int();
  std::optional<Shape> rest;
  if (in.shape(0)) rest = checked(name, *in.shape(0), in.shape(1), in.shape(2));
  if (!reduction) return in.tensor(dtype, std::nullopt);
  return in.tensor(dtype, *reduction == 0 ? std::move(rest) : Shape());
}

/// Of targets that are a share for each class, or of which that isn't known.
Abstract of_shares(const Operands& in, std::string_view name, bool is_certain) {
  check_reduction(name, in[3]);
  const std::optional<Shape>&x = in.shape(0), &target = in.shape(1);
  if (is_certain && x && target && misfits(*target, *x))
    unfit(name, "a target of sizes " + shape_text(*x), shape_text(*target));
  const std::optional<DType> dtype = one_dtype(in, name, {0, 2});
  const std::optional<std::int64_t> reduction = in[3].known_int();
  if (!reduction || (*reduction == 0 && (!x || !is_certain))) return in.tensor(dtype, std::nullopt);
  return in.tensor(dtype, *reduction == 0 ? elements_of(*x) : Shape());
}

// --- distances ----------------------------------------------------------------------------------

std::optional<DType> promoted(const Operands& in) {
  return result_type({tensor_at(in, 0), tensor_at(in, 1)});
}

bool is_inexact(DType dtype) { return is_float(dtype) || is_complex(dtype); }

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(losses_define_rule) {
  const std::string_view name = in.base();
  const Abstract& reduction = in[place_of(in.schema(), "reduction")];
  check_reduction(name, reduction);
  std::vector<Abstract> tensors;
  std::vector<std::optional<Shape>> shapes;
  for (std::size_t i = 0; is_tensor_or_none(*in.schema().arguments[i].type); ++i) {
    if (in[i].is_none()) continue;
    tensors.push_back(tensor_at(in, i));
    shapes.push_back(in.shape(i));
  }
  std::optional<DType> dtype = result_type(tensors);
  if (dtype && !is_float(*dtype)) {
    if (is_complex(*dtype) || !adds_float(name)) wrong_dtype(name, "floating-point", *dtype);
    dtype = DType::kFloat32;
  }
  std::optional<Shape> shape = broadcast(name, shapes);
  const std::optional<std::int64_t> code = reduction.known_int();
  if (!code) return in.tensor(dtype, std::nullopt);
  return in.tensor(dtype, *code == 0 ? std::move(shape) : Shape());
}

TSX_RULE(class_losses_define_nll_rule) { return nll(in, in.base()); }

TSX_RULE(class_losses_infer_forward) {
  const Abstract first = nll(in, "nll_loss");
  return in.tuple({first, in.tensor(first.type()->dtype, Shape())});
}

TSX_RULE(class_losses_infer_cross_entropy) {
  const std::string name = "cross_entropy_loss";
  const std::optional<double> smoothing = known_real(in[5]);
  if (smoothing && !(*smoothing >= 0 && *smoothing <= 1))
    unfit(name, "label_smoothing from 0 to 1", to_text(in[5]));
  const std::optional<DType> target = in.dtype(1);
  if (target && !is_float(*target)) return nll(in, name);
  return of_shares(in, name, target.has_value());
}

TSX_RULE(distance_infer_cdist) {
  const std::optional<DType> dtype = one_dtype(in, "cdist", {0, 1});
  const std::optional<double> p = known_real(in[2]);
  if (p && *p < 0) unfit("cdist", "p of 0 or more", to_text(in[2]));
  const std::optional<Shape>&a = in.shape(0), &b = in.shape(1);
  if (!a || !b) return in.tensor(dtype, std::nullopt);
  if (a->size() < 2 || b->size() < 2 || differ(a->back(), b->back()))
    unequal("cdist", "matrices with equal last sizes", *a, *b);
  Shape shape = *broadcast("cdist", {without_last(*a, 2), without_last(*b, 2)});
  shape.push_back((*a)[a->size() - 2]);
  shape.push_back((*b)[b->size() - 2]);
  return in.tensor(dtype, std::move(shape));
}

TSX_RULE(distance_infer_pdist) {
  const std::optional<Shape>& shape = need_rank(in, "pdist", 0, {2}, "input");
  const Dim rows = shape ? (*shape)[0] : Dim();
  return in.tensor(in.dtype(0), Shape{floor_div(rows * (rows - 1), 2)});
}

TSX_RULE(distance_infer_cosine) {
  const std::string name = "cosine_similarity";
  const std::optional<DType> dtype = promoted(in);
  if (dtype && !is_inexact(*dtype)) wrong_dtype(name, "floating-point", *dtype);
  std::optional<Shape> shape = broadcast(name, {in.shape(0), in.shape(1)});
  const std::optional<std::size_t> place = wrap_dim(name, in[2], rank_of(shape));
  if (!place) return in.tensor(dtype, std::nullopt);
  return in.tensor(dtype, without(*shape, *place));
}

TSX_RULE(distance_infer_pairwise) {
  const std::string name = "pairwise_distance";
  std::optional<DType> dtype = promoted(in);
  // Integers meet the float `eps` and become float32.
  if (dtype && !is_inexact(*dtype)) dtype = DType::kFloat32;
  if (in.dtype(0) == DType::kBool && in.dtype(1) == DType::kBool)
    wrong_dtype(name, "number", DType::kBool);
  const std::optional<Shape> shape = broadcast(name, {in.shape(0), in.shape(1)});
  const std::optional<bool> keeps = in[4].known_bool();
  if (!shape || !keeps) return in.tensor(real_dtype(dtype), std::nullopt);
  Shape left = without_last(*shape, 1);
  if (*keeps && !shape->empty()) left.push_back(Dim::known(1));
  return in.tensor(real_dtype(dtype), std::move(left));
}

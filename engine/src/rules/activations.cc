// Activations, softmax, dropout and look-ups, as tsx/ops/activations.py, softmax.py, dropout.py and
// embedding.py.
#include <utility>

#include "rules/nn.h"

namespace tsx::engine::rules {
namespace {

// --- softmax ------------------------------------------------------------------------------------

Abstract softmax(const Operands& in, std::string_view name, std::optional<DType> dtype) {
  wrap_dim(name, in[1], rank_of(in.shape(0)));
  if (dtype && !is_float(*dtype) && !is_complex(*dtype))
    wrong_dtype(name, "floating-point", *dtype);
  return in.tensor(dtype, in.shape(0));
}

// --- dropout ------------------------------------------------------------------------------------

void check_dropout(const Operands& in, std::string_view name) {
  const std::optional<double> p = known_real(in[1]);
  if (p && !(*p >= 0 && *p <= 1)) unfit(name, "a probability from 0 to 1", to_text(in[1]));
  if (in[2].known_bool() == true && p != 0.0 && p != 1.0)
    throw failure("TSX4058", {{"op", std::string(name) + " with train=True"}});
}

// --- look-ups -----------------------------------------------------------------------------------

void need_index_dtype(const Operands& in, std::string_view name) {
  const std::optional<DType> dtype = in.dtype(1);
  if (!dtype || dtype == DType::kInt32 || dtype == DType::kInt64) return;
  wrong_dtype(std::string(name) + " (indices)", "int32 or int64", *dtype);
}

/// The one size of a list of indices or offsets.
Dim length_of(const Operands& in, std::size_t place, const char* what) {
  const std::optional<Shape>& shape = need_rank(in, "embedding_bag", place, {1}, what);
  return shape ? (*shape)[0] : Dim();
}

constexpr std::int64_t kSum = 0, kMax = 2;  // modes; 1 is the mean

void check_mode(const Operands& in, std::int64_t mode) {
  const char* const name = "embedding_bag";
  if (mode < kSum || mode > kMax)
    unfit(name, "mode 0 (sum), 1 (mean) or 2 (max)", to_text(in[4]));
  if (in[6].is_tensor() && mode != kSum)
    unfit(name, "per_sample_weights with mode 0 (sum) only", "mode " + to_text(in[4]));
}

Abstract bag(const Operands& in, bool has_padding) {
  const std::optional<Shape>& table = need_rank(in, "embedding_bag", 0, {2}, "weight");
  const Dim found = length_of(in, 1, "list of indices"), starts = length_of(in, 2, "list of offsets");
  need_index_dtype(in, "embedding_bag");
  const auto of_index = [&](std::optional<Shape> shape) {
    return in.tensor(in.dtype(1), std::move(shape));
  };
  const std::optional<std::int64_t> mode = in[4].known_int();
  const std::optional<bool> is_last_included = in[7].known_bool();
  if (!mode || !is_last_included) {
    const Abstract unknown = of_index(std::nullopt);
    return in.tuple({in.tensor(in.dtype(0), std::nullopt), unknown, unknown, unknown});
  }
  check_mode(in, *mode);
  const Dim width = table ? (*table)[1] : Dim();
  const Dim bags = *is_last_included ? starts - 1 : starts;
  const Dim sizes = mode == kSum ? starts : bags;
  const bool is_whole = mode == kSum && !has_padding;
  return in.tuple({in.tensor(in.dtype(0), Shape{bags, width}),
                   of_index(Shape{is_whole ? Dim::known(0) : found}), of_index(Shape{sizes}),
                   of_index(mode == kMax ? Shape{bags, width} : Shape{sizes})});
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(activations_prelu_infer) {
  const std::string name = "aten::prelu";
  if (!in[0].is_tensor() || !in[1].is_tensor()) return in.unknown(&in.type(0));
  const std::optional<Shape>&x = in.shape(0), &weight = in.shape(1);
  if (weight && weight->size() > 1)
    mismatch(name, "a weight of at most 1 dimension", shape_text(*weight));
  const Dim count = weight && !weight->empty() ? (*weight)[0] : Dim();
  if (x && count.is_known() && count.size != 1) {
    const Dim channels = x->size() > 1 ? (*x)[1] : Dim::known(1);
    if (channels.is_known() && channels.size != count.size)
      mismatch(name, "one weight, or " + to_text(channels), to_text(count));
  }
  return in.tensor(in.dtype(0), x);
}

TSX_RULE(activations_glu_infer) {
  const std::string name = "aten::glu";
  const std::optional<Shape>& x = in.shape(0);
  const std::optional<std::size_t> place = wrap_dim(name, in[1], rank_of(x));
  if (!place) return in.tensor(in.dtype(0), std::nullopt);
  if (x->empty()) mismatch(name, "a tensor with a dimension", "a 0-dim tensor");
  Shape halved = *x;
  halved[*place] = exact_div((*x)[*place], Dim::known(2));
  if ((*x)[*place].is_known() && !halved[*place].is_known())
    mismatch(name, "an even size to halve", to_text((*x)[*place]));
  return in.tensor(in.dtype(0), std::move(halved));
}

TSX_RULE(softmax_rule_rule) { return softmax(in, in.base(), dtype_arg(in[2], in.dtype(0))); }

TSX_RULE(softmax_define_rule_native) {
  const bool is_widened = in[2].known_bool() == true;
  return softmax(in, in.base().substr(1), is_widened ? DType::kFloat32 : in.dtype(0));
}

TSX_RULE(dropout_rule_rule) {
  check_dropout(in, in.base());
  return in.unknown(&in.type(0));
}

TSX_RULE(dropout_infer_native) {
  check_dropout(in, "native_dropout");
  return in.tuple({in.unknown(&in.type(0)), in.tensor(DType::kBool, in.shape(0))});
}

TSX_RULE(embedding_infer_embedding) {
  const std::optional<Shape>& table = need_rank(in, "embedding", 0, {2}, "weight");
  need_index_dtype(in, "embedding");
  std::optional<Shape> shape = in.shape(1);
  if (shape) shape->push_back(table ? (*table)[1] : Dim());
  return in.tensor(in.dtype(0), std::move(shape));
}

TSX_RULE(embedding_renorm_rule) { return in[0]; }

TSX_RULE(embedding_infer_bag) { return bag(in, in.size() > 8 && !in[8].is_none()); }

TSX_RULE(embedding_infer_private_bag) {
  return bag(in, !in[8].is_none() && in[8].known_int() != -1);  // -1 means no padding here
}

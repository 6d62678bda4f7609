// Recurrent layers and packed sequences, as tsx/ops/rnn.py and packed.py.
#include <algorithm>
#include <utility>

#include "rules/nn.h"

namespace tsx::engine::rules {
namespace {

/// One sort of recurrent layer: its name, how many gates and how many states.
struct Sort {
  std::string_view name;
  std::int64_t gates;
  std::size_t states;
};

Sort sort_of(const Operands& in) {
  std::string_view name = in.base();
  name = name.substr(0, name.find("_cell"));
  if (name == "lstm") return {name, 4, 2};
  const std::int64_t gates = name == "gru" ? 3 : 1;
  return {name, gates, 1};
}

/// What is known of some tensors.
using Tensors = std::vector<const Type*>;

/// A Tensor or Tensor[] operand as a list; nothing when its length is unknown.
std::optional<Tensors> list_of(const Operands& in, const Abstract& value) {
  if (value.is_tensor()) return Tensors{value.type()};
  if (!value.has_items()) return std::nullopt;
  Tensors found;
  for (const Abstract& item : value.items())
    found.push_back(item.is_tensor() ? item.type() : in.types().tensor());
  return found;
}

Error wrong_count(const Sort& sort, std::string expected, const std::string& found) {
  return failure("TSX4059", {{"op", sort.name}, {"expected", std::move(expected)}, {"found", found}});
}

/// The last size of a state of three dimensions.
Dim features_of(const Type& state) {
  return state.shape && state.shape->size() == 3 ? (*state.shape)[2] : Dim();
}

/// A stack of layers as the sizes of its states tell it; where these are not known, as the number of
/// parameters does.
class Stack {
 public:
  Stack(const Sort& sort, const Tensors& states, bool has_biases, std::int64_t layers,
        bool is_bidirectional, std::size_t parameters)
      : sort_(sort), has_biases_(has_biases), directions_(is_bidirectional ? 2 : 1),
        count_(Dim::known(layers) * directions_) {
    if (states.size() != 2) return;
    const Dim first = features_of(*states[0]), second = features_of(*states[1]);
    const auto unknown = Dim::Kind::kUnknown;
    is_projected_ = first.kind == unknown || second.kind == unknown
                        ? count_ * (has_biases ? 5 : 3) == size_dim(parameters)
                        : differ(first, second);
  }

  Dim width(const Dim& out) const { return out * directions_; }

  /// Refuses parameter lists of the wrong length, and states and weights of the wrong sizes.
  void check(const Dim& features, const Tensors& states, const Tensors& params) const {
    const std::size_t stride = (has_biases_ ? 4U : 2U) + (is_projected_ ? 1U : 0U);
    const Dim needed = count_ * static_cast<std::int64_t>(stride);
    if (needed != size_dim(params.size()))
      throw wrong_count(sort_, to_text(needed) + " parameters", std::to_string(params.size()));
    for (const Type* const state : states) {
      if (!state->shape || (state->shape->size() == 3 && !differ((*state->shape)[0], count_)))
        continue;
      throw wrong_count(sort_, "states of sizes [" + to_text(count_) + ", batch, features]",
                        shape_text(*state->shape));
    }
    const Dim out = features_of(*states.front()), hidden = features_of(*states.back());
    for (std::size_t first = 0; first < params.size(); first += stride) {
      const bool is_lowest = first / stride < static_cast<std::size_t>(directions_);
      check_layer(&params[first], wanted(is_lowest ? features : width(out), hidden, out));
    }
  }

 private:
  static Dim size_dim(std::size_t size) { return Dim::known(static_cast<std::int64_t>(size)); }

  /// The sizes of one layer's parameters.
  std::vector<Shape> wanted(const Dim& width, const Dim& hidden, const Dim& out) const {
    const Dim rows = hidden * sort_.gates;
    std::vector<Shape> shapes = {{rows, width}, {rows, out}};
    if (has_biases_) shapes.insert(shapes.end(), 2, Shape{rows});
    if (is_projected_) shapes.push_back({out, hidden});
    return shapes;
  }

  void check_layer(const Type* const* params, const std::vector<Shape>& wanted) const {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::optional<Shape>& found = params[i]->shape;
      if (found && misfits(*found, wanted[i])) {
        throw wrong_count(sort_, "a parameter of sizes " + shape_text(wanted[i]),
                          shape_text(*found));
      }
    }
  }

  const Sort& sort_;
  const bool has_biases_;
  const std::int64_t directions_;
  const Dim count_;  // of layers, both directions counted
  bool is_projected_ = false;
};

/// What beside the rows and the states goes into a stack.
struct Layers {
  std::optional<Tensors> params;
  Abstract biases, layers, bidirectional;
};

/// The rows' result (`lead` and the output features) and the final states.
Items run(const Operands& in, const Sort& sort, std::optional<Shape> lead,
          const std::optional<Tensors>& states, const Layers& given) {
  if (states && states->size() != sort.states) {
    throw wrong_count(sort, std::to_string(sort.states) + " initial states",
                      std::to_string(states->size()));
  }
  std::vector<std::optional<DType>> dtypes = {in.dtype(0)};
  for (const std::optional<Tensors>* const tensors : {&states, &given.params}) {
    if (!*tensors) continue;
    for (const Type* const tensor : **tensors)
      dtypes.push_back(tensor->dtype);
  }
  const std::optional<DType> dtype = one_dtype(sort.name, dtypes);
  const std::optional<std::int64_t> layers = given.layers.known_int();
  const auto biases = given.biases.known_bool(), bidirectional = given.bidirectional.known_bool();
  if (!states || !given.params || !layers || !biases || !bidirectional)
    return Items(1 + sort.states, in.tensor(dtype, std::nullopt));
  const Stack stack(sort, *states, *biases, *layers, *bidirectional, given.params->size());
  const std::optional<Shape>& rows = in.shape(0);
  stack.check(rows && !rows->empty() ? rows->back() : Dim(), *states, *given.params);
  if (lead) lead->push_back(stack.width(features_of(*states->front())));
  Items results = {in.tensor(dtype, std::move(lead))};
  for (const Type* const state : *states)
    results.push_back(in.tensor(dtype, state->shape));
  return results;
}

void refuse_dropout(const Sort& sort, const Abstract& layers, const Abstract& dropout,
                    const Abstract& train) {
  const std::optional<double> p = known_real(dropout);
  const bool is_active = p && *p > 0 && train.known_bool() == true;
  if (!is_active || layers.known_int().value_or(0) <= 1) return;
  throw failure("TSX4058",
                {{"op", std::string(sort.name) + " with dropout=" + to_text(dropout) + " and train=True"}});
}

}  // namespace
}  // namespace tsx::engine::rules

TSX_RULE(rnn_input_rule_rule) {
  const Sort sort = sort_of(in);
  refuse_dropout(sort, in[4], in[5], in[6]);
  const std::optional<Shape>& shape = need_rank(in, sort.name, 0, {3}, "input");
  const std::optional<bool> is_batch_first = in[8].known_bool();
  Dim batch;
  if (shape && is_batch_first) batch = (*shape)[*is_batch_first ? 0 : 1];
  const std::optional<Tensors> states = list_of(in, in[1]);
  for (const Type* const state : states.value_or(Tensors())) {
    if (!state->shape || state->shape->size() != 3 || !differ((*state->shape)[1], batch)) continue;
    throw wrong_count(sort, "states for a batch of " + to_text(batch), shape_text(*state->shape));
  }
  std::optional<Shape> lead;
  if (shape) lead = part(*shape, 0, 2);
  return in.tuple(run(in, sort, std::move(lead), states, {list_of(in, in[2]), in[3], in[4], in[7]}));
}

TSX_RULE(rnn_data_rule_rule) {
  const Sort sort = sort_of(in);
  refuse_dropout(sort, in[5], in[6], in[7]);
  const std::optional<Shape>& shape = need_rank(in, sort.name, 0, {2}, "data tensor");
  std::optional<Shape> lead;
  if (shape) lead = part(*shape, 0, 1);
  return in.tuple(run(in, sort, std::move(lead), list_of(in, in[2]),
                      {list_of(in, in[3]), in[4], in[5], in[8]}));
}

TSX_RULE(rnn_cell_rule_rule) {
  const Sort sort = sort_of(in);
  need_rank(in, std::string(sort.name) + "_cell", 0, {2}, "input");
  // A cell is a stack of one layer; its states lack the first dimension.
  std::optional<Tensors> states = list_of(in, in[1]);
  for (std::size_t i = 0; states && i < states->size(); ++i) {
    const Type& state = *(*states)[i];
    std::optional<Shape> stacked;
    if (state.shape) stacked = joined({Dim::known(1)}, *state.shape);
    (*states)[i] = in.types().tensor(state.dtype, std::move(stacked));
  }
  Tensors params;
  for (std::size_t i = 2; i < in.size(); ++i)
    if (!in[i].is_none()) params.push_back(&in.type(i));
  const Abstract has_biases = Abstract::boolean(params.size() == 4);
  Items finals = run(in, sort, std::nullopt, states,
                     {std::move(params), has_biases, Abstract::integer(1), Abstract::boolean(false)});
  finals.erase(finals.begin());
  for (Abstract& one : finals) {
    const Type& state = *one.type();
    if (state.shape) one = in.tensor(state.dtype, part(*state.shape, 1));
  }
  return sort.states == 2 ? in.tuple(std::move(finals)) : finals[0];
}

// --- packed sequences -----------------------------------------------------------------------------

TSX_RULE(packed_infer_pack) {
  const Type& input = in.type(0);
  if (input.shape && input.shape->size() < 2) {
    unfit("_pack_padded_sequence", "an input of 2 or more dimensions",
                tsx::engine::to_text(input));
  }
  // How many rows there are, and of how many steps, depends on the lengths.
  std::optional<Shape> shape;
  if (input.shape) shape = joined(Shape(1), part(*input.shape, 2));
  return in.tuple({in.tensor(input.dtype, std::move(shape)), in.tensor(DType::kInt64, Shape(1))});
}

TSX_RULE(packed_infer_pad) {
  const Abstract lengths = in.tensor(DType::kInt64, Shape(1));
  const std::optional<Shape>&shape = in.shape(0), &counts = in.shape(1);
  if (!shape) return in.tuple({in.tensor(in.dtype(0), std::nullopt), lengths});
  const std::optional<std::int64_t> total = in[4].known_int();
  Dim length;
  if (total && *total > 0) length = Dim::known(*total);
  if (total && (*total == 0 || *total == -1) && counts && !counts->empty()) length = (*counts)[0];
  const std::optional<bool> is_batch_first = in[2].known_bool();
  Shape padded(2);
  if (is_batch_first) padded[*is_batch_first ? 1 : 0] = length;
  return in.tuple({in.tensor(in.dtype(0), joined(std::move(padded), part(*shape, 1))), lengths});
}

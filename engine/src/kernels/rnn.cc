// Mirrors tsx/ops/rnn.py: recurrent layers over padded and packed sequences, and their cells.
//
// Sequences lie packed: step t has sizes[t] rows; a padded batch is the case in which all are
// equal. One product makes the inputs of all steps, then one small product follows for each step.
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "kernels/gemm.h"
#include "kernels/joining.h"
#include "kernels/rows.h"
#include "kernels/support.h"
#include "kernels/views.h"
#include "tile/run.h"

namespace tsx::engine {
namespace {

enum class Cell { kLstm, kGru, kTanh, kRelu };

constexpr std::int64_t gates_of(Cell cell) {
  return cell == Cell::kLstm ? 4 : cell == Cell::kGru ? 3 : 1;
}
constexpr std::size_t states_of(Cell cell) { return cell == Cell::kLstm ? 2 : 1; }

/// The parameters of one layer in one direction; biases and projection may be null.
struct Weights {
  TensorRef input, hidden, input_bias, hidden_bias, projection;
};

struct Stack {
  std::vector<Weights> layers; // layer by layer, forwards before backwards
  std::size_t directions = 1;
  std::vector<std::int64_t> sizes; // rows of each step
};

void need_sizes_of(const Tensor& tensor, const Dims& sizes) {
  if (tensor.sizes() != sizes)
    refuse("expected a parameter of sizes " + text_of(sizes) + ", got " + text_of(tensor.sizes()));
}

template <typename T> T sigmoid(T x) { return 1 / (1 + std::exp(-x)); }

/// One row of a step: its gates are the input's part and the hidden state's.
template <typename T>
void step_row(Cell cell, const T* in, const T* own, std::int64_t size, T* hidden, T* memory) {
  for (std::int64_t j = 0; j < size; ++j) {
    const auto gate = [&](std::int64_t k) { return in[k * size + j] + own[k * size + j]; };
    switch (cell) {
    case Cell::kLstm:
      memory[j] = sigmoid(gate(1)) * memory[j] + sigmoid(gate(0)) * std::tanh(gate(2));
      hidden[j] = sigmoid(gate(3)) * std::tanh(memory[j]);
      break;
    case Cell::kGru: {
      const T fresh = std::tanh(in[2 * size + j] + sigmoid(gate(0)) * own[2 * size + j]);
      hidden[j] = (hidden[j] - fresh) * sigmoid(gate(1)) + fresh;
      break;
    }
    case Cell::kTanh:
      hidden[j] = std::tanh(gate(0));
      break;
    case Cell::kRelu:
      hidden[j] = gate(0) > 0 || std::isnan(gate(0)) ? gate(0) : 0;
      break;
    }
  }
}

/// The state of one layer and direction: rows of `out` (what the layer gives) and, for an LSTM, of
/// `memory`.
template <typename T> struct State {
  std::vector<T> out, memory;
  std::int64_t width, size; // of a row of out, of the gates
};

/// One step over `rows` rows of gates made from the input.
template <typename T> void step(Cell cell, const Weights& weights, const T* in, std::int64_t rows,
                                State<T>& state, T* to) {
  const std::int64_t gates = gates_of(cell) * state.size;
  std::vector<T> own(static_cast<std::size_t>(rows * gates));
  const auto r = static_cast<std::size_t>(rows), g = static_cast<std::size_t>(gates);
  const auto width = static_cast<std::size_t>(state.width);
  Product<T> product{r, g, width, state.out.data(), width, own.data(), g};
  if (weights.hidden_bias) {
    product.start = Epilogue::Start::kColumnBias;
    product.bias = weights.hidden_bias->data<T>();
  }
  multiply(product, Matrix<T>{weights.hidden->data<T>(), 1, state.width});
  std::vector<T> raw;
  if (weights.projection) raw.resize(static_cast<std::size_t>(rows * state.size));
  for (std::int64_t i = 0; i < rows; ++i) {
    T* const hidden =
        weights.projection ? raw.data() + i * state.size : state.out.data() + i * state.width;
    T* const memory = cell == Cell::kLstm ? state.memory.data() + i * state.size : nullptr;
    step_row(cell, in + i * gates, own.data() + i * gates, state.size, hidden, memory);
  }
  if (weights.projection) {
    const auto size = static_cast<std::size_t>(state.size);
    multiply(Product<T>{r, width, size, raw.data(), size, state.out.data(), width},
             Matrix<T>{weights.projection->data<T>(), 1, state.size});
  }
  std::copy_n(state.out.data(), rows * state.width, to);
}

template <typename T> std::vector<T> values_of(const TensorRef& tensor) {
  return std::vector<T>(tensor->data<T>(), tensor->data<T>() + tensor->count());
}

/// One layer in one direction over all steps; rows beyond a step's size are left alone.
template <typename T> TensorRef scan(Cell cell, const Weights& weights, const TensorRef& rows,
                                     const std::vector<std::int64_t>& sizes, State<T>& state,
                                     bool reverse) {
  const TensorRef gates = linear(rows, weights.input, weights.input_bias);
  const TensorRef result = Tensor::empty(rows->dtype(), {rows->size(0), state.width});
  std::vector<std::int64_t> starts{0};
  for (const std::int64_t size : sizes)
    starts.push_back(starts.back() + size);
  T* const out = result->mutable_data<T>();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::size_t t = reverse ? sizes.size() - 1 - i : i;
    step(cell, weights, gates->data<T>() + starts[t] * gates->size(1), sizes[t], state,
         out + starts[t] * state.width);
  }
  return result;
}

struct Final {
  TensorRef rows;
  std::vector<TensorRef> states;
};

/// `states`: [layers and directions, batch, features] each.
template <typename T> Final run_stack(Cell cell, const Stack& stack, TensorRef rows,
                                      const std::vector<TensorRef>& states) {
  std::vector<TensorRef> hidden, memory;
  for (std::size_t first = 0; first < stack.layers.size(); first += stack.directions) {
    std::vector<TensorRef> outputs;
    for (std::size_t i = first; i < first + stack.directions; ++i) {
      const TensorRef own = contiguous(select(*states[0], 0, static_cast<std::int64_t>(i)));
      State<T> state{values_of<T>(own), {}, own->size(1), own->size(1)};
      if (cell == Cell::kLstm) {
        const TensorRef kept = contiguous(select(*states[1], 0, static_cast<std::int64_t>(i)));
        state.memory = values_of<T>(kept);
        state.size = kept->size(1);
      }
      outputs.push_back(scan(cell, stack.layers[i], rows, stack.sizes, state, i > first));
      hidden.push_back(Tensor::empty(rows->dtype(), own->sizes()));
      std::copy(state.out.begin(), state.out.end(), hidden.back()->mutable_data<T>());
      if (cell != Cell::kLstm) continue;
      memory.push_back(Tensor::empty(rows->dtype(), {own->size(0), state.size}));
      std::copy(state.memory.begin(), state.memory.end(), memory.back()->mutable_data<T>());
    }
    rows = outputs.size() == 1 ? outputs[0] : cat(outputs, -1);
  }
  Final made{rows, {engine::stack(hidden, 0)}};
  if (cell == Cell::kLstm) made.states.push_back(engine::stack(memory, 0));
  return made;
}

/// Cuts the flat list of parameters into layers, and checks every size.
std::vector<Weights> layers_of(Cell cell, const std::vector<TensorRef>& params, bool biases,
                               std::int64_t count, std::size_t directions, std::int64_t features,
                               const std::vector<TensorRef>& states) {
  const std::int64_t out = states[0]->size(2), size = states.back()->size(2),
                     gates = gates_of(cell) * size;
  const bool projected = cell == Cell::kLstm && out != size;
  const std::int64_t stride = 2 + (biases ? 2 : 0) + (projected ? 1 : 0);
  if (count < 1 || static_cast<std::int64_t>(params.size()) / stride != count ||
      static_cast<std::int64_t>(params.size()) % stride != 0) {
    refuse("expected " + std::to_string(stride) + " parameters for each layer and direction, got " +
           std::to_string(params.size()));
  }
  std::vector<Weights> layers;
  for (std::int64_t i = 0; i < count; ++i) {
    const TensorRef* at = params.data() + i * stride;
    Weights own;
    own.input = *at++;
    own.hidden = *at++;
    if (biases) {
      own.input_bias = *at++;
      own.hidden_bias = *at++;
      need_sizes_of(*own.input_bias, {gates});
      need_sizes_of(*own.hidden_bias, {gates});
    }
    if (projected) {
      own.projection = *at;
      need_sizes_of(*own.projection, {out, size});
    }
    const bool is_first = static_cast<std::size_t>(i) < directions;
    need_sizes_of(*own.input,
                  {gates, is_first ? features : out * static_cast<std::int64_t>(directions)});
    need_sizes_of(*own.hidden, {gates, out});
    layers.push_back(own);
  }
  return layers;
}

struct Operands {
  TensorRef rows;                // [all steps' rows, features]
  std::vector<TensorRef> states; // [layers and directions, batch, features]
  std::vector<TensorRef> params;
  std::vector<std::int64_t> sizes;
  bool biases = false, bidirectional = false;
  std::int64_t layers = 1;
};

Final run(Cell cell, Operands o) {
  std::vector<const Tensor*> all{o.rows.get()};
  if (o.states.size() != states_of(cell)) {
    refuse("expected " + std::to_string(states_of(cell)) + " initial states, got " +
           std::to_string(o.states.size()));
  }
  for (const TensorRef& tensor : o.states)
    all.push_back(tensor.get());
  for (const TensorRef& tensor : o.params)
    all.push_back(tensor.get());
  const DType dtype = need_same_dtype(all), work = float_work(dtype);
  const std::size_t directions = o.bidirectional ? 2 : 1;
  if (o.layers < 1 || o.layers > (1 << 20))
    refuse("expected 1 layer or more, got " + std::to_string(o.layers));
  const std::int64_t count = o.layers * static_cast<std::int64_t>(directions);
  std::int64_t rows = 0;
  for (TensorRef& state : o.states) {
    need_rank(*state, 3, 3);
    if (state->size(0) != count || state->size(1) != o.states[0]->size(1)) {
      refuse("expected states of sizes [" + std::to_string(count) + ", batch, features], got " +
             text_of(state->sizes()));
    }
    state = plain(state, work);
  }
  for (const std::int64_t size : o.sizes) {
    if (size < 0 || size > o.states[0]->size(1))
      refuse("expected steps of at most the batch size, got " + std::to_string(size));
    rows += size;
  }
  if (rows != o.rows->size(0))
    refuse("expected batch sizes that add up to " + std::to_string(o.rows->size(0)));
  for (TensorRef& tensor : o.params)
    tensor = plain(tensor, work);
  Stack stack{layers_of(cell, o.params, o.biases, count, directions, o.rows->size(1), o.states),
              directions, o.sizes};
  Final made;
  for_float(work, [&](auto zero) {
    made = run_stack<decltype(zero)>(cell, stack, plain(o.rows, work), o.states);
  });
  made.rows = tile::cast(made.rows, dtype);
  for (TensorRef& state : made.states)
    state = tile::cast(state, dtype);
  return made;
}

void refuse_dropout(Call& call, std::size_t layers) {
  if (call.real(layers + 1) > 0 && call.boolean(layers + 2) && call.integer(layers) > 1) {
    refuse("with dropout and train=True draws random numbers");
  }
}

std::vector<TensorRef> states_in(Call& call, Cell cell, std::size_t i) {
  if (cell == Cell::kLstm) return call.tensors(i);
  return {call.tensor_ref(i)};
}

void give_final(Call& call, const Final& made) {
  std::vector<Value> results{Value(made.rows)};
  for (const TensorRef& state : made.states)
    results.emplace_back(state);
  call.give_all(std::move(results));
}

/// (input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)
template <Cell cell> void input_kernel(Call& call) {
  refuse_dropout(call, 4);
  need_rank(call.tensor(0), 3, 3);
  const bool batch_first = call.boolean(8);
  const TensorRef x =
      contiguous(batch_first ? transpose(call.tensor(0), 0, 1) : call.tensor_ref(0));
  Operands o;
  o.rows = reshape(x, {x->size(0) * x->size(1), x->size(2)});
  o.states = states_in(call, cell, 1);
  o.params = call.tensors(2);
  o.biases = call.boolean(3);
  o.layers = call.integer(4);
  o.bidirectional = call.boolean(7);
  o.sizes.assign(static_cast<std::size_t>(x->size(0)), x->size(1));
  for (const TensorRef& state : o.states) {
    need_rank(*state, 3, 3);
    if (state->size(1) != x->size(1))
      refuse("expected states for a batch of " + std::to_string(x->size(1)));
  }
  Final made = run(cell, std::move(o));
  made.rows = reshape(made.rows, {x->size(0), x->size(1), made.rows->size(1)});
  if (batch_first) made.rows = contiguous(transpose(*made.rows, 0, 1));
  give_final(call, made);
}

/// (data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)
template <Cell cell> void data_kernel(Call& call) {
  refuse_dropout(call, 5);
  need_rank(call.tensor(0), 2, 2);
  const TensorRef sizes = plain(call.tensor_ref(1), DType::kInt64);
  Operands o;
  o.rows = call.tensor_ref(0);
  o.states = states_in(call, cell, 2);
  o.params = call.tensors(3);
  o.biases = call.boolean(4);
  o.layers = call.integer(5);
  o.bidirectional = call.boolean(8);
  o.sizes = values_of<std::int64_t>(sizes);
  give_final(call, run(cell, std::move(o)));
}

/// (input, hx, w_ih, w_hh, b_ih, b_hh): a stack of one layer and one step.
template <Cell cell> void cell_kernel(Call& call) {
  need_rank(call.tensor(0), 2, 2);
  Operands o;
  o.rows = call.tensor_ref(0);
  for (const TensorRef& state : states_in(call, cell, 1)) {
    need_rank(*state, 2, 2);
    o.states.push_back(unsqueeze(*state, 0));
  }
  for (std::size_t i = 2; i < 6; ++i) {
    if (!call.is_none(i)) o.params.push_back(call.tensor_ref(i));
  }
  o.biases = o.params.size() == 4;
  o.sizes = {o.rows->size(0)};
  const Final made = run(cell, std::move(o));
  std::vector<Value> results;
  for (const TensorRef& state : made.states)
    results.emplace_back(squeeze_axis(*state, 0));
  call.give_all(std::move(results));
}

} // namespace
} // namespace tsx::engine

TSX_KERNELS(rnn) {
  registry.add("aten::lstm.input", input_kernel<Cell::kLstm>);
  registry.add("aten::lstm.data", data_kernel<Cell::kLstm>);
  registry.add("aten::lstm_cell", cell_kernel<Cell::kLstm>);
  registry.add("aten::gru.input", input_kernel<Cell::kGru>);
  registry.add("aten::gru.data", data_kernel<Cell::kGru>);
  registry.add("aten::gru_cell", cell_kernel<Cell::kGru>);
  registry.add("aten::rnn_tanh.input", input_kernel<Cell::kTanh>);
  registry.add("aten::rnn_tanh.data", data_kernel<Cell::kTanh>);
  registry.add("aten::rnn_tanh_cell", cell_kernel<Cell::kTanh>);
  registry.add("aten::rnn_relu.input", input_kernel<Cell::kRelu>);
  registry.add("aten::rnn_relu.data", data_kernel<Cell::kRelu>);
  registry.add("aten::rnn_relu_cell", cell_kernel<Cell::kRelu>);
}

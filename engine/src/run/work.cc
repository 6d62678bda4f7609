#include "run/work.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace tsx::engine {
namespace {

/// By the name of the operator, whatever its namespace and overload.
const std::map<std::string_view, WorkRule>& rules() {
  static const std::map<std::string_view, WorkRule> kRules = {
      {"mm", WorkRule::kProduct}, {"bmm", WorkRule::kProduct}, {"matmul", WorkRule::kProduct},
      {"linalg_matmul", WorkRule::kProduct}, {"mv", WorkRule::kProduct},
      {"_grouped_mm", WorkRule::kProduct}, {"matrix_power", WorkRule::kCubic},
      {"addmm", WorkRule::kAddProduct}, {"addmm_", WorkRule::kAddProduct},
      {"addbmm", WorkRule::kAddProduct}, {"addbmm_", WorkRule::kAddProduct},
      {"baddbmm", WorkRule::kAddProduct}, {"baddbmm_", WorkRule::kAddProduct},
      {"outer", WorkRule::kOuter}, {"ger", WorkRule::kOuter}, {"kron", WorkRule::kOuter},
      {"linear", WorkRule::kLinear}, {"inner", WorkRule::kLinear},
      {"cdist", WorkRule::kPairs}, {"_cdist_forward", WorkRule::kPairs},
      {"bilinear", WorkRule::kBilinear}, {"tensordot", WorkRule::kTensordot},
      {"einsum", WorkRule::kEinsum},
      {"conv1d", WorkRule::kConv}, {"conv2d", WorkRule::kConv}, {"conv3d", WorkRule::kConv},
      {"_convolution_mode", WorkRule::kConv}, {"convolution", WorkRule::kConvolution},
      {"_convolution", WorkRule::kConvolution},
      {"conv_transpose1d", WorkRule::kConvTransposed},
      {"conv_transpose2d", WorkRule::kConvTransposed},
      {"conv_transpose3d", WorkRule::kConvTransposed},
      {"scaled_dot_product_attention", WorkRule::kAttention},
      {"_scaled_dot_product_attention_math", WorkRule::kAttention},
      {"_scaled_dot_product_flash_attention_for_cpu", WorkRule::kAttention},
      {"gru", WorkRule::kRecurrent}, {"lstm", WorkRule::kRecurrent},
      {"rnn_tanh", WorkRule::kRecurrent}, {"rnn_relu", WorkRule::kRecurrent},
      {"gru_cell", WorkRule::kRecurrent}, {"lstm_cell", WorkRule::kRecurrent},
      {"rnn_tanh_cell", WorkRule::kRecurrent}, {"rnn_relu_cell", WorkRule::kRecurrent},
      {"avg_pool1d", WorkRule::kPool}, {"avg_pool2d", WorkRule::kPool},
      {"avg_pool3d", WorkRule::kPool}, {"max_pool1d", WorkRule::kPool},
      {"max_pool2d", WorkRule::kPool}, {"max_pool3d", WorkRule::kPool},
      {"max_pool1d_with_indices", WorkRule::kPool}, {"max_pool2d_with_indices", WorkRule::kPool},
      {"max_pool3d_with_indices", WorkRule::kPool},
      {"append", WorkRule::kConstant}, {"len", WorkRule::kConstant},
      {"__getitem__", WorkRule::kConstant}, {"_set_item", WorkRule::kConstant},
      {"mul", WorkRule::kRepeat}, {"imul", WorkRule::kRepeat},
      {"ljust", WorkRule::kPad}, {"rjust", WorkRule::kPad}, {"center", WorkRule::kPad},
      {"zfill", WorkRule::kPad}, {"expandtabs", WorkRule::kTabs}, {"join", WorkRule::kJoin},
      {"replace", WorkRule::kReplace}, {"rangelist", WorkRule::kRange},
      {"format", WorkRule::kFormat}, {"percent", WorkRule::kFormat},
      {"tolist", WorkRule::kToList}};
  return kRules;
}

double count(const Value& value) {
  return value.is(Tag::kTensor) ? static_cast<double>(value.tensor().count()) : 0;
}

/// The size of a dimension counted from the end; 1 where there is none.
double size_from_end(const Value& value, std::size_t place) {
  if (!value.is(Tag::kTensor) || value.tensor().rank() < place) return 1;
  return static_cast<double>(value.tensor().size(value.tensor().rank() - place));
}

double first_size(const Value& value) {
  if (!value.is(Tag::kTensor) || value.tensor().rank() == 0) return 1;
  return std::max(1.0, static_cast<double>(value.tensor().size(0)));
}

double whole(const Value& value) {
  return value.is(Tag::kInt) ? static_cast<double>(value.integer()) : 0;
}

double product_of(const Value& ints, double otherwise) {
  if (ints.is(Tag::kInt)) return whole(ints);
  if (!ints.is(Tag::kList) && !ints.is(Tag::kTuple)) return otherwise;
  double product = 1;
  for (const Value& size : ints.elements()) product *= whole(size);
  return product;
}

/// Of the parts, by letters; what "..." stands for is counted with the largest operand.
double einsum(const Value& equation, const Value& operands) {
  if (!equation.is(Tag::kString) || !operands.is(Tag::kList)) return 0;
  std::map<char, double> sizes;
  const std::string& text = equation.string();
  std::size_t at = 0;
  double hidden = 1;
  for (const Value& operand : operands.elements()) {
    double named = 1;
    std::size_t dim = 0;
    for (; at < text.size() && text[at] != ',' && text[at] != '-'; ++at) {
      if (!operand.is(Tag::kTensor) || text[at] == ' ' || text[at] == '.') continue;
      if (dim >= operand.tensor().rank()) continue;
      const auto size = static_cast<double>(operand.tensor().size(dim++));
      sizes[text[at]] = std::max(sizes[text[at]], size);
      named *= size;
    }
    if (at < text.size() && text[at] == ',') ++at;
    if (named > 0) hidden = std::max(hidden, count(operand) / named);
  }
  double product = hidden;
  for (const auto& [letter, size] : sizes) product *= size;
  return product;
}

/// Places of the result times the window: of an input without its padding, over the strides.
double convolution(Span<const Value> operands) {
  const Value& input = operands[0];
  const Value& weight = operands[1];
  if (!input.is(Tag::kTensor) || !weight.is(Tag::kTensor) || operands.size() < 5) return 0;
  const std::size_t places = std::max<std::size_t>(weight.tensor().rank(), 2) - 2;
  double product = count(weight);
  const std::size_t rank = input.tensor().rank();
  if (rank == places + 2) product *= static_cast<double>(input.tensor().size(0));
  const auto at = [](const Value& ints, std::size_t place, double otherwise) {
    if (ints.is(Tag::kInt)) return whole(ints);
    if (!ints.is(Tag::kList) || ints.elements().size() == 0) return otherwise;
    return whole(ints.elements()[std::min(place, ints.elements().size() - 1)]);
  };
  for (std::size_t i = 0; i < places && i < rank; ++i) {
    const auto size = static_cast<double>(input.tensor().size(rank - places + i));
    product *= (size + 2 * at(operands[4], i, 0)) / std::max(1.0, at(operands[3], i, 1));
  }
  return product;
}

double transposed(Span<const Value> operands) {
  return count(operands[0]) * count(operands[1]) / first_size(operands[1]);
}

double recurrent(Span<const Value> operands) {
  const double rows = count(operands[0]) / std::max(1.0, size_from_end(operands[0], 1));
  double weights = 0;
  for (std::size_t i = 1; i < operands.size(); ++i) weights += elements_of(operands[i]);
  return rows * weights;
}

double tensordot(Span<const Value> operands) {
  double product = count(operands[0]) * count(operands[1]);
  if (operands.size() < 3 || !operands[2].is(Tag::kList)) return product;
  for (const Value& dim : operands[2].elements()) {
    const auto rank = static_cast<std::int64_t>(operands[0].tensor().rank());
    const std::int64_t place = dim.integer() < 0 ? dim.integer() + rank : dim.integer();
    if (place >= 0 && place < rank)
      product /= std::max(1.0, static_cast<double>(operands[0].tensor().size(static_cast<std::size_t>(place))));
  }
  return product;
}

double contraction(WorkRule rule, Span<const Value> operands) {
  switch (rule) {
  case WorkRule::kProduct: return count(operands[0]) * size_from_end(operands[1], operands[1].is(Tag::kTensor) && operands[1].tensor().rank() > 1 ? 1 : SIZE_MAX);
  case WorkRule::kAddProduct: return count(operands[1]) * size_from_end(operands[2], 1);
  case WorkRule::kOuter: return count(operands[0]) * count(operands[1]);
  case WorkRule::kLinear: return count(operands[0]) * count(operands[1]) / std::max(1.0, size_from_end(operands[1], 1));
  case WorkRule::kPairs: return count(operands[0]) * size_from_end(operands[1], 2);
  case WorkRule::kBilinear: return count(operands[0]) * count(operands[2]) / std::max(1.0, size_from_end(operands[2], 2));
  case WorkRule::kTensordot: return tensordot(operands);
  case WorkRule::kEinsum: return einsum(operands[0], operands[1]);
  case WorkRule::kConv: return convolution(operands);
  case WorkRule::kConvTransposed: return transposed(operands);
  case WorkRule::kConvolution:
    return operands.size() > 6 && operands[6].boolean() ? transposed(operands) : convolution(operands);
  case WorkRule::kAttention: return 2 * count(operands[0]) * size_from_end(operands[1], 2);
  case WorkRule::kRecurrent: return recurrent(operands);
  case WorkRule::kCubic: return count(operands[0]) * size_from_end(operands[0], 1) * 64;
  case WorkRule::kPool: return count(operands[0]) * product_of(operands[1], 1);
  default: return 0;
  }
}

/// The numbers that a format may take for widths.
double widths(Span<const Value> operands) {
  double sum = 0;
  bool is_given = false;
  for (const Value& operand : operands) {
    if (!operand.is(Tag::kString)) continue;
    double number = 0;
    char before = 0;
    for (const char c : operand.string()) {
      is_given |= c == '*' || (before == ':' && c == '{');
      number = c >= '0' && c <= '9' ? number * 10 + (c - '0') : 0;
      sum = std::max(sum, number);
      before = c;
    }
    sum *= 2;
  }
  for (const Value& operand : operands)
    if (is_given && operand.is(Tag::kInt)) sum += std::abs(whole(operand));
  return sum;
}

}  // namespace

WorkRule work_rule(std::string_view kind) {
  const std::size_t colons = kind.find("::");
  std::string_view name = colons == std::string_view::npos ? kind : kind.substr(colons + 2);
  name = name.substr(0, name.find('.'));
  const auto found = rules().find(name);
  return found == rules().end() ? WorkRule::kElements : found->second;
}

double elements_of(const Value& value) {
  if (value.is(Tag::kTensor)) return count(value);
  if (value.is(Tag::kString)) return static_cast<double>(value.string().size());
  if (!value.is(Tag::kList) && !value.is(Tag::kTuple)) return 1;
  auto sum = static_cast<double>(value.elements().size());
  for (const Value& item : value.elements()) sum += count(item);
  return sum;
}

double work_of(WorkRule rule, Span<const Value> operands) {
  if (rule == WorkRule::kConstant) {  // a tensor's elements count all the same
    double sum = 0;
    for (const Value& operand : operands) sum += count(operand);
    return sum;
  }
  double sum = 0;
  for (const Value& operand : operands) sum += elements_of(operand);
  return operands.size() > 1 ? sum + contraction(rule, operands) : sum;
}

double bytes_grown(WorkRule rule, Span<const Value> operands) {
  constexpr double kItem = sizeof(Value);
  double length = 0, number = 0;
  for (const Value& operand : operands) {
    if (operand.is(Tag::kList)) length += static_cast<double>(operand.elements().size()) * kItem;
    if (operand.is(Tag::kString)) length += static_cast<double>(operand.string().size());
    number = std::max(number, whole(operand));
  }
  switch (rule) {
  case WorkRule::kRepeat: return length * number;
  case WorkRule::kPad: return 4 * number;
  case WorkRule::kTabs: return length * std::max(8.0, number);
  case WorkRule::kJoin: {
    if (operands.size() < 2 || !operands[1].is(Tag::kList)) return 0;
    double sum = static_cast<double>(operands[1].elements().size()) * elements_of(operands[0]);
    for (const Value& item : operands[1].elements()) sum += elements_of(item);
    return sum;
  }
  case WorkRule::kReplace: {
    if (operands.size() < 3 || !operands[2].is(Tag::kString)) return 0;
    return elements_of(operands[0]) +
           (elements_of(operands[0]) / std::max(1.0, elements_of(operands[1])) + 1) * elements_of(operands[2]);
  }
  case WorkRule::kRange:
    if (operands.size() < 3) return operands.empty() ? 0 : std::max(0.0, whole(operands[0])) * kItem;
    if (whole(operands[2]) == 0) return 0;
    return std::max(0.0, (whole(operands[1]) - whole(operands[0])) / whole(operands[2])) * kItem;
  case WorkRule::kFormat: return widths(operands);
  case WorkRule::kToList: return operands.empty() ? 0 : count(operands[0]) * kItem;
  default: return 0;
  }
}

}  // namespace tsx::engine

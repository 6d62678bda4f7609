// Tensors as torch prints them (tsx/ops/tensor_text.py): four digits, scientific where the numbers
// differ much, lines of 80 characters, both ends of what is long.
#include "kernels/tensor_text.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "core/compare.h"
#include "core/format.h"
#include "kernels/containers.h"
#include "kernels/float_text.h"
#include "kernels/format_spec.h"
#include "kernels/places.h"
#include "kernels/views.h"

namespace tsx::engine {
namespace {

constexpr std::int64_t kLine = 80, kMost = 1000, kEnds = 3, kDigits = 4;
constexpr int kDeepest = 1000;  // containers can hold themselves

std::string right(std::string text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

Value number_at(const Tensor& x, std::int64_t offset) {
  return element(x, x.raw() + offset * static_cast<std::int64_t>(x.item_size()));
}

// --- numbers ------------------------------------------------------------------------------------

std::string whole(double value) {
  const std::string text = float_text(value, {'f'});
  return std::isfinite(value) ? text + "." : text;
}
std::string fixed(double value) { return float_text(value, {'f', kDigits}); }
std::string scientific(double value) { return float_text(value, {'e', kDigits}); }

/// How the floats of a tensor are written, and how wide.
class Reals {
 public:
  explicit Reals(const std::vector<double>& all) {
    double low = HUGE_VAL, high = 0;
    bool is_whole = true;
    for (const double value : all) {
      if (!std::isfinite(value) || value == 0) continue;
      low = std::min(low, std::fabs(value));
      high = std::max(high, std::fabs(value));
      is_whole = is_whole && value == std::ceil(value);
    }
    if (high == 0) return;
    const bool is_spread = high / low > 1000 || high > 1e8 || (!is_whole && low < 1e-4);
    write_ = is_spread ? scientific : is_whole ? whole : fixed;
    for (const double value : all)
      if (std::isfinite(value) && value != 0) width_ = std::max(width_, write_(value).size());
  }

  std::string text(double value) const { return right(write_(value), width_); }
  std::size_t width() const { return width_; }

 private:
  std::string (*write_)(double) = whole;
  std::size_t width_ = 1;
};

using Write = std::function<std::string(const Value&)>;

struct Format {
  Write write;
  std::size_t width;
};

std::string complex_text(const Reals& real, const Reals& imag, std::complex<double> value) {
  std::string second = imag.text(value.imag()) + "j";
  second.erase(0, second.find_first_not_of(' '));
  return real.text(value.real()) + (second[0] == '-' || second[0] == '+' ? "" : "+") + second;
}

Format format_of(const Tensor& x, const std::vector<Value>& shown) {
  if (is_complex(x.dtype())) {
    std::vector<double> reals, imags;
    for (const Value& value : shown) {
      reals.push_back(value.complex().real());
      imags.push_back(value.complex().imag());
    }
    const Reals real(reals), imag(imags);
    return {[real, imag](const Value& v) { return complex_text(real, imag, v.complex()); },
            real.width() + imag.width() + 1};
  }
  if (is_float(x.dtype())) {
    std::vector<double> numbers;
    for (const Value& value : shown)
      numbers.push_back(value.real());
    const Reals reals(numbers);
    return {[reals](const Value& v) { return reals.text(v.real()); }, reals.width()};
  }
  std::size_t width = 0;
  for (const Value& value : shown)
    width = std::max(width, to_text(value).size());
  return {[width](const Value& v) { return right(to_text(v), width); }, width};
}

// --- tensors ------------------------------------------------------------------------------------

/// The places along a dimension that are shown, -1 for what is left out between them.
std::vector<std::int64_t> shown_places(std::int64_t size, bool is_short) {
  const bool is_cut = is_short && size > 2 * kEnds;
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < size; ++i) {
    if (is_cut && i == kEnds) {
      places.push_back(-1);
      i = size - kEnds;
    }
    places.push_back(i);
  }
  return places;
}

class Printer {
 public:
  Printer(const Tensor& x, bool is_short) : x_(x), is_short_(is_short) {
    std::vector<Value> shown;
    collect(0, 0, shown);
    format_ = format_of(x, shown);
  }

  std::string body(std::size_t dim, std::int64_t offset, std::size_t indent) const {
    if (dim == x_.rank()) return format_.write(number_at(x_, offset));
    std::vector<std::string> parts;
    const bool is_last = dim + 1 == x_.rank();
    for (const std::int64_t place : shown_places(x_.size(dim), is_short_))
      parts.push_back(place < 0 ? (is_last ? " ..." : "...")
                                : body(dim + 1, offset + place * x_.stride(dim), indent + 1));
    const std::string margin(indent + 1, ' ');
    const std::size_t in_line = std::max<std::size_t>(
        1, indent < kLine ? (static_cast<std::size_t>(kLine) - indent) / (format_.width + 2) : 0);
    const std::string line_end = "," + std::string(is_last ? 1 : x_.rank() - dim - 1, '\n') + margin;
    std::string text = "[";
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool is_broken = !is_last || i % in_line == 0;
      text += (i == 0 ? "" : is_broken ? line_end : ", ") + parts[i];
    }
    return text + "]";
  }

 private:
  void collect(std::size_t dim, std::int64_t offset, std::vector<Value>& shown) const {
    if (dim == x_.rank()) return shown.push_back(number_at(x_, offset));
    for (const std::int64_t place : shown_places(x_.size(dim), is_short_))
      if (place >= 0) collect(dim + 1, offset + place * x_.stride(dim), shown);
  }

  const Tensor& x_;
  bool is_short_;
  Format format_;
};

/// Adds `note`, on a line of its own where it does not fit.
void add_note(std::string& text, std::size_t& used, const std::string& note) {
  const bool fits = used + note.size() + 2 <= kLine;
  text += (fits ? ", " : ",\n" + std::string(7, ' ')) + note;
  used = fits ? used + note.size() + 2 : 7 + note.size();
}

std::string size_note(const Dims& sizes) {
  std::string text;
  for (const std::int64_t size : sizes)
    text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "size=(" + text + (sizes.size() == 1 ? ",)" : ")");
}

std::string tensor_text(const Tensor& x) {
  const DType dtype = x.dtype();
  const bool is_usual = dtype == DType::kFloat32 ||
                        (x.count() != 0 && (dtype == DType::kInt64 || dtype == DType::kBool ||
                                            dtype == DType::kComplex64));
  std::string text = "tensor(";
  text += x.count() == 0 ? "[]" : Printer(x, x.count() > kMost).body(0, 0, 7);
  const std::size_t line = text.rfind('\n');
  std::size_t used = line == std::string::npos ? text.size() + 2 : text.size() - line + 1;
  if (x.count() == 0 && x.rank() != 1) add_note(text, used, size_note(x.sizes()));
  if (!is_usual) add_note(text, used, "dtype=torch." + std::string(name(dtype)));
  return text + ")";
}

std::string text_of(const Value& value, int depth) {
  if (depth > kDeepest) refuse("a container is nested more than 1000 deep");
  if (value.is(Tag::kTensor)) return tensor_text(value.tensor());
  std::string inner;
  const auto add = [&](const std::string& text) { inner += (inner.empty() ? "" : ", ") + text; };
  if (value.is(Tag::kDict)) {
    for (const Dict::Entry& entry : value.dict().entries())
      if (entry.is_live) add(text_of(entry.key, depth + 1) + ": " + text_of(entry.value, depth + 1));
    return "{" + inner + "}";
  }
  if (!value.is(Tag::kList) && !value.is(Tag::kTuple)) return repr(value);
  for (const Value& item : value.elements())
    add(text_of(item, depth + 1));
  if (value.is(Tag::kList)) return "[" + inner + "]";
  return "(" + inner + (value.elements().size() == 1 ? ",)" : ")");
}

void repr_kernel(Call& call) { call.give(std::string_view(text_with_tensors(call[0]))); }

void tuple_kernel(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  call.give(std::string_view(repr(tuple_of(std::vector<Value>(items.begin(), items.end())))));
}

/// A tensor without dimensions is its number.
void format_kernel(Call& call) {
  const Tensor& x = call.tensor(0);
  const Text spec = decoded(call.string(1));
  if (x.rank() == 0) return call.give(text_value(formatted(number_at(x, 0), spec)));
  if (!spec.empty())
    throw Raised("TypeError", "unsupported format string passed to Tensor.__format__");
  call.give(std::string_view(tensor_text(x)));
}

// --- numbers out of tensors (tsx/ops/tolist.py) -------------------------------------------------

Value listed(const Tensor& x, std::size_t dim, std::int64_t offset) {
  if (dim == x.rank()) return number_at(x, offset);
  std::vector<Value> items;
  for (std::int64_t i = 0; i < x.size(dim); ++i)
    items.push_back(listed(x, dim + 1, offset + i * x.stride(dim)));
  return list_from(std::move(items));
}

std::string kind_of(DType dtype) {
  if (dtype == DType::kBool) return "bool";
  return is_integer(dtype) ? "int" : is_complex(dtype) ? "complex" : "float";
}

enum class Kind : std::uint8_t { kBool, kInt, kFloat, kComplex };
constexpr const char* kKinds[] = {"bool", "int", "float", "complex"};

[[gnu::noinline]] void give_list(Call& call, Kind kind, std::size_t depth) {
  const Tensor& x = call.tensor(0);
  const char* const wanted = kKinds[static_cast<std::size_t>(kind)];
  if (x.rank() != depth || kind_of(x.dtype()) != wanted)
    throw failure("TSX4080", {{"depth", depth},
                              {"kind", wanted},
                              {"given", std::to_string(x.rank()) + " dimensions of " +
                                            kind_of(x.dtype()) + "s"}});
  call.give(listed(x, 0, 0));
}
template <Kind kind, std::size_t depth> void list_kernel(Call& call) {
  give_list(call, kind, depth);
}

void dtype_name_kernel(Call& call) {
  const std::optional<DType> dtype = dtype_of_code(call.integer(0));
  if (!dtype) refuse("expected the number of a dtype, got " + std::to_string(call.integer(0)));
  call.give(name(*dtype));
}

}  // namespace

std::string text_with_tensors(const Value& value) { return text_of(value, 0); }

}  // namespace tsx::engine

TSX_KERNELS(tensor_text) {
  registry.add("tsx::repr.Tensors", repr_kernel);
  registry.add("tsx::repr.tuple", tuple_kernel);
  registry.add("tsx::format.Tensor", format_kernel);
  registry.add("tsx::dtype_name", dtype_name_kernel);
  registry.add("tsx::tolist.bool1", list_kernel<Kind::kBool, 1>);
  registry.add("tsx::tolist.bool2", list_kernel<Kind::kBool, 2>);
  registry.add("tsx::tolist.bool3", list_kernel<Kind::kBool, 3>);
  registry.add("tsx::tolist.bool4", list_kernel<Kind::kBool, 4>);
  registry.add("tsx::tolist.bool5", list_kernel<Kind::kBool, 5>);
  registry.add("tsx::tolist.int1", list_kernel<Kind::kInt, 1>);
  registry.add("tsx::tolist.int2", list_kernel<Kind::kInt, 2>);
  registry.add("tsx::tolist.int3", list_kernel<Kind::kInt, 3>);
  registry.add("tsx::tolist.int4", list_kernel<Kind::kInt, 4>);
  registry.add("tsx::tolist.int5", list_kernel<Kind::kInt, 5>);
  registry.add("tsx::tolist.float1", list_kernel<Kind::kFloat, 1>);
  registry.add("tsx::tolist.float2", list_kernel<Kind::kFloat, 2>);
  registry.add("tsx::tolist.float3", list_kernel<Kind::kFloat, 3>);
  registry.add("tsx::tolist.float4", list_kernel<Kind::kFloat, 4>);
  registry.add("tsx::tolist.float5", list_kernel<Kind::kFloat, 5>);
  registry.add("tsx::tolist.complex1", list_kernel<Kind::kComplex, 1>);
  registry.add("tsx::tolist.complex2", list_kernel<Kind::kComplex, 2>);
  registry.add("tsx::tolist.complex3", list_kernel<Kind::kComplex, 3>);
  registry.add("tsx::tolist.complex4", list_kernel<Kind::kComplex, 4>);
  registry.add("tsx::tolist.complex5", list_kernel<Kind::kComplex, 5>);
}

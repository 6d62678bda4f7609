#include "run/sizes.h"

#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "core/format.h"

namespace tsx::engine {
namespace {

__extension__ using Size128 = __int128;  // sums and products of sizes, before they are compared

/// A product; beyond 126 bits an error, since no real size gets there.
Size128 multiplied(Size128 a, Size128 b) {
  Size128 product = 0;
  if (__builtin_mul_overflow(a, b, &product)) refuse("the inputs' sizes are too large");
  return product;
}

/// One symbolic size and what was given for it.
struct Given {
  std::string path;
  std::size_t dim;
  const SizeExpr* expr;
  std::int64_t size;

  std::string text() const {
    return path + " has " + std::to_string(size) + " in dimension " + std::to_string(dim);
  }
};

using Bindings = std::map<std::string_view, std::int64_t>;

/// constant + coefficient * symbol; a size with one symbol that isn't bound, in the first power.
struct Linear {
  Size128 constant = 0;
  Size128 coefficient = 0;
  std::string_view symbol;  // empty: all are bound
};

std::optional<Linear> reduced(const SizeExpr& expr, const Bindings& bindings);

/// The value of a factor whose symbols are bound.
std::optional<std::int64_t> value_of(const SizeAtom& atom, const Bindings& bindings) {
  if (!atom.numerator) {
    const auto bound = bindings.find(atom.symbol);
    return bound == bindings.end() ? std::nullopt : std::optional(bound->second);
  }
  const std::optional<Linear> inner = reduced(*atom.numerator, bindings);
  if (!inner || !inner->symbol.empty()) return {};
  const Size128 rest = inner->constant % atom.divisor;  // divisors are at least 2
  return static_cast<std::int64_t>((inner->constant - (rest < 0 ? rest + atom.divisor : rest)) /
                                   atom.divisor);
}

/// What is left of a size once bound symbols are replaced; none when it isn't linear.
std::optional<Linear> reduced(const SizeExpr& expr, const Bindings& bindings) {
  Linear sum;
  for (const SizeTerm& term : expr.terms) {
    Size128 product = term.coefficient;
    std::vector<const SizeAtom*> unbound;
    for (const SizeAtom& atom : term.factors) {
      const std::optional<std::int64_t> value = value_of(atom, bindings);
      if (value)
        product = multiplied(product, *value);
      else
        unbound.push_back(&atom);
    }
    if (product == 0) continue;
    if (unbound.empty()) {
      sum.constant += product;
      continue;
    }
    const bool other = !sum.symbol.empty() && sum.symbol != unbound[0]->symbol;
    if (unbound.size() > 1 || unbound[0]->numerator || other) return {};
    sum.symbol = unbound[0]->symbol;
    sum.coefficient += product;
  }
  if (sum.coefficient == 0) sum.symbol = {};
  return sum;
}

void collect_symbols(const SizeExpr& expr, std::set<std::string_view>& symbols) {
  for (const SizeTerm& term : expr.terms)
    for (const SizeAtom& atom : term.factors)
      if (atom.numerator)
        collect_symbols(*atom.numerator, symbols);
      else
        symbols.insert(atom.symbol);
}

/// The name when a size is a plain symbol, else empty.
std::string_view plain_symbol(const SizeExpr& expr) {
  if (expr.terms.size() != 1 || expr.terms[0].coefficient != 1) return {};
  const std::vector<SizeAtom>& factors = expr.terms[0].factors;
  return factors.size() == 1 && !factors[0].numerator ? factors[0].symbol : std::string_view();
}

class Checker {
 public:
  Checker(const ir::Module& module, const std::vector<ir::Pin>& pins)
      : module_(module), pins_(pins) {}

  /// The tensors of an input, also in containers. Recursion follows the type, 64 deep at most.
  void input(std::string_view name, const std::string& path, const Type& type, const Value& value) {
    switch (type.kind) {
    case TypeKind::kTensor:
      if (value.is(Tag::kTensor) && type.shape) tensor(name, path, type, value.tensor());
      return;
    case TypeKind::kOptional:
      if (!value.is_none()) input(name, path, *type.element(), value);
      return;
    case TypeKind::kList:
    case TypeKind::kTuple: {
      if (!value.is(Tag::kList) && !value.is(Tag::kTuple)) return;
      const Span<const Value> items = value.elements();
      for (std::size_t i = 0; i < items.size(); ++i)
        input(name, path + "[" + std::to_string(i) + "]",
              *(type.is(TypeKind::kList) ? type.element() : type.parts[i]), items[i]);
      return;
    }
    case TypeKind::kDict:
      if (!value.is(Tag::kDict)) return;
      for (const Dict::Entry& entry : value.dict().entries())
        if (entry.is_live)
          input(name, path + "[" + repr(entry.key) + "]", *type.parts[1], entry.value);
      return;
    default: return;
    }
  }

  /// Plain symbols bind first, then those that one equation determines; every other size must follow.
  void symbols() {
    std::vector<Given> composite;
    for (const Given& size : symbolic_) {
      const std::string_view name = plain_symbol(*size.expr);
      if (name.empty()) {
        composite.push_back(size);
        continue;
      }
      const auto [bound, is_new] = bindings_.emplace(name, size.size);
      if (is_new)
        bound_by_.emplace(name, size);
      else if (bound->second != size.size)
        disagree(std::string(name), bound_by_.at(name).text(), size.text());
    }
    while (true) {
      std::vector<Given> waiting;
      for (const Given& size : composite)
        if (!settles(size)) waiting.push_back(size);
      if (waiting.size() == composite.size()) return;
      composite = std::move(waiting);
    }
  }

 private:
  void tensor(std::string_view name, const std::string& path, const Type& type, const Tensor& given) {
    const std::vector<Dim>& shape = *type.shape;
    if (shape.size() != given.rank())
      wrong(path, type, given,
            std::to_string(shape.size()) + " dimensions, not " + std::to_string(given.rank()));
    for (std::size_t dim = 0; dim < shape.size(); ++dim) {
      if (shape[dim].kind == Dim::Kind::kSymbolic)
        symbolic_.push_back({path, dim, shape[dim].expr, given.size(dim)});
      else if (shape[dim].is_known() && shape[dim].size != given.size(dim))
        wrong_size(name, path, type, given, dim);
    }
  }

  [[noreturn]] static void wrong(const std::string& path, const Type& type, const Tensor& given,
                                 const std::string& detail) {
    throw failure("TSX5014", {{"name", path},
                              {"expected", to_text(type)},
                              {"found", type_text(given)},
                              {"detail", detail}});
  }

  [[noreturn]] void wrong_size(std::string_view name, const std::string& path, const Type& type,
                               const Tensor& given, std::size_t dim) const {
    for (const ir::Pin& pin : pins_) {
      if ((pin.input != name && pin.input != path) || pin.dim != static_cast<std::int64_t>(dim))
        continue;
      throw failure("TSX5015",
                    {{"name", path}, {"expected", to_text(type)}, {"found", type_text(given)},
                     {"dim", dim}, {"size", pin.size}, {"reason", pin.reason}},
                    span_text(pin.span));
    }
    wrong(path, type, given,
          "dimension " + std::to_string(dim) + " must be " + std::to_string((*type.shape)[dim].size) +
              ", not " + std::to_string(given.size(dim)));
  }

  std::string span_text(ir::SpanId id) const {
    if (id == ir::kNoId) return {};
    const ir::SourceSpan& span = module_.spans[id];
    std::string shown = std::string(span.file) + ":" + std::to_string(span.line);
    return span.column >= 0 ? shown + ":" + std::to_string(span.column) : shown;
  }

  [[noreturn]] static void disagree(const std::string& size, const std::string& first,
                                    const std::string& second) {
    throw failure("TSX5016", {{"size", size}, {"first", first}, {"second", second}});
  }

  /// Whether the symbols bound so far decide the size, or it decides its last one.
  bool settles(const Given& size) {
    const std::optional<Linear> left = reduced(*size.expr, bindings_);
    if (!left) return false;
    if (left->symbol.empty()) {
      if (left->constant == size.size) return true;
      std::set<std::string_view> symbols;
      collect_symbols(*size.expr, symbols);
      std::string first;
      for (const std::string_view symbol : symbols)
        first += (first.empty() ? "" : " and ") + bound_by_.at(symbol).text();
      disagree(to_text(*size.expr), first,
               size.text() + ", which must be " +
                   std::to_string(static_cast<std::int64_t>(left->constant)));
    }
    const Size128 rest = size.size - left->constant;
    const Size128 value = rest / left->coefficient;
    if (rest % left->coefficient != 0 || value < 0 || value > INT64_MAX)
      disagree(to_text(*size.expr),
               "no " + std::string(left->symbol) + " makes it " + std::to_string(size.size),
               size.text());
    bindings_.emplace(left->symbol, static_cast<std::int64_t>(value));
    bound_by_.emplace(left->symbol, size);
    return true;
  }

  const ir::Module& module_;
  const std::vector<ir::Pin>& pins_;
  std::vector<Given> symbolic_;
  Bindings bindings_;
  std::map<std::string_view, Given> bound_by_;
};

}  // namespace

void check_sizes(const std::vector<Input>& inputs, const ir::Module& module,
                 const std::vector<ir::Pin>& pins) {
  Checker checker(module, pins);
  for (const Input& input : inputs) checker.input(input.name, input.path, *input.type, input.value);
  checker.symbols();
}

}  // namespace tsx::engine

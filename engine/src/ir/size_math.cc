#include "ir/size_math.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tsx::engine {
namespace {

// As in tsx/ir/dims.py: no model's sizes come near these.
constexpr std::size_t kMostTerms = 1024, kMostDegree = 64, kMostWeight = 4096;

using Terms = std::vector<SizeTerm>;

std::string text_of(const SizeAtom& atom) {
  if (!atom.numerator) return std::string(atom.symbol);
  SizeExpr alone;
  alone.terms = {{1, {atom}}};
  return to_text(alone, SIZE_MAX / 2);
}

bool descends(std::size_t a_factors, const std::vector<std::string>& a, std::size_t b_factors,
              const std::vector<std::string>& b) {
  return a_factors != b_factors ? a_factors > b_factors : a > b;
}

Terms terms_of(const Dim& dim) {
  if (dim.expr != nullptr) return dim.expr->terms;
  return dim.size == 0 ? Terms() : Terms{{dim.size, {}}};
}


std::size_t degree(const Terms& terms) {
  std::size_t most = 0;
  for (const SizeTerm& term : terms)
    most = std::max(most, term.factors.size());
  return most;
}

[[noreturn]] void too_large(std::size_t terms, const char* what) {
  throw failure("TSX8003", {{"detail", "a " + std::string(what) + " of " + std::to_string(terms) +
                                           " terms"}});
}

/// The size that is the sum of `terms`, in any order, equal ones apart.
Dim made(TypeStore* store, Terms terms) {
  struct Row {
    std::vector<std::string> texts;
    SizeTerm term;
  };
  std::vector<Row> rows;
  for (SizeTerm& term : terms)
    rows.push_back({texts_of(term), std::move(term)});
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return descends(a.term.factors.size(), a.texts, b.term.factors.size(), b.texts);
  });
  SizeExpr sum;
  for (std::size_t i = 0; i < rows.size();) {
    SizeTerm term = std::move(rows[i].term);
    std::size_t next = i + 1;
    for (; next < rows.size() && rows[next].texts == rows[i].texts; ++next) {
      if (__builtin_add_overflow(term.coefficient, rows[next].term.coefficient, &term.coefficient))
        return {};
    }
    if (term.coefficient != 0) sum.terms.push_back(std::move(term));
    i = next;
  }
  if (sum.terms.empty()) return Dim::known(0);
  if (sum.terms.size() == 1 && sum.terms[0].factors.empty())
    return Dim::known(sum.terms[0].coefficient);
  const SizeExpr* const entered = store->intern(std::move(sum));
  if (entered->weight > kMostWeight) too_large(entered->weight, "size");
  return Dim::symbolic(entered);
}

TypeStore* store_of(const Dim& a, const Dim& b) {
  return a.expr != nullptr ? a.expr->store : b.expr->store;
}

bool is_unknown(const Dim& dim) { return dim.kind == Dim::Kind::kUnknown; }

Dim negated(const Dim& dim) {
  if (is_unknown(dim)) return {};
  std::int64_t size = 0;
  if (dim.is_known())
    return __builtin_sub_overflow(std::int64_t{0}, dim.size, &size) ? Dim() : Dim::known(size);
  SizeExpr turned;
  turned.terms = dim.expr->terms;
  for (SizeTerm& term : turned.terms) {
    if (__builtin_sub_overflow(std::int64_t{0}, term.coefficient, &term.coefficient)) return {};
  }
  return Dim::symbolic(dim.expr->store->intern(std::move(turned)));
}

std::int64_t floored(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// `(rest) // divisor`, where nothing of rest can be taken out of it.
Dim division(TypeStore* store, const SizeExpr* rest, std::int64_t divisor) {
  const Terms& terms = rest->terms;
  const bool has_constant = terms.size() == 2 && terms[1].factors.empty();
  const SizeTerm& first = terms[0];
  const bool is_nested = (terms.size() == 1 || has_constant) && first.coefficient == 1 &&
                         first.factors.size() == 1 && first.factors[0].numerator != nullptr;
  if (is_nested) {  // (x // a + c) // b = (x + a*c) // (a*b)
    const SizeAtom inner = first.factors[0];
    std::int64_t both = 0;
    if (__builtin_mul_overflow(inner.divisor, divisor, &both)) return {};
    const Dim constant = Dim::known(has_constant ? terms[1].coefficient : 0);
    return floor_div(Dim::symbolic(inner.numerator) + constant * inner.divisor, both);
  }
  return made(store, {{1, {{{}, rest, divisor}}}});
}

const SizeTerm& leading(const Terms& terms) { return terms[0]; }

/// The factors of `term` without those of `divisor`, or nothing.
std::optional<std::vector<SizeAtom>> without(const SizeTerm& term, const SizeTerm& divisor) {
  std::vector<SizeAtom> left = term.factors;
  for (const SizeAtom& atom : divisor.factors) {
    const auto at = std::find(left.begin(), left.end(), atom);
    if (at == left.end()) return std::nullopt;
    left.erase(at);
  }
  return left;
}

Dim exact_div_by_int(const Dim& dim, std::int64_t divisor) {
  if (divisor == 0 || divisor == -1) return divisor == 0 ? Dim() : negated(dim);
  if (dim.is_known()) return dim.size % divisor == 0 ? Dim::known(dim.size / divisor) : Dim();
  for (const SizeTerm& term : dim.expr->terms) {
    if (term.coefficient % divisor != 0) return divisor > 0 ? floor_div(dim, divisor) : Dim();
  }
  Terms terms = dim.expr->terms;
  for (SizeTerm& term : terms)
    term.coefficient /= divisor;
  return made(dim.expr->store, std::move(terms));
}

bool is_never_negative(const Dim& dim) {
  if (is_unknown(dim)) return false;
  if (dim.is_known()) return dim.size >= 0;
  for (const SizeTerm& term : dim.expr->terms) {
    if (term.coefficient < 0) return false;
    for (const SizeAtom& atom : term.factors) {
      if (atom.numerator && !is_never_negative(Dim::symbolic(atom.numerator))) return false;
    }
  }
  return true;
}

bool is_lone_division(const SizeTerm& term) {
  return term.factors.size() == 1 && term.factors[0].numerator != nullptr;
}

/// A polynomial without floor divisions that is not above a positive multiple of `dim`:
/// (n - d + 1) / d <= n // d <= n / d, by the side that makes the whole smaller.
Dim relaxed(Dim dim) {
  while (dim.expr != nullptr) {
    std::int64_t scale = 1;
    bool has_division = false;
    for (const SizeTerm& term : dim.expr->terms) {
      if (!is_lone_division(term)) continue;
      has_division = true;
      const std::int64_t divisor = term.factors[0].divisor;
      if (__builtin_mul_overflow(scale / std::gcd(scale, divisor), divisor, &scale)) return {};
    }
    if (!has_division) break;
    Dim total = Dim::known(0);
    for (const SizeTerm& term : dim.expr->terms) {
      if (is_lone_division(term)) {
        const SizeAtom& atom = term.factors[0];
        const std::int64_t slack = term.coefficient > 0 ? atom.divisor - 1 : 0;
        total = total + (Dim::symbolic(atom.numerator) - slack) * Dim::known(term.coefficient) *
                            (scale / atom.divisor);
      } else {
        total = total + made(dim.expr->store, {term}) * scale;
      }
    }
    dim = total;
  }
  return dim;
}

}  // namespace

std::vector<std::string> texts_of(const SizeTerm& term) {
  std::vector<std::string> texts;
  for (const SizeAtom& atom : term.factors)
    texts.push_back(text_of(atom));
  return texts;
}

bool descends(const SizeTerm& a, const SizeTerm& b) {
  return descends(a.factors.size(), texts_of(a), b.factors.size(), texts_of(b));
}

Dim operator+(const Dim& a, const Dim& b) {
  if (is_unknown(a) || is_unknown(b)) return {};
  std::int64_t size = 0;
  if (a.is_known() && b.is_known())
    return __builtin_add_overflow(a.size, b.size, &size) ? Dim() : Dim::known(size);
  Terms terms = terms_of(a);
  for (SizeTerm& term : terms_of(b))
    terms.push_back(std::move(term));
  return made(store_of(a, b), std::move(terms));
}

Dim operator-(const Dim& a, const Dim& b) {
  if (a == b && !is_unknown(a)) return Dim::known(0);
  if (a.is_known() && b.is_known()) {
    std::int64_t size = 0;
    return __builtin_sub_overflow(a.size, b.size, &size) ? Dim() : Dim::known(size);
  }
  return a + negated(b);
}

Dim operator*(const Dim& a, const Dim& b) {
  if (is_unknown(a) || is_unknown(b)) return {};
  std::int64_t size = 0;
  if (a.is_known() && b.is_known())
    return __builtin_mul_overflow(a.size, b.size, &size) ? Dim() : Dim::known(size);
  const Terms left = terms_of(a), right = terms_of(b);
  if (left.size() * right.size() > kMostTerms || degree(left) + degree(right) > kMostDegree)
    too_large(left.size() * right.size(), "product");
  Terms terms;
  for (const SizeTerm& x : left) {
    for (const SizeTerm& y : right) {
      SizeTerm term = x;
      if (__builtin_mul_overflow(x.coefficient, y.coefficient, &term.coefficient)) return {};
      term.factors.insert(term.factors.end(), y.factors.begin(), y.factors.end());
      std::stable_sort(
          term.factors.begin(), term.factors.end(),
          [](const SizeAtom& p, const SizeAtom& q) { return text_of(p) < text_of(q); });
      terms.push_back(std::move(term));
    }
  }
  return made(store_of(a, b), std::move(terms));
}

Dim floor_div(const Dim& dim, std::int64_t divisor) {
  if (is_unknown(dim) || divisor <= 0) return {};
  if (dim.is_known()) return Dim::known(floored(dim.size, divisor));
  Terms whole, rest;
  for (const SizeTerm& term : dim.expr->terms) {
    const std::int64_t quotient = floored(term.coefficient, divisor);
    if (quotient != 0) whole.push_back({quotient, term.factors});
    const std::int64_t left = term.coefficient - quotient * divisor;
    if (left != 0) rest.push_back({left, term.factors});
  }
  TypeStore* const store = dim.expr->store;
  const Dim left = made(store, std::move(rest));
  const Dim quotient = made(store, std::move(whole));
  if (left.is_known()) return quotient + floored(left.size, divisor);
  return quotient + division(store, left.expr, divisor);
}

Dim modulo(const Dim& dim, std::int64_t divisor) {
  return dim - floor_div(dim, divisor) * divisor;
}

Dim exact_div(const Dim& dim, const Dim& divisor) {
  if (is_unknown(dim) || is_unknown(divisor)) return {};
  if (divisor.is_known()) return exact_div_by_int(dim, divisor.size);
  const SizeTerm lead = leading(divisor.expr->terms);
  Dim quotient = Dim::known(0), rest = dim;
  for (int step = 0; step < 64; ++step) {  // every exact division of real sizes takes fewer
    if (rest == Dim::known(0)) return quotient;
    const Terms terms = terms_of(rest);
    if (terms.empty()) return {};  // it has become unknown
    const SizeTerm& first = leading(terms);
    std::optional<std::vector<SizeAtom>> left = without(first, lead);
    const bool is_large = first.coefficient == INT64_MIN && lead.coefficient == -1;
    if (!left || is_large || first.coefficient % lead.coefficient != 0) return {};
    const Dim part =
        made(divisor.expr->store, {{first.coefficient / lead.coefficient, std::move(*left)}});
    quotient = quotient + part;
    rest = rest - part * divisor;
  }
  return {};
}

bool is_at_least(const Dim& dim, std::int64_t low) {
  const Dim above = dim - low;
  return is_never_negative(above) || is_never_negative(relaxed(above));
}

bool no_less(const Dim& a, const Dim& b) {
  if (a.is_known() && b.is_known()) return a.size >= b.size;
  return is_at_least(a - b, 0);
}

Dim smaller(const Dim& a, const Dim& b) {
  if (no_less(b, a)) return a;
  return no_less(a, b) ? b : Dim();
}

bool never_one(const Dim& dim) { return dim == Dim::known(0) || is_at_least(dim, 2); }

}  // namespace tsx::engine

#include "ir/match.h"

#include <algorithm>

namespace tsx::engine {
namespace {

bool is_tensor_subtype(const Type& sub, const Type& sup) {
  if (sup.dtype && sub.dtype != sup.dtype) return false;
  if (!sup.shape) return true;
  if (!sub.shape || sub.shape->size() != sup.shape->size()) return false;
  for (std::size_t i = 0; i < sub.shape->size(); ++i) {
    const Dim& wanted = (*sup.shape)[i];
    if (wanted.kind != Dim::Kind::kUnknown && (*sub.shape)[i] != wanted) return false;
  }
  return true;
}

bool is_tuple_subtype(const Type& sub, const Type& sup) {
  if (!sup.name.empty() && sup.name != sub.name) return false;
  if (sub.parts.size() != sup.parts.size()) return false;
  for (std::size_t i = 0; i < sub.parts.size(); ++i)
    if (!is_subtype(sub.parts[i], sup.parts[i])) return false;
  return true;
}

bool is_union_subtype(const Type* sub, const Type& sup) {
  const auto fits_a_member = [&sup](const Type* part) {
    for (const Type* member : sup.parts)
      if (is_subtype(part, member)) return true;
    return false;
  };
  if (!sub->is(TypeKind::kUnion)) return fits_a_member(sub);
  for (const Type* part : sub->parts)
    if (!fits_a_member(part)) return false;
  return true;
}

/// The sizes and dtype of a tensor are knowledge about it, not another type.
bool is_invariant(const Type* a, const Type* b) { return a->erased == b->erased; }

/// Whether `actual` is a subtype of `formal`, in which type variables may stand.
bool fits(const Type* actual, const Type* formal, Bindings& bindings, bool is_read);

bool fits_variable(const Type* actual, const Type* variable, Bindings& bindings) {
  for (const auto& [name, bound] : bindings)
    if (name == variable->name) return bound->erased == actual->erased || is_subtype(actual, bound);
  bindings.emplace_back(variable->name, actual);
  return true;
}

bool fits_all(const Type* actual, const Type* formal, Bindings& bindings) {
  if (actual->parts.size() != formal->parts.size()) return false;
  for (std::size_t i = 0; i < formal->parts.size(); ++i)
    if (!fits(actual->parts[i], formal->parts[i], bindings, true)) return false;
  return true;
}

bool fits(const Type* actual, const Type* formal, Bindings& bindings, bool is_read) {
  switch (formal->kind) {
  case TypeKind::kVar:
    return fits_variable(actual, formal, bindings);
  case TypeKind::kOptional: {
    if (actual->is(TypeKind::kNone)) return true;
    const Type* inner = actual->is(TypeKind::kOptional) ? actual->element() : actual;
    return fits(inner, formal->element(), bindings, is_read);
  }
  case TypeKind::kList:
    if (actual->is(TypeKind::kList) && (is_read || formal->element()->has_variable))
      return fits(actual->element(), formal->element(), bindings, is_read);
    break;
  case TypeKind::kDict:
  case TypeKind::kTuple:
  case TypeKind::kFuture:
    if (actual->is(formal->kind)) return fits_all(actual, formal, bindings);
    break;
  default:
    break;
  }
  if (formal->is(TypeKind::kNumber) && actual->is(TypeKind::kBool)) return true;
  return is_subtype(actual, formal);
}

bool tensors_agree(const Type& a, const Type& b) {
  if (a.dtype && b.dtype && a.dtype != b.dtype) return false;
  if (!a.shape || !b.shape) return true;
  if (a.shape->size() != b.shape->size()) return false;
  for (std::size_t i = 0; i < a.shape->size(); ++i)
    if (surely_differ((*a.shape)[i], (*b.shape)[i])) return false;
  return true;
}

/// The terms of a size without its constant, which stands last.
std::size_t symbolic_terms(const SizeExpr& size) {
  return size.terms.size() - (size.terms.back().factors.empty() ? 1 : 0);
}

}  // namespace

bool is_subtype(const Type* sub, const Type* sup) {
  if (sub == sup) return true;
  switch (sup->kind) {
  case TypeKind::kAny:
    return true;
  case TypeKind::kOptional: {
    const Type* inner = sub->is(TypeKind::kOptional) ? sub->element() : sub;
    return sub->is(TypeKind::kNone) || is_subtype(inner, sup->element());
  }
  case TypeKind::kUnion:
    return is_union_subtype(sub, *sup);
  default:
    break;
  }
  if (sub->is(TypeKind::kUnion)) {
    return std::all_of(sub->parts.begin(), sub->parts.end(),
                       [sup](const Type* member) { return is_subtype(member, sup); });
  }
  switch (sup->kind) {
  case TypeKind::kNumber:
    return sub->is(TypeKind::kInt) || sub->is(TypeKind::kFloat) || sub->is(TypeKind::kComplex);
  default:
    break;
  }
  if (sub->kind != sup->kind) return false;
  switch (sup->kind) {
  case TypeKind::kTensor:
    return is_tensor_subtype(*sub, *sup);
  case TypeKind::kTuple:
    return is_tuple_subtype(*sub, *sup);
  case TypeKind::kList:
    return is_invariant(sub->element(), sup->element());
  case TypeKind::kDict:
    return is_invariant(sub->parts[0], sup->parts[0]) && is_invariant(sub->parts[1], sup->parts[1]);
  case TypeKind::kFuture:
    return sub->name == sup->name && is_subtype(sub->element(), sup->element());
  default:
    return false;
  }
}

bool accepts(const Argument& formal, const Type* actual, Bindings& bindings) {
  const bool writes = formal.alias.writes || formal.inner_alias.writes;
  return fits(actual, formal.type, bindings, !writes);
}

const Type* bound_type(TypeStore& types, const Type* type, const Bindings& bindings) {
  if (!type->has_variable) return type;
  if (type->is(TypeKind::kVar)) {
    for (const auto& [name, bound] : bindings)
      if (name == type->name) return bound;
    return types.atom(TypeKind::kAny);
  }
  if (type->is(TypeKind::kUnion)) return type;
  Type made = *type;
  for (const Type*& part : made.parts)
    part = bound_type(types, part, bindings);
  return types.intern(std::move(made));
}

bool agrees(const Type* a, const Type* b) {
  if (a == b) return true;
  if (a->is(TypeKind::kTensor) && b->is(TypeKind::kTensor)) return tensors_agree(*a, *b);
  if (a->is(TypeKind::kTuple) && b->is(TypeKind::kTuple)) {
    if (a->parts.size() != b->parts.size()) return false;
    for (std::size_t i = 0; i < a->parts.size(); ++i)
      if (!agrees(a->parts[i], b->parts[i])) return false;
    return true;
  }
  // What item() gives for a bool tensor is a Scalar.
  if (a->is(TypeKind::kBool) && b->is(TypeKind::kNumber)) return true;
  if (a->is(TypeKind::kNumber) && b->is(TypeKind::kBool)) return true;
  return is_subtype(a, b) || is_subtype(b, a) || a->erased == b->erased;
}

bool surely_differ(const Dim& a, const Dim& b) {
  if (a == b || a.kind == Dim::Kind::kUnknown || b.kind == Dim::Kind::kUnknown) return false;
  if (a.is_known() || b.is_known()) return a.is_known() && b.is_known();
  // They are no pointer-equal sizes, so if only their constants differ, they always do.
  const std::size_t count = symbolic_terms(*a.expr);
  if (count != symbolic_terms(*b.expr)) return false;
  for (std::size_t i = 0; i < count; ++i)
    if (!(a.expr->terms[i] == b.expr->terms[i])) return false;
  return true;
}

}  // namespace tsx::engine

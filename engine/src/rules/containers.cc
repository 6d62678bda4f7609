// Operators on lists, dicts, sets and texts of values, as tsx/ops/container_rules.py, containers.py,
// python_lists.py, python_dicts.py and those whose rules know no more than a result's type.
#include "kernels/containers.h"
#include "rules/factory.h"

namespace tsx::engine::rules {
namespace {

/// What the schema says of the result; of a variable type nothing.
Abstract fact(const Operands& in) {
  const Type* const type = in.schema().results[0].type;
  return type->has_variable ? in.unknown(TypeKind::kAny) : Abstract(type);
}

/// An unknown element of a list, or value of a dict.
Abstract element_of(const Operands& in, const Abstract& values) {
  if (values.is_unknown() && values.type()->is(TypeKind::kList))
    return Abstract(values.type()->element());
  if (values.is_unknown() && values.type()->is(TypeKind::kDict))
    return Abstract(values.type()->parts[1]);
  return in.unknown(TypeKind::kAny);
}

/// The type of an element.
const Type* type_of(const Operands& in, const Abstract& value) {
  using Kind = Abstract::Kind;
  switch (value.kind()) {
  case Kind::kUnknown:
    return value.type();
  case Kind::kTensor:
    return in.types().tensor();
  case Kind::kBool:
    return in.types().atom(TypeKind::kBool);
  case Kind::kInt:
  case Kind::kSize:
    return in.types().atom(TypeKind::kInt);
  case Kind::kFloat:
    return in.types().atom(TypeKind::kFloat);
  case Kind::kComplex:
    return in.types().atom(TypeKind::kComplex);
  case Kind::kString:
    return in.types().atom(TypeKind::kStr);
  default:
    return in.types().atom(TypeKind::kAny);
  }
}

/// A container like `values`, contents unknown. An empty list says nothing of its kind.
Abstract like(const Operands& in, const Abstract& values) {
  if (values.is_unknown()) return values;
  const Type* found = nullptr;
  for (const Abstract& item : values.has_items() ? values.items() : Items()) {
    const Type* const type = type_of(in, item);
    if (found && found != type) return in.unknown(TypeKind::kAny);
    found = type;
  }
  if (!found || found->is(TypeKind::kAny)) return in.unknown(TypeKind::kAny);
  return in.unknown(in.types().list(found));
}

const Type* part_of(const Operands& in, std::size_t i) {
  const bool is_dict = in[0].is_unknown() && in[0].type()->is(TypeKind::kDict);
  return is_dict ? in[0].type()->parts[i] : in.types().atom(TypeKind::kAny);
}

bool is_list(const Abstract& value) { return value.is(Abstract::Kind::kList); }

Abstract repeated(const Operands& in, const Abstract& values, const Abstract& count) {
  if (!is_list(values) || !count.known_int()) return like(in, values);
  const Items& items = values.items();
  if (*count.known_int() <= 0 || items.empty()) return in.list({});
  if (*count.known_int() > kMostKnown / static_cast<std::int64_t>(items.size()))
    return like(in, values);
  Items all;
  for (std::int64_t i = 0; i < *count.known_int(); ++i)
    all.insert(all.end(), items.begin(), items.end());
  return in.list(std::move(all));
}

}  // namespace
}  // namespace tsx::engine::rules

// --- facts --------------------------------------------------------------------------------------

TSX_RULE(container_rules_fact_infer) { return fact(in); }
TSX_RULE(container_rules_nothing) { return in.nothing(); }
TSX_RULE(python_text_text) { return in.result(); }
TSX_RULE(strings_str_rule) { return in.result(); }
TSX_RULE(tensor_text_str) { return in.result(); }
TSX_RULE(tolist_rule_rule) { return in.result(); }

// --- parts of containers ------------------------------------------------------------------------

TSX_RULE(container_rules_element_of) { return element_of(in, in[0]); }
TSX_RULE(container_rules_like_first) { return like(in, in[0]); }
TSX_RULE(containers_lookup_rule) { return element_of(in, in[0]); }
TSX_RULE(containers_pop_rule) { return element_of(in, in[0]); }

TSX_RULE(container_rules_keys_of) { return in.unknown(in.types().list(part_of(in, 0))); }
TSX_RULE(container_rules_values_of) { return in.unknown(in.types().list(part_of(in, 1))); }

TSX_RULE(container_rules_items_of) {
  const Type *key = part_of(in, 0), *value = part_of(in, 1);
  const bool is_any = key->is(TypeKind::kAny) || value->is(TypeKind::kAny);
  return in.unknown(in.types().list(is_any ? in.types().atom(TypeKind::kAny)
                                           : in.types().tuple({key, value})));
}

// --- lists --------------------------------------------------------------------------------------

TSX_RULE(containers_get_rule) {
  if (!in[0].has_items() || !in[1].known_int()) return element_of(in, in[0]);
  const Items& items = in[0].items();
  const std::size_t place = place_of(*in[1].known_int(), items.size());
  return place == kNoPlace ? in.unknown(TypeKind::kAny) : items[place];
}

TSX_RULE(containers_len_rule) {
  if (!in[0].has_items()) return in.unknown(TypeKind::kInt);
  return Abstract::integer(static_cast<std::int64_t>(in[0].items().size()));
}

TSX_RULE(containers_slice_rule) {
  const auto is_bound = [](const Abstract& value) { return value.is_none() || value.known_int(); };
  const bool is_told = is_list(in[0]) && is_bound(in[1]) && is_bound(in[2]) &&
                       in[3].known_int().value_or(0) != 0;
  if (!is_told) return like(in, in[0]);
  const Items& items = in[0].items();
  const Slice slice =
      slice_of(in[1].known_int(), in[2].known_int(), *in[3].known_int(), items.size());
  Items taken;
  for (std::size_t i = 0; i < slice.count; ++i)
    taken.push_back(items[slice[i]]);
  return in.list(std::move(taken));
}

TSX_RULE(containers_concat_rule) {
  if (!is_list(in[0]) || !is_list(in[1]) ||
      in[0].items().size() + in[1].items().size() > static_cast<std::size_t>(kMostKnown))
    return like(in, in[0]);
  Items both = in[0].items();
  both.insert(both.end(), in[1].items().begin(), in[1].items().end());
  return in.list(std::move(both));
}

TSX_RULE(containers_repeat_rule) { return repeated(in, in[0], in[1]); }
TSX_RULE(containers_repeated_rule) { return repeated(in, in[1], in[0]); }
TSX_RULE(containers_copy_rule) { return is_list(in[0]) ? in[0] : like(in, in[0]); }

TSX_RULE(containers_range_length_rule) {
  const auto low = in[0].known_int(), high = in[1].known_int(), step = in[2].known_int();
  if (low && high && step && *step != 0) {
    return in.integer(range_count(*low, *high, *step));
  }
  if (step == 1 && in[0].is(Abstract::Kind::kInt) && *low == 0 && in[1].is_dim())
    return in[1];  // a size is never negative
  return in.unknown(TypeKind::kInt);
}

TSX_RULE(python_lists_truth_rule) {
  return is_list(in[0]) ? Abstract::boolean(!in[0].items().empty()) : in.unknown(TypeKind::kBool);
}

TSX_RULE(python_lists_same_rule) { return in[0]; }

// --- dicts and sets -----------------------------------------------------------------------------

TSX_RULE(python_dicts_dict_rule) {
  const Abstract pair = element_of(in, in[0]);
  const bool is_pair =
      pair.is_unknown() && pair.type()->is(TypeKind::kTuple) && pair.type()->parts.size() == 2;
  if (!is_pair) return in.unknown(TypeKind::kAny);
  return in.unknown(in.types().dict(pair.type()->parts[0], pair.type()->parts[1]));
}

TSX_RULE(python_dicts_set_rule) {
  const Abstract key = element_of(in, like(in, in[0]));
  if (!key.is_unknown() || key.type()->is(TypeKind::kAny)) return in.unknown(TypeKind::kAny);
  return in.unknown(in.types().dict(key.type(), in.types().atom(TypeKind::kNone)));
}

#include "rules/rule.h"

namespace tsx::engine::rules {
namespace {

constexpr Rule kRules[] = {
#undef TSX_RULE
#define TSX_RULE(name) name,
#define TSX_RULE_OF(place)
#include "rules.inc"
#undef TSX_RULE
#undef TSX_RULE_OF
};

// By the operator's place in the table of operators.
constexpr std::int16_t kRuleOf[] = {
#define TSX_RULE(name)
#define TSX_RULE_OF(place) place,
#include "rules.inc"
#undef TSX_RULE
#undef TSX_RULE_OF
};

}  // namespace

Rule rule_of(const Operator& op) {
  if (op.is_host()) return nullptr;
  return kRules[kRuleOf[&op - operators().begin()]];
}

}  // namespace tsx::engine::rules

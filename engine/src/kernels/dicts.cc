// Operators on dicts, torch's and Python's, and on sets, which are dicts to None
// (tsx/ops/containers.py, tsx/ops/python_dicts.py).
#include "base/error.h"
#include "core/compare.h"
#include "core/format.h"
#include "kernels/containers.h"

namespace tsx::engine {
namespace {

using Entry = Dict::Entry;

template <typename Visit> void for_each(const Dict& dict, Visit visit) {
  for (const Entry& entry : dict.entries())
    if (entry.is_live) visit(entry);
}

Ref<Dict> copy_of(const Dict& dict) {
  Ref<Dict> made = make_ref<Dict>();
  for_each(dict, [&](const Entry& entry) { made->set(entry.key, entry.value); });
  return made;
}

/// TSX4013 for torch's operators, Python's KeyError for its own.
enum class Words : std::uint8_t { kTorch, kPython };

template <Words words> [[noreturn]] void missing(const Value& key) {
  if (words == Words::kPython) throw Raised("KeyError", repr(key));
  no_such(repr(key), "KeyError", repr(key));
}

// --- reading ------------------------------------------------------------------------------------

void length(Call& call) { call.give(static_cast<std::int64_t>(call.dict(0).size())); }

template <Words words> void lookup(Call& call) {
  const Value* found = call.dict(0).find(call[1]);
  if (!found) missing<words>(call[1]);
  call.give(Value(*found));
}

void contains(Call& call) { call.give(call.dict(0).find(call[1]) != nullptr); }

void get(Call& call) {
  const Value* found = call.dict(0).find(call[1]);
  call.give(found ? Value(*found) : Value());
}

void get_or(Call& call) {
  const Value* found = call.dict(0).find(call[1]);
  call.give(Value(found ? *found : call[2]));
}

void keys(Call& call) {
  std::vector<Value> found;
  for_each(call.dict(0), [&](const Entry& entry) { found.push_back(entry.key); });
  call.give(list_from(std::move(found)));
}

void values(Call& call) {
  std::vector<Value> found;
  for_each(call.dict(0), [&](const Entry& entry) { found.push_back(entry.value); });
  call.give(list_from(std::move(found)));
}

void items(Call& call) {
  std::vector<Value> found;
  for_each(call.dict(0), [&](const Entry& entry) {
    found.push_back(tuple_of({entry.key, entry.value}));
  });
  call.give(list_from(std::move(found)));
}

void copy(Call& call) { call.give(copy_of(call.dict(0))); }

void truth(Call& call) { call.give(call.dict(0).size() > 0); }

// --- writing ------------------------------------------------------------------------------------

void store(Call& call) {
  call.mutable_dict(0).set(call[1], call[2]);
  call.give();
}

void set_default(Call& call) {
  Dict& dict = call.mutable_dict(0);
  const Value* found = dict.find(call[1]);
  if (found) return call.give(Value(*found));
  dict.set(call[1], call[2]);
  call.give(Value(call[2]));
}

template <Words words> void pop(Call& call) {
  Dict& dict = call.mutable_dict(0);
  const Value* found = dict.find(call[1]);
  if (!found) missing<words>(call[1]);
  Value taken = *found;
  dict.erase(call[1]);
  call.give(std::move(taken));
}

void pop_or(Call& call) {
  Dict& dict = call.mutable_dict(0);
  const Value* found = dict.find(call[1]);
  Value taken = found ? *found : call[2];
  dict.erase(call[1]);
  call.give(std::move(taken));
}

/// torch takes the first item, where Python takes the last.
template <Words words> void pop_item(Call& call) {
  Dict& dict = call.mutable_dict(0);
  const Entry* taken = nullptr;
  for_each(dict, [&](const Entry& entry) {
    if (!taken || words == Words::kPython) taken = &entry;
  });
  if (!taken) {
    const std::string text = "'popitem(): dictionary is empty'";
    if (words == Words::kPython) throw Raised("KeyError", text);
    no_such("of an empty dict", "KeyError", text);
  }
  Value item = tuple_of({taken->key, taken->value});
  dict.erase(Value(taken->key));
  call.give(std::move(item));
}

template <Words words> void erase(Call& call) {
  if (!call.mutable_dict(0).erase(call[1])) missing<words>(call[1]);
  call.give();
}

void update(Call& call) {
  Dict& self = call.mutable_dict(0);
  const Ref<Dict> added = copy_of(call.dict(1));  // may be the same dict
  for_each(*added, [&](const Entry& entry) { self.set(entry.key, entry.value); });
  call.give();
}

void clear(Call& call) {
  call.mutable_dict(0).clear();
  call.give();
}

// --- Python's -----------------------------------------------------------------------------------

void from_items(Call& call) {
  Ref<Dict> made = make_ref<Dict>();
  for (const Value& item : elements_of(call, 0)) {
    if (!item.is(Tag::kTuple) || item.elements().size() != 2) refuse("an item must be a pair");
    made->set(item.elements()[0], item.elements()[1]);
  }
  call.give(std::move(made));
}

void from_keys(Call& call) {
  Ref<Dict> made = make_ref<Dict>();
  for (const Value& key : elements_of(call, 0))
    made->set(key, call[1]);
  call.give(std::move(made));
}

void joined(Call& call) {
  const Ref<Dict> made = copy_of(call.dict(0));
  for_each(call.dict(1), [&](const Entry& entry) { made->set(entry.key, entry.value); });
  call.give(Ref<Dict>(made));
}

/// How many rounds a loop over a dict has; Python stops where the size has changed since it began.
void rounds(Call& call) {
  const std::size_t count = elements_of(call, 1).size();
  if (call.dict(0).size() != count)
    throw Raised("RuntimeError", "dictionary changed size during iteration");
  call.give(static_cast<std::int64_t>(count));
}

// --- sets ---------------------------------------------------------------------------------------

void set_of(Call& call) {
  Ref<Dict> made = make_ref<Dict>();
  for (const Value& key : elements_of(call, 0))
    made->set(key, Value());
  call.give(std::move(made));
}

void add(Call& call) {
  Dict& self = call.mutable_dict(0);
  if (!self.find(call[1])) self.set(call[1], Value());
  call.give();
}

void discard(Call& call) {
  call.mutable_dict(0).erase(call[1]);
  call.give();
}

void pop_element(Call& call) {
  Dict& self = call.mutable_dict(0);
  const Entry* last = nullptr;
  for_each(self, [&](const Entry& entry) { last = &entry; });
  if (!last) throw Raised("KeyError", "'pop from an empty set'");
  Value taken = last->key;
  self.erase(taken);
  call.give(std::move(taken));
}

bool is_subset(const Dict& a, const Dict& b) {
  bool holds = a.size() <= b.size();
  for_each(a, [&](const Entry& entry) { holds = holds && b.find(entry.key); });
  return holds;
}

template <std::size_t a, std::size_t b, bool may_be_equal> void subset(Call& call) {
  const Dict& inner = call.dict(a);
  const Dict& outer = call.dict(b);
  call.give(is_subset(inner, outer) && (may_be_equal || inner.size() < outer.size()));
}

void is_disjoint(Call& call) {
  const Dict& other = call.dict(1);
  bool holds = true;
  for_each(call.dict(0), [&](const Entry& entry) { holds = holds && !other.find(entry.key); });
  call.give(holds);
}

/// The elements of `a` that are in `b`, or those that are not.
void keep(const Dict& a, const Dict& b, bool are_in, Dict& target) {
  for_each(a, [&](const Entry& entry) {
    if ((b.find(entry.key) != nullptr) == are_in) target.set(entry.key, Value());
  });
}

void intersection(Call& call) {
  Ref<Dict> made = make_ref<Dict>();
  keep(call.dict(0), call.dict(1), true, *made);
  call.give(std::move(made));
}

void difference(Call& call) {
  Ref<Dict> made = make_ref<Dict>();
  keep(call.dict(0), call.dict(1), false, *made);
  call.give(std::move(made));
}

void symmetric_difference(Call& call) {
  Ref<Dict> made = make_ref<Dict>();
  keep(call.dict(0), call.dict(1), false, *made);
  keep(call.dict(1), call.dict(0), false, *made);
  call.give(std::move(made));
}

void replace(Call& call) {
  const Ref<Dict> kept = copy_of(call.dict(1));
  Dict& self = call.mutable_dict(0);
  self.clear();
  for_each(*kept, [&](const Entry& entry) { self.set(entry.key, entry.value); });
  call.give();
}

}  // namespace

}  // namespace tsx::engine

TSX_KERNELS(dicts) {
  registry.add("aten::len.Dict_bool", length);
  registry.add("aten::len.Dict_complex", length);
  registry.add("aten::len.Dict_float", length);
  registry.add("aten::len.Dict_int", length);
  registry.add("aten::len.Dict_str", length);
  registry.add("tsx::len.Dict", length);
  registry.add("aten::__getitem__.Dict_bool", lookup<Words::kTorch>);
  registry.add("aten::__getitem__.Dict_complex", lookup<Words::kTorch>);
  registry.add("aten::__getitem__.Dict_float", lookup<Words::kTorch>);
  registry.add("aten::__getitem__.Dict_int", lookup<Words::kTorch>);
  registry.add("aten::__getitem__.Dict_str", lookup<Words::kTorch>);
  registry.add("tsx::__getitem__.Dict", lookup<Words::kPython>);
  registry.add("aten::__contains__.bool", contains);
  registry.add("aten::__contains__.complex", contains);
  registry.add("aten::__contains__.float", contains);
  registry.add("aten::__contains__.int", contains);
  registry.add("aten::__contains__.str", contains);
  registry.add("tsx::__contains__.Dict", contains);
  registry.add("aten::get.bool", get);
  registry.add("aten::get.complex", get);
  registry.add("aten::get.float", get);
  registry.add("aten::get.int", get);
  registry.add("aten::get.str", get);
  registry.add("tsx::get.Dict", get);
  registry.add("aten::get.default_bool", get_or);
  registry.add("aten::get.default_complex", get_or);
  registry.add("aten::get.default_float", get_or);
  registry.add("aten::get.default_int", get_or);
  registry.add("aten::get.default_str", get_or);
  registry.add("tsx::get.default", get_or);
  registry.add("aten::keys.bool", keys);
  registry.add("aten::keys.complex", keys);
  registry.add("aten::keys.float", keys);
  registry.add("aten::keys.int", keys);
  registry.add("aten::keys.str", keys);
  registry.add("tsx::keys", keys);
  registry.add("aten::values.bool", values);
  registry.add("aten::values.complex", values);
  registry.add("aten::values.float", values);
  registry.add("aten::values.int", values);
  registry.add("aten::values.str", values);
  registry.add("tsx::values", values);
  registry.add("aten::items.bool", items);
  registry.add("aten::items.complex", items);
  registry.add("aten::items.float", items);
  registry.add("aten::items.int", items);
  registry.add("aten::items.str", items);
  registry.add("tsx::items", items);
  registry.add("aten::copy.Dict_bool", copy);
  registry.add("aten::copy.Dict_complex", copy);
  registry.add("aten::copy.Dict_float", copy);
  registry.add("aten::copy.Dict_int", copy);
  registry.add("aten::copy.Dict_str", copy);
  registry.add("aten::dict.Dict_bool", copy);
  registry.add("aten::dict.Dict_complex", copy);
  registry.add("aten::dict.Dict_float", copy);
  registry.add("aten::dict.Dict_int", copy);
  registry.add("aten::dict.Dict_str", copy);
  registry.add("tsx::copy.Dict", copy);
  registry.add("tsx::Bool.Dict", truth);
  registry.add("aten::_set_item.bool", store);
  registry.add("aten::_set_item.complex", store);
  registry.add("aten::_set_item.float", store);
  registry.add("aten::_set_item.int", store);
  registry.add("aten::_set_item.str", store);
  registry.add("tsx::_set_item.Dict", store);
  registry.add("aten::setdefault.bool", set_default);
  registry.add("aten::setdefault.complex", set_default);
  registry.add("aten::setdefault.float", set_default);
  registry.add("aten::setdefault.int", set_default);
  registry.add("aten::setdefault.str", set_default);
  registry.add("tsx::setdefault", set_default);
  registry.add("aten::pop.Dict_bool", pop<Words::kTorch>);
  registry.add("aten::pop.Dict_complex", pop<Words::kTorch>);
  registry.add("aten::pop.Dict_float", pop<Words::kTorch>);
  registry.add("aten::pop.Dict_int", pop<Words::kTorch>);
  registry.add("aten::pop.Dict_str", pop<Words::kTorch>);
  registry.add("tsx::pop.Dict", pop<Words::kPython>);
  registry.add("aten::pop.Dict_default_bool", pop_or);
  registry.add("aten::pop.Dict_default_complex", pop_or);
  registry.add("aten::pop.Dict_default_float", pop_or);
  registry.add("aten::pop.Dict_default_int", pop_or);
  registry.add("aten::pop.Dict_default_str", pop_or);
  registry.add("tsx::pop.default", pop_or);
  registry.add("aten::popitem.bool", pop_item<Words::kTorch>);
  registry.add("aten::popitem.complex", pop_item<Words::kTorch>);
  registry.add("aten::popitem.float", pop_item<Words::kTorch>);
  registry.add("aten::popitem.int", pop_item<Words::kTorch>);
  registry.add("aten::popitem.str", pop_item<Words::kTorch>);
  registry.add("tsx::popitem", pop_item<Words::kPython>);
  registry.add("aten::Delete.Dict_bool", erase<Words::kTorch>);
  registry.add("aten::Delete.Dict_complex", erase<Words::kTorch>);
  registry.add("aten::Delete.Dict_float", erase<Words::kTorch>);
  registry.add("aten::Delete.Dict_int", erase<Words::kTorch>);
  registry.add("aten::Delete.Dict_str", erase<Words::kTorch>);
  registry.add("tsx::Delete.Dict", erase<Words::kPython>);
  registry.add("aten::update.bool", update);
  registry.add("aten::update.complex", update);
  registry.add("aten::update.float", update);
  registry.add("aten::update.int", update);
  registry.add("aten::update.str", update);
  registry.add("tsx::update.Dict", update);
  registry.add("aten::clear.bool", clear);
  registry.add("aten::clear.complex", clear);
  registry.add("aten::clear.float", clear);
  registry.add("aten::clear.int", clear);
  registry.add("aten::clear.str", clear);
  registry.add("tsx::clear.Dict", clear);
  registry.add("tsx::dict", from_items);
  registry.add("tsx::fromkeys", from_keys);
  registry.add("tsx::__or__.Dict", joined);
  registry.add("tsx::set_or", joined);
  registry.add("tsx::rounds.Dict", rounds);
  registry.add("tsx::set", set_of);
  registry.add("tsx::add.set", add);
  registry.add("tsx::discard", discard);
  registry.add("tsx::pop.set", pop_element);
  registry.add("tsx::le.set", subset<0, 1, true>);
  registry.add("tsx::lt.set", subset<0, 1, false>);
  registry.add("tsx::ge.set", subset<1, 0, true>);
  registry.add("tsx::gt.set", subset<1, 0, false>);
  registry.add("tsx::isdisjoint.set", is_disjoint);
  registry.add("tsx::set_and", intersection);
  registry.add("tsx::set_sub", difference);
  registry.add("tsx::set_xor", symmetric_difference);
  registry.add("tsx::replace.set", replace);
}

// Operators on lists, with torch's schemas: reading, writing in place, copying, ranges
// (tsx/ops/containers.py). Python's own lists are in python_lists.cc, dicts in dicts.cc.
#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "core/compare.h"
#include "core/format.h"
#include "kernels/containers.h"
#include "kernels/numbers.h"

namespace tsx::engine {
namespace {

// --- reading ------------------------------------------------------------------------------------

void length(Call& call) {
  if (call[0].is(Tag::kString)) return call.give(Size::of(call[0].string().size()).value());
  call.give(Size::of(elements_of(call, 0).size()).value());
}

void get(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  const std::int64_t index = call.integer(1);
  const std::size_t place = place_of(index, items.size());
  if (place == kNoPlace) out_of_range(index, items.size());
  call.give(Value(items[place]));
}

void slice(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  const std::int64_t step = call.integer(3);
  if (step == 0)
    throw failure("TSX5001", {{"operation", "slice"}, {"reason", "has step 0"}})
        .instead_of("ValueError", "slice step cannot be zero");
  const Slice taken =
      slice_of(call.optional_integer(1), call.optional_integer(2), step, items.size());
  std::vector<Value> found;
  found.reserve(taken.count);
  for (std::size_t i = 0; i < taken.count; ++i)
    found.push_back(items[taken[i]]);
  call.give(list_from(std::move(found)));
}

void concatenate(Call& call) {
  const Span<const Value> a = elements_of(call, 0);
  const Span<const Value> b = elements_of(call, 1);
  std::vector<Value> joined;
  joined.reserve(a.size() + b.size());
  joined.insert(joined.end(), a.begin(), a.end());
  joined.insert(joined.end(), b.begin(), b.end());
  call.give(list_from(std::move(joined)));
}

template <std::size_t list, std::size_t count> void repeat(Call& call) {
  const Span<const Value> items = elements_of(call, list);
  const std::int64_t times = std::max<std::int64_t>(call.integer(count), 0);
  const Size total = Size::of(items.size()) * Size(times);
  need_length(total);
  std::vector<Value> repeated;
  repeated.reserve(total.count());
  for (std::int64_t i = 0; i < times && !items.empty(); ++i)
    repeated.insert(repeated.end(), items.begin(), items.end());
  call.give(list_from(std::move(repeated)));
}

void copy(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  call.give(list_from(std::vector<Value>(items.begin(), items.end())));
}

void characters(Call& call) {
  const std::string& text = call.string(0);
  std::vector<Value> found;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    utf8::next(text, at);
    found.emplace_back(std::string_view(text).substr(start, at - start));
  }
  call.give(list_from(std::move(found)));
}

// --- writing ------------------------------------------------------------------------------------

void append(Call& call) {
  call.mutable_list(0).items.push_back(call[1]);
  call.give(Value(call[0]));
}

/// `self` may be the list that is added.
void extend_by(List& self, Span<const Value> more) {
  const std::vector<Value> added(more.begin(), more.end());
  self.items.insert(self.items.end(), added.begin(), added.end());
}

void add_in_place(Call& call) {
  extend_by(call.mutable_list(0), elements_of(call, 1));
  call.give(Value(call[0]));
}

void extend(Call& call) {
  extend_by(call.mutable_list(0), elements_of(call, 1));
  call.give();
}

void insert(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  const auto count = static_cast<std::int64_t>(items.size());
  const std::int64_t index = call.integer(1);
  const std::int64_t place = std::clamp<std::int64_t>(index < 0 ? index + count : index, 0, count);
  items.insert(items.begin() + place, call[2]);
  call.give();
}

void pop(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  const std::int64_t index = call.integer(1);
  const std::size_t place = place_of(index, items.size());
  if (place == kNoPlace)
    out_of_range(index, items.size(),
                 items.empty() ? "pop from empty list" : "pop index out of range");
  Value taken = std::move(items[place]);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(place));
  call.give(std::move(taken));
}

void set(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  const std::int64_t index = call.integer(1);
  const std::size_t place = place_of(index, items.size());
  if (place == kNoPlace) out_of_range(index, items.size(), "list assignment index out of range");
  // What is replaced dies at the end, when the list is whole again.
  const Value old = std::exchange(items[place], call[2]);
  call.give(Value(call[0]));
}

void erase(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  const std::int64_t index = call.integer(1);
  const std::size_t place = place_of(index, items.size());
  if (place == kNoPlace) out_of_range(index, items.size(), "list assignment index out of range");
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(place));
  call.give();
}

void clear(Call& call) {
  const std::vector<Value> old = std::exchange(call.mutable_list(0).items, {});
  call.give();
}

void reverse(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  std::reverse(items.begin(), items.end());
  call.give();
}

// --- of numbers and strings ---------------------------------------------------------------------

void remove(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (is_found_by(items[i], call[1])) {
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(i));
      return call.give();
    }
  no_such(to_text(call[1]), "ValueError", "list.remove(x): x not in list");
}

void sort(Call& call) {
  std::vector<Value>& items = call.mutable_list(0).items;
  const std::vector<std::size_t> places = sorted_places(items, call.boolean(1));
  std::vector<Value> ordered;
  ordered.reserve(items.size());
  for (const std::size_t place : places)
    ordered.push_back(items[place]);
  items = std::move(ordered);
  call.give();
}

void sorted(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  std::vector<Value> ordered;
  ordered.reserve(items.size());
  for (const std::size_t place : sorted_places(items, false))
    ordered.push_back(items[place]);
  call.give(list_from(std::move(ordered)));
}

void count(Call& call) {
  std::int64_t found = 0;
  for (const Value& item : elements_of(call, 0))
    found += is_found_by(item, call[1]);
  call.give(found);
}

void index(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  for (std::size_t i = 0; i < items.size(); ++i)
    if (is_found_by(items[i], call[1])) return call.give(static_cast<std::int64_t>(i));
  no_such(to_text(call[1]), "ValueError", repr(call[1]) + " is not in list");
}

void contains(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  call.give(std::any_of(items.begin(), items.end(),
                        [&](const Value& item) { return is_found_by(item, call[1]); }));
}

void any(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  call.give(std::any_of(items.begin(), items.end(), is_true));
}

void all(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  call.give(std::all_of(items.begin(), items.end(), is_true));
}

/// Of ints and bools.
void sum_of_ints(Call& call) {
  Wide total = 0;
  for (const Value& item : elements_of(call, 0))
    total += item.integer();
  call.give(fit("sum", total));
}

void sum_of_floats(Call& call) {
  double total = 0;
  for (const Value& item : elements_of(call, 0))
    total += item.is(Tag::kFloat) ? item.real() : static_cast<double>(item.integer());
  call.give(total);
}

void sum_of_complexes(Call& call) {
  Complex64 total;
  for (const Value& item : elements_of(call, 0)) {
    if (!item.is(Tag::kComplex)) refuse("the elements must be complex numbers");
    total += item.complex();
  }
  call.give(total);
}

template <bool takes_larger> void best(Call& call) {
  const Span<const Value> items = elements_of(call, 0);
  if (items.empty())
    throw failure("TSX4012", {{"index", 0}, {"length", 0}})
        .instead_of("ValueError",
                    std::string(takes_larger ? "max" : "min") + "() arg is an empty sequence");
  const Value* found = &items[0];
  for (const Value& item : items)
    if (takes_larger ? is_less(*found, item) : is_less(item, *found)) found = &item;
  call.give(Value(*found));
}

template <bool takes_larger> void best_of_two(Call& call) {
  const bool takes_second = takes_larger ? is_less(call[0], call[1]) : is_less(call[1], call[0]);
  call.give(Value(call[takes_second ? 1 : 0]));
}

// --- ranges -------------------------------------------------------------------------------------

void rounds(Call& call) {
  if (call.integer(2) == 0)
    throw failure("TSX5001", {{"operation", "range"}, {"reason", "has step 0"}})
        .instead_of("ValueError", "range() arg 3 must not be zero");
  call.give(range_length(call.integer(0), call.integer(1), call.integer(2)).value());
}

void derive_index(Call& call) {
  call.give(fit("range", Wide{call.integer(1)} + Wide{call.integer(0)} * call.integer(2)));
}

void range_list(Call& call) {
  const std::int64_t end = std::max<std::int64_t>(call.integer(0), 0);
  need_length(Size(end));
  std::vector<Value> numbers;
  numbers.reserve(static_cast<std::size_t>(end));
  for (std::int64_t i = 0; i < end; ++i)
    numbers.emplace_back(i);
  call.give(list_from(std::move(numbers)));
}

}  // namespace

}  // namespace tsx::engine

TSX_KERNELS(lists) {
  registry.add("aten::len.any", length);
  registry.add("aten::len.str", length);
  registry.add("aten::len.t", length);
  registry.add("aten::__getitem__.t", get);
  registry.add("aten::slice.t", slice);
  registry.add("aten::add.t", concatenate);
  registry.add("aten::mul.left_t", repeat<0, 1>);
  registry.add("aten::mul.right_", repeat<1, 0>);
  registry.add("aten::copy.t", copy);
  registry.add("aten::list.t", copy);
  registry.add("aten::list", characters);
  registry.add("aten::append.t", append);
  registry.add("aten::add_.t", add_in_place);
  registry.add("aten::extend.t", extend);
  registry.add("aten::insert.t", insert);
  registry.add("aten::pop.t", pop);
  registry.add("aten::_set_item.t", set);
  registry.add("aten::Delete.t", erase);
  registry.add("aten::clear.t", clear);
  registry.add("aten::reverse.t", reverse);
  registry.add("aten::remove.bool", remove);
  registry.add("aten::remove.float", remove);
  registry.add("aten::remove.int", remove);
  registry.add("aten::remove.str", remove);
  registry.add("aten::sort.bool", sort);
  registry.add("aten::sort.float", sort);
  registry.add("aten::sort.int", sort);
  registry.add("aten::sort.str", sort);
  registry.add("aten::sorted.bool", sorted);
  registry.add("aten::sorted.float", sorted);
  registry.add("aten::sorted.int", sorted);
  registry.add("aten::sorted.str", sorted);
  registry.add("aten::count.bool", count);
  registry.add("aten::count.float", count);
  registry.add("aten::count.int", count);
  registry.add("aten::count.str", count);
  registry.add("tsx::count.t", count);
  registry.add("aten::index.list_bool", index);
  registry.add("aten::index.list_float", index);
  registry.add("aten::index.list_int", index);
  registry.add("aten::index.list_str", index);
  registry.add("aten::__contains__.float_list", contains);
  registry.add("aten::__contains__.int_list", contains);
  registry.add("aten::__contains__.str_list", contains);
  registry.add("tsx::__contains__.t", contains);
  registry.add("aten::any.bool", any);
  registry.add("aten::any.float", any);
  registry.add("aten::any.int", any);
  registry.add("aten::any.str", any);
  registry.add("tsx::any", any);
  registry.add("aten::all.bool", all);
  registry.add("aten::all.float", all);
  registry.add("aten::all.int", all);
  registry.add("tsx::all", all);
  registry.add("aten::sum.bool", sum_of_ints);
  registry.add("aten::sum.int", sum_of_ints);
  registry.add("aten::sum.float", sum_of_floats);
  registry.add("aten::sum.complex", sum_of_complexes);
  registry.add("prim::max.self_bool", best<true>);
  registry.add("prim::max.self_float", best<true>);
  registry.add("prim::max.self_int", best<true>);
  registry.add("prim::min.self_bool", best<false>);
  registry.add("prim::min.self_float", best<false>);
  registry.add("prim::min.self_int", best<false>);
  registry.add("prim::max.bool_list", best_of_two<true>);
  registry.add("prim::max.float_list", best_of_two<true>);
  registry.add("prim::max.int_list", best_of_two<true>);
  registry.add("prim::min.bool_list", best_of_two<false>);
  registry.add("prim::min.float_list", best_of_two<false>);
  registry.add("prim::min.int_list", best_of_two<false>);
  registry.add("aten::__range_length", rounds);
  registry.add("aten::__derive_index", derive_index);
  registry.add("prim::rangelist", range_list);
}

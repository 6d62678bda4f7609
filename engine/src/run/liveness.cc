#include "run/liveness.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace tsx::engine {
namespace {

using Slots = std::vector<std::uint32_t>;  // ascending

Slots difference(const Slots& a, const std::set<std::uint32_t>& b) {
  Slots left;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(left));
  return left;
}

Slots difference(const std::set<std::uint32_t>& a, const Slots& b) {
  Slots left;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(left));
  return left;
}

class Liveness {
 public:
  Liveness(const std::vector<Emitted>& items, std::uint32_t labels, const std::vector<bool>& memory)
      : items_(items), holds_memory_(memory), live_at_(labels), pending_(labels) {}

  std::vector<Emitted> refined() {
    flow();
    std::vector<Emitted> out;  // built from the end
    std::set<std::uint32_t> live;
    for (std::size_t at = items_.size(); at-- > 0;) {
      Emitted item = items_[at];
      if (!item.is_label) {
        refine(item, live, out);
        step(items_[at], live);
      }
      out.push_back(item);
    }
    return with_frees(out);
  }

 private:
  /// The slots that are read later, at each label: a backward flow until nothing changes.
  void flow() {
    for (bool changed = true; changed;) {
      changed = false;
      std::set<std::uint32_t> live;
      for (std::size_t at = items_.size(); at-- > 0;) {
        const Emitted& item = items_[at];
        if (!item.is_label) {
          step(item, live);
          continue;
        }
        Slots& known = live_at_[item.target];
        if (known.size() == live.size() && std::equal(known.begin(), known.end(), live.begin()))
          continue;
        known.assign(live.begin(), live.end());
        changed = true;
      }
    }
  }

  /// What is live before `item`, given what is live behind it.
  void step(const Emitted& item, std::set<std::uint32_t>& live) const {
    switch (item.opcode) {
    case Opcode::LOAD: live.insert(item.operands[0]); return;
    case Opcode::STORE: live.erase(item.operands[0]); return;
    case Opcode::RET: live.clear(); return;
    default:
      if (item.target == kNoLabel) return;
      if (item.opcode == Opcode::JMP) live.clear();
      live.insert(live_at_[item.target].begin(), live_at_[item.target].end());
    }
  }

  /// A last load becomes a move, an unused store a drop; a branch frees what only its other way uses.
  void refine(Emitted& item, const std::set<std::uint32_t>& live, std::vector<Emitted>& out) {
    if (item.target != kNoLabel && item.opcode != Opcode::JMP) {
      const Slots& taken = live_at_[item.target];
      free(difference(taken, live), item.origin, out);
      free(difference(live, taken), item.origin, pending_[item.target]);
    } else if (item.opcode == Opcode::LOAD && !live.count(item.operands[0])) {
      item.opcode = Opcode::MOVE;
    } else if (item.opcode == Opcode::STORE && !live.count(item.operands[0])) {
      item.opcode = Opcode::DROP;
      item.operands[0] = 0;
    }
  }

  /// Descending, since code is built from its end.
  void free(const Slots& slots, ir::OriginId origin, std::vector<Emitted>& out) const {
    for (auto slot = slots.rbegin(); slot != slots.rend(); ++slot)
      if (holds_memory_[*slot]) out.push_back({Opcode::FREE, {*slot, 0, 0}, origin, kNoLabel, false});
  }

  std::vector<Emitted> with_frees(const std::vector<Emitted>& backward) const {
    std::vector<Emitted> out;
    for (auto item = backward.rbegin(); item != backward.rend(); ++item) {
      out.push_back(*item);
      if (item->is_label)
        out.insert(out.end(), pending_[item->target].rbegin(), pending_[item->target].rend());
    }
    return out;
  }

  const std::vector<Emitted>& items_;
  const std::vector<bool>& holds_memory_;
  std::vector<Slots> live_at_;
  std::vector<std::vector<Emitted>> pending_;  // what the place of a label must free
};

}  // namespace

std::vector<Emitted> kill_dead(const std::vector<Emitted>& items, std::uint32_t labels,
                               const std::vector<bool>& holds_memory) {
  return Liveness(items, labels, holds_memory).refined();
}

}  // namespace tsx::engine

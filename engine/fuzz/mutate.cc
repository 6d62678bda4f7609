// A mutator for canonical msgpack: it changes the tree that the bytes stand for, so that what comes
// out gets past the decoder and to the checks behind it. Now and then plain bytes are changed.
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using Bytes = std::vector<std::uint8_t>;

/// One value: its head, then the values in it.
struct Node {
  std::uint8_t kind = 0;  // 'n' whole bytes, 's' string, 'a' array, 'm' map
  Bytes plain;            // of 'n' and 's'
  std::vector<Node> parts;
};

class Parser {
 public:
  Parser(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

  bool parse(Node& node, int depth = 0) {
    if (at_ == end_ || depth > 70) return false;
    const std::uint8_t head = *at_++;
    if (head <= 0x7f || head >= 0xe0 || head == 0xc0 || head == 0xc2 || head == 0xc3)
      return take(node, head, 0);
    if (head == 0xcc || head == 0xd0) return take(node, head, 1);
    if (head == 0xcd || head == 0xd1) return take(node, head, 2);
    if (head == 0xce || head == 0xd2 || head == 0xca) return take(node, head, 4);
    if (head == 0xcf || head == 0xd3 || head == 0xcb) return take(node, head, 8);
    std::size_t count = 0;
    if ((head & 0xe0) == 0xa0) return text(node, head & 0x1f);
    if (head == 0xd9 || head == 0xda) return number(head - 0xd8, count) && text(node, count);
    if (head == 0xc4 || head == 0xc5) {
      const std::uint8_t* start = at_ - 1;
      if (!number(head - 0xc3, count) || left() < count) return false;
      at_ += count;
      node.kind = 'n';
      node.plain.assign(start, at_);
      return true;
    }
    if ((head & 0xf0) == 0x90) return inside(node, 'a', head & 0x0f, depth);
    if (head == 0xdc) return number(2, count) && inside(node, 'a', count, depth);
    if ((head & 0xf0) == 0x80) return inside(node, 'm', 2 * (head & 0x0fu), depth);
    if (head == 0xde) return number(2, count) && inside(node, 'm', 2 * count, depth);
    return false;
  }
  bool is_done() const { return at_ == end_; }

 private:
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool number(int bytes, std::size_t& count) {
    if (left() < static_cast<std::size_t>(bytes)) return false;
    for (int i = 0; i < bytes; ++i)
      count = count << 8 | *at_++;
    return true;
  }
  bool take(Node& node, std::uint8_t head, std::size_t more) {
    if (left() < more) return false;
    node.kind = 'n';
    node.plain.assign(1, head);
    node.plain.insert(node.plain.end(), at_, at_ + more);
    at_ += more;
    return true;
  }
  bool text(Node& node, std::size_t count) {
    if (left() < count) return false;
    node.kind = 's';
    node.plain.assign(at_, at_ + count);
    at_ += count;
    return true;
  }
  bool inside(Node& node, char kind, std::size_t count, int depth) {
    node.kind = static_cast<std::uint8_t>(kind);
    for (std::size_t i = 0; i < count; ++i) {
      node.parts.emplace_back();
      if (!parse(node.parts.back(), depth + 1)) return false;
    }
    return true;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

void put_head(Bytes& to, std::size_t count, std::uint8_t small, std::size_t most, int one, int two) {
  if (count <= most) {
    to.push_back(static_cast<std::uint8_t>(small | count));
  } else if (one && count < 256) {
    to.push_back(static_cast<std::uint8_t>(one));
    to.push_back(static_cast<std::uint8_t>(count));
  } else {
    to.push_back(static_cast<std::uint8_t>(two));
    to.push_back(static_cast<std::uint8_t>(count >> 8));
    to.push_back(static_cast<std::uint8_t>(count));
  }
}

void write(Bytes& to, const Node& node) {
  if (node.kind == 's') put_head(to, node.plain.size(), 0xa0, 31, 0xd9, 0xda);
  if (node.kind == 'a') put_head(to, node.parts.size(), 0x90, 15, 0, 0xdc);
  if (node.kind == 'm') put_head(to, node.parts.size() / 2, 0x80, 15, 0, 0xde);
  to.insert(to.end(), node.plain.begin(), node.plain.end());
  for (const Node& part : node.parts)
    write(to, part);
}

void collect(Node& node, std::vector<Node*>& all) {
  all.push_back(&node);
  for (Node& part : node.parts)
    collect(part, all);
}

/// The shortest encoding of a small number.
Node number(std::int64_t value) {
  Node made;
  made.kind = 'n';
  if (value >= -32 && value < 128)
    made.plain = {static_cast<std::uint8_t>(value)};
  else if (value >= 128 && value < 256)
    made.plain = {0xcc, static_cast<std::uint8_t>(value)};
  else if (value >= 256 && value < 65536)
    made.plain = {0xcd, static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
  else {
    made.plain = {static_cast<std::uint8_t>(value < 0 ? 0xd3 : 0xcf)};
    for (int i = 7; i >= 0; --i)
      made.plain.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
  }
  return made;
}

constexpr std::int64_t kNumbers[] = {0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 100, 1000, 65535, -1, -2, -3,
                                     INT64_MAX, INT64_MIN, std::int64_t{1} << 40, (std::int64_t{1} << 32) + 4};

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  void change(Node& root) {
    std::vector<Node*> all;
    collect(root, all);
    Node& node = *all[pick(all.size())];
    Node& other = *all[pick(all.size())];
    switch (pick(7)) {
    case 0:  // another value from elsewhere in the tree
    case 1: {
      const Node copy = alike(all, node);
      node = copy;
      return;
    }
    case 2: node = number(kNumbers[pick(sizeof kNumbers / sizeof *kNumbers)]); return;
    case 3:
      if (node.kind == 'a' && !node.parts.empty()) {
        node.parts.erase(node.parts.begin() + static_cast<std::ptrdiff_t>(pick(node.parts.size())));
        return;
      }
      break;
    case 4:
      if (node.kind == 'a' && !node.parts.empty()) {
        const Node copy = node.parts[pick(node.parts.size())];
        node.parts.insert(node.parts.begin() + static_cast<std::ptrdiff_t>(pick(node.parts.size() + 1)), copy);
        return;
      }
      break;
    case 5:
      if (node.kind == 'a' && node.parts.size() > 1) {
        std::swap(node.parts[pick(node.parts.size())], node.parts[pick(node.parts.size())]);
        return;
      }
      break;
    default: break;
    }
    if (node.kind == 's' || node.kind == 'n') {
      bytes(node);
    } else if (&node != &other) {
      const Node copy = other;
      node = copy;
    }
  }

  bool one_in(unsigned n) { return pick(n) == 0; }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }

  /// A node of the same kind as `node`, if one turns up.
  Node alike(const std::vector<Node*>& all, const Node& node) {
    for (int i = 0; i < 16; ++i) {
      const Node& found = *all[pick(all.size())];
      if (&found != &node && found.kind == node.kind) return found;
    }
    return node;
  }

  /// libFuzzer's own changes, to one text or number; its dictionary has operators and keys.
  void bytes(Node& node) {
    std::uint8_t buffer[256];
    if (node.plain.size() > sizeof buffer || node.plain.empty()) return;
    std::memcpy(buffer, node.plain.data(), node.plain.size());
    if (node.kind == 's') {
      const std::size_t size = LLVMFuzzerMutate(buffer, node.plain.size(), sizeof buffer);
      node.plain.assign(buffer, buffer + size);
    } else if (node.plain.size() > 1) {
      LLVMFuzzerMutate(buffer + 1, node.plain.size() - 1, node.plain.size() - 1);
      node.plain.assign(buffer, buffer + node.plain.size());
    } else {
      node.plain[0] = static_cast<std::uint8_t>(buffer[0] + 1);
    }
  }

  std::minstd_rand random_;
};

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Mutator mutator(seed);
  Node root;
  Parser parser(data, size);
  if (mutator.one_in(16) || !parser.parse(root) || !parser.is_done())
    return LLVMFuzzerMutate(data, size, most);
  do
    mutator.change(root);
  while (mutator.one_in(2));
  Bytes made;
  write(made, root);
  if (made.size() > most || made.empty()) return LLVMFuzzerMutate(data, size, most);
  std::memcpy(data, made.data(), made.size());
  return made.size();
}

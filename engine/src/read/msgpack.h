// Canonical msgpack: one encoding for each value (docs/archive.md, section 2).
//
// `check_canonical` walks bytes from anywhere and refuses every other encoding. A Reader then takes
// values from the checked bytes one after the other; each function gives a value of the type that
// is asked for, or refuses the archive (TSX6005). Nothing is built in between, so nothing is
// allocated on the word of a length, and nothing recurses.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/blake2b.h"
#include "base/error.h"
#include "base/span.h"

namespace tsx::engine {

/// The refusal of what breaks the format (TSX6005).
Error malformed(std::string_view what);

/// The text, or a refusal when it is empty or has over 1024 characters.
std::string_view as_name(std::string_view text, std::string_view what);
/// The name, or a refusal when it isn't of the form namespace::name, or no identifier.
std::string_view as_kind(std::string_view name, std::string_view what);
std::string_view as_identifier(std::string_view name, std::string_view what);

using Bytes = Span<const std::uint8_t>;

/// Refuses `data` unless it is one value in canonical msgpack; `what` names it in errors.
void check_canonical(Bytes data, std::string_view what);

class Reader {
 public:
  enum class Kind : std::uint8_t { kNil, kBool, kInt, kFloat, kString, kBinary, kArray, kMap };

  /// `checked` is what check_canonical has passed, and outlives the reader and all that it gives.
  explicit Reader(Bytes checked) : at_(checked.data()) {}

  Kind kind() const;
  bool is(Kind wanted) const { return kind() == wanted; }
  bool is_empty_string() const { return *at_ == 0xa0; }

  bool take_nil();
  /// The text of a string of any length; empty, and nothing taken, when there is none.
  std::string_view tag();
  bool boolean(std::string_view what);
  std::int64_t integer(std::string_view what, std::int64_t low = INT64_MIN,
                       std::int64_t high = INT64_MAX);
  /// An index of a table of `size`.
  std::uint32_t index(std::size_t size, std::string_view what);
  double floating(std::string_view what);
  /// A string of at most 2^20 characters.
  std::string_view string(std::string_view what);
  /// A string of at most 1024 characters and at least one.
  std::string_view name(std::string_view what);
  /// A name of the form namespace::name.
  std::string_view kind_name(std::string_view what);
  std::string_view identifier(std::string_view what);
  /// Identifiers joined by dots.
  std::string_view dotted(std::string_view what);
  Bytes binary(std::string_view what);
  Digest digest(std::string_view what);

  /// The number of elements of an array; they follow.
  std::uint32_t array(std::string_view what);
  void array(std::string_view what, std::uint32_t wanted);
  /// The number of pairs of a map; keys and values follow in turn.
  std::uint32_t map(std::string_view what);
  /// A map with exactly these keys, which ascend; gives a reader for each value, and goes on after
  /// it.
  template <std::size_t N>
  std::array<Reader, N> map(std::string_view what, const std::string_view (&keys)[N]) {
    std::array<Reader, N> values = filled<N>(std::make_index_sequence<N>());
    if (map(what) != N) throw malformed(std::string(what) + " has other keys");
    for (std::size_t i = 0; i < N; ++i) {
      if (text() != keys[i])
        throw malformed(std::string(what) + " lacks the key " + std::string(keys[i]));
      values[i] = *this;
      skip();
    }
    return values;
  }

  const std::uint8_t* position() const { return at_; }
  /// Passes over one value with all that is in it.
  void skip();

 private:
  template <std::size_t N, std::size_t... I>
  std::array<Reader, N> filled(std::index_sequence<I...>) const {
    return {((void)I, *this)...};
  }
  std::string_view text();

  const std::uint8_t* at_;
};

}  // namespace tsx::engine

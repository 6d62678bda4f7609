// Table: entries with unique names, in the order in which they were added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tsx::engine {

template <typename T> class Table {
 public:
  using Row = std::pair<std::string_view, T>;

  /// Whether the name was new.
  bool add(std::string_view name, T entry) {
    if (find(name)) return false;
    rows_.emplace_back(name, std::move(entry));
    // Most tables are so small that looking through them is faster than hashing.
    if (rows_.size() == kIndexed)
      for (std::size_t i = 0; i < rows_.size(); ++i)
        places_.emplace(rows_[i].first, i);
    else if (rows_.size() > kIndexed)
      places_.emplace(name, rows_.size() - 1);
    return true;
  }
  /// The entry of that name, or null.
  const T* find(std::string_view name) const {
    if (rows_.size() >= kIndexed) {
      const auto place = places_.find(name);
      return place == places_.end() ? nullptr : &rows_[place->second].second;
    }
    for (const Row& row : rows_)
      if (row.first == name) return &row.second;
    return nullptr;
  }

  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  const Row& operator[](std::size_t index) const { return rows_[index]; }
  Row& operator[](std::size_t index) { return rows_[index]; }
  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }

 private:
  static constexpr std::size_t kIndexed = 16;

  std::vector<Row> rows_;
  std::unordered_map<std::string_view, std::size_t> places_;
};

}  // namespace tsx::engine

// Picks the instruction set: by the processor, or by TSX_ISA.
#include "simd/table.h"

#include <cstdlib>
#include <string>

#include "base/error.h"

namespace tsx::engine::simd {

#define TSX_LEVEL(name)                                                                            \
  namespace name {                                                                                 \
  const Table& table();                                                                            \
  }
TSX_LEVEL(avx512)
TSX_LEVEL(avx2)
TSX_LEVEL(baseline)
TSX_LEVEL(neon)
#undef TSX_LEVEL

namespace {

struct Level {
  const char* name;
  const Table& (*table)();
  bool runs;
};

#if defined(TSX_HAS_avx2) || defined(TSX_HAS_avx512)
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif
#ifdef TSX_HAS_avx512
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

struct All {
  Level level[3];
  std::size_t count;
};

/// What cmake/levels.cmake built, best first; the last one runs everywhere.
All all_levels() {
  All all{{}, 0};
#ifdef TSX_HAS_avx512
  __builtin_cpu_init();
  all.level[all.count++] = {"avx512", avx512::table, has_avx512()};
#endif
#ifdef TSX_HAS_avx2
  __builtin_cpu_init();
  all.level[all.count++] = {"avx2", avx2::table, has_avx2()};
#endif
#ifdef TSX_HAS_baseline
  all.level[all.count++] = {"baseline", baseline::table, true};
#endif
#ifdef TSX_HAS_neon
  all.level[all.count++] = {"neon", neon::table, true};
#endif
  return all;
}

const Table& pick() {
  const All all = all_levels();
  const char* forced = std::getenv("TSX_ISA");
  if (forced == nullptr || *forced == '\0') {
    for (std::size_t i = 0; i + 1 < all.count; ++i) {
      if (all.level[i].runs) return all.level[i].table();
    }
    return all.level[all.count - 1].table();
  }
  std::string known;
  for (std::size_t i = 0; i < all.count; ++i) {
    if (!all.level[i].runs) continue;
    if (std::string(forced) == all.level[i].name) return all.level[i].table();
    known += (known.empty() ? "" : ", ") + std::string(all.level[i].name);
  }
  refuse("TSX_ISA is " + std::string(forced) + "; this processor runs " + known);
}

} // namespace

const Table& table() {
  static const Table& picked = pick();
  return picked;
}

Levels levels() {
  const All all = all_levels();
  Levels found{{}, 0};
  for (std::size_t i = 0; i < all.count; ++i) {
    if (all.level[i].runs) found.names[found.count++] = all.level[i].name;
  }
  return found;
}

} // namespace tsx::engine::simd

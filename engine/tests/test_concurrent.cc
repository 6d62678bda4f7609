// One loaded module under several threads: the same bits as alone, and sessions apart.
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "test.h"
#include "threads/pool.h"
#include "tsx/tsx.h"

namespace {

constexpr int kThreads = 4;
constexpr int kTurns = 25;

tsx::Module load(const char* name) {
  return tsx::load(std::string(TSX_GOLDEN) + "/" + name + ".tsx");
}

/// An input for the golden residual block, another one for each thread.
tsx::Tensor image(int seed) {
  tsx::Tensor made = tsx::zeros({2, 3, 8, 8});
  for (std::int64_t i = 0; i < made.count(); ++i)
    made.data<float>()[i] = static_cast<float>((i * 7 + seed * 13) % 23) / 23.0f - 0.4f;
  return made;
}

bool same_bits(const tsx::Tensor& a, const tsx::Tensor& b) {
  return a.count() == b.count() &&
         std::memcmp(a.data<float>(), b.data<float>(), sizeof(float) * static_cast<std::size_t>(a.count())) == 0;
}

template <typename Body> void in_threads(Body body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

TEST("several threads on one module give the bits of one alone") {
  for (const char* name : {"model_resblock", "model_resblock_fused"}) {
    const tsx::Module module = load(name);
    std::vector<tsx::Tensor> alone;
    for (int i = 0; i < kThreads; ++i) alone.push_back(load(name).forward({image(i)}).to_tensor());
    std::atomic<int> right{0};
    tsx::engine::threads::set_count(2);
    in_threads([&](int i) {  // weights are read for the first time here, by all at once
      for (int turn = 0; turn < kTurns; ++turn)
        right += same_bits(module.forward({image(i)}).to_tensor(), alone[static_cast<std::size_t>(i)]);
    });
    CHECK_EQUAL(right.load(), kThreads * kTurns);
  }
}

TEST("sessions of one module stay apart, and one session does a call at a time") {
  const tsx::Module module = load("state");  // adds its input to what it keeps
  const std::int64_t start = module.session().forward({0}).to_int();
  tsx::Session shared = module.session();
  std::atomic<int> right{0};
  in_threads([&](int i) {
    tsx::Session own = module.session();
    for (int turn = 0; turn < kTurns; ++turn) {
      right += own.forward({i}).to_int() == start + std::int64_t{i} * (turn + 1);
      shared.forward({1});
    }
  });
  CHECK_EQUAL(right.load(), kThreads * kTurns);
  CHECK_EQUAL(shared.forward({0}).to_int(), start + kThreads * kTurns);
}

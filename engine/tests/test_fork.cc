// A child of fork has a pool of its own, and runs what its parent loaded. Alone in a file, since
// ThreadSanitizer can't follow a child that starts threads.
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "test.h"
#include "threads/pool.h"
#include "tsx/tsx.h"

namespace threads = tsx::engine::threads;

namespace {

bool all_once() {
  std::vector<int> counts(1000, 0);
  threads::parallel(counts.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) ++counts[i];
  });
  for (const int count : counts)
    if (count != 1) return false;
  return true;
}

std::vector<float> forward(const tsx::Module& module) {
  const tsx::Tensor result = module.forward({tsx::ones({2, 3, 8, 8})}).to_tensor();
  return {result.data<float>(), result.data<float>() + result.count()};
}

/// Whether the check holds in a child.
template <typename Check> bool in_child(Check check) {
  const pid_t child = fork();
  if (child == 0) _exit(check() ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST("after a fork the child has a pool of its own") {
  threads::set_count(3);
  CHECK(all_once());
  CHECK(in_child(all_once));
  CHECK(all_once());
}

TEST("a child runs the module that its parent loaded") {
  const tsx::Module module = tsx::load(std::string(TSX_GOLDEN) + "/model_resblock.tsx");
  threads::set_count(2);
  const std::vector<float> before = forward(module);
  CHECK(in_child([&] { return forward(module) == before; }));
  CHECK(forward(module) == before);
}

// Loads a model, runs it on ones, and prints the sizes and first five values of what it gives.
#include <tsx/tsx.h>

#include <algorithm>
#include <iostream>

int main(int argc, const char* argv[]) {
  if (argc != 2) {
    std::cerr << "usage: demo <path-to-model.tsx>\n";
    return 2;
  }
  try {
    const tsx::Module module = tsx::load(argv[1]);
    const tsx::Tensor input = tsx::ones({1, 3, 224, 224});
    const tsx::Tensor output = module.forward({input}).to_tensor().contiguous();

    std::cout << "sizes:";
    for (const std::int64_t size : output.sizes()) std::cout << ' ' << size;
    std::cout << "\nfirst values:";
    for (std::int64_t i = 0; i < std::min<std::int64_t>(5, output.count()); ++i)
      std::cout << ' ' << output.data<float>()[i];
    std::cout << '\n';
  } catch (const tsx::Error& error) {
    std::cerr << "error loading or running the model\n" << error.what() << '\n';
    return error.exit_status();
  }
  return 0;
}

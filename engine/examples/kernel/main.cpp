// Runs a model that asks its host for an operator (fixtures/host/peaks.py), which is a function here.
#include <tsx/tsx.h>

#include <iostream>
#include <stdexcept>
#include <vector>

namespace {

/// my::peaks: where x is above a height.
tsx::Tensor peaks(const std::vector<tsx::Value>& operands) {
  const tsx::Tensor x = operands[0].to_tensor().contiguous();
  const double above = operands[1].to_double();
  if (x.dtype() != TSX_FLOAT32) throw std::invalid_argument("peaks are looked for in float32");

  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < x.count(); ++i)
    if (x.data<float>()[i] > above) places.push_back(i);
  const tsx::Tensor found = tsx::zeros({static_cast<std::int64_t>(places.size())}, TSX_INT64);
  for (std::size_t i = 0; i < places.size(); ++i) found.data<std::int64_t>()[i] = places[i];
  return found;
}

}  // namespace

int main(int argc, const char* argv[]) {
  if (argc != 2) {
    std::cerr << "usage: kernel <path-to-peaks.tsx>\n";
    return 2;
  }
  try {
    tsx::register_kernel("my::peaks(Tensor x, float above) -> Tensor", peaks);
    const tsx::Module module = tsx::load(argv[1]);

    float signal[] = {-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3};
    const tsx::Tensor found = module.forward({tsx::from_memory(signal, {9})}).to_tensor();
    std::cout << "peaks:";
    for (std::int64_t i = 0; i < found.count(); ++i) std::cout << ' ' << found.data<std::int64_t>()[i];
    std::cout << '\n';
  } catch (const tsx::Error& error) {
    std::cerr << error.what() << '\n';
    return error.exit_status();
  }
  return 0;
}

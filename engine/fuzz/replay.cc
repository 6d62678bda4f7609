// Runs a fuzz target over files and folders, where there is no libFuzzer.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

int inputs = 0;

void run(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> data((std::istreambuf_iterator<char>(file)), {});
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
  ++inputs;
}

}  // namespace

int main(int count, char** names) {
  for (int i = 1; i < count; ++i) {
    if (std::filesystem::is_directory(names[i])) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(names[i]))
        if (entry.is_regular_file()) run(entry.path());
    } else {
      run(names[i]);
    }
  }
  std::printf("%d inputs passed\n", inputs);
  return inputs == 0;
}

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/quote.h"
#include "read/archive.h"
#include "read/format.h"
#include "read/msgpack.h"
#include "read/weights.h"
#include "test.h"

namespace {

using namespace tsx::engine;

Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string raw(std::initializer_list<unsigned> values) {
  std::string text;
  for (const unsigned value : values)
    text += static_cast<char>(value);
  return text;
}

std::string refusal(const std::string& data) {
  return tsx::test::thrown([&] { check_canonical(bytes_of(data), "it"); });
}

std::string golden(const std::string& name) {
  return std::string(TSX_GOLDEN) + "/" + name + ".tsx";
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A file that is gone when the test is done.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text)
      : path_((std::filesystem::temp_directory_path() / "tsx-XXXXXX").string()) {
    ::close(::mkstemp(path_.data()));
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST("msgpack has one encoding for each value") {
  CHECK_EQUAL(refusal(raw({0xc0})), "");
  CHECK_EQUAL(refusal(raw({0x7f})), "");
  CHECK_EQUAL(refusal(raw({0xcc, 0x80})), "");
  CHECK_EQUAL(refusal(raw({0xcc, 0x7f})), "TSX6005");
  CHECK_EQUAL(refusal(raw({0xd0, 0xdf})), "");
  CHECK_EQUAL(refusal(raw({0xd0, 0xe0})), "TSX6005");
  CHECK_EQUAL(refusal(raw({0xd0, 0x05})), "TSX6005");
  CHECK_EQUAL(refusal(raw({0xd9, 1, 'a'})), "TSX6005");
  CHECK_EQUAL(refusal(raw({0xa1, 0xff})), "TSX6005");
  CHECK_EQUAL(refusal(raw({0x82, 0xa1, 'b', 1, 0xa1, 'a', 1})), "TSX6005");
  CHECK_EQUAL(refusal(raw({0x82, 0xa1, 'a', 1, 0xa1, 'b', 1})), "");
  CHECK_EQUAL(refusal(raw({0xc0, 0xc0})), "TSX6005");
  CHECK_EQUAL(refusal(""), "TSX6005");
  CHECK_EQUAL(refusal(raw({0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0})), "");
  CHECK_EQUAL(refusal(raw({0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 1})), "TSX6005");
}

TEST("msgpack lengths are believed only when the bytes are there") {
  CHECK_EQUAL(refusal(raw({0xdd, 0xff, 0xff, 0xff, 0xff})), "TSX6005");
  CHECK_EQUAL(refusal(raw({0xdf, 0xff, 0xff, 0xff, 0xff})), "TSX6005");
  CHECK_EQUAL(refusal(raw({0xc6, 0xff, 0xff, 0xff, 0xff})), "TSX6005");
  CHECK_EQUAL(refusal(std::string(64, '\x91') + "\xc0"), "");
  CHECK_EQUAL(refusal(std::string(65, '\x91') + "\xc0"), "TSX6004");
  CHECK_EQUAL(refusal(std::string(1 << 20, '\x91')), "TSX6004");
}

TEST("a reader gives what is asked for or refuses") {
  const std::string data =
      raw({0x94, 0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0, 0xd0, 0x80, 0xa1, '$', 0xc3});
  check_canonical(bytes_of(data), "it");
  Reader reader(bytes_of(data));
  CHECK_EQUAL(reader.array("it"), 4u);
  CHECK_THROWS("TSX6005", reader.integer("it"));  // over 63 bits
  reader.skip();
  CHECK_THROWS("TSX6005", reader.index(1000, "it"));
  CHECK_EQUAL(reader.integer("it", -128, 0), -128);
  CHECK_THROWS("TSX6005", Reader(reader).kind_name("it"));
  CHECK_EQUAL(reader.identifier("it"), "$");
  CHECK(reader.boolean("it"));
  CHECK(reader.position() == bytes_of(data).end());
}

TEST("mapped, read and in-memory weights are the same") {
  const std::string path = golden("every_dtype");
  const std::string data = contents(path);
  const std::shared_ptr<Source> sources[] = {
      open_file(path, MapMode::kOn), open_file(path, MapMode::kOff), open_bytes(bytes_of(data))};
  for (const auto& source : sources) {
    const Loaded loaded = load_archive(source, CheckMode::kFull);
    const Weights& weights = *loaded.module->weights;
    CHECK_EQUAL(weights.size(), 16u);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const WeightEntry& entry = weights.entry(i);
      const Ref<Storage> storage = weights.storage(i);
      CHECK(std::memcmp(storage->data(), data.data() + entry.offset,
                        static_cast<std::size_t>(entry.length)) == 0);
      CHECK_EQUAL(reinterpret_cast<std::uintptr_t>(storage->data()) % 64, 0u);
      CHECK(storage->access() == Access::kFrozen);
      CHECK(weights.storage(i) == storage);
      CHECK_EQUAL(*weights.find(entry.name), i);
    }
    CHECK(!weights.find("gone"));
  }
}

TEST("a damaged weight is found when it is used, and every time") {
  std::string data = contents(golden("every_dtype"));
  data.back() = static_cast<char>(data.back() ^ 1);
  CHECK_THROWS("TSX6002", load_archive(open_bytes(bytes_of(data))));
  const Header header = read_header(*open_bytes(bytes_of(data)));
  const TemporaryFile file(data);
  // Copies are made of what is asked for only; in a mapped file others are checked with it.
  for (const MapMode mode : {MapMode::kOff, MapMode::kOn}) {
    const Weights lazy(open_file(file.path(), mode), header.tensors, true);
    const std::size_t last = lazy.size() - 1;
    for (std::size_t i = 0; i < last; ++i)
      CHECK(lazy.storage(i) == lazy.storage(i));
    CHECK_THROWS("TSX6002", lazy.storage(last));
    CHECK_THROWS("TSX6002", lazy.storage(last));
    const Weights other(open_file(file.path(), mode), header.tensors, true);
    CHECK_THROWS("TSX6002", other.storage(last));
    CHECK_THROWS("TSX6002", other.storage(last));
    other.storage(0);
  }
  load_archive(open_bytes(bytes_of(data)), CheckMode::kHeader);
}

TEST("a file that becomes shorter is damaged") {
  const TemporaryFile file(contents(golden("every_dtype")));
  const auto source = open_file(file.path(), MapMode::kOff);
  std::filesystem::resize_file(file.path(), 100);
  CHECK_THROWS("TSX6002", load_archive(source));
}

TEST("what is no archive is told apart") {
  const auto said = [](const std::string& head) { return what_is_it(bytes_of(head)); };
  CHECK_EQUAL(said(""), "the file is empty");
  CHECK_EQUAL(said("\x89TS"), "it ends after 3 bytes");
  CHECK_EQUAL(said("export const x = 1"),
              "it is TypeScript source (JSX), whose files are called .tsx too");
  CHECK_EQUAL(said("def f(x):"), "it is Python source; `tsx convert` makes an archive from it");
  CHECK_EQUAL(said(raw({0x80, 2, 'x'})), "it is a Python pickle, which tsx never opens");
  CHECK_THROWS("TSX6001", load_archive(open_bytes(bytes_of("hello"))));
  CHECK_THROWS("TSX6001",
               open_file(std::filesystem::temp_directory_path().string(), MapMode::kAuto));
  CHECK_THROWS("TSX6008", open_file(golden("gone"), MapMode::kAuto));
  CHECK_THROWS("TSX6008", open_file(std::string("a\0b", 3), MapMode::kAuto));
}

TEST("the mount that holds a path") {
  const std::string mounts = "/dev/sda / ext4 rw 0 0\nhost:/x /data nfs4 rw 0 0\n"
                             "host:/y /my\\040data cifs rw 0 0\n";
  CHECK_EQUAL(file_system_of("/data/x.tsx", mounts), "nfs4");
  CHECK_EQUAL(file_system_of("/database", mounts), "ext4");
  CHECK_EQUAL(file_system_of("/my data/x", mounts), "cifs");
}

TEST("a loaded program keeps names, spans and signatures") {
  const Loaded loaded = load_archive(open_file(golden("origins"), MapMode::kAuto));
  const ir::Module& module = *loaded.module;
  const ir::Method& forward = module.forward();
  const ir::Graph& graph = *forward.graph;
  CHECK_EQUAL(forward.name, "forward");
  CHECK_EQUAL(graph.inputs().size(), 2u);
  CHECK_EQUAL(to_text(*graph.values[0].type), "Float(s0, 3)");
  const ir::Node& node = graph.nodes[1];
  CHECK_EQUAL(node.kind, "aten::mul.Tensor");
  CHECK(node.op == find_operator("aten::mul.Tensor"));
  CHECK_EQUAL(module.where(node.origin), "net/layers.py:40:15");
  CHECK_EQUAL(module.origins[node.origin].scope, "layer1.conv");
  const ir::SourceSpan& span =
      module.spans[module.origin_spans[module.origins[node.origin].spans.begin]];
  CHECK_EQUAL(module.spans[span.caller].function, "run");
  CHECK_EQUAL(module.where(0), "");
}

TEST("types print as in Python") {
  const Loaded loaded = load_archive(open_file(golden("every_type"), MapMode::kAuto));
  const ir::Graph& graph = *loaded.module->forward().graph;
  std::vector<std::string> texts;
  for (ir::ValueId id = 28; id < graph.inputs().end; ++id)
    texts.push_back(to_text(*graph.values[id].type));
  const std::vector<std::string> expected = {
      "Float(1, *, 3)",
      "Tensor(2, 3, strides=[3, 1], requires_grad=1, device=cuda:0)",
      "Long(requires_grad=0)",
      "Tensor(..., device=cpu)",
      "Tensor?[]",
      "int[][][]",
      "Dict(str, float[])",
      "()",
      "(int, (str))",
      "NamedTuple<__torch__.Pair>(first : Tensor, second : int)",
      "Union[int, float, NoneType]",
      "Future(Tensor)",
      "Await(int)",
      "RRef(str)",
      "Function<helper>",
      "__torch__.Point",
      "Interface<__torch__.Shape>",
      "Enum<__torch__.Color>"};
  CHECK_EQUAL(texts.size(), expected.size());
  for (std::size_t i = 0; i < texts.size() && i < expected.size(); ++i)
    CHECK_EQUAL(texts[i], expected[i]);
}

TEST("symbolic sizes print as in Python") {
  const Loaded loaded = load_archive(open_file(golden("symbolic_sizes"), MapMode::kAuto));
  const ir::Graph& graph = *loaded.module->forward().graph;
  CHECK_EQUAL(to_text(*graph.values[0].type), "Float(s0, 2*s0 + 1, s0*s1, (s0 + 1) // 2 + 1, *)");
  CHECK_EQUAL(to_text(*graph.values[1].type), "Float((s0 // 2)*s1, s0 - 1)");
  CHECK_EQUAL(to_text(*graph.values[2].type), "Float((s1 + (s0 + 1) // 2 + 1) // 3, 3*s0*s0)");
}

#include "base/blake2b.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "read/digests.h"
#include "test.h"
#include "threads/pool.h"

namespace {

using namespace tsx::engine;

std::string hex(const Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string digest_of(const std::string& text) { return hex(blake2b(text.data(), text.size())); }

/// What Python's hashlib.blake2b(digest_size=32) gives for bytes i * 7 + 3.
struct Known {
  std::size_t length;
  const char* digest;
};
constexpr Known kKnown[] = {
    {1, "e88bd757ad5b9bedf372d8d3f0cf6c962a469db61a265f6418e1ffed86da29ec"},
    {3, "9facd640130c81e7f318a8d5c660bc1b0f5d03861ffbd4cc1358e0e904593c28"},
    {63, "a69e023685fa5f19fca13acc02142a9cf8450ce5b77966586e0d000c4a4ea942"},
    {64, "586c0dd87616ec042093edc5f87f880d37ca73618e99b03d5850ce9be478721f"},
    {127, "c9ae3859964b35f04c54b36d33cf299d7290ee621005d28e51598a943560aaaa"},
    {128, "f0501d06597880592bc49234eef100ec1ff349058d0e9d9b753504e24af86dd6"},
    {129, "a34a4e1e03c541dfbf3099c4b6c143c022ced65c28bd7e8a10e0a098461aecf0"},
    {255, "f2d64a40e9412a3414161ff6250075225418fd7c271c1123e162e1bca0de9f93"},
    {256, "d93ebb9c802f5630ab22516fd82b6c21bc8bd551d531349b715f046ed11ed871"},
    {257, "4ce481b24d387422d2bc2baa03d1afd55a1327939ff537c71eb9b38709268649"},
    {1000, "d62b6c768ce1afc8367e0498ab2f8e3f7c178c35b1429f14c4604b545d200f52"},
};

std::vector<std::uint8_t> pattern(std::size_t length) {
  std::vector<std::uint8_t> data(length);
  for (std::size_t i = 0; i < length; ++i)
    data[i] = static_cast<std::uint8_t>(i * 7 + 3);
  return data;
}

}  // namespace

TEST("published vectors") {
  CHECK_EQUAL(digest_of(""), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  CHECK_EQUAL(digest_of("abc"), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST("lengths around the block size") {
  for (const Known& known : kKnown) {
    const std::vector<std::uint8_t> data = pattern(known.length);
    CHECK_EQUAL(hex(blake2b(data.data(), data.size())), known.digest);
  }
}

TEST("pieces of any length give the digest of the whole") {
  const std::vector<std::uint8_t> data = pattern(1000);
  const Digest whole = blake2b(data.data(), data.size());
  for (std::size_t step = 1; step < 300; step += 7) {
    Blake2b hasher;
    for (std::size_t at = 0; at < data.size(); at += step)
      hasher.update(data.data() + at, std::min(step, data.size() - at));
    CHECK(hasher.finish() == whole);
  }
}

TEST("many messages at once get the digests that each gets by itself") {
  // Lengths of no block to many, in every order of lanes, behind 0 to 200 bytes that came before.
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < 700; ++i)
    lengths.push_back(i < 530 ? i : i * i % 20'000);
  const std::vector<std::uint8_t> data = pattern(20'100);
  for (const std::size_t count : std::initializer_list<std::size_t>{1, 2, 3, 7, 8, 9, 40, 700}) {
    for (const std::size_t before : std::initializer_list<std::size_t>{0, 1, 44, 128, 200}) {
      std::vector<Blake2b> hashers(count);
      std::vector<HashPart> parts;
      for (std::size_t i = 0; i < count; ++i) {
        hashers[i].update(data.data(), before);
        parts.push_back({&hashers[i], data.data() + i % 97, lengths[(i * 37 + count) % 700]});
      }
      update_all(parts);
      bool is_right = true;
      for (std::size_t i = 0; i < count; ++i) {
        std::vector<std::uint8_t> whole(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(before));
        whole.insert(whole.end(), parts[i].data, parts[i].data + parts[i].length);
        hashers[i].update("more", 4);
        whole.insert(whole.end(), {'m', 'o', 'r', 'e'});
        is_right = is_right && hashers[i].finish() == blake2b(whole.data(), whole.size());
      }
      CHECK(is_right);
    }
  }
}

TEST("many messages at once on two threads") {
  const std::size_t threads_before = threads::count();
  threads::set_count(2);
  const std::vector<std::uint8_t> data = pattern(300'000);
  std::vector<Blake2b> hashers(30);
  std::vector<HashPart> parts;
  for (std::size_t i = 0; i < hashers.size(); ++i)
    parts.push_back({&hashers[i], data.data() + i, data.size() - i * 9'000});
  update_all(parts);
  for (std::size_t i = 0; i < hashers.size(); ++i)
    CHECK(hashers[i].finish() == blake2b(parts[i].data, parts[i].length));
  threads::set_count(threads_before);
}

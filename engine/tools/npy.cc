#include "npy.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>

namespace tsx::tools {
namespace {

struct Row {
  const char* descr;  // without the byte order
  tsx_dtype dtype;
};

constexpr Row kRows[] = {
    {"u1", TSX_UINT8},   {"i1", TSX_INT8},    {"i2", TSX_INT16},     {"i4", TSX_INT32},
    {"i8", TSX_INT64},   {"f2", TSX_FLOAT16}, {"f4", TSX_FLOAT32},   {"f8", TSX_FLOAT64},
    {"c8", TSX_COMPLEX64}, {"c16", TSX_COMPLEX128}, {"b1", TSX_BOOL}, {"u2", TSX_BFLOAT16},
};

struct Header {
  tsx_dtype dtype;
  bool is_fortran;
  Sizes sizes;
};

/// The text behind `'key':` in a header, up to `end`.
std::string field(const std::string& header, const std::string& key, char end) {
  const std::size_t at = header.find("'" + key + "':");
  if (at == std::string::npos) throw FileError("the header has no " + key);
  std::size_t from = at + key.size() + 3;
  while (from < header.size() && header[from] == ' ') ++from;
  const std::size_t to = header.find(end, from);
  if (to == std::string::npos) throw FileError("the header is cut short");
  return header.substr(from, to - from);
}

tsx_dtype dtype_of(std::string descr) {
  if (descr.size() > 2 && descr.front() == '\'') descr = descr.substr(1, descr.size() - 2);
  if (descr.size() > 1 && descr[0] == '>' && descr[2] != '1') throw FileError("it is big-endian");
  for (const Row& row : kRows)
    if (descr.substr(1) == row.descr) return row.dtype;
  throw FileError("there is no dtype " + descr);
}

Header parsed(const std::string& text) {
  Header header{dtype_of(field(text, "descr", ',')), field(text, "fortran_order", ',') == "True", {}};
  std::string shape = field(text, "shape", ')');
  for (char& c : shape)
    if (c == '(' || c == ',') c = ' ';
  for (std::size_t at = shape.find_first_not_of(' '); at != std::string::npos;
       at = shape.find_first_not_of(' ', at)) {
    std::size_t used = 0;
    header.sizes.push_back(std::stoll(shape.substr(at), &used));
    at += used;
  }
  return header;
}

Header read_header(std::istream& in) {
  char magic[8] = {};
  in.read(magic, 8);
  if (!in || std::memcmp(magic, "\x93NUMPY", 6) != 0) throw FileError("it is no .npy file");
  unsigned char bytes[4] = {};
  const int width = magic[6] == 1 ? 2 : 4;
  in.read(reinterpret_cast<char*>(bytes), width);
  std::size_t length = 0;
  for (int i = width; i-- > 0;) length = length << 8 | bytes[i];
  if (!in || length > (std::size_t{1} << 20)) throw FileError("its header is damaged");
  std::string text(length, '\0');
  in.read(text.data(), static_cast<std::streamsize>(length));
  if (!in) throw FileError("its header is cut short");
  return parsed(text);
}

/// The elements of a column-major file, in row-major order.
Tensor row_major(const Header& header, const Tensor& data) {
  Sizes strides(header.sizes.size());
  std::int64_t step = 1;
  for (std::size_t i = 0; i < strides.size(); ++i) {
    strides[i] = step;
    step *= header.sizes[i];
  }
  tsx_tensor* view = nullptr;
  tsx_error* error =
      tsx_tensor_borrow(header.dtype, header.sizes.data(), strides.data(), strides.size(),
                        data.data<void>(), nullptr, nullptr, &view);
  if (error) throw Error(error);
  const Tensor made = Tensor(view).contiguous();
  if (made.get() == view) return data;
  return made;
}

}  // namespace

Tensor read_npy(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw FileError("it can't be read");
  const Header header = read_header(in);
  Tensor tensor = zeros(header.sizes, header.dtype);
  const auto bytes = static_cast<std::streamsize>(static_cast<std::size_t>(tensor.count()) *
                                                  tsx_dtype_size(header.dtype));
  in.read(static_cast<char*>(tensor.data<void>()), bytes);
  if (in.gcount() != bytes) throw FileError("it is cut short");
  return header.is_fortran && header.sizes.size() > 1 ? row_major(header, tensor) : tensor;
}

void write_npy(const std::string& path, const Tensor& tensor) {
  const char* descr = "";
  for (const Row& row : kRows)
    if (row.dtype == tensor.dtype()) descr = row.descr;
  const bool is_byte = tsx_dtype_size(tensor.dtype()) == 1;
  std::string header = std::string("{'descr': '") + (is_byte ? "|" : "<") + descr +
                       "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t size : tensor.sizes()) header += std::to_string(size) + ", ";
  if (tensor.rank() > 1) header.erase(header.size() - 2);
  header += "), }";
  header.append(63 - (header.size() + 10) % 64, ' ');
  header += '\n';
  std::ofstream out(path, std::ios::binary);
  out.write("\x93NUMPY\x01\x00", 8);
  out.put(static_cast<char>(header.size() & 0xff)).put(static_cast<char>(header.size() >> 8));
  out << header;
  const Tensor dense = tensor.contiguous();
  out.write(static_cast<const char*>(dense.data<void>()),
            static_cast<std::streamsize>(static_cast<std::size_t>(dense.count()) *
                                         tsx_dtype_size(dense.dtype())));
  out.flush();
  if (!out) throw FileError("it can't be written");
}

}  // namespace tsx::tools

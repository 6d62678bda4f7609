// Asks the rules of operators, for tests/engine/test_rules.py. A line of input is a kind and what is known of its
// operands, all separated by blanks; a line of output is what is known of the results, or "refused CODE message".
//
//     T 6 2 3 s0        a tensor of dtype 6 and rank 2, sizes 3 and s0; "-" for what is not known
//     I 3  S 2,s0,*,1,+ an int, and 2*s0 + 1 (in reverse Polish notation, / rounds down); B 1, F 0x1p-1, N (None)
//     C 0x1p0 0x0p0     a complex number; X 6162 a text, in hexadecimal
//     U int[]           of which only the type is known
//     L 2 …   P 2 …     a list and a tuple of two
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "rules/rule.h"

namespace {

using namespace tsx::engine;
using namespace tsx::engine::rules;

class Reader {
 public:
  Reader(Arena& arena, std::istream& words) : arena_(arena), words_(words) {}

  bool has_more() { return !(words_ >> std::ws).eof(); }

  Abstract value() {
    const std::string tag = word();
    if (tag == "T") return tensor();
    if (tag == "I") return Abstract::integer(std::stoll(word()));
    if (tag == "S") return arena_.integer(dim(word()));
    if (tag == "B") return Abstract::boolean(word() == "1");
    if (tag == "F") return Abstract::real(real());
    if (tag == "N") return Abstract::none();
    if (tag == "X") return text();
    if (tag == "U") return Abstract(type(word()));  // blanks in a type are ~
    if (tag == "C") {
      const double first = real();
      return Abstract::complex({first, real()});
    }
    Items items;
    for (long count = std::stol(word()); count > 0; --count)
      items.push_back(value());
    return tag == "L" ? arena_.list(std::move(items)) : arena_.tuple(std::move(items));
  }

 private:
  std::string word() {
    std::string found;
    words_ >> found;
    return found;
  }

  double real() { return std::strtod(word().c_str(), nullptr); }

  Abstract text() {
    const std::string digits = word();
    std::string found;
    for (std::size_t i = 1; i + 1 < digits.size(); i += 2)
      found += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    return arena_.string(found);
  }

  const Type* type(std::string spelled) {
    std::replace(spelled.begin(), spelled.end(), '~', ' ');
    return parse_schema(arena_.types, "x::y(" + spelled + " a) -> ()").arguments[0].type;
  }

  Dim dim(const std::string& spelled) {
    std::vector<Dim> stack;
    const auto popped = [&] {
      const Dim top = stack.back();
      stack.pop_back();
      return top;
    };
    std::istringstream parts(spelled);
    for (std::string part; std::getline(parts, part, ',');) {
      if (part == "-") {
        stack.push_back({});
      } else if (part == "+" || part == "*" || part == "/") {
        const Dim b = popped(), a = popped();
        stack.push_back(part == "+" ? a + b : part == "*" ? a * b : floor_div(a, b.size));
      } else if (std::isalpha(static_cast<unsigned char>(part[0]))) {
        SizeExpr symbol;
        symbol.terms = {{1, {{arena_.types.intern(part)}}}};
        stack.push_back(Dim::symbolic(arena_.types.intern(symbol)));
      } else {
        stack.push_back(Dim::known(std::stoll(part)));
      }
    }
    return stack.back();
  }

  Abstract tensor() {
    const std::string code = word(), rank = word();
    const auto dtype = code == "-" ? std::nullopt : dtype_of_code(std::stoll(code));
    if (rank == "-") return arena_.tensor(dtype, std::nullopt);
    Shape shape;
    for (long i = 0; i < std::stol(rank); ++i)
      shape.push_back(dim(word()));
    return arena_.tensor(dtype, std::move(shape));
  }

  Arena& arena_;
  std::istream& words_;
};

std::string answer(const std::string& line) {
  TypeStore types;
  Arena arena(types);
  std::istringstream words(line);
  std::string kind;
  words >> kind;
  const Operator* const op = find_operator(kind);
  if (op == nullptr || rule_of(*op) == nullptr) return "no rule";
  Items operands;
  for (Reader reader(arena, words); reader.has_more();)
    operands.push_back(reader.value());
  const Schema schema = parse_schema(types, op->schema());
  try {
    return to_text(rule_of(*op)(Operands(arena, *op, schema, {operands.data(), operands.size()})));
  } catch (const Refusal& refusal) {
    return "refused " + refusal.reason();
  } catch (const Error& error) {
    return "refused " + error.code() + " " + error.message();
  }
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);)
    std::cout << answer(line) << '\n';
  return 0;
}

#include "base/error.h"

#include <algorithm>
#include <atomic>

#include "base/quote.h"
#include "base/refusal.h"

namespace tsx::engine {
namespace {

struct Row {
  std::string_view code;
  int exit;
  std::string_view sentence;
  std::string_view help;
  std::string_view api_help;  // "" where it is the same
};

std::atomic<bool> speaks_to_python = false;

constexpr Row kRows[] = {
#define TSX_ERROR(code, exit, sentence, help, api_help) {code, exit, sentence, help, api_help},
#include "errors.inc"
#undef TSX_ERROR
};

const Row* find_row(std::string_view code) {
  for (const Row& row : kRows)
    if (row.code == code) return &row;
  return nullptr;
}

std::string_view help_template(const Row& row) {
  return speaks_to_python || row.api_help.empty() ? row.help : row.api_help;
}

std::string_view fact(std::initializer_list<Fact> facts, std::string_view name) {
  for (const Fact& given : facts)
    if (given.name == name) return given.value;
  bug("no value for {" + std::string(name) + "} in an error's sentence");
}

/// A template of Python's str.format with plain fields: {name}, {name!r}, {{ and }}.
std::string filled(std::string_view text, std::initializer_list<Fact> facts) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool doubled = at + 1 < text.size() && text[at + 1] == text[at];
    if ((text[at] == '{' || text[at] == '}') && doubled) {
      out += text[at++];
    } else if (text[at] == '{') {
      const std::size_t end = text.find('}', at);
      std::string_view name = text.substr(at + 1, end - at - 1);
      const bool quoted = name.size() > 2 && name.substr(name.size() - 2) == "!r";
      if (quoted) name.remove_suffix(2);
      const std::string_view value = fact(facts, name);
      out += quoted ? quote(value) : std::string(value);
      at = end;
    } else {
      out += text[at];
    }
  }
  return out;
}

std::string shown(const std::string& code, const std::string& message, const std::string& where,
                  const std::string& excerpt, const std::string& help) {
  std::string text = code + ": " + message;
  if (!where.empty()) text += "\n  at " + where;
  for (std::size_t at = 0; at < excerpt.size();) {
    const std::size_t end = std::min(excerpt.find('\n', at), excerpt.size());
    text += "\n  | " + excerpt.substr(at, end - at);
    at = end + 1;
  }
  if (!help.empty()) text += "\nhelp: " + help;
  return text;
}

}  // namespace

Error::Error(std::string_view code, std::string message, std::string where, std::string excerpt,
             std::string help) {
  Parts parts{std::string(code), std::move(message), std::move(where), std::move(excerpt),
              std::move(help), {}, {}, {}};
  parts.text = shown(parts.code, parts.message, parts.where, parts.excerpt, parts.help);
  parts_ = std::make_shared<const Parts>(std::move(parts));
}

Error Error::instead_of(std::string exception, std::string its_text) const {
  Error copy = *this;
  Parts parts = *parts_;
  parts.exception = std::move(exception);
  parts.exception_text = std::move(its_text);
  copy.parts_ = std::make_shared<const Parts>(std::move(parts));
  return copy;
}

int Error::exit_status() const {
  const Row* row = find_row(code());
  return row ? row->exit : 70;
}

Fact::Fact(std::string_view field, std::string&& text) : name(field), value(std::move(text)) {}
Fact::Fact(std::string_view field, const std::string& text) : name(field), value(text) {}
Fact::Fact(std::string_view field, std::string_view text) : name(field), value(text) {}
Fact::Fact(std::string_view field, const char* text) : name(field), value(text) {}
Fact::Fact(std::string_view field, long long number)
    : name(field), value(std::to_string(number)) {}
Fact::Fact(std::string_view field, unsigned long long number)
    : name(field), value(std::to_string(number)) {}
Fact::~Fact() = default;

Error failure(std::string_view code, std::initializer_list<Fact> facts) {
  return failure(code, facts, {});
}

Error failure(std::string_view code, std::initializer_list<Fact> facts, std::string where,
              std::string excerpt, std::optional<std::string> help) {
  const Row* row = find_row(code);
  if (!row) bug("no error " + std::string(code));
  return Error(code, filled(row->sentence, facts), std::move(where), std::move(excerpt),
               help ? *help : filled(help_template(*row), facts));
}

void speak_to_python() { speaks_to_python = true; }

std::string help_of(std::string_view code) {
  const Row* row = find_row(code);
  return row ? std::string(help_template(*row)) : std::string();
}

void refuse_as(const char* code, std::string reason) { throw KnownRefusal(code, std::move(reason)); }

void refuse(std::string_view reason) { throw Refusal(reason); }

void bug(std::string_view detail) { throw failure("TSX9001", {{"detail", detail}}); }

}  // namespace tsx::engine

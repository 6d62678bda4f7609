// Errors: a stable code, one sentence, where it happened, and one way out, as tsx/errors.py has them.
//
// The table of codes is generated from tsx/error_codes.toml (gen/errors.inc). `failure` fills in a
// row's sentence; `refuse` is what a kernel throws, which knows neither its operator's name nor the
// source line: the VM adds them.
#pragma once

#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tsx::engine {

/// Any error of tsx. Copies share the text, so copying can't fail.
class Error : public std::exception {
 public:
  Error(std::string_view code, std::string message, std::string where = {},
        std::string excerpt = {}, std::string help = {});

  const std::string& code() const { return parts_->code; }
  const std::string& message() const { return parts_->message; }
  const std::string& where() const { return parts_->where; }
  const std::string& excerpt() const { return parts_->excerpt; }
  const std::string& help() const { return parts_->help; }
  /// What Python raises in this place, where it raises: the name of the exception's class ("" where
  /// it doesn't) and its text.
  const std::string& exception() const { return parts_->exception; }
  const std::string& exception_text() const { return parts_->exception_text; }
  /// This error, made to stand for an exception of Python's.
  Error instead_of(std::string exception, std::string its_text) const;
  /// The status that a command exits with (docs/errors.md).
  int exit_status() const;
  /// Code, sentence, place, excerpt and help, as people read them.
  const char* what() const noexcept override { return parts_->text.c_str(); }

 private:
  struct Parts {
    std::string code, message, where, excerpt, help, exception, exception_text, text;
  };
  std::shared_ptr<const Parts> parts_;
};

/// A value for a `{name}` in a sentence.
struct Fact {
  // Out of line, as all that builds an error: there are hundreds of places that do.
  Fact(std::string_view field, std::string&& text);
  Fact(std::string_view field, const std::string& text);
  Fact(std::string_view field, std::string_view text);
  Fact(std::string_view field, const char* text);
  Fact(std::string_view field, long long number);
  Fact(std::string_view field, unsigned long long number);
  template <typename T, typename = std::enable_if_t<std::is_integral_v<T>>>
  Fact(std::string_view field, T number)
      : Fact(field, static_cast<std::conditional_t<std::is_signed_v<T>, long long,
                                                   unsigned long long>>(number)) {}
  ~Fact();

  std::string_view name;
  std::string value;
};

/// The error `code` with its sentence filled in: throw failure("TSX6001", {{"path", path}}).
/// `help` replaces the row's own. A row may have two: for programs that call tsx/tsx.h, which is what is
/// taken until `speak_to_python`, and for Python and the command.
Error failure(std::string_view code, std::initializer_list<Fact> facts);
Error failure(std::string_view code, std::initializer_list<Fact> facts, std::string where,
              std::string excerpt = {}, std::optional<std::string> help = {});

/// From now on helps are those for Python and the command `tsx`.
void speak_to_python();

/// What an operator says when its operands won't do. The VM makes it TSX5002 with the operator's
/// name, its operand types and the source line.
class Refusal : public std::exception {
 public:
  explicit Refusal(std::string_view reason)
      : reason_(std::make_shared<const std::string>(reason)) {}
  const std::string& reason() const { return *reason_; }
  const char* what() const noexcept override { return reason_->c_str(); }

 private:
  std::shared_ptr<const std::string> reason_;
};

[[noreturn]] void refuse(std::string_view reason);

/// What an operator raises that means what Python means (Trait::RAISES): the VM makes it TSX5023.
class Raised : public std::exception {
 public:
  Raised(std::string exception, std::string text)
      : parts_(std::make_shared<const std::pair<std::string, std::string>>(std::move(exception),
                                                                           std::move(text))) {}
  const std::string& exception() const { return parts_->first; }
  const std::string& text() const { return parts_->second; }
  const char* what() const noexcept override { return text().c_str(); }

 private:
  std::shared_ptr<const std::pair<std::string, std::string>> parts_;
};

/// A bug of ours (TSX9001).
[[noreturn]] void bug(std::string_view detail);

}  // namespace tsx::engine

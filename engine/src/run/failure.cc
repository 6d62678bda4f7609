#include "run/failure.h"

#include <algorithm>
#include <new>
#include <sstream>

#include "base/refusal.h"
#include "core/format.h"
#include "kernels/quantized_forms.h"

namespace tsx::engine {
namespace {

std::string span_text(const ir::Module& module, ir::SpanId id) {
  const ir::SourceSpan& span = module.spans[id];
  std::string shown = std::string(span.file) + ":" + std::to_string(span.line);
  return span.column >= 0 ? shown + ":" + std::to_string(span.column) : shown;
}

/// The first span of an instruction, or kNoId.
ir::SpanId span_of(const ir::Module& module, const Function& function, std::uint32_t place) {
  const ir::Range spans = module.origins[function.origins[place]].spans;
  return spans.empty() ? ir::kNoId : module.origin_spans[spans.begin];
}

std::string operator_name(const Moment& moment) {
  const Instruction& instruction = moment.function.code[moment.place];
  if (instruction.opcode == Opcode::CALL)
    return std::string(moment.program.operators[instruction.operands[0]].kind);
  return instruction_text(moment.program, moment.function, instruction);
}

/// "aten::mm(Float(2, 3), Float(4, 5))".
std::string operands_text(const Moment& moment) {
  std::string text = operator_name(moment) + "(";
  for (std::size_t i = 0; i < moment.operands.size(); ++i)
    text += (i ? ", " : "") + type_text(moment.operands[i]);
  return text + ")";
}

std::string notes(const Moment& moment, const std::vector<Caller>& callers) {
  const ir::Module& module = *moment.program.module;
  const Opcode opcode = moment.function.code[moment.place].opcode;
  std::vector<std::string> lines;
  if (opcode != Opcode::GUARD && opcode != Opcode::RAISE) lines.push_back(operands_text(moment));
  const ir::Origin& origin = module.origins[moment.function.origins[moment.place]];
  if (!origin.scope.empty()) lines.push_back("in " + std::string(origin.scope));
  ir::SpanId span = span_of(module, moment.function, moment.place);
  while (span != ir::kNoId && module.spans[span].caller != ir::kNoId) {
    span = module.spans[span].caller;
    lines.push_back("called from " + span_text(module, span));
  }
  for (const Caller& caller : callers) {
    const ir::SpanId call = span_of(module, *caller.function, caller.place);
    lines.push_back("called from " + caller.function->name +
                    (call == ir::kNoId ? "" : " at " + span_text(module, call)));
  }
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

/// The first line known: a composite's body has none.
std::string where_of(const Moment& moment, const std::vector<Caller>& callers) {
  const ir::Module& module = *moment.program.module;
  ir::SpanId span = span_of(module, moment.function, moment.place);
  for (std::size_t i = 0; span == ir::kNoId && i < callers.size(); ++i)
    span = span_of(module, *callers[i].function, callers[i].place);
  return span == ir::kNoId ? std::string() : span_text(module, span);
}

std::string one_line(const std::string& text) {
  std::istringstream words(text);
  std::string line, word;
  while (words >> word) line += (line.empty() ? "" : " ") + word;
  return line;
}

/// An operator's own name at the start of what it says is left out.
std::string without_name(std::string reason, const std::string& op) {
  const std::size_t colons = op.find("::");
  const std::string names[] = {op, colons == std::string::npos ? op : op.substr(colons + 2)};
  for (const std::string& name : names) {
    for (const char* between : {": ", " "}) {
      const std::string prefix = name + between;
      if (!name.empty() && reason.compare(0, prefix.size(), prefix) == 0)
        reason.erase(0, prefix.size());
    }
  }
  return reason;
}

constexpr std::string_view kTruth =
#define TSX_TRUTH(text) text
#define TSX_WAY(exception, text)
#include "ways.inc"
#undef TSX_TRUTH
#undef TSX_WAY
    ;

}  // namespace

std::optional<std::string> way_out(std::string_view exception) {
  constexpr std::pair<std::string_view, std::string_view> kWays[] = {
#define TSX_TRUTH(text)
#define TSX_WAY(exception, text) {exception, text},
#include "ways.inc"
#undef TSX_TRUTH
#undef TSX_WAY
  };
  for (const auto& [name, way] : kWays)
    if (name == exception) return std::string(way);
  return {};
}

Error explained(std::exception_ptr stopped, const Moment& moment,
                const std::vector<Caller>& callers) {
  const std::string where = where_of(moment, callers), excerpt = notes(moment, callers);
  const std::string op = operator_name(moment);
  const auto failed = [&](const std::string& reason, std::optional<std::string> help = {}) {
    return failure("TSX5002", {{"op", op}, {"reason", reason}}, where, excerpt, std::move(help));
  };
  try {
    std::rethrow_exception(stopped);
  } catch (const Refusal& refusal) {
    const auto& given = moment.operands;
    if (!takes_quantized(op) && std::any_of(given.begin(), given.end(), is_quantized_tensor))
      return failed("it takes no quantised tensors",
                    "dequantize() them before this line, and quantize its result again");
    const auto* known = dynamic_cast<const KnownRefusal*>(&refusal);
    const bool is_truth = op == "aten::Bool.Tensor";
    return failed(without_name(refusal.reason(), op), is_truth ? std::optional<std::string>(kTruth)
                                                      : known  ? std::optional(help_of(known->code()))
                                                               : std::nullopt);
  } catch (const Raised& raised) {
    const std::string text = one_line(raised.text());
    return failure("TSX5023", {{"raised", raised.exception() + (text.empty() ? "" : ": " + text)}},
                   where, excerpt, way_out(raised.exception()))
        .instead_of(raised.exception(), raised.text());
  } catch (const Error& error) {
    if (error.code()[3] == '9') return error;
    if (error.code()[3] != '5') {
      const auto help = error.help().empty() ? std::optional<std::string>() : error.help();
      return failed(without_name(error.message(), op), help)
          .instead_of(error.exception(), error.exception_text());
    }
    const auto way = error.code() == "TSX5001" ? way_out(error.exception()) : std::nullopt;
    return Error(error.code(), error.message(), error.where().empty() ? where : error.where(),
                 error.excerpt().empty() ? excerpt : error.excerpt(), way.value_or(error.help()))
        .instead_of(error.exception(), error.exception_text());
  } catch (const std::bad_alloc&) {
    return failure("TSX5020", {{"op", op}}, where, excerpt);
  } catch (const std::exception& error) {
    return failed(one_line(error.what()));
  }
}

}  // namespace tsx::engine

#include "read/archive.h"

#include <new>
#include <utility>

#include "base/error.h"
#include "base/quote.h"
#include "ir/verify.h"
#include "read/debug.h"
#include "read/format.h"
#include "read/limits.h"
#include "read/operators.h"
#include "read/program.h"

namespace tsx::engine {
namespace {

struct Sections {
  Bytes program;
  Bytes debug;
  bool has_debug = false;
};

/// Copies every section but the weights into the module and checks it, and the padding between.
Sections read_sections(ir::Module& module, const Source& source, const Header& header) {
  Sections found;
  std::int64_t end = 64 + static_cast<std::int64_t>(header.bytes.size());
  for (const Section& section : header.sections) {
    const std::string what = "section " + quote(section.name);
    for (const std::uint8_t byte : source.read(end, section.offset - end))
      if (byte != 0)
        throw failure("TSX6002", {{"what", "the padding before " + what + " is not zero"}});
    end = section.end();
    if (section.name == "weights") continue;
    module.text.push_back(source.read(section.offset, section.length));
    const Bytes data = module.text.back();
    if (!is_digest(blake2b(data.data(), data.size()), section.digest))
      throw failure("TSX6002", {{"what", what + " does not match its digest"}});
    if (section.name == "program") {
      found.program = data;
    } else if (section.name == "debug") {
      found.debug = data;
      found.has_debug = true;
    } else {
      module.text.pop_back();
    }
  }
  return found;
}

void decode(ir::Module& module, const Header& header, const Sections& sections) {
  module.origins.emplace_back();  // 0 is nowhere
  check_canonical(sections.program, "section 'program'");
  const ProgramParts parts = read_program(module, Reader(sections.program));
  if (sections.has_debug) {
    check_canonical(sections.debug, "section 'debug'");
    read_debug(module, parts.graphs, Reader(sections.debug));
  }
  settle_operators(module, header, parts.bodies);
}

/// Those of the listed operators that the host has. The module keeps them: another one may be
/// registered under the name while it lives.
void take_host_operators(ir::Module& module, const Header& header, const FindHost& hosts) {
  for (const auto& [kind, version] : header.operators) {
    if (!hosts || find_operator(kind)) continue;
    if (std::shared_ptr<const Operator> op = hosts(kind)) module.host_operators.push_back(std::move(op));
  }
}

Loaded load(const std::shared_ptr<Source>& source, CheckMode check, const FindHost& hosts) {
  auto module = std::make_unique<ir::Module>();
  Header header = read_header(*source);
  module->name = header.name;
  module->metadata = header.metadata;
  const Sections sections = read_sections(*module, *source, header);
  const bool is_small = header.tensor_bytes() <= limits::kEagerCheckBytes;
  const auto weights = std::make_shared<const Weights>(source, std::move(header.tensors),
                                                       check != CheckMode::kHeader);
  if (check == CheckMode::kFull || (check == CheckMode::kAuto && is_small)) weights->check_all();
  take_host_operators(*module, header, hosts);
  decode(*module, header, sections);
  module->weights = weights;
  ir::check(*module);
  Loaded loaded;
  loaded.file_digest = header.file_digest;
  loaded.program_digest = header.program_digest;
  module->text.push_back(std::move(header.bytes));  // names of weights and the metadata lie in it
  loaded.module = std::move(module);
  return loaded;
}

}  // namespace

Loaded load_archive(const std::shared_ptr<Source>& source, CheckMode check, const FindHost& hosts) {
  try {
    return load(source, check, hosts);
  } catch (const Error& error) {
    // Says whose error it is; names from the file can't reach a terminal raw.
    throw Error(error.code(), escape(error.message()),
                error.where().empty() ? source->name() : error.where(), error.excerpt(),
                error.help());
  } catch (const std::bad_alloc&) {
    throw failure("TSX5020", {{"op", "the archive"}}, source->name());
  }
}

}  // namespace tsx::engine

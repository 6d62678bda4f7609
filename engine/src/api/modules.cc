#include <cstring>

#include "api/c_api.h"
#include "read/archive.h"
#include "run/border.h"
#include "run/host.h"

using namespace tsx::engine;

struct tsx_session {
  std::shared_ptr<const Executable> executable;
  std::unique_ptr<Session> session;
  Limits limits;
};

namespace {

/// One of the names of an option, as its number; null is the first.
template <typename Mode>
Mode option(const char* given, const char* name, std::initializer_list<const char*> names) {
  int number = 0;
  std::string all;
  for (const char* known : names) {
    if (!given || std::strcmp(given, known) == 0) return static_cast<Mode>(number);
    all += (number++ ? ", " : "") + std::string(known);
  }
  throw failure("TSX1006", {{"what", name}, {"name", given}, {"hint", " (there are " + all + ")"}});
}

CheckMode check_mode(const tsx_load_options* options) {
  enum class Order { kAuto, kFull, kHeader };
  if (options && options->untrusted && !options->check) return CheckMode::kFull;
  switch (option<Order>(options ? options->check : nullptr, "check", {"auto", "full", "header"})) {
  case Order::kFull: return CheckMode::kFull;
  case Order::kHeader: return CheckMode::kHeader;
  default: return CheckMode::kAuto;
  }
}

MapMode map_mode(const tsx_load_options* options) {
  return option<MapMode>(options ? options->mmap : nullptr, "mmap", {"auto", "on", "off"});
}

Limits limits_of(const tsx_load_options* options, const ir::Module& module) {
  if (!options) return {};
  if (options->limits)
    return {options->limits->fuel, options->limits->bytes, options->limits->calls,
            options->limits->seconds};
  if (!options->untrusted) return {};
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < module.weights->size(); ++i) bytes += module.weights->entry(i).length;
  return Limits::untrusted(bytes);
}

void load_source(const std::shared_ptr<Source>& source, const tsx_load_options* options,
                 tsx_module** module) {
  Loaded loaded = load_archive(source, check_mode(options), registered_operator);
  tsx_module made;
  made.limits = limits_of(options, *loaded.module);
  made.executable = std::make_shared<const Executable>(std::move(loaded.module));
  for (const auto& [name, method] : made.executable->module().methods) {
    made.names.emplace_back(name);
    made.signatures.push_back(signature(made.executable->module(), method));
  }
  made.code = disassemble(made.executable->program());
  give(module, std::move(made));
}

Value run(const Executable& executable, Session* session, const char* method, const Limits& limits,
          const tsx_arguments* arguments, const tsx_call_options* options) {
  std::vector<Value> positional;
  Keywords named;
  const tsx_arguments all = arguments ? *arguments : tsx_arguments{};
  first(all.positional, all.positional_count, "the array of arguments");
  first(all.names, all.named_count, "the array of names");
  first(all.named, all.named_count, "the array of named arguments");
  for (std::size_t i = 0; i < all.positional_count; ++i)
    positional.push_back(at(all.positional[i], "an argument").value);
  for (std::size_t i = 0; i < all.named_count; ++i)
    named.emplace_back(&at(all.names[i], "a name"), at(all.named[i], "a named argument").value);
  CallOptions call_options;
  call_options.limits = limits;
  if (options) {
    call_options.in_place = options->in_place != 0;
    if (options->profile) call_options.context.profile = &options->profile->profile;
    if (options->print)
      call_options.context.write = [options](std::string_view text) {
        options->print(text.data(), text.size(), options->print_owner);
      };
  }
  const std::string_view name = method ? method : default_method(executable.module());
  return call(executable, name, positional, named, call_options, session);
}

}  // namespace

tsx_error* tsx_load(const char* path, const tsx_load_options* options, tsx_module** module) {
  return guarded([&] { load_source(open_file(&at(path, "the path"), map_mode(options)), options, module); });
}

tsx_error* tsx_load_memory(const void* data, size_t length, const tsx_load_options* options,
                           tsx_module** module) {
  return guarded([&] {
    const auto* start = static_cast<const std::uint8_t*>(data);
    const Span<const std::uint8_t> bytes(first(start, length, "the archive"), length);
    load_source(open_bytes(bytes), options, module);
  });
}

void tsx_module_free(tsx_module* module) { std::default_delete<tsx_module>()(module); }
size_t tsx_module_method_count(const tsx_module* module) { return module->names.size(); }
const char* tsx_module_method_name(const tsx_module* module, size_t index) {
  return index < module->names.size() ? module->names[index].c_str() : "";
}
const char* tsx_module_signature(const tsx_module* module, size_t index) {
  return index < module->signatures.size() ? module->signatures[index].c_str() : "";
}
const char* tsx_module_code(const tsx_module* module) { return module->code.c_str(); }

tsx_error* tsx_module_call(const tsx_module* module, const char* method,
                           const tsx_arguments* arguments, const tsx_call_options* options,
                           tsx_value** result) {
  return guarded([&] {
    const tsx_module& called = at(module, "the module");
    give(result, run(*called.executable, nullptr, method, called.limits, arguments, options),
         std::string());
  });
}

tsx_error* tsx_session_new(const tsx_module* module, tsx_session** session) {
  return guarded([&] {
    const tsx_module& of = at(module, "the module");
    give(session, of.executable, std::make_unique<Session>(of.executable), of.limits);
  });
}

tsx_error* tsx_session_call(tsx_session* session, const char* method, const tsx_arguments* arguments,
                            const tsx_call_options* options, tsx_value** result) {
  return guarded([&] {
    const tsx_session& called = at(session, "the session");
    give(result,
         run(*called.executable, called.session.get(), method, called.limits, arguments, options),
         std::string());
  });
}

void tsx_session_free(tsx_session* session) { std::default_delete<tsx_session>()(session); }

#include <algorithm>
#include <cstdio>

#include "api/c_api.h"

using namespace tsx::engine;

namespace {

std::string instruction_of(const Program& program, std::uint32_t function, std::uint32_t place) {
  const Function& code = program.functions[function];
  return instruction_text(program, code, code.code[place]);
}

std::string where_of(const Program& program, std::uint32_t function, std::uint32_t place) {
  return program.module->where(program.functions[function].origins[place]);
}

std::string_view scope_of(const Program& program, std::uint32_t function, std::uint32_t place) {
  return program.module->origins[program.functions[function].origins[place]].scope;
}

std::string json(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      quoted += escaped;
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string microseconds(Profile::Clock::duration time) {
  const auto whole = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  char text[40];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(whole) / 1e3);
  return text;
}

/// A complete event: its name without the instruction's, "CALL aten::relu".
std::string event_text(const Program& program, const Profile::Event& event) {
  const std::string instruction = instruction_of(program, event.function, event.place);
  const std::string name = instruction.substr(instruction.find(' ') + 1);
  return "{\"name\":" + json(name) + ",\"cat\":\"operator\",\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":" +
         microseconds(event.start) + ",\"dur\":" + microseconds(event.time) + ",\"args\":{\"source\":" +
         json(where_of(program, event.function, event.place)) + ",\"scope\":" +
         json(scope_of(program, event.function, event.place)) + ",\"operands\":" + json(event.operands) +
         ",\"results\":" + json(event.results) + "}}";
}

}  // namespace

tsx_error* tsx_profile_new(const tsx_module* module, tsx_profile** profile) {
  return guarded([&] {
    auto made = std::make_unique<tsx_profile>();
    made->executable = at(module, "the module").executable;
    at(profile, "the place for the result") = made.release();
  });
}

tsx_error* tsx_profile_rows(tsx_profile* profile, const tsx_profile_row** rows, size_t* count) {
  return guarded([&] {
    profile->rows.clear();
    profile->texts.clear();
    const auto& totals = profile->profile.totals();
    const Program& program = profile->executable->program();
    profile->texts.reserve(2 * totals.size());  // rows point into it
    for (const auto& [place, total] : totals) {
      profile->texts.push_back(instruction_of(program, place.first, place.second));
      profile->texts.push_back(where_of(program, place.first, place.second));
      const auto time = std::chrono::duration_cast<std::chrono::nanoseconds>(total.time).count();
      profile->rows.push_back({profile->texts[profile->texts.size() - 2].c_str(),
                               profile->texts.back().c_str(), total.calls,
                               static_cast<std::uint64_t>(time)});
    }
    std::stable_sort(profile->rows.begin(), profile->rows.end(), [](const auto& a, const auto& b) {
      return a.nanoseconds > b.nanoseconds;
    });
    *rows = profile->rows.data();
    *count = profile->rows.size();
  });
}

void tsx_profile_keep_events(tsx_profile* profile, size_t most) { profile->profile.keep_events(most); }

tsx_error* tsx_profile_trace(tsx_profile* profile, const char** json) {
  return guarded([&] {
    std::string text = "{\"displayTimeUnit\":\"ms\",\"otherData\":{\"left_out\":" +
                       std::to_string(profile->profile.left_out()) + "},\"traceEvents\":[";
    const char* between = "\n";
    for (const Profile::Event& event : profile->profile.events()) {
      text += between + event_text(profile->executable->program(), event);
      between = ",\n";
    }
    profile->trace = text + "\n]}\n";
    *json = profile->trace.c_str();
  });
}

void tsx_profile_free(tsx_profile* profile) { std::default_delete<tsx_profile>()(profile); }

// tsx_run: runs an archive on .npy files, with nothing but libtsx.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "literal.h"
#include "npy.h"
#include "tsx/tsx.h"

namespace {

constexpr const char kHelp[] =
    "usage: tsx_run MODEL.tsx [options]\n"
    "\n"
    "  --input [NAME=]FILE.npy  an array, for the next input or the one of that name\n"
    "  --value [NAME=]VALUE     a number, string, list, … as Python writes it: --value n=3\n"
    "  --output FILE.npy        where the result goes, if it is one array; else it is printed\n"
    "  --outputs FOLDER         where each array of the result goes, in order: 0.npy, 1.npy, …\n"
    "  --method NAME            runs this method instead of forward\n"
    "  --session                in a session, for a model that changes what it keeps between calls\n"
    "  --repeat N               calls it N times; the last result counts\n"
    "  --dump-code              prints the instructions and runs nothing\n"
    "  --profile                prints the time of each operator to standard error\n"
    "  --trace-file FILE.json   writes when each operator ran, and on what, for Perfetto\n"
    "  --all                    prints every element of large results too\n"
    "  --check auto|full|header when tensors are compared with their digests\n"
    "  --mmap auto|on|off       whether weights are mapped\n"
    "  --untrusted              with limits on work, memory, call depth and time (docs/running.md),\n"
    "                           and every digest checked\n"
    "  --limit NAME=NUMBER      one limit: fuel, bytes, calls or seconds; again for more\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 ok, 2 usage, 3 the archive is refused, 5 the model stopped.\n";

/// A command line that can't mean anything.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Options {
  std::string model, output, outputs, check, trace_file, mmap = "auto";
  std::string method;  // empty: forward
  std::vector<tsx::Value> positional;
  tsx::Named named;
  bool in_session = false, dumps_code = false, profiles = false, shows_all = false;
  bool is_untrusted = false, has_limits = false;
  tsx_limits limits = {};
  long repeat = 1;
};

/// "x=a.npy" as name and rest; the name is empty when there is none.
std::pair<std::string, std::string> split(const std::string& text) {
  const std::size_t mark = text.find('=');
  if (mark == std::string::npos || text.find_first_of("/'\"[({") < mark) return {"", text};
  return {text.substr(0, mark), text.substr(mark + 1)};
}

void add_input(Options& options, const std::string& text, bool is_file) {
  const auto [name, rest] = split(text);
  try {
    const tsx::Value value =
        is_file ? tsx::Value(tsx::tools::read_npy(rest)) : tsx::tools::parse_literal(rest);
    if (name.empty())
      options.positional.push_back(value);
    else
      options.named.emplace_back(name, value);
  } catch (const tsx::tools::FileError& error) {
    throw UsageError(rest + ": " + error.what());
  }
}

void add_limit(Options& options, const std::string& text) {
  const auto [name, rest] = split(text);
  const double number = std::atof(rest.c_str());
  options.has_limits = true;
  if (!(number > 0 && number < 1e18)) throw UsageError(text + ": a limit is a number above 0");
  if (name == "fuel") options.limits.fuel = static_cast<std::int64_t>(number);
  else if (name == "bytes") options.limits.bytes = static_cast<std::int64_t>(number);
  else if (name == "calls") options.limits.calls = static_cast<std::int64_t>(number);
  else if (name == "seconds") options.limits.seconds = number;
  else throw UsageError("there is no limit " + name);
}

Options parsed(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto next = [&]() -> std::string {
      if (++i >= count) throw UsageError(word + " needs a value");
      return words[i];
    };
    if (word == "--input") add_input(options, next(), true);
    else if (word == "--value") add_input(options, next(), false);
    else if (word == "--output") options.output = next();
    else if (word == "--outputs") options.outputs = next();
    else if (word == "--method") options.method = next();
    else if (word == "--check") options.check = next();
    else if (word == "--mmap") options.mmap = next();
    else if (word == "--repeat") options.repeat = std::max(1L, std::atol(next().c_str()));
    else if (word == "--session") options.in_session = true;
    else if (word == "--dump-code") options.dumps_code = true;
    else if (word == "--profile") options.profiles = true;
    else if (word == "--trace-file") options.trace_file = next();
    else if (word == "--all") options.shows_all = true;
    else if (word == "--untrusted") options.is_untrusted = true;
    else if (word == "--limit") add_limit(options, next());
    else if (word.size() > 1 && word[0] == '-') throw UsageError("there is no option " + word);
    else if (options.model.empty()) options.model = word;
    else throw UsageError("one model at a time, not also " + word);
  }
  if (options.model.empty()) throw UsageError("which model?");
  return options;
}

void print_profile(tsx_profile* profile) {
  const tsx_profile_row* rows = nullptr;
  std::size_t count = 0;
  if (tsx_error* error = tsx_profile_rows(profile, &rows, &count)) throw tsx::Error(error);
  double total = 0;
  for (std::size_t i = 0; i < count; ++i) total += static_cast<double>(rows[i].nanoseconds);
  std::fprintf(stderr, "%10s %6s %8s  %s\n", "ms", "%", "calls", "operator");
  for (std::size_t i = 0; i < count; ++i) {
    const auto time = static_cast<double>(rows[i].nanoseconds);
    std::fprintf(stderr, "%10.3f %6.1f %8llu  %s%s%s\n", time / 1e6, total > 0 ? 100 * time / total : 0,
                 static_cast<unsigned long long>(rows[i].calls), rows[i].instruction,
                 *rows[i].where ? "  " : "", rows[i].where);
  }
}

/// Writes the events beside the file and renames them to it, so that there is a whole file or none.
void write_trace(tsx_profile* profile, const std::string& path) {
  const char* json = nullptr;
  if (tsx_error* error = tsx_profile_trace(profile, &json)) throw tsx::Error(error);
  const std::string temporary = path + ".tmp";
  std::ofstream file(temporary, std::ios::binary);
  file << json;
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    std::remove(temporary.c_str());
    throw UsageError(path + ": can't be written");
  }
}

tsx::Value run(const tsx::Module& module, const Options& options) {
  std::shared_ptr<tsx_profile> profile;
  if (options.profiles || !options.trace_file.empty())
    profile.reset(tsx::detail::made<tsx_profile>(tsx_profile_new, module.get()), &tsx_profile_free);
  constexpr std::size_t kMostEvents = 200'000;
  if (!options.trace_file.empty()) tsx_profile_keep_events(profile.get(), kMostEvents);
  tsx_call_options call = {};
  call.profile = profile.get();
  tsx::Value result;
  const std::string method = options.method.empty() ? "forward" : options.method;
  const std::vector<std::string> methods = module.methods();
  const bool is_default = options.method.empty() && methods.size() == 1;
  const std::string& name = is_default ? methods[0] : method;
  if (options.in_session) {
    tsx::Session session = module.session();
    for (long i = 0; i < options.repeat; ++i)
      result = session.call(name, options.positional, options.named, &call);
  } else {
    for (long i = 0; i < options.repeat; ++i)
      result = module.call(name, options.positional, options.named, &call);
  }
  if (options.profiles) print_profile(profile.get());
  if (!options.trace_file.empty()) write_trace(profile.get(), options.trace_file);
  return result;
}

void write(const std::string& path, const tsx::Value& array) {
  try {
    tsx::tools::write_npy(path, array.to_tensor());
  } catch (const tsx::tools::FileError& error) {
    throw UsageError(path + ": " + error.what());
  }
}

/// Each array in a result, also in containers, as the next file of a folder.
void write_all(const std::string& folder, const tsx::Value& result, int& number) {
  if (result.is_tensor())
    return write(folder + "/" + std::to_string(number++) + ".npy", result);
  for (std::size_t i = 0; i < result.size(); ++i) write_all(folder, result[i], number);
}

void show(const tsx::Value& result, const Options& options) {
  if (!options.output.empty()) {
    if (!result.is_tensor()) throw UsageError("the result is not one array; leave --output out");
    return write(options.output, result);
  }
  if (!options.outputs.empty()) {
    int number = 0;
    return write_all(options.outputs, result, number);
  }
  const std::int64_t most = options.shows_all ? INT64_MAX : 1000;
  const bool is_tuple = result.kind() == TSX_KIND_TUPLE;
  for (std::size_t i = 0; is_tuple && i < result.size(); ++i)
    std::cout << tsx::tools::shown(result[i], most) << "\n";
  if (!is_tuple) std::cout << tsx::tools::shown(result, most) << "\n";
}

}  // namespace

int main(int count, char** words) {
  try {
    for (int i = 1; i < count; ++i) {
      if (std::strcmp(words[i], "--help") == 0) return std::fputs(kHelp, stdout), 0;
      if (std::strcmp(words[i], "--version") == 0) return std::printf("tsx %s\n", tsx_version()), 0;
    }
    const Options options = parsed(count, words);
    const tsx_load_options load = {options.check.empty() ? nullptr : options.check.c_str(),
                                   options.mmap.c_str(), options.is_untrusted,
                                   options.has_limits ? &options.limits : nullptr};
    const tsx::Module module = tsx::load(options.model, &load);
    if (options.dumps_code)
      std::cout << module.code();
    else
      show(run(module, options), options);
    std::cout.flush();
    return std::cout ? 0 : 2;
  } catch (const tsx::Error& error) {
    std::cout.flush();
    std::fprintf(stderr, "%s\n", error.what());
    return error.exit_status();
  } catch (const UsageError& error) {
    std::fprintf(stderr, "tsx_run: %s\n\n%s", error.what(), kHelp);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tsx_run: %s\n", error.what());
    return 70;
  }
}

// The Python extension tsx.runtime._engine: programs of the engine, called on NumPy arrays.
//
// tsx/runtime/native.py is its only user. It binds, checks and converts what callers pass, so values
// arrive here as the VM of Python takes them, and leave as that VM gives them. The GIL is not held
// while a program runs.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/unique_ptr.h>

#include <algorithm>
#include <chrono>

#include "core/generator.h"
#include "core/tensor_words.h"
#include "ir/module.h"
#include "read/archive.h"
#include "run/border.h"
#include "run/host.h"
#include "run/literal.h"
#include "run/profile.h"
#include "run/writes.h"
#include "simd/table.h"
#include "threads/pool.h"
#include "values.h"

namespace tsx::engine::python {
namespace {

// --- Archives ----------------------------------------------------------------------------------

/// The bytes of an archive, from a Source of tsx/serialize/source.py.
class PythonSource final : public Source {
 public:
  explicit PythonSource(nb::object source)
      : Source(nb::cast<std::string>(source.attr("name")), nb::cast<std::int64_t>(source.attr("size"))),
        source_(std::move(source)), is_mapped_(nb::cast<bool>(source_.attr("is_mapped"))) {}
  ~PythonSource() override {
    const nb::gil_scoped_acquire gil;
    source_.reset();
  }

  void read_into(std::uint8_t* target, std::int64_t offset, std::int64_t length) const override {
    if (length == 0) return;
    const nb::gil_scoped_acquire gil;
    const Buffer bytes(source_.attr("read")(offset, length));
    if (bytes.view().len != length) bug("a source gave another number of bytes than it was asked for");
    std::copy_n(static_cast<const std::uint8_t*>(bytes.view().buf), length, target);
  }

  Ref<Storage> view(std::int64_t offset, std::int64_t length) const override {
    const nb::gil_scoped_acquire gil;
    auto bytes = std::make_shared<const Buffer>(source_.attr("view")(offset, length));
    auto* start = static_cast<std::byte*>(bytes->view().buf);
    return Storage::borrow(start, Size(length), Access::kFrozen, std::move(bytes));
  }

  bool is_mapped() const override { return is_mapped_; }

 private:
  nb::object source_;
  bool is_mapped_;
};

// --- Random numbers ----------------------------------------------------------------------------

/// The stream of Python's current generator (tsx/ops/philox.py), so that both runtimes share one.
class PythonGenerator final : public Generator {
 public:
  explicit PythonGenerator(nb::callable draw) : draw_(std::move(draw)) {}

  Place take(Size words) override {
    const nb::gil_scoped_acquire gil;
    const auto place = nb::cast<nb::tuple>(draw_(blocks_of(words).value()));
    return {nb::cast<std::uint64_t>(place[0]), nb::cast<std::uint64_t>(place[1])};
  }

 private:
  nb::callable draw_;
};

// --- Operators of the user's -------------------------------------------------------------------

/// A kernel that Python registered; it is called under the GIL.
class PythonKernel {
 public:
  explicit PythonKernel(nb::object function) : function_(std::move(function)) {}
  ~PythonKernel() {
    const nb::gil_scoped_acquire gil;
    function_.reset();
  }
  PythonKernel(const PythonKernel&) = delete;
  PythonKernel& operator=(const PythonKernel&) = delete;

  std::vector<Value> operator()(Span<const Value> operands) const {
    const nb::gil_scoped_acquire gil;
    try {
      ToPython giver;
      nb::list given;
      for (const Value& operand : operands) given.append(giver.value(operand));
      const auto made = nb::cast<nb::list>(function_(given));
      std::vector<Value> results;
      FromPython reader;
      for (const nb::handle result : made) results.push_back(reader.value(result));
      return results;
    } catch (nb::python_error& error) {
      if (error.matches(PyExc_Exception)) throw error_of(error.value());
      error.restore();
      throw Interrupted();
    }
  }

 private:
  nb::object function_;
};

/// What `find` (tsx/runtime/native.py) knows of an operator: schema, version, function.
std::shared_ptr<const Operator> host_operator(const nb::callable& find, std::string_view kind) {
  const nb::gil_scoped_acquire gil;
  const nb::object found = find(text(kind));
  if (found.is_none()) return nullptr;
  const auto row = nb::cast<nb::tuple>(found);
  const auto kernel = std::make_shared<const PythonKernel>(nb::object(row[2]));
  const auto function = [kernel](Span<const Value> operands, std::size_t) { return (*kernel)(operands); };
  return std::make_shared<const HostOperator>(nb::cast<std::string>(row[0]), nb::cast<std::int16_t>(row[1]),
                                              function);
}

CheckMode check_mode(std::string_view name) {
  if (name == "full") return CheckMode::kFull;
  return name == "header" ? CheckMode::kHeader : CheckMode::kAuto;
}

// --- What a method is, for the border ----------------------------------------------------------

nb::object plain(const ir::Literal& literal) { return ToPython().value(value_of(literal, nullptr)); }

/// (kind, children, keys, label, value), as TreeSpec has them.
nb::tuple tree(const ir::Module& module, ir::TreeId id) {
  static constexpr const char* kKinds[] = {"leaf", "constant",   "none",  "tuple",
                                           "list", "dict", "namedtuple", "record"};
  const ir::Tree& found = module.trees[id];
  nb::list children, keys;
  for (std::uint32_t i = 0; i < found.children.size(); ++i)
    children.append(tree(module, found.children[i]));
  for (const ir::Literal& key : found.keys) keys.append(plain(key));
  return nb::make_tuple(kKinds[static_cast<int>(found.kind)], nb::tuple(children), nb::tuple(keys),
                        text(found.label), plain(found.value));
}

nb::object default_of(const ir::Module& module, const ir::Parameter& parameter) {
  if (!parameter.default_value) return nb::make_tuple();
  return nb::make_tuple(ToPython().value(value_of(*parameter.default_value, module.literals)));
}

constexpr std::size_t kWholeType = 1 << 20;

nb::list named_types(const ir::Graph& graph, ir::Range values, std::uint32_t first) {
  nb::list found;
  for (std::uint32_t i = first; i < values.size(); ++i) {
    const ir::Value& value = graph.values[values[i]];
    found.append(nb::make_tuple(text(value.name), text(to_text(*value.type, kWholeType))));
  }
  return found;
}

nb::dict described(const ir::Module& module, const ir::Method& method) {
  nb::list parameters, outputs, pins;
  for (const ir::Parameter& parameter : method.parameters)
    parameters.append(nb::make_tuple(text(parameter.name), tree(module, parameter.tree),
                                     parameter.keyword_only, default_of(module, parameter)));
  for (const ir::ValueId output : method.graph->outputs())
    outputs.append(text(to_text(*method.graph->values[output].type, kWholeType)));
  for (const ir::Pin& pin : method.pins) {
    nb::object span = nb::none();
    if (pin.span != ir::kNoId) {
      const ir::SourceSpan& found = module.spans[pin.span];
      span = nb::make_tuple(text(found.file), found.line, found.column, text(found.function));
    }
    pins.append(nb::make_tuple(text(pin.input), pin.dim, pin.size, text(pin.reason), span));
  }
  nb::dict facts;
  facts["parameters"] = parameters;
  facts["result"] = tree(module, method.result);
  facts["inputs"] = named_types(*method.graph, method.graph->inputs(), method.has_self() ? 1 : 0);
  facts["outputs"] = outputs;
  facts["pins"] = pins;
  return facts;
}

// --- Programs, sessions, profiles --------------------------------------------------------------

/// Lets handlers of signals run while a program does, so that Ctrl-C stops it.
class Signals {
 public:
  void operator()() {
    constexpr std::chrono::milliseconds kPause(50);
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < kPause) return;
    last_ = now;
    const nb::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw Interrupted();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// Hands what a model prints to Python. What `write` raises is the error of prim::Print, but for an
/// interrupt.
void print(const nb::callable& write, std::string_view printed) {
  const nb::gil_scoped_acquire gil;
  try {
    write(text(printed));
  } catch (nb::python_error& error) {
    if (error.matches(PyExc_Exception)) refuse(nb::cast<std::string>(nb::str(error.value())));
    error.restore();
    throw Interrupted();
  }
}

class PyProfile {
 public:
  explicit PyProfile(std::size_t most_events) { profile.keep_events(most_events); }

  std::uint64_t left_out() const { return profile.left_out(); }

  Profile profile;
};

class PySession {
 public:
  explicit PySession(std::shared_ptr<const Executable> executable)
      : executable_(std::move(executable)), session_(executable_) {}

  Session& session() { return session_; }

  /// The object that `self` is, as it is now.
  nb::object root(nb::handle owned) {
    return guarded_for_python([&] {
      std::unique_lock<std::mutex> lock(session_.lock(), std::defer_lock);
      {
        const nb::gil_scoped_release released;
        lock.lock();
      }
      return ToPython(session_.weights(), *executable_->module().weights, owned).value(session_.root());
    });
  }

 private:
  std::shared_ptr<const Executable> executable_;
  Session session_;
};

class PyProgram {
 public:
  PyProgram(nb::object source, std::string_view check, nb::callable find_host) {
    guarded_for_python([&] {
      const auto bytes = std::make_shared<PythonSource>(std::move(source));
      const nb::gil_scoped_release released;
      Loaded loaded = load_archive(bytes, check_mode(check), [&find_host](std::string_view kind) {
        return host_operator(find_host, kind);
      });
      executable_ = std::make_shared<const Executable>(std::move(loaded.module));
    });
  }

  const ir::Module& module() const { return executable_->module(); }
  nb::str name() const { return text(module().name); }
  bool has_state() const { return module().root != ir::kNoId; }
  bool writes() const { return may_write(module()); }
  nb::str code() const { return text(disassemble(executable_->program())); }
  nb::str forward() const { return text(default_method(module())); }

  nb::list methods() const {
    nb::list names;
    for (const auto& [name, method] : module().methods) names.append(text(name));
    return names;
  }

  nb::dict method(std::string_view name) const {
    return guarded_for_python([&] {
      const ir::Method* found = module().methods.find(name);
      if (!found) bug("no entry " + std::string(name));
      return described(module(), *found);
    });
  }

  std::unique_ptr<PySession> session() const {
    return guarded_for_python([&] { return std::make_unique<PySession>(executable_); });
  }

  bool overlap(nb::list inputs) const {
    return guarded_for_python([&] {
      return python::overlap(inputs);
    });
  }

  /// What a profile counted: instruction, scope, source line, calls, seconds.
  nb::list rows(const PyProfile& of) const {
    nb::list found;
    for (const auto& [place, total] : of.profile.totals()) {
      const ir::Origin& origin = origin_of(place.first, place.second);
      std::string line;
      if (!origin.spans.empty()) {
        const ir::SourceSpan& span = module().spans[module().origin_spans[origin.spans.begin]];
        line = std::string(span.file) + ":" + std::to_string(span.line);
      }
      found.append(nb::make_tuple(instruction(place.first, place.second), text(origin.scope), text(line),
                                  total.calls, seconds(total.time)));
    }
    return found;
  }

  /// The calls that a profile kept: instruction, scope, place in the source, start, seconds, and the types
  /// of operands and results.
  nb::list events(const PyProfile& of) const {
    nb::list found;
    for (const Profile::Event& event : of.profile.events()) {
      const ir::OriginId origin = executable_->program().functions[event.function].origins[event.place];
      found.append(nb::make_tuple(instruction(event.function, event.place), text(module().origins[origin].scope),
                                  text(module().where(origin)), seconds(event.start), seconds(event.time),
                                  text(event.operands), text(event.results)));
    }
    return found;
  }

  /// Runs a method on values without `self`; `write` takes what it prints, `warn` what it warns of,
  /// and `draw` gives it random numbers. `limits`: fuel, bytes, calls and seconds, 0 for none.
  nb::list call(std::string_view name, nb::list inputs, nb::callable write, nb::callable warn,
                nb::callable draw, PySession* session, bool in_place, PyProfile* profile,
                nb::tuple limits) const {
    return guarded_for_python([&] {
      PythonGenerator generator(draw);
      std::vector<Value> values;
      FromPython reader;
      for (const nb::handle input : inputs) values.push_back(reader.value(input));
      CallOptions options;
      options.in_place = in_place;
      options.limits = {nb::cast<std::int64_t>(limits[0]), nb::cast<std::int64_t>(limits[1]),
                        nb::cast<std::int64_t>(limits[2]), nb::cast<double>(limits[3])};
      options.context.profile = profile ? &profile->profile : nullptr;
      options.context.write = [&](std::string_view printed) { print(write, printed); };
      options.context.warn = [&](std::string_view message) { print(warn, message); };
      options.context.generator = &generator;
      options.poll = Signals();
      try {
        const nb::gil_scoped_release released;
        values = call_flat(*executable_, name, std::move(values), options,
                           session ? &session->session() : nullptr);
      } catch (const Interrupted&) {
        throw nb::python_error();  // the one that is pending
      }
      nb::list results;
      ToPython giver;
      for (const Value& value : values) results.append(giver.value(value));
      return results;
    });
  }

 private:
  static double seconds(Profile::Clock::duration time) { return std::chrono::duration<double>(time).count(); }
  const ir::Origin& origin_of(std::uint32_t function, std::uint32_t place) const {
    return module().origins[executable_->program().functions[function].origins[place]];
  }
  nb::str instruction(std::uint32_t function, std::uint32_t place) const {
    const Program& program = executable_->program();
    const Function& code = program.functions[function];
    return text(instruction_text(program, code, code.code[place]));
  }

  std::shared_ptr<const Executable> executable_;
};

}  // namespace
}  // namespace tsx::engine::python

NB_MODULE(_engine, module) {
  using namespace tsx::engine::python;
  namespace engine = tsx::engine;
  engine::speak_to_python();
  nb::set_leak_warnings(false);  // what Python keeps until the process ends is no leak of ours
  module.doc() = "The C++ engine over NumPy arrays; tsx.runtime.native is its only user.";
  module.def("register_types", [](nb::object error, nb::object instance, nb::object enum_member,
                                  nb::object uninitialized, nb::object weight) {
    types() = {error, instance, enum_member, uninitialized, weight};
    engine::set_tensor_words([](const engine::TensorRef& tensor, bool is_repr) {
      const nb::gil_scoped_acquire gil;
      const nb::object array = array_of(tensor);
      return nb::cast<std::string>(is_repr ? nb::object(nb::repr(array)) : nb::object(nb::str(array)));
    });
  });
  module.def("version", &tsx_version);
  module.def("threads", &engine::threads::count);
  module.def("set_threads", [](std::size_t count) {
    const nb::gil_scoped_release released;
    engine::threads::set_count(count);
  });
  module.def("levels", [] {
    nb::list names;
    const engine::simd::Levels levels = engine::simd::levels();
    for (std::size_t i = 0; i < levels.count; ++i) names.append(levels.names[i]);
    return names;
  });
  nb::class_<PyProfile>(module, "Profile")
      .def(nb::init<std::size_t>(), nb::arg("most_events"))
      .def_prop_ro("left_out", &PyProfile::left_out);
  nb::class_<PySession>(module, "Session").def("root", &PySession::root, nb::arg("owned"));
  nb::class_<PyProgram>(module, "Program")
      .def(nb::init<nb::object, std::string_view, nb::callable>(), nb::arg("source"), nb::arg("check"),
           nb::arg("find_host"))
      .def_prop_ro("name", &PyProgram::name)
      .def_prop_ro("has_state", &PyProgram::has_state)
      .def_prop_ro("writes", &PyProgram::writes)
      .def_prop_ro("code", &PyProgram::code)
      .def_prop_ro("forward", &PyProgram::forward)
      .def("methods", &PyProgram::methods)
      .def("method", &PyProgram::method, nb::arg("name"))
      .def("session", &PyProgram::session)
      .def("overlap", &PyProgram::overlap, nb::arg("inputs"))
      .def("rows", &PyProgram::rows, nb::arg("of"))
      .def("events", &PyProgram::events, nb::arg("of"))
      .def("call", &PyProgram::call, nb::arg("method"), nb::arg("inputs"), nb::arg("write"),
           nb::arg("warn"), nb::arg("draw"), nb::arg("session").none(), nb::arg("in_place"),
           nb::arg("profile").none(), nb::arg("limits"));
}

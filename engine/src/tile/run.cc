#include "tile/run.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "threads/pool.h"
#include "tile/space.h"

namespace tsx::engine::tile {
namespace {

using simd::Compute;

constexpr std::size_t kTile = 256; // elements: 1 KB of float32
constexpr std::size_t kGrain = 64 * kTile;
constexpr std::size_t kPadding = 64; // so that tiles don't lie at equal places of the cache

std::size_t register_bytes(DType dtype) {
  return kTile * simd::kComputeBytes[static_cast<std::size_t>(compute_type(dtype))];
}

/// Whether an element in memory is what a register holds.
bool is_same_in_memory(DType dtype) {
  switch (dtype) {
  case DType::kFloat32:
  case DType::kFloat64:
  case DType::kInt64:
  case DType::kComplex64:
  case DType::kComplex128:
    return true;
  default:
    return false;
  }
}

/// A thread's scratch, which grows to the largest program it ran.
std::byte* scratch(std::size_t bytes) {
  thread_local std::vector<std::byte> memory;
  if (memory.size() < bytes + Storage::kAlignment) memory.resize(bytes + Storage::kAlignment);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  return memory.data() +
         (Storage::kAlignment - address % Storage::kAlignment) % Storage::kAlignment;
}

std::vector<bool> used_registers(const Program& program) {
  std::vector<bool> used(program.instructions.size(), false);
  for (std::size_t i = program.instructions.size(); i-- > 0;) {
    const Instruction& line = program.instructions[i];
    if (line.opcode != Opcode::kStore && !used[i]) continue;
    for (std::size_t r = 0; r < line.arity; ++r)
      used[line.registers[r]] = true;
  }
  return used;
}

} // namespace

Plan::Plan(const Program& program)
    : result_dtypes_(program.results), slot_dtypes_(program.slots, DType::kUInt8),
      is_loaded_(program.slots, false), place_(program.instructions.size(), 0) {
  const std::vector<bool> used = used_registers(program);
  std::vector<bool> is_constant(program.instructions.size(), false);
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const Instruction& line = program.instructions[i];
    if (line.opcode == Opcode::kLoad) {
      slot_dtypes_[line.slot] = line.dtype;
      is_loaded_[line.slot] = true;
    }
    if (line.opcode == Opcode::kStore) {
      add(line, i, program);
      continue;
    }
    if (!used[i]) continue;
    is_constant[i] =
        line.opcode == Opcode::kConstant || (line.opcode == Opcode::kLoad && line.is_single);
    if (line.arity != 0) {
      is_constant[i] = std::all_of(line.registers, line.registers + line.arity,
                                   [&](std::uint16_t r) { return is_constant[r]; });
    }
    std::vector<Step>& steps = is_constant[i] ? constant_ : steps_;
    const std::size_t before = steps_.size();
    add(line, i, program);
    if (is_constant[i] && steps_.size() != before) {
      steps.push_back(steps_.back());
      steps_.pop_back();
    }
  }
  for (Store& store : stores_)
    store.is_direct = store.is_direct && !is_constant[store.from];
  place_registers(program, is_constant);
}

void Plan::add(const Instruction& line, std::size_t index, const Program& program) {
  const simd::Table& table = simd::table();
  const auto code = static_cast<std::size_t>(line.dtype);
  if (line.opcode == Opcode::kStore) {
    const Instruction& made = program.instructions[line.registers[0]];
    const bool is_computed = made.opcode == Opcode::kPrimitive || made.opcode == Opcode::kCast;
    bool is_first = true;
    for (const Store& other : stores_)
      is_first = is_first && other.from != line.registers[0];
    stores_.push_back({line.registers[0], is_computed && is_first && is_same_in_memory(line.dtype),
                       table.store[code]});
    result_dtypes_[line.slot] = line.dtype;
    return;
  }
  Step step{};
  step.to = static_cast<std::uint16_t>(index);
  step.slot = line.slot;
  std::copy_n(line.registers, 3, step.from);
  step.compute = compute_type(line.dtype);
  if (line.opcode == Opcode::kLoad) {
    step.act = Act::kLoad;
    step.load = table.load[code];
    step.is_direct = is_same_in_memory(line.dtype);
  } else if (line.opcode == Opcode::kConstant) {
    step.act = Act::kFill;
    step.real = line.real;
    step.integer = line.integer;
    step.narrow = table.narrow[code];
  } else if (line.opcode == Opcode::kCast) {
    const DType from = program.instructions[line.registers[0]].dtype;
    step.act = Act::kCast;
    step.narrow = table.narrow[code];
    step.cast = table.cast[static_cast<std::size_t>(compute_type(from))]
                          [static_cast<std::size_t>(step.compute)];
    if (from == DType::kFloat64 && line.dtype == DType::kFloat16) step.cast = table.double_to_half;
  } else {
    const DType from = program.instructions[line.registers[line.arity - 1]].dtype;
    const auto primitive = static_cast<std::size_t>(line.primitive);
    step.act = Act::kOperate;
    step.operate = table.tile[primitive][static_cast<std::size_t>(compute_type(from))];
    step.name = row_of(line.primitive).name;
    if (!row_of(line.primitive).gives_bool) step.narrow = table.narrow[code];
    if (step.operate == nullptr) {
      refuse(std::string(step.name) + " has no meaning on " + std::string(name(from)));
    }
  }
  steps_.push_back(step);
}

/// Constants keep their places; the others' are used again after the last use.
void Plan::place_registers(const Program& program, const std::vector<bool>& is_constant) {
  std::vector<std::size_t> last(program.instructions.size(), 0);
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const Instruction& line = program.instructions[i];
    // Stores run after everything else.
    const std::size_t at = line.opcode == Opcode::kStore ? program.instructions.size() : i;
    for (std::size_t r = 0; r < line.arity; ++r)
      last[line.registers[r]] = std::max(last[line.registers[r]], at);
  }
  std::vector<std::pair<std::size_t, std::size_t>> free; // bytes, place
  for (const auto* steps : {&constant_, &steps_}) {
    for (const Step& step : *steps) {
      const std::size_t bytes = register_bytes(program.instructions[step.to].dtype);
      const auto found =
          std::find_if(free.begin(), free.end(), [&](const auto& f) { return f.first == bytes; });
      if (found != free.end()) {
        place_[step.to] = found->second;
        free.erase(found);
      } else {
        place_[step.to] = scratch_bytes_;
        scratch_bytes_ += bytes + kPadding;
      }
      const Instruction& line = program.instructions[step.to];
      for (std::size_t r = 0; r < line.arity; ++r) {
        const std::uint16_t from = line.registers[r];
        const bool is_repeated =
            std::find(line.registers, line.registers + r, from) != line.registers + r;
        if (last[from] == step.to && !is_constant[from] && !is_repeated) {
          free.emplace_back(register_bytes(program.instructions[from].dtype), place_[from]);
        }
      }
    }
  }
}

/// One run of a plan: its operands and results over one space.
class Run {
 public:
  Run(const Plan& plan, const Dims& sizes, const Dims& order, std::vector<Walk> walks,
      Span<const std::size_t> item_sizes)
      : plan_(plan), walks_(std::move(walks)) {
    sizes_ = join_dimensions(sizes, order, walks_, item_sizes);
    for (std::size_t w = 0; w < walks_.size(); ++w)
      item_sizes_.push_back(item_sizes[w]);
  }

  void part(std::size_t begin, std::size_t end) const {
    std::byte* const base = scratch(plan_.scratch_bytes_);
    std::vector<std::byte*> at(plan_.place_.size());
    for (std::size_t r = 0; r < at.size(); ++r)
      at[r] = base + plan_.place_[r];
    for (const Plan::Step& step : plan_.constant_)
      run_step(step, at.data(), 0, kTile, true);
    for (std::size_t from = begin; from < end; from += kTile) {
      tile(at.data(), from, std::min(kTile, end - from));
    }
  }

 private:
  void tile(std::byte** at, std::size_t from, std::size_t count) const {
    const std::size_t slots = plan_.slot_dtypes_.size();
    for (std::size_t s = 0; s < plan_.stores_.size(); ++s) {
      const Walk& walk = walks_[slots + s];
      if (plan_.stores_[s].is_direct && walk.is_linear) {
        at[plan_.stores_[s].from] = walk.data + from * item_sizes_[slots + s];
      }
    }
    for (const Plan::Step& step : plan_.steps_)
      run_step(step, at, from, count, false);
    for (std::size_t s = 0; s < plan_.stores_.size(); ++s) {
      const Plan::Store& store = plan_.stores_[s];
      const Walk& walk = walks_[slots + s];
      if (store.is_direct && walk.is_linear) continue;
      const std::byte* value = at[store.from];
      const std::size_t step =
          simd::kComputeBytes[static_cast<std::size_t>(compute_type(plan_.result_dtypes_[s]))];
      for_runs(sizes_, walk, from, from + count,
               [&](std::byte* to, std::ptrdiff_t stride, std::size_t n) {
                 store.store(to, stride, value, n);
                 value += n * step;
               });
    }
  }

  void run_step(const Plan::Step& step, std::byte** at, std::size_t from, std::size_t count,
                bool is_constant) const {
    std::byte*& to = at[step.to];
    switch (step.act) {
    case Plan::Act::kLoad:
      load(step, to, from, count, is_constant);
      return;
    case Plan::Act::kFill:
      fill(step, to);
      break;
    case Plan::Act::kCast:
      step.cast(to, at[step.from[0]], count);
      break;
    case Plan::Act::kOperate:
      if (!step.operate(to, at[step.from[0]], at[step.from[1]], at[step.from[2]], count)) {
        throw failure("TSX5001", {{"operation", step.name}, {"reason", "divides by zero"}});
      }
      break;
    }
    if (step.narrow != nullptr) step.narrow(to, to, count);
  }

  void load(const Plan::Step& step, std::byte*& to, std::size_t from, std::size_t count,
            bool is_constant) const {
    const Walk& walk = walks_[step.slot];
    if (is_constant) return step.load(to, walk.data, 0, kTile);
    if (walk.is_linear) {
      std::byte* const place = walk.data + from * item_sizes_[step.slot];
      if (step.is_direct) {
        to = place;
      } else {
        step.load(to, place, static_cast<std::ptrdiff_t>(item_sizes_[step.slot]), count);
      }
      return;
    }
    std::byte* value = to;
    const std::size_t bytes = simd::kComputeBytes[static_cast<std::size_t>(step.compute)];
    for_runs(sizes_, walk, from, from + count,
             [&](const std::byte* place, std::ptrdiff_t stride, std::size_t n) {
               step.load(value, place, stride, n);
               value += n * bytes;
             });
  }

  static void fill(const Plan::Step& step, std::byte* to) {
    const auto all = [to](auto value) {
      for (std::size_t i = 0; i < kTile; ++i)
        std::memcpy(to + i * sizeof value, &value, sizeof value);
    };
    switch (step.compute) {
    case Compute::kF32:
      return all(static_cast<float>(step.real.real()));
    case Compute::kF64:
      return all(step.real.real());
    case Compute::kI64:
      return all(step.integer);
    case Compute::kBool:
      return all(static_cast<std::uint8_t>(step.integer));
    case Compute::kC64:
      return all(std::complex<float>(step.real));
    case Compute::kC128:
      return all(step.real);
    }
  }

  const Plan& plan_;
  std::vector<Walk> walks_;
  Dims sizes_;
  std::vector<std::size_t> item_sizes_;
};

namespace {

Dims space_of(Span<const Source> sources) {
  Dims sizes;
  for (const Source& source : sources) {
    if (source.tensor != nullptr) sizes = broadcast(sizes, source.tensor->sizes());
  }
  return sizes;
}

/// The operands that a program loads: a source for each of its slots, empty where it loads nothing.
std::vector<Source> loaded(Span<const Source> sources, const std::vector<bool>& is_loaded) {
  std::vector<Source> found(is_loaded.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (is_loaded[i]) found[i] = sources[i];
  }
  return found;
}

std::vector<Walk> walks_of(Span<const Source> sources, const Dims& sizes) {
  std::vector<Walk> walks;
  for (const Source& source : sources) {
    Walk walk;
    walk.strides = Dims::filled(sizes.size(), 0);
    if (source.tensor != nullptr) {
      walk.data = const_cast<std::byte*>(source.tensor->raw()); // only read
      walk.strides = broadcast_strides(*source.tensor, sizes);
    } else {
      walk.data = static_cast<std::byte*>(const_cast<void*>(source.number));
    }
    walks.push_back(walk);
  }
  return walks;
}

Dims order_of(Span<const Walk> walks, std::size_t rank) {
  std::vector<Dims> strides;
  for (const Walk& walk : walks)
    strides.push_back(walk.strides);
  return memory_order(strides, rank);
}

} // namespace

std::vector<TensorRef> Plan::run(Span<const Source> all) const {
  const std::vector<Source> sources = loaded(all, is_loaded_);
  const Dims sizes = space_of(sources);
  const std::vector<Walk> walks = walks_of(sources, sizes);
  const Dims strides = strides_in_order(sizes, order_of(walks, sizes.size()));
  std::vector<TensorRef> results;
  for (const DType dtype : result_dtypes_) {
    const Size bytes = count_of(sizes) * Size::of(item_size(dtype));
    results.push_back(make_ref<Tensor>(Storage::allocate(bytes), dtype, sizes, strides));
  }
  run_into(sources, results);
  return results;
}

void Plan::run_into(Span<const Source> all, Span<const TensorRef> results) const {
  if (results[0]->count() == 0) return;
  const std::vector<Source> sources = loaded(all, is_loaded_);
  const Dims& sizes = results[0]->sizes();
  std::vector<Walk> walks;
  std::vector<std::size_t> item_sizes;
  std::vector<std::byte*> targets;
  for (const TensorRef& result : results)
    targets.push_back(result->mutable_raw()); // may move bytes
  walks = walks_of(sources, sizes);
  for (const DType dtype : slot_dtypes_)
    item_sizes.push_back(item_size(dtype));
  for (std::size_t i = 0; i < results.size(); ++i) {
    Walk walk;
    walk.data = targets[i];
    walk.strides = broadcast_strides(*results[i], sizes);
    walks.push_back(walk);
    item_sizes.push_back(results[i]->item_size());
  }
  const Dims order = order_of({walks.data() + sources.size(), results.size()}, sizes.size());
  const Run run(*this, sizes, order, std::move(walks), Span<const std::size_t>(item_sizes));
  threads::parallel(static_cast<std::size_t>(results[0]->count()), kGrain,
                    [&](std::size_t begin, std::size_t end) { run.part(begin, end); });
}

namespace {

Plan conversion(DType from, DType to) {
  Builder builder;
  builder.store(builder.cast(builder.load(0, from, Category::kTensor), to));
  return Plan(builder.finish());
}

bool is_same_place(const Tensor& a, const Tensor& b) {
  return a.offset() == b.offset() && a.strides() == b.strides() && a.sizes() == b.sizes();
}

} // namespace

void assign(const Tensor& target, const TensorRef& source) {
  if (broadcast(target.sizes(), source->sizes()) != target.sizes()) {
    refuse("expected a source that broadcasts to the target's shape");
  }
  target.mutable_raw(); // refuses what can't be written, also where there is nothing to write
  TensorRef from = source;
  if (from->storage() == target.storage() && !is_same_place(*from, target)) from = clone(*from);
  const TensorRef to = make_ref<Tensor>(target.storage(), target.dtype(), target.sizes(),
                                        target.strides(), target.offset(), target.is_writable());
  const Source sources[] = {{from.get(), nullptr}};
  conversion(from->dtype(), target.dtype()).run_into(sources, Span<const TensorRef>(&to, 1));
}

TensorRef cast(const TensorRef& tensor, DType dtype) {
  if (tensor->dtype() == dtype) return tensor;
  const Source sources[] = {{tensor.get(), nullptr}};
  return conversion(tensor->dtype(), dtype).run(sources)[0];
}

TensorRef clone(const Tensor& tensor) {
  const Source sources[] = {{&tensor, nullptr}};
  return conversion(tensor.dtype(), tensor.dtype()).run(sources)[0];
}

} // namespace tsx::engine::tile

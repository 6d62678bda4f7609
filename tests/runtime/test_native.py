"""The C++ engine as a runtime of Python: what crosses the border, who owns memory, threads, forks, pickles."""

from __future__ import annotations

import gc
import os
import pickle  # noqa: TID251  (users pickle modules for other processes; tsx itself reads none)
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import tsx
from tests.runtime.build import floats
from tsx import nn
from tsx.api import Module
from tsx.errors import RunError, TsxError
from tsx.ir.module import LEAF, Method, Parameter, TreeSpec
from tsx.ir.module import Module as Program
from tsx.ir.text import parse_graph
from tsx.ops.dtypes import Array
from tsx.ops.philox import Generator, generator_scope
from tsx.runtime import native
from tsx.runtime.profile import Profile
from tsx.serialize import archive

SUM = """graph(%x : Tensor, %y : Tensor):
  %1 : int = prim::Constant[value=1]()
  %z : Tensor = aten::add.Tensor(%x, %y, %1)
  return (%z)
"""


def program(text: str, outputs: int = 1) -> Program:
    graph = parse_graph(text)
    graph.name = "forward"
    parameters = tuple(Parameter(value.name) for value in graph.inputs)
    result = LEAF if outputs == 1 else TreeSpec("tuple", (LEAF,) * outputs)
    return Program("net", {"forward": Method(graph, parameters, result, source="built")})


def engine(text: str, outputs: int = 1) -> Module:
    return Module(program(text, outputs), engine="native")


def test_the_engine_is_built() -> None:
    assert native.is_built(), f"{native.MISSING}; CONTRIBUTING.md says how to build it"
    assert "baseline" in native.levels() or "neon" in native.levels()


def test_a_missing_engine_is_an_error_only_when_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(native, "MISSING", "no compiler")
    with pytest.raises(RunError, match=r"TSX5032: .* not built here: no compiler"):
        engine(SUM)(floats(1), floats(2))
    monkeypatch.delenv("TSX_ENGINE", raising=False)
    module = Module(program(SUM))
    assert module(floats(1), floats(2)) == 3
    assert (module.engine, module.engine_note) == ("numpy", "")


ARRAYS = {
    "plain": np.arange(6, dtype=np.float32).reshape(2, 3),
    "read-only": np.broadcast_to(np.float32(2), (2, 3)),
    "transposed": np.arange(6, dtype=np.float32).reshape(3, 2).T,
    "negative strides": np.arange(12, dtype=np.float32).reshape(2, 6)[::-1, ::-2],
    "big-endian": np.arange(6, dtype=">f4").reshape(2, 3),
    "not aligned": np.frombuffer(b"\0" + np.arange(6, dtype=np.float32).tobytes(), "u1")[1:]
    .view(np.float32)
    .reshape(2, 3),
    "0-dim": np.array(3, np.float32),
    "empty": np.zeros((2, 0, 3), np.float32),
    "one element, odd strides": np.arange(8, dtype=np.float32)[::8].reshape(1, 1),
    "field of a record": np.zeros(4, [("a", "u1"), ("b", "f4")])["b"],
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_arrays_of_any_layout_go_in(array: Array) -> None:
    given = engine(SUM)(array, array)
    np.testing.assert_array_equal(given, array + array, strict=False)
    assert given.dtype == np.float32
    assert given.flags.writeable


DTYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128",
    "uint16",
)  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_goes_in_and_out(dtype: str) -> None:
    same = engine("graph(%x : Tensor):\n  return (%x)")
    for array in (np.ones((2, 3), dtype), np.ones((), dtype), np.ones((0,), dtype)):
        given = same(array)
        assert (given.dtype, given.shape) == (array.dtype, array.shape)
        assert not np.shares_memory(given, array)
        np.testing.assert_array_equal(given, array)


def test_dlpack_goes_in() -> None:
    class Foreign:
        def __init__(self, array: Array) -> None:
            self.array = array

        def __dlpack__(self, **options: object) -> object:
            return self.array.__dlpack__()

        def __dlpack_device__(self) -> tuple[int, int]:
            return self.array.__dlpack_device__()

    assert engine(SUM)(Foreign(floats(1, 2)), floats(1, 1)).tolist() == [2, 3]


def test_values_come_out_as_the_vm_gives_them() -> None:
    text = """graph(%x : Tensor, %n : int, %s : str, %o : Tensor?, %d : Dict(str, float), %l : Tensor[]):
  %c : complex = prim::Constant[value=complex(1.0, 2.0)]()
  %t : (int, str) = prim::TupleConstruct(%n, %s)
  return (%x, %t, %o, %d, %l, %c)
"""
    inputs = (floats(1), 3, "für", None, {"a": 1.0, "b": float("inf")}, [floats(1), floats(2, 3)])
    given, expected = (Module(program(text, 6), engine=e)(*inputs) for e in ("native", "numpy"))
    assert repr(given) == repr(expected)
    assert list(map(type, given)) == list(map(type, expected))


def test_inputs_are_written_in_a_copy() -> None:
    module = engine("""graph(%x : Tensor, %y : Tensor):
  %1 : int = prim::Constant[value=1]()
  %z : Tensor = aten::add_.Tensor(%x, %y, %1)
  return (%z, %y)
""", 2)  # fmt: skip
    x = floats(1, 2)
    assert [a.tolist() for a in module(x, x)] == [[2, 4], [2, 4]]  # given twice: one array
    assert x.tolist() == [1, 2]
    memory = np.arange(3, dtype=np.float32)
    with pytest.raises(RunError, match="TSX5022"):
        module(memory[1:], memory[:2])
    module.run("forward", (x, floats(1, 1)), inplace=True)
    assert x.tolist() == [2, 3]


def test_results_keep_their_memory_and_let_it_go() -> None:
    module = engine(SUM)
    x = np.ones(1 << 16, np.float32)
    gone = weakref.ref(x)
    given = module(x, x)
    del x, module
    gc.collect()
    assert gone() is None  # nobody holds what went in
    assert given.sum() == 2 << 16


class Counter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.total = np.zeros(2, np.float32)
        self.register_buffer("seen", np.zeros(2, np.float32))

    def forward(self, x: Array) -> Array:
        self.seen += x
        return self.seen * 1


def test_sessions_have_state_of_their_own(tmp_path: Path) -> None:
    module = Module(tsx.trace(Counter(), floats(1, 2)).ir, engine="native")
    first, second = module.session(), module.session()
    one = floats(1, 1)
    assert first(one).tolist() == [1, 1]
    assert first(one).tolist() == [2, 2]
    assert second(one).tolist() == [1, 1]
    assert [module(one).tolist() for _ in range(2)] == [[1, 1], [2, 2]]  # its default session
    first.save(tmp_path / "later.tsx")
    assert tsx.load(tmp_path / "later.tsx", engine="native")(one).tolist() == [3, 3]


def test_errors_are_those_of_the_vm() -> None:
    text = """graph(%x : Tensor, %n : int):
  %0 : int = prim::Constant[value=0]() # net.py:3:4
  %m : int = aten::floordiv.int(%n, %0) # net.py:4:4
  %y : Tensor = aten::add.Scalar(%x, %m, %0) # net.py:5:4
  return (%y)
"""
    raised = []
    for name in ("native", "numpy"):
        with pytest.raises(TsxError) as caught:
            Module(program(text), engine=name)(floats(1), 2)
        raised.append(caught.value)
    assert str(raised[0]) == str(raised[1])
    assert (type(raised[0]), raised[0].exception) == (type(raised[1]), raised[1].exception)
    assert isinstance(pickle.loads(pickle.dumps(raised[0])), RunError)


def test_a_module_is_pickled_with_its_weights() -> None:
    module = tsx.trace(nn.Linear(3, 2), floats(1, 2, 3))
    again = pickle.loads(pickle.dumps(module))
    np.testing.assert_array_equal(again(floats(1, 2, 3)), module(floats(1, 2, 3)))
    assert again.engine == module.engine


def test_threads_share_a_module() -> None:
    module = engine(SUM)
    arrays = [np.full((64, 64), i, np.float32) for i in range(8)]
    wrong: list[int] = []

    def work(i: int) -> None:
        for _ in range(50):
            if not (module(arrays[i], arrays[i]) == 2 * i).all():
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_child_process_runs_what_its_parent_loaded() -> None:
    module = engine(SUM)
    x = np.ones((512, 512), np.float32)
    module(x, x)  # the pool has its threads now
    child = os.fork()
    if child == 0:
        os._exit(0 if (module(x, x) == 2).all() else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert (module(x, x) == 2).all()


def test_the_number_of_threads_can_be_set() -> None:
    before = native.threads()
    try:
        native.set_threads(1)
        assert native.threads() == 1
    finally:
        native.set_threads(before)


def test_an_archive_stays_the_one_that_was_loaded(tmp_path: Path) -> None:
    path = tmp_path / "net.tsx"
    tsx.trace(lambda x: x + 1, floats(1)).save(path)
    module = tsx.load(path, engine="native")
    tsx.trace(lambda x: x * 100, floats(1)).save(path)
    assert module(floats(1)).tolist() == [2]
    assert "aten::add" in str(module.graph)


def test_to_load_and_run_takes_no_operators_of_pythons(tmp_path: Path) -> None:
    path = tmp_path / "net.tsx"
    engine(SUM).save(path)
    code = f"""if True:
        import sys, numpy, tsx
        x = numpy.ones(3, numpy.float32)
        assert tsx.load({str(path)!r}, engine="native")(x, x).tolist() == [2, 2, 2]
        assert not [m for m in sys.modules if m in ("tsx.ops.arithmetic", "tsx.passes", "torch")]
        from tsx.ir.op import lookup
        assert lookup("aten::add.Tensor") is not None
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Python's own handler, also where the shell that started the tests in the background ignores the signal."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_stops_a_run() -> None:
    module = engine("""graph(%n : int):
  %t : bool = prim::Constant[value=True]()
  %0 : int = prim::Constant[value=0]()
  %r : int = prim::Loop(%n, %t, %0)
    block0(%i : int, %a : int):
      %b : int = aten::__xor__.int(%a, %i)
      -> (%t, %b)
  return (%r)
""")  # fmt: skip
    assert module(3) == 3  # made ready, so that the signal finds it running
    started = time.monotonic()
    timer = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        module(1 << 40)
    assert time.monotonic() - started < 20
    timer.join()
    assert module(3) == 3  # it is as it was


def test_what_print_raises_is_the_runs_error() -> None:
    def closed(text: str) -> None:
        raise OSError("the pipe is closed")

    def stopped(text: str) -> None:
        raise KeyboardInterrupt

    program_of_print = program("""graph(%n : int):
  prim::Print(%n)
  return (%n)
""")  # fmt: skip
    for write, error in ((closed, RunError), (stopped, KeyboardInterrupt)):
        source = archive.InMemory(program_of_print)
        run = native.Executable(source, lambda: program_of_print, check="header", write=write).run
        with pytest.raises(error):
            run("forward", (1,))


def test_a_profile_is_of_the_engine() -> None:
    module = engine("""graph(%x : Tensor):
  %1 : int = prim::Constant[value=1]()
  %a : Tensor = aten::relu(%x) # net.py:3:4, scope: body
  %b : Tensor = aten::relu(%a) # net.py:4:4, scope: body
  return (%b)
""")  # fmt: skip
    profile = Profile()
    module.run("forward", (floats(1),), observer=profile)
    module.run("forward", (floats(1),), observer=profile)
    assert [(kind, calls) for kind, calls, _, _ in profile.rows] == [("aten::relu", 4)]
    assert sorted((line, calls) for line, calls, _, _ in profile.lines) == [
        ("net.py:3", 2),
        ("net.py:4", 2),
    ]
    assert [(scope, calls) for scope, calls, _, _ in profile.scopes] == [("body", 4)]


DRAW = """graph(%n : int):
  %sizes : int[] = prim::ListConstruct(%n)
  %none : NoneType = prim::Constant()
  %z : Tensor = aten::rand(%sizes, %none, %none, %none, %none)
  return (%z)
"""


def test_both_runtimes_draw_from_the_current_generator() -> None:
    there, here = engine(DRAW), Module(program(DRAW), engine="numpy")
    with generator_scope(Generator(5)):
        expected = [here(n) for n in (3, 1, 8)]
    with generator_scope(Generator(5)):
        mixed = [there(3), here(1), there(8)]
    for a, b in zip(expected, mixed, strict=True):
        np.testing.assert_array_equal(a, b)


def test_warnings_are_pythons() -> None:
    text = """graph(%x : Tensor):
      %message : str = prim::Constant[value="look out"]()
      %level : int = prim::Constant[value=2]()
       = aten::warn(%message, %level)
      return (%x)
    """
    with pytest.warns(UserWarning, match="look out"):
        engine(text)(floats(1))


def test_a_product_over_no_elements_is_zeros() -> None:
    text = """graph(%x : Tensor, %y : Tensor):
  %z : Tensor = aten::matmul(%x, %y)
  return (%z)
"""
    found = engine(text)(np.ones((5, 5, 0), np.float32), np.ones((0, 4), np.float32))
    np.testing.assert_array_equal(found, np.zeros((5, 5, 4), np.float32))

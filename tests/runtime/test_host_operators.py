"""Operators that Python provides, on both runtimes: values, errors, memory, threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tsx
from tests.engine.host_archive import ARCHIVE, SCHEMAS, method, module, registered
from tests.runtime.build import floats
from tsx.api import Engine, Module
from tsx.errors import TsxError
from tsx.ir.module import Module as Program
from tsx.ir.op import forget
from tsx.runtime.profile import Profile
from tsx.serialize import archive

ABOVE, EXTREMES, _, SAME, TOLD = SCHEMAS
ENGINES: tuple[Engine, ...] = ("native", "numpy")


@pytest.fixture(autouse=True)
def operators() -> Iterator[None]:
    with registered():
        yield


@pytest.fixture(params=ENGINES)
def loaded(request: pytest.FixtureRequest) -> Module:
    return tsx.load(ARCHIVE, engine=request.param)


def both(schema: str, kernel: Callable[..., Any], name: str, *args: Any) -> list[Any]:
    """What each engine gives, or the error that it stops with, with ``kernel`` as the operator's meaning."""
    tsx.register_kernel(schema)(kernel)
    found: list[Any] = []
    for engine in ENGINES:
        try:
            found.append(tsx.load(ARCHIVE, engine=engine).run(name, args))
        except TsxError as error:
            found.append((str(error), error.excerpt))
    return found


def test_the_archive_is_what_is_made_here() -> None:
    assert archive.to_bytes(module()) == ARCHIVE.read_bytes()


def test_operands_in_results_out(loaded: Module) -> None:
    np.testing.assert_array_equal(loaded.run("above", (floats(1, 5, 2), 1.5)), [1, 2])
    low, high = loaded.run("extremes", (floats(-1, 2),))
    np.testing.assert_array_equal(low, [-1, 0])
    np.testing.assert_array_equal(high, [0, 2])
    assert loaded.run("told", ("text", [1, 2])) == "text [1, 2] None"


def test_a_module_that_was_never_saved_runs_on_the_engine() -> None:
    assert Module(module(), engine="native").run("told", ("a", [])) == "a [] None"
    assert tsx.load(ARCHIVE).engine_note == ""


def test_a_kernel_writes_where_its_schema_says_so(loaded: Module) -> None:
    x = floats(1, 2)
    np.testing.assert_array_equal(loaded.run("filled", (x, 4.0)), [5, 5])
    np.testing.assert_array_equal(x, [1, 2])
    loaded.run("filled", (x, 4.0), inplace=True)
    np.testing.assert_array_equal(x, [5, 5])


def test_a_result_that_is_an_operand_is_one_of_its_own(loaded: Module) -> None:
    x, z = loaded.run("same", (floats(1, 2),))
    np.testing.assert_array_equal(x, [1, 2])
    np.testing.assert_array_equal(z, [2, 3])


def test_arrays_that_the_kernel_keeps_stay_as_they_are() -> None:
    kept = floats(1, 2)
    native, _ = both(SAME, lambda x: kept, "same", floats(7, 8))
    np.testing.assert_array_equal(native[1], [2, 3])
    seen: list[Any] = []
    both(SAME, lambda x: (seen.append(x), x * 1)[1], "same", np.arange(20_000, dtype=np.float32))
    np.arange(20_000, dtype=np.float32)  # takes the memory, if somebody gave it back
    np.testing.assert_array_equal(seen[0], np.arange(20_000))


def test_the_engine_lends_inputs_for_reading_only() -> None:
    def writes(x: Any) -> Any:
        x[0] = 9
        return x

    x = floats(1, 2)
    tsx.register_kernel(SAME)(writes)
    with pytest.raises(TsxError, match=r"TSX5002.*read-only"):
        tsx.load(ARCHIVE, engine="native").run("same", (x,))
    np.testing.assert_array_equal(x, [1, 2])


def raises(error: BaseException) -> Callable[..., Any]:
    def kernel(*operands: Any) -> Any:
        raise error

    return kernel


@pytest.mark.parametrize(
    ("kernel", "words"),
    [
        (raises(ValueError("no peaks\nhere")), "host::above failed: no peaks here"),
        (raises(KeyError("a")), "host::above failed: there is no key 'a'"),
        (raises(ZeroDivisionError()), "host::above failed: ZeroDivisionError"),
        (raises(MemoryError()), "TSX5020"),
        (lambda x, limit: [1], "has to give a result of type Tensor, found list"),
        (lambda x, limit: x > "a", "host::above failed"),
        (lambda x, limit: x.astype(np.uint32), "TSX"),
    ],
)
def test_what_a_kernel_raises_is_said_alike(kernel: Callable[..., Any], words: str) -> None:
    native, numpy = both(ABOVE, kernel, "above", floats(1), 0.5)
    assert native == numpy
    assert words in native[0]
    assert "model.py:3:4" in native[0]
    assert "host::above(Float(1), float)" in native[1]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_interrupt_in_a_kernel_comes_through(engine: Engine) -> None:
    tsx.register_kernel(ABOVE)(raises(KeyboardInterrupt()))
    module = tsx.load(ARCHIVE, engine=engine)
    with pytest.raises(KeyboardInterrupt):
        module.run("above", (floats(1), 0.5))


def test_a_loaded_module_keeps_the_kernel_it_was_loaded_with(loaded: Module) -> None:
    assert loaded.run("told", ("", [])) == " [] None"
    tsx.register_kernel(TOLD)(lambda text, numbers, scale: "another")
    assert tsx.load(ARCHIVE, engine="native").run("told", ("", [])) == "another"


def test_both_runtimes_say_alike_that_nobody_provides_it() -> None:
    made = tsx.register_kernel("host::gone(Tensor x) -> Tensor")(lambda x: x)
    text = "graph(%x : Tensor):\n  %y : Tensor = host::gone(%x)\n  return (%y)"
    data = archive.to_bytes(Program("net", {"forward": method("forward", text)}))
    forget(made.op)
    said = []
    for engine in ENGINES:
        with pytest.raises(
            TsxError, match=r"TSX6007.*the host has to register: host::gone"
        ) as caught:
            tsx.load(data, engine=engine)(floats(1))
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert "tsx.register_kernel" in caught.value.help


@pytest.mark.parametrize(
    ("schema", "results"),
    [
        ("host::above(Tensor x) -> Tensor", 1),  # fewer operands
        ("host::above(Tensor x, str limit) -> Tensor", 1),  # of another type
        ("host::above(Tensor x, float limit) -> (Tensor, Tensor)", 2),
    ],
)
def test_a_kernel_under_another_schema_is_told_with_both(schema: str, results: int) -> None:
    said = both(schema, lambda *operands: (operands[0],) * results, "above", floats(1), 0.5)
    assert said[0] == said[1]
    (text, _) = said[0]
    assert text.startswith(
        f"TSX6012: host::above is registered as {schema}, and the archive calls it as "
        "host::above(Tensor, float) -> Tensor\n  at model.py:3:4\nhelp: register it under the schema"
    )


def test_a_formula_under_another_schema_is_told_as_well() -> None:
    text = "graph(%x : Tensor):\n  %y : Tensor = host::twice(%x)\n  return (%y)"
    made = [tsx.operator("host::twice(Tensor x) -> Tensor")(twice)]
    try:
        data = archive.to_bytes(Program("net", {"forward": method("forward", text)}))
        made.append(tsx.operator("host::twice(Tensor x, int y) -> Tensor")(twice_and_more))
        with pytest.raises(TsxError, match=r"TSX6012.*int y\).*as host::twice\(Tensor\)"):
            tsx.load(data, engine="numpy")
    finally:
        forget(made[-1].op)


def twice(x: np.ndarray) -> np.ndarray:
    return x + x


def twice_and_more(x: np.ndarray, y: int) -> np.ndarray:
    return x + x + y


def test_what_the_engine_can_not_call_runs_on_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TSX_ENGINE", raising=False)
    made = tsx.register_kernel("host::more(int[](a!) numbers) -> ()")(
        lambda numbers: numbers.append(1)
    )
    text = "graph(%n : int[]):\n  = host::more(%n)\n  return (%n)"
    program = Program("net", {"forward": method("forward", text)})
    try:
        with pytest.raises(TsxError, match=r"TSX4076.*a written int\[\]\(a!\) numbers"):
            Module(program, engine="native")([])
        module = Module(program)
        assert module([]) == [1]
        assert "TSX4076" not in module.engine_note
        assert "host::more" in module.engine_note
    finally:
        forget(made.op)


def test_threads_call_one_kernel() -> None:
    tsx.register_kernel(ABOVE)(lambda x, limit: np.flatnonzero(x > limit))
    module = tsx.load(ARCHIVE, engine="native")
    found: list[int] = []

    def call() -> None:
        for _ in range(50):
            found.append(len(module.run("above", (floats(1, 2, 3), 1.5))))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2] * 200


def test_a_profile_names_them(loaded: Module) -> None:
    profile = Profile(most_events=1)
    loaded.run("same", (floats(1, 2),), observer=profile)
    (event,) = profile.events
    assert (event.kind, event.where) == ("host::same", "model.py:15:4")
    assert (event.operands, event.results) == ("Float(2)", "Float(2)")
    assert profile.left_out == 1
    assert {"host::same", "aten::add_.Scalar"} <= {row[0] for row in profile.rows}

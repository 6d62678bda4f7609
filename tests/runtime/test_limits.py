"""Limits of a call on the NumPy runtime: each greedy program is stopped, soon and with the code of what ran out."""

from __future__ import annotations

import io
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tests.greedy import GREEDY_ON_NUMPY, MEGABYTE, Greedy, X, chain, filled, kept
from tsx import api
from tsx.cli import main
from tsx.errors import RunError, TsxError
from tsx.runtime.border import Executable
from tsx.runtime.limits import Limits


def code_of(executable: Executable, *inputs: object) -> str:
    """The code of the error that a call stops with."""
    method = next(iter(executable.module.methods))
    try:
        executable.run(method, inputs)
    except TsxError as error:
        return error.code
    return ""


@pytest.mark.parametrize("greedy", GREEDY_ON_NUMPY, ids=lambda g: f"{g.function.__name__}-{g.code}")
def test_greedy_programs_are_stopped(greedy: Greedy) -> None:
    executable = Executable(greedy.module(), limits=greedy.limits)
    tracemalloc.start()
    started = time.process_time()
    assert code_of(executable, *greedy.inputs) == greedy.code
    assert time.process_time() - started < 20
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 25 * MEGABYTE


def test_the_error_names_the_line_and_the_limit() -> None:
    executable = Executable(api.script(kept).ir, limits=Limits(bytes=MEGABYTE))
    with pytest.raises(
        RunError, match=r"TSX5041: the model needs more memory .* 1000000 bytes"
    ) as caught:
        executable.run("forward", (X,))
    assert "greedy.py" in caught.value.where


def test_calls_inside_each_other_are_counted() -> None:
    assert code_of(Executable(chain(20), limits=Limits(calls=10)), 1) == "TSX5006"
    assert code_of(Executable(chain(20), limits=Limits(calls=20)), 1) == ""


def test_what_is_given_back_does_not_count() -> None:
    def steps(x, n: int):
        for _ in range(n):
            x = x * 1.5 + 1
        return x

    module = api.script(steps, (X, 3)).ir  # 240 kB an array, 100 of them one after the other
    assert code_of(Executable(module, limits=Limits(bytes=MEGABYTE)), X, 100) == ""
    assert code_of(Executable(module, limits=Limits(bytes=MEGABYTE // 8)), X, 100) == "TSX5041"


def test_inputs_and_weights_do_not_count() -> None:
    weight = np.ones((300, 1000), np.float32)
    module = api.trace(lambda x: (x * weight).sum(0), (weight,))
    executable = Executable(module.ir, limits=Limits(bytes=1_300_000))  # the product has 1.2 MB
    assert code_of(executable, weight) == ""


def test_a_limit_is_above_zero() -> None:
    with pytest.raises(TsxError, match="TSX5043"):
        Limits(fuel=0)


@pytest.mark.parametrize("engine", ["numpy", "auto"])
def test_an_untrusted_archive_has_all_limits(engine: api.Engine) -> None:
    file = io.BytesIO()
    api.script(filled).save(file)
    module = api.load(file.getvalue(), engine=engine, limits="untrusted")
    assert module.limits == Limits(fuel=10**9, bytes=2**30, calls=256, seconds=60)
    assert module(2).tolist() == [[1, 1], [1, 1]]
    with pytest.raises(RunError, match="TSX5041"):
        module(1 << 20)


SOURCE = """import numpy as np

def forward(n: int) -> np.ndarray:
    return np.ones((n, n))

example_inputs = (1 << 20,)
"""


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--value", "n=1048576"],
        ["optimize", "--verify", "--value", "n=1048576"],
        ["bench", "--input", "n.npy"],
        ["compare", "--against", "model.py"],
        ["compare", "--against", "model.py", "--engine", "numpy", "--taps"],
    ],
)
def test_untrusted_on_the_command_line(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(SOURCE)
    api.script(filled).save("filled.tsx")
    np.save("n.npy", np.asarray(1 << 20))
    with pytest.raises(SystemExit) as stopped:
        main([words[0], "filled.tsx", "--untrusted", *words[1:]])
    assert stopped.value.code == 5
    assert "TSX5041" in capsys.readouterr().err

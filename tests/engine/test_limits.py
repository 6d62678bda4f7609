"""Limits of a call in the engine: what stops on NumPy stops here, with the same code and the same words."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

import tsx
from tests.engine.archives import tsx_run, write
from tests.greedy import GREEDY, Greedy, chain, expanded
from tests.serialize.corpus import module_of
from tsx.errors import TsxError, error_codes

pytestmark = pytest.mark.engine


def _words(greedy: Greedy, folder: Path) -> list[str]:
    """The inputs and the limits as options of the command."""
    words: list[str] = []
    for i, value in enumerate(greedy.inputs):
        if isinstance(value, np.ndarray):
            np.save(folder / f"{i}.npy", value)
            words += ["--input", str(folder / f"{i}.npy")]
        else:
            words += ["--value", json.dumps(value)]
    names = ("fuel", "bytes", "calls", "seconds")
    for name, number in zip(names, greedy.limits.numbers(), strict=True):
        if number:
            words += ["--limit", f"{name}={number}"]
    return words


@pytest.mark.parametrize("greedy", GREEDY, ids=lambda g: f"{g.function.__name__}-{g.code}")
def test_greedy_programs_are_stopped(greedy: Greedy, tmp_path: Path) -> None:
    archive = write(greedy.module(), tmp_path / "greedy.tsx")
    started = time.monotonic()
    done = tsx_run(archive, *_words(greedy, tmp_path), check=False)
    assert done.returncode == 5, done
    limit = next(n for n in greedy.limits.numbers() if n)
    sentence = error_codes()[greedy.code].sentence.format(
        limit=f"{limit:g}" if limit < 1 else limit
    )
    assert done.stderr.startswith(f"{greedy.code}: {sentence}\n"), done.stderr
    if (
        greedy.function is not expanded
    ):  # its result is copied for the caller, which is no line of the model's
        assert "greedy.py" in done.stderr
    assert time.monotonic() - started < 30


def test_calls_inside_each_other_are_counted(tmp_path: Path) -> None:
    archive = write(chain(20), tmp_path / "chain.tsx")
    stopped = tsx_run(archive, "--value", "1", "--limit", "calls=10", check=False)
    assert stopped.stderr.startswith("TSX5006: more than 10 calls inside each other"), stopped
    assert tsx_run(archive, "--value", "1", "--limit", "calls=20").stdout == "1\n"


def test_untrusted_means_all_limits(tmp_path: Path) -> None:
    filled = next(g for g in GREEDY if g.function.__name__ == "filled")
    archive = write(filled.module(), tmp_path / "greedy.tsx")
    stopped = tsx_run(archive, "--value", str(1 << 20), "--untrusted", check=False)
    assert stopped.stderr.startswith("TSX5041: "), stopped
    assert str(2**30) in stopped.stderr
    assert tsx_run(archive, "--value", "2", "--untrusted").returncode == 0


@pytest.mark.parametrize(
    ("operator", "n", "count"),
    [
        ("prim::rangelist(%n)", 1 << 40, None),
        ("prim::rangelist(%n)", 7, 7),
        ("tsx::rangelist(%one, %n, %one)", 1 << 40, None),
        ("tsx::rangelist(%one, %n, %one)", -(1 << 62), 0),
    ],
)
def test_the_list_of_a_range_is_counted(
    operator: str, n: int, count: int | None, tmp_path: Path
) -> None:
    archive = write(
        module_of(f"""graph(%n : int):
          %one : int = prim::Constant[value=1]()
          %l : int[] = {operator}
          %k : int = aten::len.t(%l)
          return (%k)"""),
        tmp_path / "range.tsx",
    )
    done = tsx_run(archive, "--value", str(n), "--untrusted", check=False)
    on_numpy = tsx.load(archive, engine="numpy", limits="untrusted")
    if count is not None:
        assert done.stdout == f"{count}\n", done
        assert on_numpy(n) == count
        return
    assert done.stderr.startswith("TSX5041: "), done
    with pytest.raises(TsxError, match="TSX5041"):
        on_numpy(n)


def test_the_places_of_a_triangle_are_counted(tmp_path: Path) -> None:
    """2 GiB of them, which the kernel makes nothing of before it may."""
    archive = write(
        module_of("""graph(%n : int):
          %zero : int = prim::Constant[value=0]()
          %none : NoneType = prim::Constant()
          %t : Tensor = aten::tril_indices(%n, %n, %zero, %none, %none, %none, %none)
          return (%t)"""),
        tmp_path / "triangle.tsx",
    )
    done = tsx_run(archive, "--value", str(1 << 14), "--untrusted", check=False)
    assert done.stderr.startswith("TSX5041: "), done

"""The golden archives that have inputs, run by tsx_run with no Python, give what they gave when they were released.

The outputs beside them are the NumPy VM's; equal means what design 4.23 says, and integers are exact. `make aarch64`
runs this on 64-bit Arm as well.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.engine.archives import tsx_run
from tsx.runtime.border import Executable
from tsx.runtime.compare import compare
from tsx.serialize.archive import load

pytestmark = pytest.mark.engine

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden"
RUNS = [
    (path.parent.name, name, number)
    for path in sorted(GOLDEN.glob("*/manifest.json"))
    for name, facts in json.loads(path.read_text()).items()
    for number in range(facts["runs"])
]


def test_there_are_runs() -> None:
    assert len(RUNS) >= 9


@pytest.mark.parametrize(("version", "name", "number"), RUNS)
def test_the_engine_gives_what_numpy_gave(
    version: str, name: str, number: int, tmp_path: Path
) -> None:
    model = GOLDEN / version / f"{name}.tsx"
    words: list[object] = [model]
    inputs: list[object] = []
    with np.load(GOLDEN / version / f"{name}.npz") as arrays:
        stored = [arrays[key] for key in arrays if key.startswith(f"run{number}.input")]
        released = arrays[f"run{number}.output"]
    for place, array in enumerate(stored):
        if array.ndim == 0:
            words += ["--value", array.item()]
            inputs.append(array.item())
            continue
        np.save(tmp_path / f"{place}.npy", array)
        words += ["--input", tmp_path / f"{place}.npy"]
        inputs.append(array)
    expected = Executable(load(model)).run("forward", inputs, {})
    if isinstance(expected, np.ndarray):
        tsx_run(*words, "--output", tmp_path / "output.npy")
        found = np.load(tmp_path / "output.npy")
        assert [d for d in compare(found, released) if not d.equal] == []
    else:
        found = type(expected)(tsx_run(*words).stdout)
        assert found == released
    assert [d for d in compare(found, expected) if not d.equal] == []


def test_a_trace_file_is_json_of_every_call(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((1, 3, 8, 8), np.float32))
    target = tmp_path / "run.json"
    words = ("--input", tmp_path / "x.npy", "--trace-file", target, "--repeat", 2)
    tsx_run(GOLDEN / "v1.0" / "model_resblock.tsx", *words)
    trace = json.loads(target.read_text())
    assert trace["otherData"] == {"left_out": 0}
    kinds = [event["name"] for event in trace["traceEvents"]]
    assert len(kinds) == 2 * len(set(kinds))
    first = trace["traceEvents"][0]
    assert first["args"]["operands"].startswith("Float(1, 3, 8, 8), ")
    assert first["args"]["source"]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []
    done = tsx_run(
        GOLDEN / "v1.0" / "model_resblock.tsx", *words[:2], "--trace-file", tmp_path, check=False
    )
    assert done.returncode == 2

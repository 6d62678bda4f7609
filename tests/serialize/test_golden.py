"""Golden archives: what any released tsx wrote loads, means and computes the same for ever (P17).

``fixtures/golden/`` has a folder for each format version, made by tools/make_golden.py and never changed once released.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.serialize.corpus import CORPUS
from tests.serialize.test_round_trip import assert_same
from tsx.runtime.border import Executable
from tsx.serialize.archive import load, to_bytes, verify_file
from tsx.serialize.format import MAJOR, MINOR

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden"
MANIFESTS = {
    path.parent.name: json.loads(path.read_text()) for path in GOLDEN.glob("*/manifest.json")
}
ALL = [(version, name) for version, manifest in sorted(MANIFESTS.items()) for name in manifest]
MODELS = [(version, name) for version, name in ALL if MANIFESTS[version][name]["runs"]]
MODULES = [(version, name) for version, name in ALL if not MANIFESTS[version][name]["runs"]]


def test_this_version_has_golden_archives() -> None:
    assert f"v{MAJOR}.{MINOR}" in MANIFESTS
    assert MANIFESTS[f"v{MAJOR}.{MINOR}"].keys() >= CORPUS.keys()


@pytest.mark.parametrize(("version", "name"), ALL)
def test_the_file_is_the_one_that_was_released(version: str, name: str) -> None:
    header = verify_file(GOLDEN / version / f"{name}.tsx")
    assert header.file_digest.hex() == MANIFESTS[version][name]["file_digest"]


def test_no_file_is_without_an_entry() -> None:
    for version, manifest in MANIFESTS.items():
        assert {path.stem for path in (GOLDEN / version).glob("*.tsx")} == manifest.keys()


@pytest.mark.parametrize(("version", "name"), MODULES)
def test_the_module_is_the_same(version: str, name: str) -> None:
    assert_same(load(GOLDEN / version / f"{name}.tsx"), CORPUS[name]())


@pytest.mark.parametrize(("version", "name"), MODELS)
def test_the_model_computes_the_same(version: str, name: str) -> None:
    executable = Executable(load(GOLDEN / version / f"{name}.tsx"))
    with np.load(GOLDEN / version / f"{name}.npz") as arrays:
        for number in range(MANIFESTS[version][name]["runs"]):
            stored = [arrays[key] for key in arrays if key.startswith(f"run{number}.input")]
            inputs = [array.item() if array.ndim == 0 else array for array in stored]
            expected = arrays[f"run{number}.output"]
            # A contraction may add up in another order on another machine.
            np.testing.assert_allclose(
                executable.run("forward", inputs, {}), expected, rtol=1e-5, atol=1e-6
            )


@pytest.mark.parametrize("name", CORPUS)
def test_what_is_written_today_is_what_was_released(name: str) -> None:
    """Within one format version the writer's bytes are a promise, too."""
    golden = GOLDEN / f"v{MAJOR}.{MINOR}" / f"{name}.tsx"
    assert to_bytes(CORPUS[name]()) == golden.read_bytes()

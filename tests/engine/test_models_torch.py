"""Whole models in the engine: traced, optimised and saved by Python, run where there is none, equal to torch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tsx
from tests.engine.archives import tsx_run
from tests.engine.conftest import ROOT
from tests.zoo.test_chain_torch import MODELS, make
from tsx.capture.torch.arrays import to_numpy
from tsx.capture.torch.original import plain_result
from tsx.runtime.compare import compare_arrays, leaves

WITHOUT_KERNEL = ROOT / "engine/gen/without_kernel.txt"
pytestmark = [pytest.mark.torch, pytest.mark.engine]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_gives_what_torch_gives(name: str, tmp_path: Path) -> None:
    model, sample, others = make(name)
    module = tsx.trace(model, sample)
    module.save(tmp_path / "traced.tsx")
    tsx.optimize(module, "dce,fold,fuse").save(tmp_path / "fused.tsx")
    for archive in ("traced.tsx", "fused.tsx"):
        for inputs in (sample, *others):
            with torch.no_grad():
                wanted = list(leaves(plain_result(model(*inputs))))
            given = _run(tmp_path / archive, [to_numpy(x) for x in inputs], tmp_path)
            if given is None:
                return
            assert len(given) == len(wanted)
            for (path, b), a in zip(wanted, given, strict=True):
                assert compare_arrays(path, a, b).equal, compare_arrays(path, a, b)
                assert np.abs(a).max() > 1e-3, "a model that gives nothing proves nothing"


def _run(archive: Path, inputs: list[Any], folder: Path) -> list[Any] | None:
    """The arrays of the result, in order; None when an operator has no kernel yet, as the list of them says."""
    words: list[str] = []
    for index, array in enumerate(inputs):
        np.save(folder / f"in{index}.npy", array)
        words += ["--input", str(folder / f"in{index}.npy")]
    results = folder / "results"
    results.mkdir(exist_ok=True)
    for old in results.iterdir():
        old.unlink()
    done = tsx_run(archive, *words, "--outputs", results, check=False)
    if done.stderr.startswith("TSX5031"):
        missing = re.findall(r"\w+::[\w.]+", done.stderr)
        assert missing
        assert set(missing) <= set(WITHOUT_KERNEL.read_text(encoding="utf-8").split())
        return None
    assert done.returncode == 0, done.stderr
    return [np.load(results / f"{n}.npy") for n in range(len(list(results.iterdir())))]

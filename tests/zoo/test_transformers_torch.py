"""Sixty classes of the transformers package, as different as can be: traced once, right at other sizes as well.

Nobody wrote these models with tsx in mind. Each is built from its configuration with random weights, traced on the
first case, optimised, saved, and run on every case in a process that has no torch.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

import tsx
from tests.models import scrambled
from tests.zoo.models import MODELS, Case, listed
from tsx.capture.torch.arrays import to_numpy
from tsx.capture.torch.original import plain_result
from tsx.runtime.compare import leaves

pytestmark = [pytest.mark.torch, pytest.mark.zoo, pytest.mark.filterwarnings("ignore")]

REFUSED = {
    # With a mask its landmarks are added to a mask of another length (RuntimeError in eager, too); eager drops a mask
    # of ones, which it does not under any tracer.
    "NystromformerModel": "The size of tensor a",
    # It picks patches by torch.multinomial when images have padding, which a tracer can't exclude.
    "ViltModel": "aten::multinomial draws random numbers",
    # A tensor of one element is a size of reshape (`torch.div(seq_len, …)`), so the batch of 1 is pinned.
    "LEDModel": "dimension 0 was fixed to 1 when traced",
}


def test_the_list_is_whole() -> None:
    """At least 57 of the 60 that were chosen before the work."""
    assert sorted(listed()) == sorted(MODELS)
    assert len(MODELS) == 60
    assert len(MODELS) - len(REFUSED) >= 57


@pytest.mark.parametrize("name", [name for name in MODELS if name not in REFUSED])
def test_model(name: str, tmp_path: Path) -> None:
    inputs, model = built(name)
    traced = tsx.trace(model, (), inputs[0])
    traced.save(tmp_path / "traced.tsx")
    tsx.optimize(traced).save(tmp_path / "level3.tsx")
    write_cases(tmp_path, model, inputs)
    program = Path(__file__).with_name("without_torch.py")
    command = [sys.executable, str(program), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 2 * len(inputs)
    assert [row for row in rows if not row["equal"]] == []
    assert all(row["largest"] > 1e-3 for row in rows), "a model that gives nothing proves nothing"


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    """Stopped with a reason, never wrong."""
    inputs, model = built(name)
    with pytest.raises(Exception, match=REFUSED[name]):
        run_all(model, inputs)


def run_all(model: torch.nn.Module, inputs: list[Case]) -> None:
    module = tsx.trace(model, (), inputs[0])
    for case in inputs:
        module(**case)


def built(name: str) -> tuple[list[Case], torch.nn.Module]:
    config, options, cases = MODELS[name]
    torch.manual_seed(0)
    model = getattr(transformers, name)(getattr(transformers, config)(**options)).eval()
    for parameter in model.parameters():
        if parameter.dim() > 1:  # transformers' own start is so small that a mistake would hide
            torch.nn.init.normal_(parameter, std=0.2)
    return cases(), scrambled(model)


def write_cases(folder: Path, model: torch.nn.Module, inputs: list[Case]) -> None:
    cases: dict[str, np.ndarray] = {}
    for number, case in enumerate(inputs):
        with torch.no_grad():
            wanted = model(**case)
        cases |= {f"{number}_in.{key}": to_numpy(tensor) for key, tensor in case.items()}
        cases |= {f"{number}_out{i}": a for i, (_, a) in enumerate(leaves(plain_result(wanted)))}
    np.savez(folder / "cases.npz", **cases)

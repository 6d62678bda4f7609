"""Models with real control flow: scripted, saved, and run where torch can't be imported, equal to eager torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import tsx
from tests.script.check import python_outcome
from tests.script.models import MODELS, make
from tests.script.outcome import Outcome, difference, run
from tests.script.without_torch import decode, encode
from tsx.capture.torch.arrays import to_numpy

pytestmark = [pytest.mark.torch, pytest.mark.script]


def eager(name: str) -> list[Outcome]:
    """What eager Python gives for the calls of a model, in turn."""
    model = make(name)
    return [run(model, _copied(call)) for call in MODELS[name][1]]


def _copied(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.clone()
    return type(value)(map(_copied, value)) if isinstance(value, (list, tuple)) else value


@pytest.mark.parametrize("name", MODELS)
def test_scripted_is_eager(name: str) -> None:
    module = tsx.script(make(name))
    for made in (module, tsx.optimize(module, level=3)):
        session = made.session()
        for call, want in zip(MODELS[name][1], eager(name), strict=True):
            assert not difference(python_outcome(session, _copied(call)), want, rounded=True)


def test_saved_models_run_without_torch(tmp_path: Path) -> None:
    for name, (_, calls) in MODELS.items():
        module = tsx.script(make(name))
        for suffix, made in (("", module), ("_level3", tsx.optimize(module, level=3))):
            made.save(tmp_path / f"{name}{suffix}.tsx")
            arguments = [encode(to_numpy(call)) for call in calls]
            (tmp_path / f"{name}{suffix}.json").write_text(json.dumps(arguments))
    program = Path(__file__).with_name("without_torch.py")
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["archive"].removesuffix("_level3") for row in rows} == MODELS.keys()
    assert len(rows) == 2 * len(MODELS)
    for row in rows:
        wanted = eager(row["archive"].removesuffix("_level3"))
        assert len(row["answers"]) == len(wanted)
        for answer, want in zip(row["answers"], wanted, strict=True):
            got = _outcome(answer)
            assert not difference(got, want, rounded=True), row["archive"]


def _outcome(answer: dict[str, Any]) -> Outcome:
    if "error" in answer:
        return Outcome(None, tuple(answer["error"]))
    return Outcome(decode(answer["value"]))

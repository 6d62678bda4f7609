"""Every entry of torch's module_db that ``module_db.txt`` has in scope: scripted in eval mode, equal to eager torch.

The list was written before the compiler. ``python -m tests.script.test_module_db_torch`` runs every sample of every
entry and prints the figure; the tests run a few samples of each.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.testing._internal.common_modules import ModuleInfo, module_db

import tsx
from tests.capture.torch_check import assert_close

pytestmark = [pytest.mark.torch, pytest.mark.matrix]

LIST = Path(__file__).with_name("module_db.txt")
SAMPLES = 3  # of each module, in the tests


def in_scope() -> list[ModuleInfo]:
    """The entries that the list has in scope."""
    rows = [line.split() for line in LIST.read_text().splitlines() if line and line[0] != "#"]
    wanted = {row[0] for row in rows if row[1] == "in"}
    return [info for info in module_db if info.name in wanted]


def samples(info: ModuleInfo) -> list[Any]:
    """Every constructor call with an input."""
    inputs = info.module_inputs_func(
        info, device="cpu", dtype=torch.float32, requires_grad=False, training=False
    )
    return [s for s in inputs if s.forward_input is not None]


def check(info: ModuleInfo, sample: Any) -> None:
    """Scripts one module, runs it beside torch, and compares."""
    torch.manual_seed(0)
    made, given = sample.constructor_input, sample.forward_input
    try:
        model = info.module_cls(*made.args, **made.kwargs).float().eval()
        args = [a.clone() if isinstance(a, torch.Tensor) else a for a in given.args]
        with torch.no_grad():
            want = model(*args, **given.kwargs)
    except (RuntimeError, NotImplementedError):
        return  # torch has no such kernel on the CPU
    scripted = tsx.script(model, tuple(given.args), given.kwargs)
    assert_close(scripted.run("forward", tuple(given.args), given.kwargs), want)


def test_the_list_names_entries_that_exist() -> None:
    assert len(in_scope()) == 94


@pytest.mark.parametrize("info", in_scope(), ids=lambda info: info.name)
@pytest.mark.filterwarnings("ignore")
def test_module(info: ModuleInfo) -> None:
    found = samples(info)
    for sample in found[:: max(1, len(found) // SAMPLES)]:
        check(info, sample)


def main() -> int:
    warnings.simplefilter("ignore")
    good = 0
    for info in in_scope():
        try:
            for sample in samples(info):
                check(info, sample)
        except Exception as error:  # whatever it is, the entry does not count
            print(f"{info.name}: {str(error).splitlines()[0]}")
        else:
            good += 1
    print(f"{good} of {len(in_scope())} entries script and agree with eager")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Every module of torch's own module_db in eval mode: converted and equal, or refused with a list of operators.

The net is wide on purpose: nobody wrote these modules with tsx in mind.
"""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch.testing._internal.common_modules import ModuleInfo, module_db

from tests.capture.torch_check import assert_close
from tsx.capture.trace import trace
from tsx.errors import Problems
from tsx.ir.verify import verify_module
from tsx.runtime.border import Executable

pytestmark = [pytest.mark.torch, pytest.mark.matrix]

# Operators that tsx doesn't have (yet); the list may only shrink.
UNSUPPORTED = {
    "nn.CTCLoss": {"aten::_ctc_loss", "aten::_ctc_loss.Tensor"},
}
SAMPLES = 2  # of each module


def samples(info: ModuleInfo) -> list[Any]:
    """The first inputs that torch itself accepts."""
    inputs = info.module_inputs_func(
        info, device="cpu", dtype=torch.float32, requires_grad=False, training=False
    )
    return [s for s in inputs if s.forward_input is not None][:SAMPLES]


@pytest.mark.parametrize("info", module_db, ids=lambda info: info.name)
@pytest.mark.filterwarnings("ignore")
def test_module(info: ModuleInfo) -> None:
    for sample in samples(info):
        torch.manual_seed(0)
        made, given = sample.constructor_input, sample.forward_input
        model = info.module_cls(*made.args, **made.kwargs).float().eval()
        args = [a.clone() if isinstance(a, torch.Tensor) else a for a in given.args]
        try:
            with torch.no_grad(), warnings.catch_warnings():
                want = model(*args, **given.kwargs)
        except (RuntimeError, NotImplementedError):
            continue  # torch has no such kernel on the CPU
        try:
            module, report = trace(model, tuple(given.args), given.kwargs)
        except Problems as problems:
            names = {p.message.split()[4].rstrip(",") for p in problems.problems}
            assert names <= UNSUPPORTED.get(info.name, set()), names
            continue
        assert not verify_module(module)
        assert not [w for w in report.warnings if "type rule" in w]
        assert_close(Executable(module).run("forward", tuple(given.args), given.kwargs), want)

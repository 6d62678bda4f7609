"""The language table holds: every row is compiled and run beside eager Python, optimised too, and by torch's own
interpreter where torch.jit.script and eager Python agree.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import tsx
from tests.script.check import check_row
from tests.script.outcome import run, same_value
from tests.script.probe import recorded
from tests.script.rows import Row, all_rows
from tsx.capture.torch.arrays import tensor_of
from tsx.errors import TsxError
from tsx.ir.torch_text import to_torch

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]
ROWS = all_rows()
THEIRS = recorded()
LEAST_BY_TORCH = 250  # rows whose graph torch's own interpreter runs


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_row(row: Row) -> None:
    found = check_row(row)
    assert not found, found


@pytest.mark.script
@pytest.mark.parametrize(
    "row", [r for r in ROWS if not r.refused and not r.unoptimised], ids=lambda row: row.id
)
def test_optimised(row: Row) -> None:
    found = check_row(row, lambda module: tsx.optimize(module, level=3))
    assert not found, found


def test_what_is_refused_has_a_reason() -> None:
    """And so no row refuses what TorchScript compiles without one."""
    for row in ROWS:
        assert bool(row.refused) == bool(row.code), row.id
        assert not row.code or row.code.startswith("TSX3"), row.id


@pytest.mark.script
def test_torchs_interpreter_agrees() -> None:
    """Operators with Python's meaning (``tsx::``) have none in torch, so graphs that hold one are passed over."""
    compared = 0
    for row in ROWS:
        if row.refused or row.stops or THEIRS[row.id][0] != "equal":
            continue
        function = by_torch(tsx.script(row.make()))
        if function is None:
            continue
        compared += 1
        original = row.make()
        for index in range(len(row.inputs)):
            want = run(original, row.arguments(index))
            got = run(function, _completed(original, row.arguments(index)))
            assert (got.error is None) == (want.error is None), (row.id, str(got), str(want))
            if want.error is None:
                assert same_value(got.value, _plain(want.value)), (row.id, str(got), str(want))
    assert compared >= LEAST_BY_TORCH


def _completed(original: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments with the defaults of what is left out: torch's functions of graphs have none."""
    function = original.forward if isinstance(original, torch.nn.Module) else original
    bound = inspect.signature(function).bind(*arguments)
    bound.apply_defaults()
    return (*bound.args, *bound.kwargs.values())


def by_torch(module: tsx.Module) -> Callable[..., Any] | None:
    """The graph as torch's interpreter runs it, read from our text; None when torch's text can't hold it."""
    try:
        module = tsx.optimize(module, "inline,freeze")
        text = to_torch(module.graph)
    except TsxError as error:
        if error.code != "TSX8004":
            raise
        return None
    function = torch._C._create_function_from_graph("forward", torch._C.parse_ir(text.text))
    weights = {name: tensor_of(np.array(array)) for name, array in module.state_dict().items()}
    return lambda *inputs: function(*inputs, *text.extra_inputs(weights))


def _plain(value: Any) -> Any:
    """Records as tuples: torch's text has no classes."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return [_plain(v) for v in value] if isinstance(value, list) else value

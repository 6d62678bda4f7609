"""torchvision's operators against what torchvision gave, and torchvision's own Python above them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.ops import torchvision_golden
from tsx.errors import OperatorError
from tsx.ir.op import lookup
from tsx.ir.types import TensorType
from tsx.ops.call import call
from tsx.ops.dtypes import type_of

SCHEMAS, CALLS = torchvision_golden.load()
TOLERANCES = {np.float16: (1e-3, 1e-5), np.float32: (1.3e-6, 1e-5), np.float64: (1e-7, 1e-7)}


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: s.partition("(")[0])
def test_schemas_are_torchvisions(schema: str) -> None:
    op = lookup(schema.partition("(")[0])
    assert op is not None
    assert op.schema.text == schema


def results_of(given: torchvision_golden.Call) -> tuple[Any, ...]:
    found = call(given.kind, *given.operands)
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: s.partition("(")[0])
def test_results_are_torchvisions(schema: str) -> None:
    calls = [c for c in CALLS if c.kind == schema.partition("(")[0]]
    assert len(calls) >= 12
    for given in calls:
        for ours, theirs in zip(results_of(given), given.results, strict=True):
            assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
            if given.is_exact:
                np.testing.assert_array_equal(ours, theirs)
            else:
                relative, absolute = TOLERANCES[theirs.dtype.type]
                largest = max(1.0, float(np.abs(theirs).max()))
                np.testing.assert_allclose(ours, theirs, relative, absolute * largest)


def test_rules_know_what_running_gives() -> None:
    for given in CALLS:
        op = lookup(given.kind)
        assert op is not None
        types = [type_of(v) if isinstance(v, np.ndarray) else v for v in given.operands]
        found = op.infer(*types)
        for type, result in zip(
            found if isinstance(found, tuple) else (found,), given.results, strict=True
        ):
            assert isinstance(type, TensorType)
            assert type.dtype is type_of(result).dtype
            known = zip(type.shape or (), result.shape, strict=True)
            assert all(size in (None, actual) for size, actual in known)


BOX = np.array([[0, 0.0, 0, 4, 4]], np.float32)
IMAGE = np.ones((2, 4, 6, 6), np.float32)


@pytest.mark.parametrize(
    ("kind", "operands", "message"),
    [
        ("nms", [BOX[:, 1:], np.ones(2, np.float32), 0.5], "one score for each box"),
        ("nms", [BOX, np.ones(1, np.float32), 0.5], "boxes of 4 numbers"),
        ("nms", [BOX[:, 1:].astype(np.float16), np.ones(1, np.float16), 0.5], "float32 or float64"),
        ("roi_align", [IMAGE, BOX + 2, 1.0, 2, 2, 2, True], "indices from 0 to 1, got 2"),
        ("roi_align", [IMAGE, BOX - 1, 1.0, 2, 2, 2, True], "indices from 0 to 1, got -1"),
        ("roi_align", [IMAGE, BOX * np.float32(1e30), 1.0, 2, 2, 0, True], "finite size"),
        ("roi_align", [IMAGE, BOX, 1.0, 0, 2, 2, True], "output size"),
        ("roi_align", [IMAGE, BOX.astype(np.float64), 1.0, 2, 2, 2, True], "one dtype"),
        ("roi_pool", [IMAGE[0], BOX, 1.0, 2, 2], "4-D"),
        ("ps_roi_align", [IMAGE, BOX, 1.0, 3, 2, 2], "channels to divide into 6"),
        ("ps_roi_pool", [IMAGE, BOX[:, 1:], 1.0, 2, 2], "rois of 5 numbers"),
    ],
)
def test_wrong_operands_are_told(kind: str, operands: list[Any], message: str) -> None:
    with pytest.raises(OperatorError, match=message):
        call(f"torchvision::{kind}", *operands)


def test_wrong_offsets_are_told() -> None:
    weight, bias = np.ones((2, 4, 3, 3), np.float32), np.ones(2, np.float32)
    offset, mask = np.ones((2, 18, 4, 5), np.float32), np.ones((2, 9, 4, 4), np.float32)
    options = [*[1, 1, 0, 0, 1, 1, 1, 1], True]
    with pytest.raises(OperatorError, match=r"offset of sizes \[2, 18, 4, 4\]"):
        call("torchvision::deform_conv2d", IMAGE, weight, offset, mask, bias, *options)

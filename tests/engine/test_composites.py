"""Composite operators that the engine has no kernel for run there by the body that their archive brings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.archives import tsx_run, write
from tests.ops.test_bodies import SAMPLES
from tests.runtime.test_bodies import COMPOSITES, call, samples
from tsx.ir.module import LEAF, Method, Module, Parameter
from tsx.ir.op import Op, all_ops
from tsx.ops.dtypes import Array
from tsx.runtime.border import Executable

pytestmark = pytest.mark.engine


def answers(op: Op, operands: Sequence[Any], folder: Path) -> tuple[Array, Array]:
    """What the engine gives for a call in an archive, and the NumPy VM."""
    graph = call(op, tuple(operands))
    graph.name = "forward"
    for place, value in enumerate(graph.inputs):  # %self would be the module
        value.name = f"x{place}"
    parameters = tuple(Parameter(value.name) for value in graph.inputs)
    module = Module("call", {"forward": Method(graph, parameters, LEAF, source="built")})
    write(module, folder / "call.tsx")
    arrays = [operand for operand in operands if isinstance(operand, np.ndarray)]
    words: list[object] = ["--output", folder / "result.npy"]
    for value, array in zip(graph.inputs, arrays, strict=True):
        np.save(folder / f"{value.name}.npy", array)
        words += ["--input", f"{value.name}={folder / value.name}.npy"]
    tsx_run(folder / "call.tsx", *words)
    found, expected = (
        np.load(folder / "result.npy"),
        Executable(module).run("forward", tuple(arrays), {}),
    )
    assert isinstance(expected, np.ndarray)
    return found, expected


def test_composites_without_a_kernel_run_by_their_bodies(
    tmp_path: Path, kernels: frozenset[str]
) -> None:
    composites = [op for op in COMPOSITES.values() if op.kind not in kernels]
    assert composites
    for op in composites:
        for operands in samples(op):
            floats = [o.astype(np.float32) if isinstance(o, np.ndarray) else o for o in operands]
            found, expected = answers(op, floats, tmp_path)
            assert found.dtype == np.float32
            np.testing.assert_allclose(found, expected, 2e-6, 2e-6, err_msg=op.kind)


def test_quantisation_runs_by_its_bodies(tmp_path: Path, kernels: frozenset[str]) -> None:
    composites = [op for op in all_ops() if "quantize" in op.kind and op.body]
    assert len(composites) >= 11
    for op in composites:
        for operands in SAMPLES[op.kind]:
            found, expected = answers(op, operands, tmp_path)
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected, err_msg=op.kind)

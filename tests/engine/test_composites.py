"""Composite operators that the engine has no kernel for run there by the body that their archive brings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.archives import tsx_run, write
from tests.runtime.test_bodies import call, samples
from tsx.ir.module import LEAF, Method, Module, Parameter
from tsx.ir.op import all_ops
from tsx.runtime.border import Executable

pytestmark = pytest.mark.engine


def test_composites_without_a_kernel_run_by_their_bodies(
    tmp_path: Path, kernels: frozenset[str]
) -> None:
    composites = [op for op in all_ops() if op.body and op.kind not in kernels]
    assert composites
    for op in composites:
        for operands in samples(op):
            graph = call(op, operands)
            graph.name = "forward"
            for place, value in enumerate(graph.inputs):  # %self would be the module
                value.name = f"x{place}"
            parameters = tuple(Parameter(value.name) for value in graph.inputs)
            module = Module("call", {"forward": Method(graph, parameters, LEAF, source="built")})
            write(module, tmp_path / "call.tsx")
            arrays = [a.astype(np.float32) for a in operands if isinstance(a, np.ndarray)]
            words: list[object] = ["--output", tmp_path / "result.npy"]
            for value, array in zip(graph.inputs, arrays, strict=True):
                np.save(tmp_path / f"{value.name}.npy", array)
                words += ["--input", f"{value.name}={tmp_path / value.name}.npy"]
            tsx_run(tmp_path / "call.tsx", *words)
            expected = Executable(module).run("forward", tuple(arrays), {})
            found = np.load(tmp_path / "result.npy")
            assert found.dtype == np.float32
            np.testing.assert_allclose(found, expected, 2e-6, 2e-6, err_msg=op.kind)

"""Tracing a torch model, running it with tsx, and holding the answers against torch's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tsx.capture.trace import Report, trace
from tsx.capture.trace.tree import flatten
from tsx.errors import TsxError
from tsx.ir.module import Module
from tsx.ir.verify import verify_module
from tsx.ops.dtypes import bfloat16_to_float32
from tsx.runtime.border import Executable


def leaves(obj: Any) -> list[Any]:
    """The tensors, arrays and numbers of a structured result (of an object of an unknown class: no numbers)."""
    try:
        return flatten(obj, lambda o: isinstance(o, (*ARRAYS, int, float)), "it")[0]
    except TsxError:
        return flatten(obj, lambda o: isinstance(o, ARRAYS), "it", open_objects=True)[0]


ARRAYS = (torch.Tensor, np.ndarray)


def assert_close(got: Any, want: Any) -> None:
    """Equal as design 4.23 says."""
    a, b = leaves(got), leaves(want)
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        x = _array(x)
        y = _array(y)
        assert x.shape == y.shape, f"{x.shape} != {y.shape}"
        assert x.dtype == y.dtype, f"{x.dtype} != {y.dtype}"
        if y.dtype.kind in "fc":
            low = y.dtype == np.float16
            scale = float(np.abs(y[np.isfinite(y)]).max()) if np.isfinite(y).any() else 0.0
            rtol, atol = (2e-2, 2e-2 * scale) if low else (1e-4, 1e-5 * scale)
            np.testing.assert_allclose(x, y, rtol=rtol, atol=atol)
        else:
            np.testing.assert_array_equal(x, y)


def _array(x: Any) -> Any:
    if isinstance(x, torch.Tensor):
        x = x.detach()
        if x.dtype is torch.bfloat16:
            return x.float().numpy().astype(np.float16)
        return x.resolve_conj().resolve_neg().numpy()
    array = np.asarray(x)
    if array.dtype == np.uint16:  # bfloat16 is kept as its bits
        return bfloat16_to_float32(array).astype(np.float16)
    return array


def check(
    model: Any,
    sample: Sequence[Any],
    *others: Sequence[Any],
    kwargs: dict[str, Any] | None = None,
    dynamic: Any = None,
    warnings: bool = False,
) -> tuple[Module, Report]:
    """Traces ``model`` on ``sample`` and compares with torch on it and on ``others``."""
    module, report = trace(model, tuple(sample), kwargs or {}, dynamic=dynamic)
    assert not verify_module(module), verify_module(module)
    expected = ("a forward takes", "the model was in training mode")
    found = [w for w in report.warnings if not w.startswith(expected)]
    assert warnings or not found, found
    executable = Executable(module)
    was_training = model.training if isinstance(model, torch.nn.Module) else False
    if isinstance(model, torch.nn.Module):
        model.eval()
    for args in (sample, *others):
        own = [a.clone() if isinstance(a, torch.Tensor) else a for a in args]
        with torch.no_grad():
            want = model(*own, **(kwargs or {}))
        got = executable.run("forward", tuple(map(_given, args)), dict(kwargs or {}))
        assert_close(got, want)
    if was_training:
        model.train()
    return module, report


def _given(x: Any) -> Any:
    """A bfloat16 tensor as the bits that the runtime takes."""
    if isinstance(x, torch.Tensor) and x.dtype is torch.bfloat16:
        return x.view(torch.uint16).numpy()
    return x


def stops(module: Module, *args: Any) -> TsxError:
    """The error with which a module refuses ``args``."""
    try:
        Executable(module).run("forward", args, {})
    except TsxError as error:
        return error
    raise AssertionError("it ran")

"""Running the original torch model: for the comparison after conversion, and its layers one by one.

The model runs in eval mode without gradients on copies of the inputs; its mode is put back afterwards.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from typing import Any

import torch

from tsx.capture.torch.arrays import map_leaves, to_numpy
from tsx.ops.dtypes import Array


@contextlib.contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Eval mode and no gradients for the time being; every submodule gets its own mode back."""
    modes = {m: m.training for m in model.modules()} if isinstance(model, torch.nn.Module) else {}
    for module in modes:
        module.training = False
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def run_original(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The model's result as arrays. A model that changes its own state runs as a copy, so it stays as it was."""
    with evaluating(model):
        runner = _copied(model)
        return to_numpy(runner(*_cloned(args), **_cloned(kwargs)))


def layer_outputs(
    model: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Array]:
    """The first tensor that each submodule gives in one call, by module path, in the order they finish."""
    found: dict[str, Array] = {}

    def remember(path: str) -> Any:
        def hook(_: Any, __: Any, output: Any) -> None:
            first = output[0] if isinstance(output, (tuple, list)) and output else output
            if isinstance(first, torch.Tensor) and path not in found:
                found[path] = to_numpy(first.clone())

        return hook

    handles = [m.register_forward_hook(remember(path)) for path, m in model.named_modules() if path]
    try:
        with evaluating(model):
            model(*_cloned(args), **_cloned(kwargs))
    finally:
        for handle in handles:
            handle.remove()
    return found


def _cloned(value: Any) -> Any:
    return map_leaves(value, lambda v: v.clone() if isinstance(v, torch.Tensor) else v)


def _copied(model: Any) -> Any:
    if not isinstance(model, torch.nn.Module) or not any(True for _ in model.buffers()):
        return model
    try:
        return copy.deepcopy(model)
    except Exception:  # a model may hold what can't be copied; then it runs itself, as tracing did
        return model

"""Running the original torch model: for the comparison after conversion, and its layers one by one.

The model runs in eval mode without gradients on copies of the inputs; its mode is put back afterwards.
"""

from __future__ import annotations

import contextlib
import copy
from collections import Counter
from collections.abc import Callable, Iterator, Set
from enum import Enum
from typing import Any

import torch

from tsx.capture.notes import all_modules
from tsx.capture.torch.arrays import array_of, map_leaves, to_numpy
from tsx.capture.torch.tensors import plain
from tsx.capture.trace.tree import children, flatten
from tsx.ops.dtypes import Array
from tsx.runtime.tree import named_tuple, record_type, unflatten


@contextlib.contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Eval mode and no gradients for the time being; every submodule gets its own mode back."""
    owner = getattr(model, "__self__", model)
    is_torchs = isinstance(owner, torch.nn.Module)
    modes = {m: m.training for m in all_modules(owner)} if is_torchs else {}
    for module in modes:
        module.training = False
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def run_original(
    model: Any, args: tuple[Any, ...], kwargs: dict[str, Any], *, traced: bool = True
) -> Any:
    """The model's result, in the structure and with the arrays that a captured program gives.

    A model that changes its own state runs as a copy, so it stays as it was.
    """
    with evaluating(model):
        runner = _copied(model)
        result = runner(*_cloned(args), **_cloned(kwargs))
        return plain_result(result) if traced else whole_result(result)


@contextlib.contextmanager
def repeatable(
    model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Iterator[Callable[[], Any]]:
    """The model as a function without arguments, to be called often: in eval mode, without gradients."""
    with evaluating(model):
        runner, own_args, own_kwargs = _copied(model), _cloned(args), _cloned(kwargs)
        yield lambda: runner(*own_args, **own_kwargs)


def plain_result(result: Any) -> Any:
    """A torch result as arrays in tuples, lists, dicts and records, as a trace gives it."""
    leaves, spec = flatten(
        result, lambda leaf: isinstance(leaf, torch.Tensor), "the result", open_objects=True
    )
    return unflatten(spec, iter(to_numpy(leaves)))


def whole_result(result: Any) -> Any:
    """A torch result as a compiled program gives it: every attribute of an object counts, and any value may be one."""
    if isinstance(result, torch.Tensor):
        return array_of(result)
    if isinstance(result, Set):
        return {whole_result(item) for item in result}
    parts = children(result)
    label = type(result).__qualname__
    if parts is None:
        held: dict[str, Any] = getattr(result, "__dict__", {})
        if not held or isinstance(result, (type, Enum)):
            return plain(result)
        return record_type(label)({name: whole_result(value) for name, value in held.items()})
    kind, keys, items = parts
    made = [whole_result(item) for item in items]
    if kind == "namedtuple":
        return named_tuple(label, tuple(map(str, keys)))(*made)
    if kind == "record":
        return record_type(label)(dict(zip(map(str, keys), made, strict=True)))
    if kind == "dict":
        return dict(zip(keys, made, strict=True))
    return tuple(made) if kind == "tuple" else made


def layer_outputs(
    model: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Array]:
    """The first tensor that each submodule gives, by module path, in the order they finish.

    A module that is called more than once has no one value, so it is left out.
    """
    found: dict[str, Array] = {}
    calls: Counter[str] = Counter()

    def remember(path: str) -> Any:
        def hook(_: Any, __: Any, output: Any) -> None:
            first = output[0] if isinstance(output, (tuple, list)) and output else output
            calls[path] += 1
            if isinstance(first, torch.Tensor):
                found[path] = to_numpy(first.clone())

        return hook

    handles = [m.register_forward_hook(remember(path)) for path, m in model.named_modules() if path]
    try:
        with evaluating(model):
            model(*_cloned(args), **_cloned(kwargs))
    finally:
        for handle in handles:
            handle.remove()
    return {path: array for path, array in found.items() if calls[path] == 1}


def _cloned(value: Any) -> Any:
    return map_leaves(value, lambda v: v.clone() if isinstance(v, torch.Tensor) else v)


def _copied(model: Any) -> Any:
    if not isinstance(model, torch.nn.Module) or not any(True for _ in model.buffers()):
        return model
    try:
        return copy.deepcopy(model)
    except Exception:  # a model may hold what can't be copied; then it runs itself, as tracing did
        return model

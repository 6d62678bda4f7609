"""Entering torch's own Python functions with recording on.

``F.batch_norm``, ``F.interpolate``, ``Tensor.split`` … hand themselves to the function mode and do no work until it calls
them again with the mode off. Here they run as a copy whose ``has_torch_function*`` answer False, so the mode stays on
for what they call. Boolean dispatchers (``F.max_pool2d`` and its ``return_indices``) are resolved to their branch.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

from torch._jit_internal import boolean_dispatched

_ASKS = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")


def enterable(
    func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Callable[..., Any] | None:
    """A version of ``func`` to call with the mode on; None when it is no Python function."""
    branches = boolean_dispatched.get(func) if isinstance(func, FunctionType) else None
    if branches is not None:
        flag = kwargs.get(branches["arg_name"], branches["default"])
        if len(args) > branches["index"]:
            flag = args[branches["index"]]
        func = branches["if_true"] if flag else branches["if_false"]
        func = inspect.unwrap(func)
    if not isinstance(func, FunctionType):
        return None
    return _copy(func)


@functools.lru_cache(maxsize=4096)
def _copy(func: FunctionType) -> FunctionType:
    copy = FunctionType(
        func.__code__, _globals(func), func.__name__, func.__defaults__, func.__closure__
    )
    copy.__kwdefaults__ = func.__kwdefaults__
    return copy


_copied_globals: dict[int, dict[str, Any]] = {}


def _globals(func: FunctionType) -> dict[str, Any]:
    """The globals of ``func``'s module, with the questions for overrides answered; one copy for each module."""
    key = id(func.__globals__)
    if key not in _copied_globals:
        _copied_globals[key] = {**func.__globals__, **dict.fromkeys(_ASKS, _never)}
    return _copied_globals[key]


def _never(*_: object) -> bool:
    return False

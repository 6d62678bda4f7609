"""Entering torch's own Python functions with recording on.

``F.batch_norm``, ``F.interpolate``, ``Tensor.split`` … hand themselves to the function mode and do no work until it
calls them again with the mode off. Here they run as a copy whose ``has_torch_function*`` answer False, so the mode
stays on for what they call. Boolean dispatchers (``F.max_pool2d`` and its ``return_indices``) are resolved to their
branch.
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
    branches = 0
    while isinstance(func, FunctionType) and func in boolean_dispatched:
        branches += 1
        func = _branch(boolean_dispatched[func], args, kwargs)
    if not isinstance(func, FunctionType):
        return None
    unwrapped = inspect.unwrap(func) if branches else func
    return _copy(unwrapped if isinstance(unwrapped, FunctionType) else func)


def _branch(branches: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Which of the two functions behind a boolean dispatcher is meant."""
    flag = kwargs.get(branches["arg_name"], branches["default"])
    if len(args) > branches["index"]:
        flag = args[branches["index"]]
    return branches["if_true"] if flag else branches["if_false"]


@functools.lru_cache(maxsize=4096)
def _copy(func: FunctionType) -> FunctionType:
    return _with_globals(func, _globals(func))


def _with_globals(func: FunctionType, namespace: dict[str, Any]) -> FunctionType:
    copy = FunctionType(
        func.__code__, namespace, func.__name__, func.__defaults__, func.__closure__
    )
    copy.__kwdefaults__ = func.__kwdefaults__
    return copy


_copied_globals: dict[int, dict[str, Any]] = {}


def _globals(func: FunctionType) -> dict[str, Any]:
    """The globals of ``func``'s module, with the questions for overrides answered; one copy for each module.

    Private helpers of the module get the same globals: some of them ask again, in the name of the public function.
    """
    original = func.__globals__
    if id(original) not in _copied_globals:
        namespace = {**original, **dict.fromkeys(_ASKS, _never)}
        _copied_globals[id(original)] = namespace
        for name, value in original.items():
            is_own = isinstance(value, FunctionType) and value.__globals__ is original
            if is_own and name.startswith("_") and value not in boolean_dispatched:
                namespace[name] = _with_globals(value, namespace)
    return _copied_globals[id(original)]


def _never(*_: object) -> bool:
    return False

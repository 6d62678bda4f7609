"""Memos (``functools.lru_cache``) in the model's own source, set aside while a trace runs.

A memo keyed on a size would pin it, since its key is hashed; and it would hand arrays of one run to the next. What it
keeps is what the function computes, so the function itself stands in. Memos are looked for where a program can hold
them without running: names of modules, attributes of classes, and the variables that a decorated function closes over.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import CellType, FunctionType, ModuleType
from typing import Any

_Memo = type(functools.lru_cache(lambda: None))


@contextmanager
def without_memos(modules: Iterable[ModuleType]) -> Iterator[None]:
    """Calls of memos in ``modules`` and their classes compute again; everything is put back afterwards."""
    with ExitStack() as stack:
        for module in modules:
            for name, value in list(vars(module).items()):
                _set_aside(module, name, value, stack)
                if isinstance(value, type) and value.__module__ == module.__name__:
                    for attribute, member in list(vars(value).items()):
                        _set_aside(value, attribute, member, stack)
        yield


def _set_aside(owner: Any, name: str, value: Any, stack: ExitStack) -> None:
    """Replaces ``owner.name`` when it is a memo, and the memos that a function closes over."""
    if isinstance(value, _Memo):
        setattr(owner, name, value.__wrapped__)
        stack.callback(setattr, owner, name, value)
    inner = getattr(value, "__func__", value)
    for cell in getattr(inner, "__closure__", None) or () if _is_function(inner) else ():
        memo = _contents(cell)
        if isinstance(memo, _Memo):
            cell.cell_contents = memo.__wrapped__
            stack.callback(_refill(cell, memo))


def _is_function(value: object) -> bool:
    return isinstance(value, FunctionType)


def _contents(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return None


def _refill(cell: CellType, contents: object) -> Callable[[], None]:
    def refill() -> None:
        cell.cell_contents = contents

    return refill

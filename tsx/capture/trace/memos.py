"""Memos (``functools.lru_cache``) in the model's own source, passed by while a trace runs.

A memo keyed on a size would pin it, since its key is hashed; and it would hand arrays of one run to the next. What it
keeps is what the function computes, so the function itself is called, unless all it is given is text or nothing.
Memos are looked for where a program can hold them without running: names of modules, attributes of classes, and the
variables that a decorated function closes over.
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
    """Memos in ``modules`` and their classes compute again when called; everything is put back afterwards."""
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
        setattr(owner, name, _computing(value))
        stack.callback(setattr, owner, name, value)
    inner = getattr(value, "__func__", value)
    cells = inner.__closure__ or () if isinstance(inner, FunctionType) else ()
    for cell in cells:
        memo = _contents(cell)
        if isinstance(memo, _Memo):
            cell.cell_contents = _computing(memo)
            stack.callback(_refill(cell, memo))


def _computing(memo: Any) -> Callable[..., Any]:
    """The function of ``memo``; questions about the world (``has_library("name")``) keep their answers."""

    @functools.wraps(memo)
    def compute(*args: Any, **kwargs: Any) -> Any:
        given = (*args, *kwargs.values())
        is_about_arrays = any(not isinstance(value, (str, type(None))) for value in given)
        return (memo.__wrapped__ if is_about_arrays else memo)(*args, **kwargs)

    return compute


def _contents(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return None


def _refill(cell: CellType, contents: object) -> Callable[[], None]:
    def refill() -> None:
        cell.cell_contents = contents

    return refill

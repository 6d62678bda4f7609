"""``int(…)``, ``float(…)`` and ``isinstance(n, int)`` in the model's own source, made aware of traced numbers.

``int(x.shape[2] * 0.5)`` must give a plain int in Python, which would pin the size. While a trace runs, the names
``int`` and ``float`` in the modules that the model is written in mean stand-ins: called on a traced number they record
the conversion, everything else they leave to the real type. A module that uses the names in any other way
(``dtype=int``, ``type(n) is int``) keeps the real ones: its conversions are guarded as everywhere else.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from tsx.capture.trace.scalars import TracedBool, TracedFloat, TracedInt, TracedNumber

_MOST_BYTES = 2_000_000  # of a source file that is looked into


class _StandIn(type):
    """The type of the stand-ins: answers what code asks about ``int`` and ``float``."""

    real: type[Any]
    traced: tuple[type[Any], ...]
    name: str

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs:
            return cls._convert(args[0])
        return cls.real(*args, **kwargs)

    def _convert(cls, obj: Any) -> Any:
        if _is_one_element(obj):
            obj = obj.item()
        if isinstance(obj, TracedNumber):
            return (
                obj if isinstance(obj, cls.traced[0]) else obj.tracer.scalars.unary(cls.name, obj)
            )
        return cls.real(obj)

    def __instancecheck__(cls, obj: object) -> bool:
        return isinstance(obj, (cls.real, *cls.traced))

    def __subclasscheck__(cls, sub: type) -> bool:
        return issubclass(sub, (cls.real, *cls.traced))

    def __eq__(cls, other: object) -> bool:
        return other is cls.real or type.__eq__(cls, other) is True

    def __hash__(cls) -> int:
        return hash(cls.real)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.real, name)

    def __repr__(cls) -> str:
        return repr(cls.real)


class _Int(metaclass=_StandIn):
    real = int
    traced = (TracedInt, TracedBool)
    name = "Int"


class _Float(metaclass=_StandIn):
    real = float
    traced = (TracedFloat,)
    name = "Float"


_STAND_INS: dict[str, type[Any]] = {"int": _Int, "float": _Float}


def _is_one_element(obj: Any) -> bool:
    """An array with one element, whose ``item()`` is traced."""
    if isinstance(obj, (int, float, TracedNumber)) or not hasattr(obj, "item"):
        return False
    sizes = getattr(obj, "shape", None)
    return sizes is not None and all(isinstance(s, int) and s == 1 for s in sizes)


@contextmanager
def stand_ins(
    model: object, classes: Iterable[type[Any]], library: Callable[[str], bool]
) -> Iterator[None]:
    """The stand-ins in the modules of ``model`` and ``classes``, and of the functions that those import."""
    changed: list[tuple[dict[str, Any], str]] = []
    for module in source_modules(model, classes, library):
        for name in _safe_names(getattr(module, "__file__", None) or ""):
            if name not in module.__dict__:
                module.__dict__[name] = _STAND_INS[name]
                changed.append((module.__dict__, name))
    try:
        yield
    finally:
        for namespace, name in changed:
            namespace.pop(name, None)


def source_modules(
    model: object, classes: Iterable[type[Any]], library: Callable[[str], bool]
) -> list[ModuleType]:
    """The modules that hold the model's source; not those of libraries."""
    names = {base.__module__ for cls in classes for base in cls.__mro__}
    function = inspect.unwrap(getattr(model, "__func__", model))  # type: ignore[arg-type]  # anything may be unwrapped
    names.add(getattr(function, "__module__", "") or "")
    own = [sys.modules[n] for n in sorted(names) if n in sys.modules and _is_users(n, library)]
    used = {
        value.__module__
        for module in own
        for value in list(vars(module).values())
        if isinstance(value, FunctionType) and value.__module__
    }
    further = [n for n in sorted(used - names) if n in sys.modules and _is_users(n, library)]
    return own + [sys.modules[n] for n in further]


def _is_users(name: str, library: Callable[[str], bool]) -> bool:
    """Whether a module is part of the user's program: it has a file, and it is neither ours nor a library's."""
    file = getattr(sys.modules.get(name), "__file__", None)
    return (
        bool(file)
        and name.partition(".")[0] not in sys.stdlib_module_names
        and not library(str(file))
    )


@functools.lru_cache(maxsize=1024)
def _safe_names(file: str) -> frozenset[str]:
    """Which names the source only calls, or compares types with."""
    path = Path(file)
    try:
        if path.suffix != ".py" or path.stat().st_size > _MOST_BYTES:
            return frozenset()
        finder = _Uses()
        finder.visit(ast.parse(path.read_bytes()))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return frozenset()
    return frozenset(_STAND_INS) - finder.otherwise


class _Uses(ast.NodeVisitor):
    """Collects the names that are used otherwise than in calls, ``isinstance``, ``==``, ``in`` and annotations."""

    def __init__(self) -> None:
        self.otherwise: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in _STAND_INS:
            self.otherwise.add(node.id)

    def visit_Call(self, node: ast.Call) -> None:
        is_check = isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "issubclass")
        if not isinstance(node.func, ast.Name):
            self.visit(node.func)
        for argument in node.args[:1] if is_check else node.args:
            self.visit(argument)
        for keyword in node.keywords:
            self.visit(keyword.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        if all(isinstance(op, (ast.Eq, ast.NotEq, ast.In, ast.NotIn)) for op in node.ops):
            for part in (node.left, *node.comparators):
                if not _is_types(part):
                    self.visit(part)
        else:
            self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        if not _is_types(node.slice):
            self.visit(node.slice)

    def visit_arg(self, node: ast.arg) -> None:
        pass  # its annotation

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults, *node.body):
            if part is not None:
                self.visit(part)


def _is_types(node: ast.expr) -> bool:
    """A name, or a tuple of names."""
    if isinstance(node, ast.Tuple):
        return all(_is_types(element) for element in node.elts)
    return isinstance(node, (ast.Name, ast.Attribute))

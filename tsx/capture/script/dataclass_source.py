"""Dataclasses: the methods that ``@dataclass`` made from no source, as source that means the same.

Takes a dataclass; gives ``__init__``, ``__eq__``, ``__repr__`` and the order methods as trees to compile, and the
defaults of fields that a factory makes, so that each object gets one of its own.
"""

from __future__ import annotations

import ast
import dataclasses
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tsx.capture.script.source import Source
from tsx.capture.script.values import Sugar

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.program import Program
    from tsx.capture.script.source import Place

_ORDER = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}


_OF = " of the dataclass "


def is_initializer(source: Source) -> bool:
    """Whether it is the ``__init__`` that a dataclass was given, which may write the fields of a frozen one."""
    return source.file.startswith(f"<__init__{_OF}")


def prepare(program: Program, cls: Any) -> None:
    """Gives the generated methods of a dataclass, and of its bases, their source."""
    for base in reversed(cls.__mro__):
        if "__dataclass_fields__" not in vars(base):
            continue
        for name, write in _WRITERS.items():
            function = vars(base).get(name)
            if function is not None and _is_generated(function):
                program.add_source(function, _source(base, name, write(base)))


def _is_generated(function: Any) -> bool:
    inner = getattr(function, "__wrapped__", function)  # __repr__ is wrapped against recursion
    code = getattr(inner, "__code__", None)
    return code is not None and code.co_filename == "<string>"


def initial_values(
    ctx: Context, at: Place, cls: Any, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
) -> dict[str, Sugar]:
    """Keyword arguments with what the factories of a dataclass give for the fields that are left out."""
    given = dict(kwargs)
    if not dataclasses.is_dataclass(cls):
        return given
    fields = [f for f in _init_fields(cls) if not f.kw_only]
    taken = {f.name for f in fields[: len(args)]} | given.keys()
    for field in _init_fields(cls):
        if field.name not in taken and field.default_factory is not dataclasses.MISSING:
            given[field.name] = ctx.resolve(field.default_factory, at, field.name).call(
                ctx, at, [], {}
            )
    return given


def _init_fields(cls: Any) -> list[Any]:
    """The fields that are parameters of ``__init__``, InitVars included."""
    kinds = (dataclasses._FIELD, dataclasses._FIELD_INITVAR)  # type: ignore[attr-defined]  # no public way
    return [f for f in cls.__dataclass_fields__.values() if f.init and f._field_type in kinds]


def _fields(cls: Any) -> list[Any]:
    return list(dataclasses.fields(cls))


def _init(cls: Any) -> list[str]:
    parameters = [f"{f.name}: __type_{f.name}" for f in _init_fields(cls) if not f.kw_only]
    keywords = [f"{f.name}: __type_{f.name}" for f in _init_fields(cls) if f.kw_only]
    if keywords:
        parameters += ["*", *keywords]
    lines = [f"def __init__(self, {', '.join(parameters)}):"]
    for field in _fields(cls):
        if field.init:
            lines.append(f"    self.{field.name} = {field.name}")
        elif field.default is not dataclasses.MISSING:
            lines.append(f"    self.{field.name} = __default_{field.name}")
        elif field.default_factory is not dataclasses.MISSING:
            lines.append(f"    self.{field.name} = __factory_{field.name}()")
    if hasattr(cls, "__post_init__"):
        names = [f.name for f in _init_fields(cls) if f not in _fields(cls)]
        lines.append(f"    self.__post_init__({', '.join(names)})")
    return [*lines, "    pass"]


def _compared(cls: Any, owner: str) -> str:
    names = [f.name for f in _fields(cls) if f.compare]
    return f"({''.join(f'{owner}.{name}, ' for name in names)})"


def _eq(cls: Any) -> list[str]:
    return [
        "def __eq__(self, other) -> bool:",
        "    if not isinstance(other, __class):",
        "        return False",
        "    if other.__class__ is not self.__class__:",
        "        return False",
        f"    return {_compared(cls, 'self')} == {_compared(cls, 'other')}",
    ]


def _order(name: str) -> Callable[[Any], list[str]]:
    def write(cls: Any) -> list[str]:
        return [
            f"def {name}(self, other: __class) -> bool:",
            f"    return {_compared(cls, 'self')} {_ORDER[name]} {_compared(cls, 'other')}",
        ]

    return write


def _repr(cls: Any) -> list[str]:
    parts = ", ".join(f"{f.name}={{self.{f.name}!r}}" for f in _fields(cls) if f.repr)
    name = "{self.__class__.__qualname__}"
    return ["def __repr__(self) -> str:", f"    return f'{name}({parts})'"]


_WRITERS: dict[str, Callable[[Any], list[str]]] = {
    "__init__": _init,
    "__eq__": _eq,
    "__repr__": _repr,
    **{name: _order(name) for name in _ORDER},
}


def _source(cls: Any, name: str, lines: list[str]) -> Source:
    tree = ast.parse("\n".join(lines)).body[0]
    assert isinstance(tree, ast.FunctionDef)
    fields = cls.__dataclass_fields__
    known: dict[str, object] = {"__class": cls}
    for field in fields.values():
        is_init_var = isinstance(field.type, dataclasses.InitVar)
        known[f"__type_{field.name}"] = field.type.type if is_init_var else field.type
        known[f"__default_{field.name}"] = field.default
        known[f"__factory_{field.name}"] = field.default_factory
    module = vars(sys.modules[cls.__module__])

    def namespace(wanted: str) -> object:
        if wanted in known:
            return known[wanted]
        if wanted in module:
            return module[wanted]
        builtins = module["__builtins__"]
        return builtins[wanted] if isinstance(builtins, dict) else getattr(builtins, wanted)

    file = f"<{name}{_OF}{cls.__qualname__}>"
    return Source(
        file, [line + "\n" for line in lines], tree, f"{cls.__qualname__}.{name}", namespace
    )

"""Values as text, as Python prints them: ``str``, ``repr``, ``format`` with its specifications, ``%``.

``aten::str`` and ``aten::format`` print as TorchScript does (3.0 is ``3.``). Rules never evaluate these: a
specification may ask for a text of any length.
"""

from __future__ import annotations

from collections.abc import Callable

from tsx.ir import types as ty
from tsx.ir.op import Abstract, Unknown
from tsx.ops.define import op
from tsx.ops.number_rules import PURE, RAISES


def _text(*_: Abstract) -> Abstract:
    return Unknown(ty.STR)


def _define(schema: str, evaluate: Callable[..., str], *, raises: bool = False) -> None:
    op(schema, infer=_text, eval=evaluate, traits=RAISES if raises else PURE)


def _template(template: str, *values: object) -> str:
    return template.format(*values)


def _percent(template: str, *values: object) -> str:
    return template % values


def _set_text(values: dict[object, None]) -> str:
    """A set, which is held as a dict to None."""
    return repr(set()) if not values else f"{{{', '.join(map(repr, values))}}}"


def _tuple_text(values: list[object]) -> str:
    """A tuple whose length was not known, and which is held as a list."""
    return repr(tuple(values))


_define("tsx::str(t value) -> str", str)
_define("tsx::repr(t value) -> str", repr)
_define("tsx::ascii(t value) -> str", ascii)
_define("tsx::repr.tuple(t[] values) -> str", _tuple_text)
_define("tsx::repr.set(Dict(t, NoneType) values) -> str", _set_text)
_define("tsx::format.spec(t value, str spec) -> str", format, raises=True)
_define("tsx::format(str self, ...) -> str", _template, raises=True)
_define("tsx::percent(str self, ...) -> str", _percent, raises=True)

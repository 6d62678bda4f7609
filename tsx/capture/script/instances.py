"""``isinstance``: what types answer at compile time, and the test that is left where only a run knows.

Takes a value and classes, or types as ``torch.jit.isinstance`` has them. A test of a name narrows its type where it is
true and where it is false.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from tsx.capture.script.annotations import MISSING, BadAnnotation, union
from tsx.capture.script.classes import classes_of, form_of
from tsx.capture.script.conditions import CALL_TESTS, members_of, name_key
from tsx.capture.script.environment import Facts
from tsx.capture.script.sizes import is_size, is_torch_size
from tsx.capture.script.values import Constant, Handler, ListLiteral, Sugar, TupleSugar, builtin
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_PYTHON: dict[ty.Type, type] = {
    ty.INT: int, ty.FLOAT: float, ty.BOOL: bool, ty.STR: str, ty.COMPLEX: complex,
    ty.NONE: type(None),
}  # fmt: skip


def instance_test(
    ctx: Context, at: Place, value: Sugar, classes: Sugar, *, by_type: bool = False
) -> tuple[Sugar, ty.Type | None, ty.Type | None]:
    """The answer, with the types that the value has where it is true and where it is false."""
    forms = _forms(ctx, at, classes)
    live = value.python_type()
    if isinstance(live, type) and value.type is None:
        return (
            Constant(issubclass(live, tuple(f for f in forms if isinstance(f, type)))),
            None,
            None,
        )
    if value.type is None and isinstance(value, (ListLiteral, TupleSugar)):
        python = list if isinstance(value, ListLiteral) else tuple
        return (
            Constant(any(isinstance(f, type) and issubclass(python, f) for f in forms)),
            None,
            None,
        )
    if value.type is None:
        return Constant(False), None, None
    if is_size(value):
        return Constant(any(_is_tuple_form(form, value) for form in forms)), None, None
    members = members_of(value.type)
    if value.type == ty.NUMBER and forms == [bool]:
        members.append(ty.BOOL)  # what item() gives for a bool tensor
    if ty.ANY in members:
        return _test_any(ctx, at, value, forms)
    yes = [m for m in members if any(_matches(ctx, at, m, form, by_type) for form in forms)]
    no = [m for m in members if m not in yes]
    if not yes or not no:
        return Constant(not no), None, None
    test = ctx.emit(
        "prim::isinstance", [value.as_value(ctx, at)], ty.BOOL, at, {"types": tuple(yes)}
    )
    return test, union(yes), union(no)


def _is_tuple_form(form: Any, value: Sugar) -> bool:
    """Whether a class is what a tuple of any length is of: ``tuple``, ``torch.Size``."""
    if not isinstance(form, type):
        return False
    is_size_class = form.__name__ == "Size" and issubclass(form, tuple)
    return issubclass(tuple, form) or (is_size_class and is_torch_size(value))


def _forms(ctx: Context, at: Place, classes: Sugar) -> list[Any]:
    items = classes.items if isinstance(classes, TupleSugar) else [classes]
    found: list[Any] = []
    for item in items:
        if isinstance(item, TupleSugar):
            found += _forms(ctx, at, item)
            continue
        form = form_of(item)
        if form is MISSING:
            raise ctx.problem("TSX3201", at, text=at.text())
        args = getattr(form, "__args__", None)
        is_union = type(form).__name__ in ("UnionType", "_UnionGenericAlias")
        found += list(args) if is_union and args else [form]
    return found


def _matches(ctx: Context, at: Place, type_: ty.Type, form: Any, by_type: bool) -> bool:
    """Whether every value of one plain type is an instance of ``form``."""
    reader = ctx.program.reader(ctx)
    if isinstance(type_, ty.TensorType) or not isinstance(form, type) or by_type:
        if isinstance(form, type) and form is object:
            return True
        try:
            wanted = reader.read(form)
        except BadAnnotation:
            return False
        if wanted is None or wanted == ty.ANY:
            return wanted == ty.ANY
        return ty.is_subtype(ty.erase_shapes(type_), wanted)
    python = python_class(ctx, type_)
    return python is not None and issubclass(python, form)


def python_class(ctx: Context, type_: ty.Type) -> type | None:
    """The Python class that values of a type are instances of in eager code."""
    if type_ in _PYTHON:
        return _PYTHON[type_]
    found = classes_of(ctx).python(type_)
    if found is not None:
        return found
    for kind, python in ((ty.ListType, list), (ty.TupleType, tuple), (ty.DictType, dict)):
        if isinstance(type_, kind):
            return python
    return None


def _test_any(
    ctx: Context, at: Place, value: Sugar, forms: list[Any]
) -> tuple[Sugar, ty.Type | None, ty.Type | None]:
    """A value of any type: the run looks."""
    types: list[ty.Type] = []
    for form in forms:
        if form is int:
            types += [ty.INT, ty.BOOL]
        elif form is list:
            types.append(ty.ListType(ty.ANY))
        elif form is dict:
            types.append(ty.DictType(ty.ANY, ty.ANY))
        else:
            try:
                found = ctx.program.reader(ctx).read(form)
            except BadAnnotation as bad:
                raise ctx.problem(bad.code, at, help=bad.help, **bad.facts) from None
            types += members_of(found) if found is not None else []
    test = ctx.emit(
        "prim::isinstance", [value.as_value(ctx, at)], ty.BOOL, at, {"types": tuple(types)}
    )
    proven = [t for t in types if t != ty.BOOL or ty.INT not in types]
    return test, union(proven) if len(types) == 1 else None, None


def _call_test(ctx: Context, node: ast.Call) -> tuple[Sugar, Facts] | None:
    if len(node.args) != 2 or node.keywords or not isinstance(node.func, (ast.Name, ast.Attribute)):
        return None
    if (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) != "isinstance":
        return None
    function = ctx.expression(node.func)
    if not isinstance(function, Handler) or function.name != "isinstance":
        return None
    at = ctx.place(node)
    value, classes = ctx.expression(node.args[0]), ctx.expression(node.args[1])
    by_type = function.function is not _isinstance
    test, if_true, if_false = instance_test(ctx, at, value, classes, by_type=by_type)
    key = name_key(ctx, node.args[0])
    facts = Facts()
    if key is not None:
        facts = Facts(
            {key: if_true} if if_true is not None else {},
            {key: if_false} if if_false is not None else {},
        )
    return test, facts


CALL_TESTS.append(_call_test)


@builtin(isinstance)
def _isinstance(ctx: Context, at: Place, obj: Sugar, class_or_tuple: Sugar) -> Sugar:
    return instance_test(ctx, at, obj, class_or_tuple)[0]


@builtin(issubclass)
def _issubclass(ctx: Context, at: Place, cls: Sugar, class_or_tuple: Sugar) -> Sugar:
    form = form_of(cls)
    if not isinstance(form, type):
        raise ctx.problem("TSX3201", at, text=at.text())
    wanted = tuple(f for f in _forms(ctx, at, class_or_tuple) if isinstance(f, type))
    return Constant(issubclass(form, wanted))

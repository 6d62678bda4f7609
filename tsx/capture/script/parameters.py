"""Parameters and arguments: which argument of a call is which parameter, and what type each parameter has.

Takes the tree of a function and the arguments of a call; gives the value of each parameter, with Python's rules for
defaults, keywords and stars.
"""

from __future__ import annotations

import ast
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tsx.capture.script.annotations import BadAnnotation, signature_of_comment
from tsx.capture.script.keywords import KeywordDict
from tsx.capture.script.sizes import SIZE, TUPLE
from tsx.capture.script.source import FunctionTree, Place, Source
from tsx.capture.script.values import Sugar, TupleSugar
from tsx.capture.script.worlds import holds_arrays
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.program import Program

_ANY_LENGTH = re.compile(r"^(?:\w+\.)*[Tt]uple\[.*, \.\.\.\]$")
_CODES = {"dtype": "ScalarType", "layout": "Layout", "memory_format": "MemoryFormat"}
_REPEATED = re.compile(r"BroadcastingList(\d)")

Default = Callable[[str], Sugar | None]
"""The default of a parameter by its name; None when it has none."""


@dataclass(slots=True)
class Signature:
    """The annotations of a function: types by parameter (None: not annotated), and the result's."""

    types: dict[str, ty.Type | None]
    result: ty.Type | None
    has_result: bool = False
    generic: ast.expr | None = None  # an annotation with a type variable, which the call decides
    is_loose: bool = False  # annotations of overloaded functions leave out what they take as well
    keywords: str = ""  # the parameter behind **
    codes: dict[str, str] = field(
        default_factory=dict
    )  # of torch.dtype and the like, which are ints
    failed: set[str] = field(default_factory=set)  # parameters whose annotation is a problem
    counts: dict[str, int] = field(
        default_factory=dict
    )  # of BroadcastingList2[int]: one int is taken twice


def all_arguments(tree: FunctionTree) -> list[ast.arg]:
    """The parameters that take one argument each, in order."""
    return [*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs]


def signature(
    program: Program, source: Source, tree: FunctionTree, variables: dict[object, ty.Type]
) -> Signature:
    """The annotated types; problems are recorded, and count as not annotated."""
    arguments = all_arguments(tree)
    found = Signature(dict.fromkeys((a.arg for a in arguments), None), None)
    found.keywords = tree.args.kwarg.arg if tree.args.kwarg else ""
    reader = program.reader_of(source, variables)

    def read(node: ast.expr | str | None, at: ast.AST) -> ty.Type | None:
        if node is None:
            return None
        if isinstance(node, ast.expr) and _has_variable(source, node) and not variables:
            found.generic = found.generic or node
            return None
        try:
            return reader.read(node)
        except BadAnnotation as bad:
            where = Place(
                source, bad.node if bad.node is not None and hasattr(bad.node, "lineno") else at
            )
            program.problems.add(bad.code, where, help=bad.help, **bad.facts)
            found.failed.add(at.arg if isinstance(at, ast.arg) else "")
            return None

    for argument in arguments:
        found.types[argument.arg] = read(argument.annotation or argument.type_comment, argument)
        text = ast.unparse(argument.annotation) if argument.annotation else ""
        repeated = _REPEATED.search(text)
        if repeated:
            found.counts[argument.arg] = int(repeated[1])
        code = _CODES.get(text.rpartition(".")[2])
        if code and found.types[argument.arg] == ty.INT:
            found.codes[argument.arg] = code
        type = found.types[argument.arg]
        if isinstance(type, ty.ListType) and not holds_arrays(type):
            is_size = text.rpartition(".")[2] == "Size"
            found.codes |= {argument.arg: SIZE} if is_size else {}
            found.codes |= {argument.arg: TUPLE} if _ANY_LENGTH.search(text) else {}
    if isinstance(tree, ast.Lambda):
        return found
    if tree.returns is not None:
        found.result = read(tree.returns, tree.returns)
        found.has_result = found.result is not None or found.generic is not tree.returns
    elif tree.type_comment:
        _read_comment(found, tree, arguments, read)
    return found


def _has_variable(source: Source, node: ast.expr) -> bool:
    """Whether an annotation names a type variable."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            try:
                if isinstance(source.namespace(inner.id), typing.TypeVar):
                    return True
            except KeyError:
                continue
    return False


def _read_comment(
    found: Signature,
    tree: ast.FunctionDef,
    arguments: list[ast.arg],
    read: Callable[[ast.expr | str | None, ast.AST], ty.Type | None],
) -> None:
    types, result = signature_of_comment(tree.type_comment or "")
    found.has_result = True
    found.result = read(result, tree)
    if types is None:
        return
    names = [a.arg for a in arguments]
    if len(types) == len(names) - 1 and names[0] == "self":
        names = names[1:]
    for name, node in zip(names, types, strict=False):
        found.types[name] = read(node, tree)


def bind(
    ctx: Context,
    name: str,
    tree: FunctionTree,
    args: Sequence[Sugar],
    kwargs: Mapping[str, Sugar],
    default: Default,
    at: Place,
) -> dict[str, Sugar]:
    """The value of each parameter for a call; TSX3020 when they don't fit."""
    spec = tree.args
    positional = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    only = {a.arg for a in spec.posonlyargs}
    found: dict[str, Sugar] = dict(zip(positional, args, strict=False))
    extra = list(args[len(positional) :])
    rest: dict[str, Sugar] = {}

    def wrong(reason: str) -> Exception:
        help = f"it is defined as {name}({ast.unparse(tree.args)})"
        return ctx.problem("TSX3020", at, function=name, reason=reason, help=help)

    if extra and spec.vararg is None:
        plural = "" if len(positional) == 1 else "s"
        raise wrong(
            f"it takes {len(positional)} positional argument{plural}, {len(args)} were given"
        )
    known = {a.arg for a in all_arguments(tree)} - only
    for key, value in kwargs.items():
        if key not in known:
            if spec.kwarg is None:
                raise wrong(f"it has no parameter {key!r}")
            rest[key] = value
        elif key in found:
            raise wrong(f"it got several values for {key!r}")
        else:
            found[key] = value
    missing: list[str] = []
    for argument in all_arguments(tree):
        if argument.arg not in found:
            fallback = default(argument.arg)
            if fallback is None:
                missing.append(argument.arg)
            else:
                found[argument.arg] = fallback
    if missing:
        raise wrong(f"it needs {', '.join(map(repr, missing))}")
    if spec.vararg is not None:
        found[spec.vararg.arg] = TupleSugar([ctx.settled(v, at) for v in extra])
    if spec.kwarg is not None:
        found[spec.kwarg.arg] = KeywordDict({k: ctx.settled(v, at) for k, v in rest.items()})
    return found

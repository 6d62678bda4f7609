"""Rewrite rules: small functions with an equation for a name, and the sweep that applies them safely.

A rule sees one node and gives what equals its result: a value that exists, a ``Make`` (a node to make), a ``Literal``,
one value for each of several results, or None. It must be exact for NaN, infinities, signed zeros and integer wrap, and
must leave dtypes as they are. Memory is the sweep's business: a rule applies only where nothing writes what it touches,
and never makes one tensor out of two that callers can see; a tensor
stands for a fresh copy of it only where both have one layout (``layout.py``).
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tsx.errors import fail
from tsx.ir.alias import AliasAnalysis
from tsx.ir.build import Builder, is_constant
from tsx.ir.graph import Attribute, Node, Value
from tsx.ir.op import lookup, unknown_op
from tsx.ir.types import TensorType, Type
from tsx.ir.walk import all_values
from tsx.passes.define import Context
from tsx.passes.support.erase import can_stand_for, replace
from tsx.passes.support.layout import is_dense, shares
from tsx.passes.support.walk import walk_outside_groups


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant to make."""

    value: Attribute
    type: Type | None = None


@dataclass(frozen=True, slots=True)
class Make:
    """A node to make, with one result of ``type`` (that of the node it replaces by default)."""

    kind: str
    operands: tuple[Value | Literal, ...]
    type: Type | None = None


Result = Value | Make | Literal | Sequence[Value] | None
RuleFunction = Callable[[Node], Result]


@dataclass(frozen=True, slots=True)
class Rule:
    """``equation`` is its name; ``kinds`` the nodes it looks at."""

    equation: str
    kinds: tuple[str, ...]
    apply: RuleFunction


_RULES: dict[str, list[Rule]] = {}


def rule(equation: str, *kinds: str) -> Callable[[RuleFunction], RuleFunction]:
    """Makes a function a rule for nodes of ``kinds``, of the set that its folder is."""

    def wrap(function: RuleFunction) -> RuleFunction:
        folder = function.__module__.split(".")[-2]
        _RULES.setdefault(folder, []).append(Rule(equation, kinds, function))
        return function

    return wrap


OWN = "rules"
"""The set that rules of the user's own join: that of ``canonicalize``."""


def own_rule(equation: str, *kinds: str) -> Callable[[RuleFunction], RuleFunction]:
    """Makes a user's function a rule of ``canonicalize``; its mistakes become TSX8029 with the equation."""

    def wrap(function: RuleFunction) -> RuleFunction:
        forget_rule(equation)
        _RULES[OWN].append(Rule(equation, kinds, functools.partial(_guarded, equation, function)))
        return function

    return wrap


def forget_rule(equation: str) -> None:
    """Takes a rule of ``canonicalize`` out again."""
    all_rules(OWN)  # read from their files only once
    _RULES[OWN] = [rule for rule in _RULES[OWN] if rule.equation != equation]
    all_rules.cache_clear()
    _by_kind.cache_clear()


def _guarded(equation: str, function: RuleFunction, node: Node) -> Result:
    try:
        result = function(node)
    except Exception as error:  # whatever somebody else's function raises
        reason = f"{type(error).__name__}: {error}"
        raise fail("TSX8029", rule=equation, kind=node.kind, reason=reason) from error
    if isinstance(result, Make) and lookup(result.kind) is None:
        raise unknown_op(result.kind)
    values = result if isinstance(result, (list, tuple)) else (result,)
    if not all(v is None or isinstance(v, (Value, Make, Literal)) for v in values):
        reason = f"it gave {type(result).__name__}"
        raise fail("TSX8029", rule=equation, kind=node.kind, reason=reason)
    return result


@functools.cache
def all_rules(folder: str) -> tuple[Rule, ...]:
    """Every rule in ``support/<folder>/``, file by file."""
    package = importlib.import_module(f"tsx.passes.support.{folder}")
    for found in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{found.name}")
    return tuple(_RULES[folder])


@functools.cache
def _by_kind(folder: str) -> dict[str, tuple[Rule, ...]]:
    table: dict[str, list[Rule]] = {}
    for known in all_rules(folder):
        for kind in known.kinds:
            table.setdefault(kind, []).append(known)
    return {kind: tuple(found) for kind, found in table.items()}


def sweep(ctx: Context, folder: str) -> None:
    """Applies the rules of ``folder`` to every node once; call it until nothing changes."""
    aliases = ctx.aliases()
    is_called = _is_called(ctx)
    known = set(all_values(ctx.graph))
    rules = _by_kind(folder)
    for node in list(walk_outside_groups(ctx.graph.block)):
        candidates = rules.get(node.kind)
        if candidates is None or not node.is_linked or not known.issuperset(node.inputs):
            continue  # what is made in this sweep, the next one sees
        for candidate in candidates:
            if not aliases.is_unwritten(node):
                break
            found = candidate.apply(node)
            if found is None or not _is_allowed(found, node, aliases, known, is_called):
                continue
            escapes = any(aliases.may_alias_output(value) for value in node.outputs)
            ctx.note(candidate.equation, node, _text(found))
            replace(node, _values(found, node))
            if escapes:
                return  # what callers can see has changed, so the analysis is out of date
            break


def _is_called(ctx: Context) -> bool:
    """Whether other graphs can call this one. (What an entry point gives out is copied where it may be an input.)"""
    module = ctx.module
    methods = (g for definition in module.classes.values() for g in definition.methods.values())
    return any(graph is ctx.graph for graph in (*module.functions.values(), *methods))


def _is_allowed(
    found: Result, node: Node, aliases: AliasAnalysis, known: set[Value], is_called: bool
) -> bool:
    if isinstance(found, Literal):
        return True
    if isinstance(found, Make):
        values = [v for v in found.operands if isinstance(v, Value)]
        return all(v in known for v in values) and _is_unwritten(aliases, values)
    values = [found] if isinstance(found, Value) else list(found or ())
    if any(v not in known for v in values) or not _is_unwritten(aliases, values):
        return False
    pairs = list(zip(node.outputs, values, strict=True))
    if not shares_memory(node):
        for old, new in pairs:
            if aliases.may_alias_output(old) and (
                aliases.may_alias_output(new) or (is_called and aliases.may_alias_input(new))
            ):
                return False
            if isinstance(old.type, TensorType) and not is_dense(new):
                return False
    return all(can_stand_for(new, old) for old, new in pairs)


def shares_memory(node: Node) -> bool:
    """Whether the results are the memory of operands anyway."""
    op = lookup(node.kind)
    return op is None or shares(op)


def _is_unwritten(aliases: AliasAnalysis, values: Iterable[Value]) -> bool:
    return not any(aliases.has_writers(value) for value in values)


def _text(found: Result) -> Value | str:
    if isinstance(found, Value):
        return found
    if isinstance(found, Literal):
        return repr(found.value)
    return found.kind if isinstance(found, Make) else "its parts"


def _values(found: Result, node: Node) -> Sequence[Value]:
    builder = Builder(node, node.origin)
    if isinstance(found, Value):
        return [found]
    if isinstance(found, Literal):
        return [builder.constant(found.value, found.type or node.output.type)]
    if isinstance(found, Make):
        operands = [
            v if isinstance(v, Value) else builder.constant(v.value, v.type) for v in found.operands
        ]
        return [builder.op(found.kind, operands, found.type or node.output.type)]
    return list(found or ())


MISSING = object()
"""What ``constant`` gives for a value that isn't constant; None is a constant."""


def constant(value: Value) -> object:
    """What a constant holds, None included; ``MISSING`` for what isn't constant."""
    if not is_constant(value) or value.node is None or "name" in value.node.attributes:
        return MISSING
    return value.node.attributes.get("value")


def asks_identity(value: Value) -> bool:
    """Whether the program asks if ``value`` is another object: then a copy is not what it copies."""
    return any(use.node.kind in ("aten::__is__", "aten::__isnot__") for use in value.uses)


def made_by(value: Value, *kinds: str) -> Node | None:
    """The node that made ``value``, if it is of one of ``kinds``."""
    return value.node if value.node is not None and value.node.kind in kinds else None


def same(a: Value, b: Value) -> bool:
    """Whether two operands are the same value or equal constants."""
    if a is b:
        return True
    left, right = constant(a), constant(b)
    return left is not MISSING and type(left) is type(right) and repr(left) == repr(right)

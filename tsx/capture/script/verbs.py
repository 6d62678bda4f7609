"""The verbs that values, builtins and doors use: emit, constant, op, convert, choose, problem.

Takes places and ``Sugar``; appends typed nodes to the graph that is being built. Everything that a program can say goes
through here, so every node has an origin and every mistake a place.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from tsx.capture.script import advice, open_types
from tsx.capture.script.convert import conversion
from tsx.capture.script.library_advice import for_library
from tsx.capture.script.match import Matcher, Plan
from tsx.capture.script.problems import Collector, Failed
from tsx.capture.script.sizes import SIZE, TUPLE, require_length
from tsx.capture.script.values import (
    Code,
    Constant,
    DeviceName,
    ListLiteral,
    Ssa,
    Sugar,
    TupleSugar,
    builtin_for,
    doors,
    list_type,
)
from tsx.capture.script.words import described_type, type_words, with_article
from tsx.capture.script.worlds import world_of
from tsx.ir import types as ty
from tsx.ir.build import Builder
from tsx.ir.graph import Attribute, Block, Node, Value
from tsx.ir.location import Origin
from tsx.ir.match import Bindings, bound_type, fits
from tsx.ir.op import Op, overloads

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

Resolver = Callable[["Context", "Place", object], "Sugar | None"]
resolvers: list[Resolver] = []
"""What Python objects mean that no door knows: functions, modules, classes. Each gives a value or None."""

_SHARES_ID = frozenset(
    {"prim::Constant", "prim::GetAttr", "prim::ListConstruct", "prim::TupleConstruct"}
)


class Verbs:
    """The verbs that values use; ``Context`` adds names and scopes."""

    def __init__(self, builder: Builder, problems: Collector) -> None:
        self.builder = builder
        self.problems = problems
        self.scope = ""
        self.library = ""  # that what is made now comes from, see ``worlds``
        self.closed: list[
            tuple[Value, ty.Type]
        ] = []  # types that were found, with what stood there before
        self.solutions: list[
            tuple[open_types.Open, ty.Type]
        ] = []  # what open types were found to be
        self.is_waiting = False  # nothing is guessed of open types: what comes later may tell
        self.next_id = 1

    @property
    def _whole(self) -> Context:
        """This, as what values are handed."""
        return cast("Context", self)

    # -- problems -------------------------------------------------------------------------------------------------

    def problem(self, code: str, at: Place, **facts: object) -> Failed:
        """Records a problem; ``raise`` what it gives."""
        return self.problems.add(code, at, **facts)

    # -- nodes ----------------------------------------------------------------------------------------------------

    def node(
        self,
        kind: str,
        inputs: Sequence[Value],
        types: Sequence[ty.Type],
        at: Place,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Node:
        """Appends a node of any kind."""
        if kind in ("prim::CallMethod", "prim::CallFunction"):
            self._whole.env.forget()  # who is called may write any attribute
        if kind == "prim::SetAttr" and attributes is not None:
            self._whole.env.forget(str(attributes["name"]))
        self.builder.origin = Origin.at(self.next_id, at.span, self.scope)
        if kind not in _SHARES_ID:
            self.next_id += 1
        made = self.builder.node(kind, inputs, types, attributes)
        if self.library:
            self._whole.program.libraries.update(dict.fromkeys(made.outputs, self.library))
        return made

    def emit(
        self,
        kind: str,
        inputs: Sequence[Value],
        type: ty.Type,
        at: Place,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Ssa:
        """Appends a node with one result."""
        return Ssa(self.node(kind, inputs, (type,), at, attributes).output)

    def constant(self, value: object, at: Place) -> Value:
        """A literal: None, bool, int, float, complex, str, a ``Code`` or a ``DeviceName``."""
        type = Constant(value).type  # type: ignore[arg-type]  # refuses what is no constant
        plain = int(value) if isinstance(value, Code) else value
        plain = str(plain) if isinstance(plain, DeviceName) else plain
        if isinstance(plain, int) and not -(1 << 63) <= plain < 1 << 63:
            raise self.problem("TSX3019", at, value=plain)
        attributes = {} if plain is None else {"value": plain}
        return self.node("prim::Constant", (), (type,), at, attributes).output  # type: ignore[arg-type]  # see above

    def list_value(self, items: Sequence[Value], element: ty.Type, at: Place) -> Value:
        """A fresh list of values of type ``element``."""
        return self.emit("prim::ListConstruct", items, ty.ListType(element), at).value

    def make_list(self, items: Sequence[Sugar], at: Place) -> Ssa:
        """A fresh list of ``items``; what an empty one holds is found out later."""
        if not items:
            element: ty.Type = open_types.Open(ty.TENSOR)
            return Ssa(self.list_value([], element, at))
        type = list_type(items)
        if not isinstance(type, ty.ListType):
            kinds = ", ".join(dict.fromkeys(item.describe() for item in items))
            raise self.problem("TSX3025", at, kinds=kinds)
        element = type.element
        if element == ty.NONE:  # [None] * n is filled later, and may then hold anything
            element = ty.OptionalType(open_types.Open(ty.TENSOR))
        values = [self.convert(item, element, at, "an item of the list") for item in items]
        return Ssa(self.list_value(values, element, at))

    def op(
        self,
        names: str | Sequence[str],
        at: Place,
        args: Sequence[Sugar],
        kwargs: Mapping[str, Sugar] | None = None,
        *,
        called: str = "",
    ) -> Sugar:
        """Calls an operator: of the overloads of ``names`` (tried in order) the one that takes the operands.

        Gives its result, a ``TupleSugar`` of several, or None's ``Constant``. ``called`` is its name in messages.
        """
        found = self.try_op(names, at, args, kwargs)
        if found is None:
            candidates = self.candidates(names)
            raise self.no_overload(candidates, names, at, args, kwargs or {}, called)
        return found

    def try_op(
        self,
        names: str | Sequence[str],
        at: Place,
        args: Sequence[Sugar],
        kwargs: Mapping[str, Sugar] | None = None,
    ) -> Sugar | None:
        """``op``, where None says that no overload takes the operands."""
        candidates = self.candidates(names)
        found = Matcher(self._whole, at, args, kwargs or {}).choose(candidates)
        if found is None:
            return None
        inputs = [plan() for plan in found.plans]
        types = found.result_types()
        node = self.node(found.op.kind, inputs, types, at)
        results: list[Sugar] = [
            Ssa(value, _tuple_code(found.op, at) or _code(result.spelling))
            for value, result in zip(node.outputs, found.op.schema.results, strict=True)
        ]
        if not results:
            return Constant(None)
        if len(results) == 1:
            return results[0]
        names = tuple(result.name for result in found.op.schema.results)
        cls = ty.TupleType(tuple(types), found.op.schema.base, names) if all(names) else None
        return TupleSugar(results, cls)

    def candidates(self, names: str | Sequence[str]) -> list[Op]:
        """The overloads of operators; a full kind (``aten::add.Tensor``) means that one."""
        found: list[Op] = []
        for name in (names,) if isinstance(names, str) else names:
            base, _, overload = name.partition(".")
            known = overloads(base)
            if overload:
                known = [op for op in known if op.schema.overload == overload]
            found += [op for op in known if not op.schema.overload.endswith("out")]
        return found

    def no_overload(
        self,
        candidates: Sequence[Op],
        names: str | Sequence[str],
        at: Place,
        args: Sequence[Sugar],
        kwargs: Mapping[str, Sugar],
        called: str,
    ) -> Failed:
        """The problem that no overload takes a call."""
        base = (names if isinstance(names, str) else names[0]).partition("::")[2]
        shown = called or base.partition(".")[0]
        if not candidates:
            return self.problem("TSX3023", at, name=shown)
        given = [type_words(a.type) if a.type else a.describe() for a in args]
        given += [
            f"{k}={type_words(v.type) if v.type else v.describe()}" for k, v in kwargs.items()
        ]
        help = _help_for(candidates, shown, args, kwargs, at)
        if any(op.kind.startswith("quantized::") for op in candidates):
            help = "trace the quantised layer by itself (tsx.trace), and call what that gives in the script"
        return self.problem("TSX3022", at, name=shown, given=", ".join(given), help=help)

    # -- Python objects ---------------------------------------------------------------------------------------------

    def resolve(self, obj: object, at: Place, name: str) -> Sugar:
        """What a live Python object (a global, a closed-over value, an attribute of a module) stands for.

        ``name`` is how the source spells it.
        """
        if isinstance(obj, Sugar):
            return obj
        if obj is None or type(obj) in (bool, int, float, complex, str, Code, DeviceName):
            return Constant(obj)  # type: ignore[arg-type]  # what the line above says
        if type(obj) is tuple:
            return TupleSugar([self.resolve(item, at, name) for item in obj])
        known = builtin_for(obj)
        if known is not None:
            return known
        for door in doors:
            found = door.resolve(self._whole, at, obj)
            if found is not None:
                return found
        for resolver in resolvers:
            found = resolver(self._whole, at, obj)
            if found is not None:
                return found
        raise self.unknown_object(at, obj, name, _kind_words(type(obj)))

    def unknown_object(self, at: Place, obj: object, name: str, kind: str) -> Failed:
        """The problem that ``obj``, which is a ``kind``, means nothing in a program."""
        help = for_library(obj, name, at)
        spelled = at.text().partition("(")[0]
        if spelled.endswith(f".{name.rpartition('.')[2]}"):
            name = spelled
        return self.problem("TSX3026", at, name=name, kind=with_article(kind), help=help)

    # -- types ----------------------------------------------------------------------------------------------------

    def convert(self, given: Sugar, wanted: ty.Type, at: Place, what: str) -> Value:
        """``given`` as a value of type ``wanted``, as an assignment converts it (an int where a float is wanted).

        ``what`` names the place in the message: ``the argument x of f``, ``the return value``.
        """
        actual = given.type
        if actual is not None and self.is_open(actual) and self.could_be(actual, wanted, {}):
            return self.close(given.as_value(self._whole, at), wanted)
        if actual is not None and ty.is_subtype(actual, wanted):
            return given.as_value(self._whole, at)
        plan = conversion(self._whole, given, wanted, at)
        if plan is not None:
            return plan()
        if isinstance(wanted, ty.TupleType):
            require_length(self._whole, given, at)
        found = described_type(actual) if actual is not None else given.describe()
        help = advice.for_given(self._whole, at, what, wanted, actual)
        words = type_words(wanted)
        raise self.problem("TSX3021", at, what=what, wanted=words, found=found, help=help)

    def can_be(self, given: Sugar, wanted: ty.Type, at: Place) -> bool:
        """Whether ``convert`` would succeed; emits nothing that matters."""
        actual = given.type
        if actual is not None and self.is_open(actual) and self.could_be(actual, wanted, {}):
            return True
        if actual is not None and ty.is_subtype(actual, wanted):
            return True
        return conversion(self._whole, given, wanted, at) is not None

    def conversion(
        self, given: Sugar, wanted: ty.Type, at: Place, *, tensors: bool = False
    ) -> Plan | None:
        """How ``given`` becomes a ``wanted``; None when it can't. ``tensors``: 0-dim tensors as numbers too."""
        return conversion(self._whole, given, wanted, at, tensors=tensors)

    def parts(self, given: Sugar, at: Place) -> list[Sugar] | None:
        """The items of a tuple, or of a list literal that nothing else holds; None for what has none."""
        if isinstance(given, ListLiteral) and given.value is None:
            return given.items
        if isinstance(given, TupleSugar):
            return given.items
        if isinstance(given, Ssa) and isinstance(given.type, ty.TupleType):
            types = given.type.elements
            return list(map(Ssa, self.node("prim::TupleUnpack", [given.value], types, at).outputs))
        return None

    def is_open(self, type: ty.Type) -> bool:
        """Whether a part of the type is not known yet (the elements of ``[]``)."""
        return open_types.has_open(type)

    def could_be(self, type: ty.Type, formal: ty.Type, bindings: Bindings) -> bool:
        """Whether an open type can become ``formal``, with its variables as bound."""
        wanted = bound_type(formal, bindings)
        return not open_types.has_open(wanted) and open_types.solve(type, wanted) is not None

    def close(self, value: Value, wanted: ty.Type) -> Value:
        """Gives the open parts of a value's type what makes it ``wanted``, an operator's guess."""
        if self.is_waiting:
            raise Failed
        self.close_type(value.type, wanted)
        return value

    def close_type(self, type: ty.Type, wanted: ty.Type) -> None:
        """Every value of the graph with the open parts of ``type`` in its type gets what makes ``type`` the wanted."""
        for open, found in (open_types.solve(type, wanted) or {}).items():
            self.solve(open, ty.erase_shapes(found))

    def solve(self, open: open_types.Open, found: ty.Type) -> bool:
        """Puts ``found`` for ``open``; whether a value of the graph has it in its type."""
        changed = open_types.close_graph(self.builder.graph, open, found)
        self.closed += changed
        self.solutions.append((open, found))
        return bool(changed)

    # -- control flow -----------------------------------------------------------------------------------------------

    def raise_exception(self, kind: str, message: Sugar, at: Place) -> None:
        """``raise kind(message)``: ``kind`` is the name of a Python exception."""
        text = message.as_value(self._whole, at)
        self.node("prim::RaiseException", [text, self.constant(kind, at)], (), at)

    # -- blocks ---------------------------------------------------------------------------------------------------

    def inside(self, block: Block, emit: Callable[[], object]) -> None:
        """Runs ``emit`` with nodes appended to the end of ``block``."""
        outer = self.builder
        self.builder = Builder.at_end(block, outer.origin)
        try:
            emit()
        finally:
            self.builder = outer


def _tuple_code(op: Op, at: Place) -> str:
    """Whether a list that an operator gives is a tuple to callers of torch: sizes, strides, several tensors."""
    spelling = op.schema.results[0].spelling
    if op.kind == "aten::size":
        return SIZE
    if op.kind == "aten::stride" or (spelling.startswith("Tensor") and spelling.endswith("[]")):
        return TUPLE if op.kind.startswith("aten::") and world_of(at.source) is None else ""
    return ""


def _code(spelling: str) -> str:
    return (
        spelling.rstrip("?")
        if spelling.rstrip("?") in ("ScalarType", "Layout", "MemoryFormat")
        else ""
    )


def _help_for(
    candidates: Sequence[Op],
    name: str,
    args: Sequence[Sugar],
    kwargs: Mapping[str, Sugar],
    at: Place,
) -> str:
    """The forms that come near a call; a misspelt keyword is named."""
    first = args[0].type if args else None
    close = [op for op in candidates if _takes_first(op, first)] or list(candidates)
    known = list(dict.fromkeys(a.name for op in close for a in op.schema.arguments))
    for keyword in kwargs:
        if keyword not in known:
            guesses = difflib.get_close_matches(keyword, known, n=1)
            if keyword in ("axis", "axes") and "dim" in known:
                guesses = ["dim"]
            if guesses:
                return f"there is no {keyword}; write {guesses[0]}=…"
    quotient = advice.for_quotient(args, at.node)
    if quotient and any(_takes_ints(op) for op in close):
        return quotient
    forms = list(dict.fromkeys(_form(op, name, first) for op in close))
    more = f", and {len(forms) - 3} more forms" if len(forms) > 3 else ""
    return f"it takes {'; or '.join(forms[:3])}{more}"


def _takes_first(op: Op, type: ty.Type | None) -> bool:
    if type is None or not op.schema.arguments:
        return True
    return fits(type, op.schema.arguments[0].type, {})


def _takes_ints(op: Op) -> bool:
    return any(a.type in (ty.INT, ty.ListType(ty.INT)) for a in op.schema.arguments)


def _form(op: Op, name: str, first: ty.Type | None) -> str:
    """A form of an operator as a signature; the first operand tells what type variables mean."""
    bindings: Bindings = {}
    if first is not None and op.schema.arguments:
        fits(first, op.schema.arguments[0].type, bindings)
    parts: list[str] = []
    for argument in op.schema.arguments:
        if argument.keyword_only and "*" not in parts:
            parts.append("*")
        default = f" = {argument.default}" if argument.has_default else ""
        parts.append(f"{argument.name}: {type_words(bound_type(argument.type, bindings))}{default}")
    return f"{name}({', '.join(parts)})"


def _kind_words(cls: type) -> str:
    """What an object that has no meaning is, as a message says it."""
    if cls.__name__ in ("builtin_function_or_method", "method_descriptor", "wrapper_descriptor"):
        return "function of Python's own"
    if issubclass(cls, io.IOBase):
        return "open file"
    return "object without a class" if cls is object else cls.__name__

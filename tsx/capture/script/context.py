"""The state of one compilation: the verbs, and the names, scopes and statements around them.

Takes nodes of the tree; gives their places and values, and looks names up as Python does. One ``Context`` compiles one
graph; what several share (functions, classes, weights, problems) is in ``ctx.program``.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tsx.capture.script import open_types
from tsx.capture.script.annotations import BadAnnotation
from tsx.capture.script.environment import RETURN, RETURNED, Binding, Environment, Facts, Key
from tsx.capture.script.frames import Frame
from tsx.capture.script.joins import Conflict
from tsx.capture.script.problems import Failed, Poison
from tsx.capture.script.source import Place
from tsx.capture.script.values import (
    NOT_STATIC,
    Constant,
    ListLiteral,
    Slice,
    Ssa,
    Sugar,
    TupleSugar,
)
from tsx.capture.script.verbs import Verbs
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.build import Builder
from tsx.ir.graph import Block, Node, Value
from tsx.ir.location import NOWHERE

if TYPE_CHECKING:
    from tsx.capture.script.program import Program
    from tsx.capture.script.source import Source

Mark = tuple[int, int, int, int]


class Context(Verbs):
    """What one graph is compiled with."""

    def __init__(self, program: Program, block: Block, source: Source) -> None:
        super().__init__(Builder.at_end(block, NOWHERE), program.problems)
        self.program = program
        self.env = Environment()
        self.frame = Frame(0, source, frozenset())
        self.here = Place(source, source.tree)
        self.missed: set[Key] = set()
        self.declared_ahead: dict[Key, ty.Type] = {}
        self.inlined: list[ast.AST] = []  # the functions that are being inlined, outermost first
        self.has_failed = (
            False  # a statement had a problem, and what it would have done is not known
        )
        self._wanted: tuple[ast.expr, ty.Type] | None = None
        self._numbers = 0
        self._casts: dict[tuple[Block, Value, ty.Type], Value] = {}

    def new_number(self) -> int:
        """A number that no frame or loop of this graph has."""
        self._numbers += 1
        return self._numbers

    # -- places ---------------------------------------------------------------------------------------------------

    def place(self, node: ast.AST) -> Place:
        """Where a node of the current frame's tree stands."""
        return Place(self.frame.source, node)

    def depth(self) -> int:
        """How many blocks are around the current place."""
        count, block = 0, self.builder.anchor.block
        while block.node is not None:
            count, block = count + 1, block.node.block
        return count

    def located(self, error: TsxError, at: Place) -> TsxError:
        """An error that knows no place yet, at ``at``."""
        if error.where:
            return error
        return type(error)(error.code, error.message, str(at.span), at.excerpt(), error.help)

    # -- tries ----------------------------------------------------------------------------------------------------

    def mark(self) -> Mark:
        """A point to go back to with ``rewind``, once the nodes made since are destroyed."""
        return self.problems.mark(), len(self.closed), len(self.solutions), self.next_id

    def rewind(self, mark: Mark) -> None:
        """Forgets the problems and types found since ``mark``."""
        problems, closed, solutions, self.next_id = mark
        self.problems.rewind(problems)
        for value, type in reversed(self.closed[closed:]):
            value.type = type
        del self.closed[closed:]
        del self.solutions[solutions:]

    def before(self, node: Node, emit: Callable[[], None]) -> None:
        """Runs ``emit`` with nodes put before ``node``."""
        outer = self.builder
        self.builder = Builder(node, outer.origin)
        try:
            emit()
        finally:
            self.builder = outer

    def apart(self, emit: Callable[[], None]) -> None:
        """Runs ``emit`` for its problems only; what it emits is thrown away."""
        node = self.node("prim::If", [self.constant(True, self.here)], (), self.here)
        self.inside(node.add_block(), emit)
        node.add_block()
        node.destroy()

    # -- names ----------------------------------------------------------------------------------------------------

    def key(self, name: str) -> Key:
        """The key of a local name: of this frame, or of the one around that owns it."""
        return (self.frame.owner(name) or self.frame).number, name

    def path(self, node: ast.expr) -> Key | None:
        """The key of a local name, or of an attribute that is reached from one: ``x``, ``self.a``."""
        if isinstance(node, ast.Name):
            return self.key(node.id) if self.frame.owner(node.id) is not None else None
        if isinstance(node, ast.Attribute):
            owner = self.path(node.value)
            return (owner[0], f"{owner[1]}.{node.attr}") if owner is not None else None
        return None

    def bind_hidden(self, name: str, value: Sugar, at: Place) -> None:
        """Binds a name that the source doesn't have, local to the current frame."""
        self.frame.locals |= {name}
        self.env.bind((self.frame.number, name), value, at)

    def bind(self, name: str, value: Sugar, at: Place | None) -> None:
        """Binds a local name."""
        self.env.forget(name)
        self.env.bind(self.key(name), value, at)

    def assign(self, target: ast.expr, value: Sugar) -> None:
        """``target = value``."""
        from tsx.capture.script.emit_assign import assign_target  # which is written against this

        assign_target(self, target, value)

    def name(self, node: ast.Name) -> Sugar:
        """What a name means here: local, of a function around, global or builtin."""
        name, at = node.id, self.place(node)
        owner = self.frame.owner(name)
        if owner is not None:
            key = owner.number, name
            binding = self.env.get(key)
            if binding is not None:
                return self._bound(key, binding, at)
            return self._unbound(key, at)
        try:
            found = self.frame.source.namespace(name)
        except KeyError:
            raise self.problem("TSX3028", at, name=name, help=self._close_to(name)) from None
        return self.resolve(found, at, name)

    def _bound(self, key: Key, binding: Binding, at: Place) -> Sugar:
        if isinstance(binding.value, Poison):
            raise Failed
        if isinstance(binding.value, Conflict):
            raise binding.value.problem(self, at)
        if binding.flag is not None:
            self._require(binding.flag, key[1], at)
            self.env.names[key] = binding = Binding(
                binding.value, binding.at, binding.refined, binding.declared
            )
        return self.refined(binding, at)

    def _close_to(self, name: str) -> str | None:
        """``did you mean total?``, of the names that are bound here."""
        bound = [key[1] for key in self.env.names if key[0] == self.frame.number]
        close = difflib.get_close_matches(name, [n for n in bound if n.isidentifier()], n=1)
        return f"write {close[0]}, if that is what is meant" if close else None

    def _unbound(self, key: Key, at: Place) -> Sugar:
        self.missed.add(key)
        raise self.problem("TSX3029", at, name=key[1])

    def _require(self, flag: Sugar, name: str, at: Place) -> None:
        """Raises UnboundLocalError where a name is not bound."""
        node = self.node("prim::If", [flag.as_value(self, at)], (), at)
        node.add_block()
        message = Constant(
            f"cannot access local variable '{name}' where it is not associated with a value"
        )
        self.inside(
            node.add_block(), lambda: self.raise_exception("UnboundLocalError", message, at)
        )

    # -- narrower types -------------------------------------------------------------------------------------------

    def refined(self, binding: Binding, at: Place) -> Sugar:
        """The value of a binding, in the narrower type that control flow has proven."""
        if binding.refined is None:
            return binding.value
        return self.cast(binding.value, binding.refined, at)

    def cast(self, value: Sugar, type: ty.Type, at: Place) -> Sugar:
        """``value`` in a type that is known to be right."""
        if type == ty.NONE:
            return Constant(None)
        if not isinstance(value, Ssa) or value.type == type:
            return value
        block: Block | None = self.builder.anchor.block
        while block is not None:
            known = self._casts.get((block, value.value, type))
            if known is not None and known.node is not None and known.node.is_linked:
                return Ssa(known, value.code)
            block = block.node.block if block.node is not None else None
        made = self.emit("prim::unchecked_cast", [value.value], type, at)
        self._casts[made.value.block, value.value, type] = made.value
        return Ssa(made.value, value.code)

    def without_none(self, value: Sugar, at: Place) -> Sugar:
        """``value``, which is not None here."""
        from tsx.capture.script.conditions import without_none  # which is written against this

        return value if value.type is None else self.cast(value, without_none(value.type), at)

    @contextmanager
    def proven(self, facts: Mapping[Key, ty.Type]) -> Iterator[None]:
        """What a condition proves, while an expression under it is compiled."""
        olds = {key: self.env.get(key) for key in facts}
        for key, type in facts.items():
            self.env.refine(key, type)
        news = {key: self.env.get(key) for key in facts}
        yield
        for key, old in olds.items():
            if old is not None and self.env.get(key) is news[key]:
                self.env.names[key] = old

    @contextmanager
    def scope_of(self, names: set[str]) -> Iterator[None]:
        """A scope of its own for the targets of a comprehension."""
        outer = self.frame
        self.frame = Frame(
            self.new_number(), outer.source, frozenset(names), outer, variables=outer.variables
        )
        number = self.frame.number
        try:
            yield
        finally:
            self.frame = outer
            for key in [k for k in self.env.names if k[0] == number]:
                del self.env.names[key]

    # -- expressions ----------------------------------------------------------------------------------------------

    def expression(self, node: ast.expr, wanted: ty.Type | None = None) -> Sugar:
        """The value of an expression; ``wanted`` is what it will have to be, when that is known."""
        from tsx.capture.script.emit_expr import emit_expression  # which is written against this

        if wanted is not None:
            self._wanted = node, wanted
        return emit_expression(self, node)

    def wanted_for(self, node: ast.expr) -> ty.Type | None:
        """What the value of this very expression will have to be."""
        return self._wanted[1] if self._wanted is not None and self._wanted[0] is node else None

    def index(self, node: ast.expr) -> Sugar:
        """What stands between brackets: slices and several indices included."""
        from tsx.capture.script.emit_expr import emit_index  # likewise

        return emit_index(self, node)

    def condition(self, node: ast.expr) -> tuple[Sugar, Facts]:
        """The truth of an expression, and what it proves."""
        from tsx.capture.script.conditions import condition_of  # likewise

        return condition_of(self, node)

    def test(self, node: ast.expr) -> Sugar:
        """The truth of an expression."""
        return self.condition(node)[0]

    def as_list_value(self, value: Sugar, at: Place) -> Sugar:
        """A tuple or a list as a first-class list."""
        if isinstance(value.type, ty.ListType):
            return Ssa(value.as_value(self, at))
        return self.make_list(self.parts(value, at) or [], at)

    def any_bool(self, at: Place) -> Sugar:
        """A bool that stands for a condition with a problem."""
        return self.emit("prim::Uninitialized", (), ty.BOOL, at)

    def settled(self, value: Sugar, at: Place) -> Sugar:
        """``value`` as something may hold it: a literal becomes the list or dict that it makes.

        What holds functions or modules can't be made: it stays a literal, which is looked up by known indices.
        """
        made = getattr(value, "made", None)
        if made is not None and not _holds_no_values(value):
            found: Sugar = made(self, at)
            return found
        if isinstance(value, TupleSugar):
            return TupleSugar([self.settled(item, at) for item in value.items], value.cls)
        return value

    def settled_index(self, index: Sugar, at: Place) -> Sugar:
        """An index that is used twice."""
        if isinstance(index, Slice):
            return index
        return self.settled(index, at)

    def converted(self, value: Sugar, wanted: ty.Type, at: Place, what: str) -> Sugar:
        """``value`` as a variable or result of type ``wanted`` holds it; what is known of it stays known."""
        if isinstance(value, Constant) and ty.is_subtype(value.type, wanted):
            return value
        if isinstance(value, TupleSugar) and isinstance(wanted, ty.TupleType):
            is_plain = value.cls is None and not wanted.name
            if is_plain and len(value.items) == len(wanted.elements):
                pairs = zip(value.items, wanted.elements, strict=True)
                return TupleSugar([self.converted(item, type, at, what) for item, type in pairs])
        if isinstance(value, Ssa) and ty.is_subtype(value.type, wanted):
            return value
        if isinstance(value, ListLiteral) and value.value is not None:
            return self.converted(value.value, wanted, at, what)
        return Ssa(self.convert(value, wanted, at, what))

    # -- annotations ----------------------------------------------------------------------------------------------

    def annotation(self, node: ast.expr) -> ty.Type | None:
        """The type that an annotation in the current frame states; None for ``Final`` alone."""
        try:
            return self.program.reader(self).read(node)
        except BadAnnotation as bad:
            where = self.place(bad.node or node)
            raise self.problems.add(bad.code, where, help=bad.help, **bad.facts) from None

    # -- control flow ---------------------------------------------------------------------------------------------

    def choose(
        self,
        condition: Value,
        then: Callable[[], Sugar],
        orelse: Callable[[], Sugar],
        at: Place,
        wanted: ty.Type | None = None,
    ) -> Sugar:
        """``then() if condition else orelse()``: one of two values, each computed in its own block.

        ``wanted`` is what it will have to be, and is where no other type holds both.
        """
        from tsx.capture.script.emit_block import branch  # which is written against this

        key = (self.frame.number, f"$value{self.new_number()}")

        def arm(emit: Callable[[], Sugar]) -> Callable[[], None]:
            def run() -> None:
                value = emit()  # which may leave another environment
                if _is_empty(value):
                    value = self.settled(value, at)  # the other arm says what it holds
                if wanted is None:
                    self.env.bind(key, value, at)
                else:
                    self.env.declare(key, value, at, wanted)

            return run

        branch(self, condition, arm(then), arm(orelse), at)
        found = self.env.names.pop(key).value
        if isinstance(found, Conflict):
            sides = [b.value.describe() for b in (found.first, found.second)]
            raise self.problem("TSX3027", at, first=sides[0], second=sides[1])
        return found

    def all_true(self, parts: Sequence[Callable[[], Sugar]], at: Place) -> Sugar:
        """Whether every part is true; a part is only evaluated as long as that is open."""
        return self._series(list(parts), True, at)

    def any_true(self, parts: Sequence[Callable[[], Sugar]], at: Place) -> Sugar:
        """Whether one of the parts is true."""
        return self._series(list(parts), False, at)

    def _series(self, parts: list[Callable[[], Sugar]], is_and: bool, at: Place) -> Sugar:
        if not parts:
            return Constant(is_and)
        first = parts[0]().truth(self, at)
        if len(parts) == 1:
            return first
        known = first.static()
        if known is not NOT_STATIC:
            return self._series(parts[1:], is_and, at) if bool(known) is is_and else first

        def rest() -> Sugar:
            return self._series(parts[1:], is_and, at)

        def decided() -> Sugar:
            return Constant(not is_and)

        arms = (rest, decided) if is_and else (decided, rest)
        return self.choose(first.as_value(self, at), *arms, at)

    # -- elements of containers -----------------------------------------------------------------------------------

    def element(self, container: Sugar, given: Sugar, at: Place, what: str) -> Sugar:
        """``given`` as an item of a list; the first item decides what a list that was ``[]`` holds."""
        given = self.settled(given, at)
        type = container.type
        assert isinstance(type, ty.ListType)
        if given.type is None and self.is_open(type) and not hasattr(given, "as_type"):
            raise self.problem("TSX3010", at, what=given.describe())
        open = type.element
        if isinstance(open, ty.OptionalType) and not isinstance(given.type, ty.OptionalType):
            open = open.element  # what is not None decides
        if self.is_open(open) and given.type not in (None, ty.NONE):
            self.close_type(open, self.item_type(given))
            type = container.type
            assert isinstance(type, ty.ListType)
        return self.converted(given, type.element, at, what)

    def open_as(self, container: Sugar, key: Sugar, given: Sugar) -> None:
        """The first key and value decide what a dict that was ``{}`` holds."""
        for place, item in ((0, key), (1, given)):
            type = container.type
            assert isinstance(type, ty.DictType)
            part = type.children()[place]
            if self.is_open(part) and item.type is not None:
                self.close_type(part, self.item_type(item))

    def item_type(self, given: Sugar) -> ty.Type:
        """The type that an item gives to the container it is the first of."""
        assert given.type is not None
        return ty.erase_shapes(given.type)

    def close_defaults(self, value: Value) -> None:
        """Gives what is still open in a type its default."""
        if self.is_open(value.type):
            self.close_type(value.type, open_types.substitute(value.type, None))

    def comment_type(self, statement: ast.Assign) -> ty.Type | None:
        """The type that the comment behind an assignment states."""
        text = (statement.type_comment or "").strip()
        if not text or text.startswith("ignore"):
            return None
        node = ast.copy_location(ast.Constant(text), statement)
        return self.annotation(node)

    # -- frames ---------------------------------------------------------------------------------------------------

    def result_type(self, key: Key) -> ty.Type | None:
        """The annotated type of what a key is bound to, when it is the result of the current frame."""
        return self.frame.returns if key == (self.frame.number, RETURN) else None

    def enter(self, frame: Frame) -> None:
        """Starts a frame: nothing has returned in it yet."""
        self.frame = frame
        self.env.bind((frame.number, RETURNED), Constant(False))


def _is_empty(value: Sugar) -> bool:
    """Whether it is ``[]`` or ``{}``, which nothing holds yet."""
    return hasattr(value, "made") and not (
        getattr(value, "items", ()) or getattr(value, "pairs", ())
    )


def _holds_no_values(value: Sugar) -> bool:
    """Whether a literal has items that are no values of a program, such as functions."""
    items = getattr(value, "items", None) or [v for _, v in getattr(value, "pairs", ())]
    items = items.values() if isinstance(items, dict) else items
    return any(item.type is None and not hasattr(item, "made") for item in items)

"""The operator record, and the registry that starts empty.

``ir`` never learns what an operator means: ``tsx.ops`` fills the registry, one record an operator, when somebody looks
into it: who asks for one operator gets the file that defines it, who asks for all gets all, and a program that only
runs on the engine asks for none. Everything else (tracer, script compiler, verifier, folder, fuser, both runtimes,
docs, test matrix) derives from the record.
"""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Flag, auto

from tsx.errors import TsxError, fail
from tsx.ir import types as ty
from tsx.ir.schema import Schema


class Trait(Flag):
    """What passes may ask about an operator, instead of its name."""

    NONE = 0
    PURE = auto()  # no effect, no state, result depends on operands only
    ELEMENTWISE = (
        auto()
    )  # each result element depends on the operands' elements at the same (broadcast) place
    COMMUTATIVE = auto()  # the first two operands may be swapped
    IDEMPOTENT = auto()  # f(f(x)) == f(x)
    REDUCTION = auto()  # folds dimensions away
    CONTRACTION = auto()  # conv, linear, matmul: multiply-accumulate over an inner space
    VIEW = auto()  # a result may share memory with an operand, as the schema's alias marks say
    RANDOM = auto()  # draws from a generator
    EFFECT = auto()  # must run, in order: writes, raises, prints
    INPLACE = auto()  # writes its first operand and returns it
    RAISES = (
        auto()
    )  # stops the run with a Python exception when its operands' values ask for it: kept, in order


@dataclass(frozen=True, slots=True, repr=False)
class Unknown:
    """The abstract value of an operand of which only the type is known."""

    type: ty.Type

    def __repr__(self) -> str:
        return f"{self.type}"  # messages of rules show operands


Abstract = object
"""What a type-and-shape rule sees and gives, in place of a value:

========================  ==========================================================================
a Tensor                  ``TensorType`` (dtype and sizes as far as known)
an int                    ``int``, or ``Expr`` when it depends on symbolic sizes, or ``Unknown(INT)``
float bool str None …     the Python value when it is constant, else ``Unknown(type)``
a list or tuple           a Python list or tuple of abstract values, or ``Unknown(type)``
========================  ==========================================================================

A rule returns one abstract value for one result, a tuple of them for several, () for none. It raises
``OperatorError`` when the operands can't be right, and must accept unknown dtypes and sizes.
"""

Infer = Callable[..., Abstract]
Evaluate = Callable[..., object]
"""Takes the operands in schema order as VM values (arrays, never NumPy scalars), gives the result or a tuple."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One operator.

    Exactly one of ``eval`` (a primitive: its meaning in NumPy), ``formula`` (elementwise: its meaning in the scalar
    language; ``eval`` is derived from it) and ``body`` (a composite: canonical IR text) says what it means.
    """

    schema: Schema
    infer: Infer
    eval: Evaluate
    traits: Trait
    version: int = 1
    formula: object | None = None  # ops.formula.Formula
    body: str = ""  # IR text of a composite
    torch_names: tuple[str, ...] = ()  # Python callables it answers to, beyond those named like it
    numpy_names: tuple[str, ...] = ()  # NumPy ufuncs that mean it
    scalar_op: str = ""  # the typed VM instruction that answers it, if any
    flops: Callable[..., int] | None = (
        None  # (operand abstracts, result abstract) -> floating-point operations
    )
    doc: str = ""
    _bits: int = field(
        init=False, repr=False, compare=False
    )  # of the traits; enum.Flag is slow to ask

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bits", self.traits.value)

    @property
    def kind(self) -> str:
        return self.schema.kind

    @property
    def is_of_host(self) -> bool:
        """Whether a host program has to register it before it can load an archive that uses it."""
        return not self.body and self.kind.partition("::")[0] not in BUILT_IN

    def has(self, trait: Trait) -> bool:
        """Whether it has one of the traits."""
        return self._bits & trait._value_ != 0


BUILT_IN = ("aten", "prim", "tsx", "torchvision", "quantized", "quantized_decomposed")
"""The namespaces of tsx; every other one is free for operators of the user's own."""

_REGISTRY: dict[str, Op] = {}
_BY_NAME: dict[str, list[Op]] = {}


class _Contents:
    """Fills the registry: all of it once, where other threads wait for the one that does, or by single operators."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._fill: Callable[[], None] | None = None
        self._define: Callable[[str], bool] = lambda _: False
        self._is_pending = False

    def come_from(self, fill: Callable[[], None], define: Callable[[str], bool]) -> None:
        self._fill, self._define, self._is_pending = fill, define, True

    def find(self, kind: str) -> Op | None:
        """An operator that is not in the registry yet."""
        if self._is_pending and not self._define(kind):
            self.need()
        return _REGISTRY.get(kind)

    def need(self) -> None:
        """Everything."""
        if not self._is_pending:
            return
        with self._lock:
            fill, self._fill = self._fill, None
            if fill is None:  # it is being filled, and what does so asks
                return
            try:
                fill()
            except BaseException:
                self._fill = fill
                raise
            self._is_pending = False


_CONTENTS = _Contents()


def fill_from(fill: Callable[[], None], define: Callable[[str], bool]) -> None:
    """Has ``fill`` called before the registry is asked for all operators.

    Until then ``define`` is called with a kind that is looked up, and says whether the registry has it now, if it is
    the kind of an operator at all.
    """
    _CONTENTS.come_from(fill, define)


def order_overloads(kinds: Iterable[str]) -> None:
    """Has overloads of a name come in this order, whichever was defined first; others come behind."""
    places = {kind: place for place, kind in enumerate(kinds)}
    for known in _BY_NAME.values():
        known.sort(key=lambda op: places.get(op.kind, len(places)))


def register(op: Op, *, again: bool = False) -> Op:
    """Adds ``op``; a kind can be defined once, unless ``again`` says that the last definition counts."""
    if op.kind in _REGISTRY and not again:
        raise fail("TSX4002", op=op.kind)
    _REGISTRY[op.kind] = op
    known = _BY_NAME.setdefault(op.schema.name, [])
    known[:] = [other for other in known if other.kind != op.kind] + [op]
    return op


def forget(op: Op) -> None:
    """Takes an operator out of the registry, as if it had not been defined."""
    del _REGISTRY[op.kind]
    _BY_NAME[op.schema.name].remove(op)


def lookup(kind: str) -> Op | None:
    """The operator of a node kind (``aten::add.Tensor``), or None."""
    return _REGISTRY.get(kind) or _CONTENTS.find(kind)


def defined(kind: str) -> Op:
    """An operator that has been defined already, for definitions that build on others."""
    if kind not in _REGISTRY:
        raise unknown_op(kind)
    return _REGISTRY[kind]


def overloads(name: str) -> list[Op]:
    """All operators called ``name`` (``aten::add``), in the order of registration."""
    _CONTENTS.need()
    return _BY_NAME.get(name, [])


def all_ops() -> list[Op]:
    """Every operator, sorted by kind."""
    _CONTENTS.need()
    return [_REGISTRY[kind] for kind in sorted(_REGISTRY)]


def unknown_op(kind: str, where: object = "") -> TsxError:
    """The error for a kind that nobody defined, with the closest ones that somebody did."""
    _CONTENTS.need()
    close = difflib.get_close_matches(kind, _REGISTRY, n=3, cutoff=0.75)
    hint = f" (closest: {', '.join(close)})" if close else ""
    return fail("TSX4003", op=kind, hint=hint, where=where)

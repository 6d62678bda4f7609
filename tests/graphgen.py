"""Random graphs for property tests, well typed by construction, with inputs to run them on.

    @given(graphs())
    def test_something(made: Made) -> None:
        … made.graph, made.inputs …

A graph mixes elementwise, shape, view, reduction and in-place operators with lists, tuples, ints, branches and loops.
Every operator kind it uses is in the registry; sizes are known, so operands always fit. Hypothesis shrinks what fails.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.ir import types as ty
from tsx.ir.build import Builder
from tsx.ir.graph import Block, Graph, Value
from tsx.ir.infer import infer_node, unknown
from tsx.ir.location import Origin, Span
from tsx.ir.op import Abstract, lookup
from tsx.ops.dtypes import to_numpy

Draw = Callable[..., Any]
FLOAT32, INT64, BOOL = ty.DType.FLOAT32, ty.DType.INT64, ty.DType.BOOL
_MAX_ELEMENTS = 64

UNARY = ("neg", "relu", "abs", "tanh", "sigmoid", "sin", "floor", "clone", "contiguous")
BINARY = ("mul.Tensor", "maximum", "minimum", "add.Tensor", "sub.Tensor", "div.Tensor")
COMPARE = ("gt.Tensor", "le.Tensor", "eq.Tensor")
INPLACE = ("relu_", "neg_", "tanh_", "zero_")
INPLACE_BINARY = ("add_.Tensor", "mul_.Tensor")


@dataclass
class Made:
    """A graph and values for its inputs (fresh arrays: a run may write them)."""

    graph: Graph
    _inputs: list[Any]

    @property
    def inputs(self) -> list[Any]:
        return [v.copy() if isinstance(v, np.ndarray) else v for v in self._inputs]

    def __repr__(self) -> str:
        return f"{self.graph}\n# inputs: {self._inputs}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What Hypothesis shows of a failing example."""
        for line in repr(self).splitlines():
            printer.break_()
            printer.text(line)


@dataclass
class Pool:
    """What a node at one place may use. Values made by ``expand`` can't be written."""

    tensors: list[Value] = field(default_factory=list)
    ints: list[Value] = field(default_factory=list)
    bools: list[Value] = field(default_factory=list)
    read_only: set[Value] = field(default_factory=set)

    def inner(self) -> Pool:
        """What a block inside sees."""
        return Pool(list(self.tensors), list(self.ints), list(self.bools), set(self.read_only))

    def add(self, value: Value) -> Value:
        if isinstance(value.type, ty.TensorType):
            self.tensors.append(value)
        elif value.type == ty.INT:
            self.ints.append(value)
        elif value.type == ty.BOOL:
            self.bools.append(value)
        return value


@st.composite
def graphs(
    draw: Draw, max_steps: int = 12, control: bool = True, writes: bool = True, depth: int = 2
) -> Made:
    """Graphs of up to ``max_steps`` steps in each block; ``depth`` is how deep blocks nest."""
    maker = Maker(draw, control=control, writes=writes)
    return maker.make(max_steps, depth if control else 0)


class Maker:
    def __init__(self, draw: Draw, *, control: bool, writes: bool) -> None:
        self.draw = draw
        self.graph = Graph("forward")
        self.known: dict[Value, Abstract] = {}
        self.writes = writes
        self.count = 0
        self.more: list[Callable[[Block, Pool], None]] = []  # further actions, of subclasses

    def make(self, max_steps: int, depth: int) -> Made:
        pool = Pool()
        inputs: list[Any] = []
        for index in range(self.draw(st.integers(1, 3))):
            shape = tuple(self.draw(st.lists(st.sampled_from((1, 2, 3)), min_size=1, max_size=3)))
            dtype = self.draw(st.sampled_from((FLOAT32, FLOAT32, INT64)))
            pool.add(self.graph.block.add_input(ty.TensorType(dtype, shape), f"x{index}"))
            inputs.append(self.array(dtype, shape))
        pool.add(self.graph.block.add_input(ty.INT, "n"))
        inputs.append(self.draw(st.integers(0, 3)))
        pool.add(self.graph.block.add_input(ty.BOOL, "flag"))
        inputs.append(self.draw(st.booleans()))
        for value in self.graph.inputs:
            self.known[value] = self.abstract(value)
        self.steps(self.graph.block, pool, max_steps, depth)
        count = self.draw(st.integers(0, 2))
        results = [pool.tensors[-1], *(self.pick(pool.tensors) for _ in range(count))]
        self.graph.block.return_node.set_inputs(results)
        return Made(self.graph, inputs)

    # -- choices -------------------------------------------------------------------------------------------------

    def pick(self, items: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(list(items)))

    def array(self, dtype: ty.DType, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        random = np.random.default_rng(self.draw(st.integers(0, 1 << 16)))
        return np.asarray(random.integers(-4, 5, shape), to_numpy(dtype)) * (
            to_numpy(dtype).type(0.5) if dtype.is_float else to_numpy(dtype).type(1)
        )

    def abstract(self, value: Value) -> Abstract:
        return self.known.get(value, unknown(value.type))

    # -- nodes ---------------------------------------------------------------------------------------------------

    def builder(self, block: Block) -> Builder:
        self.count += 1
        span = Span("model.py", self.count, 4, "forward")
        return Builder.at_end(block, Origin.at(self.count, span, f"layer{self.count % 3}"))

    def node(
        self, block: Block, kind: str, operands: Sequence[Value], count: int = 1
    ) -> list[Value]:
        """An operator or container node whose result types the rules tell; [] when it isn't registered."""
        node = self.builder(block).node(kind, operands, [ty.ANY] * count)
        abstracts = [self.abstract(v) for v in operands]
        for value, abstract in zip(node.outputs, infer_node(node, abstracts), strict=True):
            self.known[value] = abstract
            value.type = type_of(abstract)
        return list(node.outputs)

    def constant(self, block: Block, value: Any, type: ty.Type | None = None) -> Value:
        made = self.builder(block).constant(value, type)
        self.known[made] = list(value) if isinstance(value, tuple) else value
        return made

    def steps(self, block: Block, pool: Pool, count: int, depth: int) -> None:
        actions = [
            self.unary, self.unary, self.binary, self.binary, self.scalar, self.reshape, self.view,
            self.reduce, self.join, self.unpack, self.number, self.compare,
        ]  # fmt: skip
        actions += self.more
        if self.writes:
            actions += [self.write, self.write]
        for _ in range(self.draw(st.integers(0, count))):
            choices = actions + ([self.branch, self.loop] if depth > 0 else [])
            action = self.pick(choices)
            if action in (self.branch, self.loop):
                action(block, pool, depth)
            else:
                action(block, pool)

    def unary(self, block: Block, pool: Pool) -> None:
        operand = self.pick(pool.tensors)
        name = self.pick(UNARY)
        if dtype_of(operand) is BOOL and name in ("neg", "relu", "abs", "floor"):
            return
        extra = [self.constant(block, None)] if name == "clone" else []
        if name == "contiguous":
            extra = [self.constant(block, 0)]
        for value in self.node(block, f"aten::{name}", [operand, *extra]):
            pool.add(value)
            if name == "contiguous" and operand in pool.read_only:
                pool.read_only.add(value)

    def binary(self, block: Block, pool: Pool) -> None:
        a = self.pick(pool.tensors)
        fitting = [t for t in pool.tensors if fits(a, t)]
        b, name = self.pick(fitting), self.pick(BINARY)
        if name == "sub.Tensor" and BOOL in (dtype_of(a), dtype_of(b)):
            return
        alpha = [self.constant(block, 1)] if name in ("add.Tensor", "sub.Tensor") else []
        pool.add(*self.node(block, f"aten::{name}", [a, b, *alpha]))

    def compare(self, block: Block, pool: Pool) -> None:
        a = self.pick(pool.tensors)
        fitting = [t for t in pool.tensors if fits(a, t)]
        pool.add(*self.node(block, f"aten::{self.pick(COMPARE)}", [a, self.pick(fitting)]))

    def scalar(self, block: Block, pool: Pool) -> None:
        operand = self.pick(pool.tensors)
        number = self.constant(block, self.pick((0, 1, 2, -1, 0.5, 1.0, 0.0, 3)))
        if self.draw(st.booleans()):
            pool.add(*self.node(block, "aten::mul.Scalar", [operand, number]))
        else:
            one = self.constant(block, 1)
            pool.add(*self.node(block, "aten::add.Scalar", [operand, number, one]))

    def reshape(self, block: Block, pool: Pool) -> None:
        operand = self.pick(pool.tensors)
        total = math.prod(shape_of(operand))
        sizes = self.pick([(total,), (1, total), (total, 1), (-1,)])
        if sizes == (-1,) and total == 0:
            return
        shape = self.constant(block, sizes, ty.ListType(ty.INT))
        (value,) = self.node(block, "aten::reshape", [operand, shape])
        pool.add(value)
        if operand in pool.read_only:
            pool.read_only.add(value)

    def view(self, block: Block, pool: Pool) -> None:
        operand = self.pick(pool.tensors)
        shape = shape_of(operand)
        names = ["unsqueeze", "detach", "expand"]
        if shape:
            names += ["transpose", "select", "slice"]
        name = self.pick(names)
        if len(shape) > 3 and name in ("unsqueeze", "expand"):
            return
        value = getattr(self, f"_{name}")(block, operand, shape)
        pool.add(value)
        if name == "expand" or operand in pool.read_only:
            pool.read_only.add(value)

    def _unsqueeze(self, block: Block, operand: Value, shape: tuple[int, ...]) -> Value:
        dim = self.constant(block, self.draw(st.integers(0, len(shape))))
        return self.node(block, "aten::unsqueeze", [operand, dim])[0]

    def _detach(self, block: Block, operand: Value, shape: tuple[int, ...]) -> Value:
        return self.node(block, "aten::detach", [operand])[0]

    def _expand(self, block: Block, operand: Value, shape: tuple[int, ...]) -> Value:
        sizes = self.constant(block, (2, *shape), ty.ListType(ty.INT))
        implicit = self.constant(block, False)
        return self.node(block, "aten::expand", [operand, sizes, implicit])[0]

    def _transpose(self, block: Block, operand: Value, shape: tuple[int, ...]) -> Value:
        dims = [self.constant(block, self.draw(st.integers(0, len(shape) - 1))) for _ in range(2)]
        return self.node(block, "aten::transpose.int", [operand, *dims])[0]

    def _select(self, block: Block, operand: Value, shape: tuple[int, ...]) -> Value:
        dim = self.draw(st.integers(0, len(shape) - 1))
        if shape[dim] == 0:
            return operand
        index = self.draw(st.integers(-shape[dim], shape[dim] - 1))
        numbers = [self.constant(block, dim), self.constant(block, index)]
        return self.node(block, "aten::select.int", [operand, *numbers])[0]

    def _slice(self, block: Block, operand: Value, shape: tuple[int, ...]) -> Value:
        dim = self.draw(st.integers(0, len(shape) - 1))
        bounds = [self.draw(st.integers(-1, 3)), self.draw(st.integers(0, 4)), self.pick((1, 2))]
        numbers = [self.constant(block, n) for n in (dim, *bounds)]
        return self.node(block, "aten::slice.Tensor", [operand, *numbers])[0]

    def reduce(self, block: Block, pool: Pool) -> None:
        operand = self.pick(pool.tensors)
        rank = len(shape_of(operand))
        if rank == 0:
            return
        dims = self.constant(block, (self.draw(st.integers(0, rank - 1)),), ty.ListType(ty.INT))
        keep, dtype = self.constant(block, self.draw(st.booleans())), self.constant(block, None)
        pool.add(*self.node(block, "aten::sum.dim_IntList", [operand, dims, keep, dtype]))

    def join(self, block: Block, pool: Pool) -> None:
        """A list of equal tensors, joined along a dimension."""
        first = self.pick(pool.tensors)
        same = [t for t in pool.tensors if shape_of(t) == shape_of(first)]
        if math.prod(shape_of(first)) * 3 > _MAX_ELEMENTS or len(shape_of(first)) > 3:
            return
        parts = [first, *(self.pick(same) for _ in range(self.draw(st.integers(0, 2))))]
        made = self.builder(block).list(parts, ty.TENSOR)
        self.known[made] = [self.abstract(p) for p in parts]
        zero = self.constant(block, 0)
        name = "aten::cat" if shape_of(first) and self.draw(st.booleans()) else "aten::stack"
        pool.add(*self.node(block, name, [made, zero]))

    def unpack(self, block: Block, pool: Pool) -> None:
        """The slices of a tensor, as views out of a list; or a tuple, taken apart again."""
        operand = self.pick(pool.tensors)
        shape = shape_of(operand)
        if shape and 0 < shape[0] <= 3 and self.draw(st.booleans()):
            zero = self.constant(block, 0)
            (parts,) = self.node(block, "aten::unbind.int", [operand, zero])
            parts.type = ty.ListType(ty.TENSOR)
            values = self.node(block, "prim::ListUnpack", [parts], shape[0])
        else:
            elements = [operand, self.pick(pool.tensors)]
            whole = self.builder(block).tuple(elements)
            self.known[whole] = tuple(self.abstract(e) for e in elements)
            values = self.node(block, "prim::TupleUnpack", [whole], 2)
        for value in values:
            pool.add(value)
            if pool.read_only:  # it may be an expanded one
                pool.read_only.add(value)

    def number(self, block: Block, pool: Pool) -> None:
        if lookup("aten::size.int") is not None and self.draw(st.booleans()):
            operand = self.pick(pool.tensors)
            if shape_of(operand):
                zero = self.constant(block, 0)
                pool.add(*self.node(block, "aten::size.int", [operand, zero]))
        elif lookup("aten::add.int") is not None:
            a, b = self.pick(pool.ints), self.pick(pool.ints)
            pool.add(*self.node(block, "aten::add.int", [a, b]))

    def write(self, block: Block, pool: Pool) -> None:
        """An in-place operator on anything that isn't expanded."""
        targets = [t for t in pool.tensors if t not in pool.read_only and dtype_of(t) is FLOAT32]
        if not targets:
            return
        target = self.pick(targets)
        if self.draw(st.booleans()):
            self.node(block, f"aten::{self.pick(INPLACE)}", [target])
            return
        sources = [
            t
            for t in pool.tensors
            if broadcast_size(shape_of(target), shape_of(t)) == shape_of(target)
        ]
        if not sources:
            return
        name = self.pick(INPLACE_BINARY)
        alpha = [self.constant(block, 1)] if name == "add_.Tensor" else []
        pool.add(*self.node(block, f"aten::{name}", [target, self.pick(sources), *alpha]))

    # -- control flow --------------------------------------------------------------------------------------------

    def branch(self, block: Block, pool: Pool, depth: int) -> None:
        node = self.builder(block).node("prim::If", [self.pick(pool.bools)])
        sides = []
        for _ in range(2):
            inner, own = node.add_block(), pool.inner()
            self.steps(inner, own, 4, depth - 1)
            sides.append((inner, own))
        (first, one), (second, other) = sides
        chosen = [self.pick(one.tensors) for _ in range(self.draw(st.integers(0, 2)))]
        for value in chosen:
            twins = [t for t in other.tensors if t.type == value.type]
            if not twins:
                continue
            twin = self.pick(twins)
            first.return_node.add_input(value)
            second.return_node.add_input(twin)
            result = node.add_output(value.type)
            self.known[result] = value.type
            pool.add(result)
            if value in one.read_only or twin in other.read_only:
                pool.read_only.add(result)

    def loop(self, block: Block, pool: Pool, depth: int) -> None:
        trips = self.constant(block, self.draw(st.integers(0, 3)))
        count = self.pick([trips, pool.ints[0]])
        go_on = self.pick([self.constant(block, True), self.pick(pool.bools)])
        carried = [self.pick(pool.tensors) for _ in range(self.draw(st.integers(0, 2)))]
        node = self.builder(block).node("prim::Loop", [count, go_on, *carried])
        inner, own = node.add_block(), pool.inner()
        number = own.add(inner.add_input(ty.INT))
        self.known[number] = self.abstract(number)
        starts = [inner.add_input(value.type) for value in carried]
        for start, value in zip(starts, carried, strict=True):
            self.known[start] = value.type
            own.add(start)
            if pool.read_only:  # a later round may carry an expanded one
                own.read_only.add(start)
        self.steps(inner, own, 4, depth - 1)
        results = []
        for start in starts:
            fitting = [t for t in own.tensors if t.type == start.type and t not in own.read_only]
            results.append(self.pick(fitting or [start]))
        inner.return_node.set_inputs([self.pick([go_on, *own.bools[-1:]]), *results])
        for value in carried:
            result = node.add_output(value.type)
            self.known[result] = value.type
            pool.add(result)
            if pool.read_only:
                pool.read_only.add(result)


def type_of(abstract: Abstract) -> ty.Type:
    """The type that a value with such an abstract is declared with."""
    match abstract:
        case ty.Type():
            return abstract
        case bool():
            return ty.BOOL
        case list():
            return ty.ListType(ty.erase_shapes(type_of(abstract[0]))) if abstract else ty.TENSOR
        case tuple():
            return ty.TupleType(tuple(map(type_of, abstract)))
        case float():
            return ty.FLOAT
        case None:
            return ty.NONE
    inner = getattr(abstract, "type", None)
    return inner if isinstance(inner, ty.Type) else ty.INT


def shape_of(value: Value) -> tuple[int, ...]:
    assert isinstance(value.type, ty.TensorType)
    assert value.type.shape is not None, value
    return tuple(size for size in value.type.shape if isinstance(size, int))


def dtype_of(value: Value) -> ty.DType | None:
    assert isinstance(value.type, ty.TensorType)
    return value.type.dtype


def fits(a: Value, b: Value) -> bool:
    """Whether ``b`` may be the other operand of ``a``: itself at least."""
    return a is b or broadcast_size(shape_of(a), shape_of(b)) is not None


def broadcast_size(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape two shapes broadcast to, if they do and it is small."""
    try:
        shape = np.broadcast_shapes(a, b)
    except ValueError:
        return None
    return shape if math.prod(shape) <= _MAX_ELEMENTS else None

"""Random graphs full of what passes look for: identities, views that undo each other, constants, known branches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.graphgen import BOOL, FLOAT32, Draw, Made, Maker, Pool, dtype_of, shape_of
from tsx.ir import types as ty
from tsx.ir.graph import Block, Value
from tsx.ops.dtypes import to_numpy


@st.composite
def idioms(draw: Draw, max_steps: int = 12, depth: int = 2, writes: bool = True) -> Made:
    """Like ``graphs``, with the idioms as further steps."""
    return IdiomMaker(draw, control=depth > 0, writes=writes).make(max_steps, depth)


class IdiomMaker(Maker):
    def __init__(self, draw: Draw, *, control: bool, writes: bool) -> None:
        super().__init__(draw, control=control, writes=writes)
        self.more = [
            self.twice, self.neutral, self.own_size, self.view_twice, self.dropout, self.same_cast, self.made,
            self.product, self.permuted, self.taken_apart, self.known_branch, self.equal_branches, self.size,
            self.sliced, self.counted, self.accumulated,
        ]  # fmt: skip
        if writes:
            self.more += [self.grown, self.copied, self.through_views]

    def array(self, dtype: ty.DType, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """Floats whose sums round, so that another order of adding shows."""
        if not dtype.is_float:
            return super().array(dtype, shape)
        random = np.random.default_rng(self.draw(st.integers(0, 1 << 16)))
        return np.asarray(random.standard_normal(shape), to_numpy(dtype))

    def twice(self, block: Block, pool: Pool) -> None:
        value = self.pick(pool.tensors)
        kinds = ["logical_not", "relu", "abs", "floor", "neg"]
        kind = self.pick(kinds[:1] if dtype_of(value) is BOOL else kinds)
        for _ in range(2):
            (value,) = self.node(block, f"aten::{kind}", [value])
            pool.add(value)

    def neutral(self, block: Block, pool: Pool) -> None:
        value = self.pick(pool.tensors)
        kind = self.pick(["mul", "div", "add", "sub"])
        number = self.pick([1, 1.0] if kind in ("mul", "div") else [0, 0.0, -0.0])
        if dtype_of(value) is BOOL:
            return
        operands = [value, self.constant(block, number)]
        if kind in ("add", "sub"):
            operands.append(self.constant(block, 1))
        pool.add(*self.node(block, f"aten::{kind}.Scalar", operands))

    def own_size(self, block: Block, pool: Pool) -> None:
        value = self.pick(pool.tensors)
        sizes = self.constant(block, shape_of(value), ty.ListType(ty.INT))
        if self.draw(st.booleans()):
            (made,) = self.node(block, "aten::reshape", [value, sizes])
        else:
            (made,) = self.node(block, "aten::expand", [value, sizes, self.constant(block, False)])
        self.add_view(pool, made, value)

    def view_twice(self, block: Block, pool: Pool) -> None:
        value = self.pick(pool.tensors)
        total = math.prod(shape_of(value))
        (value,) = self.node(block, "aten::contiguous", [value, self.constant(block, 0)])
        pool.read_only.add(value)  # a copy or not
        for sizes in ((total,), (1, total)):
            dims = self.constant(block, sizes, ty.ListType(ty.INT))
            (value,) = self.node(block, "aten::view", [value, dims])
            pool.read_only.add(value)
            pool.add(value)

    def dropout(self, block: Block, pool: Pool) -> None:
        value = self.pick(pool.tensors)
        if dtype_of(value) is not FLOAT32:
            return
        operands = [value, self.constant(block, 0.5), self.constant(block, False)]
        (made,) = self.node(block, "aten::dropout", operands)
        self.add_view(pool, made, value, is_sure=False)

    def same_cast(self, block: Block, pool: Pool) -> None:
        value = self.pick(pool.tensors)
        for dtype in (self.pick([FLOAT32, ty.DType.FLOAT64]), dtype_of(value)):
            flags = [self.constant(block, False) for _ in range(2)]
            code, none = self.constant(block, dtype.code), self.constant(block, None)
            (made,) = self.node(block, "aten::to.dtype", [value, code, *flags, none])
            self.add_view(pool, made, value, is_sure=False)
            value = made

    def made(self, block: Block, pool: Pool) -> None:
        sizes = self.constant(block, self.pick([(2,), (1, 3), (3,)]), ty.ListType(ty.INT))
        number, none = self.constant(block, self.pick([0.5, -1.0])), self.constant(block, None)
        pool.add(*self.node(block, "aten::full", [sizes, number, none, none, none, none]))

    def product(self, block: Block, pool: Pool) -> None:
        matrices = [t for t in pool.tensors if len(shape_of(t)) == 2 and dtype_of(t) is FLOAT32]
        if not matrices:
            return
        left = self.pick(matrices)
        fitting = [t for t in matrices if shape_of(t)[1] == shape_of(left)[1]]
        (turned,) = self.node(block, "aten::t", [self.pick(fitting)])
        pool.add(*self.node(block, "aten::matmul", [left, turned]))

    def permuted(self, block: Block, pool: Pool) -> None:
        value = self.pick(pool.tensors)
        rank = len(shape_of(value))
        for _ in range(2):
            order = self.draw(st.permutations(range(rank)))
            dims = self.constant(block, tuple(order), ty.ListType(ty.INT))
            (made,) = self.node(block, "aten::permute", [value, dims])
            self.add_view(pool, made, value)
            value = made

    def taken_apart(self, block: Block, pool: Pool) -> None:
        parts = [self.pick(pool.tensors) for _ in range(2)]
        made = self.builder(block).list(parts, ty.TENSOR)
        self.known[made] = [self.abstract(p) for p in parts]
        index = self.constant(block, self.pick([0, 1, -1]))
        (item,) = self.node(block, "aten::__getitem__.t", [made, index])
        if isinstance(item.type, ty.TensorType) and item.type.shape is not None:
            self.add_view(pool, item, parts[0])
            if pool.read_only:
                pool.read_only.add(item)

    def known_branch(self, block: Block, pool: Pool) -> None:
        condition = self.constant(block, self.draw(st.booleans()))
        self.branch(block, Pool(pool.tensors, pool.ints, [condition], pool.read_only), 1)

    def equal_branches(self, block: Block, pool: Pool) -> None:
        value = self.pick(pool.tensors)
        if dtype_of(value) is BOOL:
            return
        node = self.builder(block).node("prim::If", [self.pick(pool.bools)])
        for _ in range(2):
            inner = node.add_block()
            (result,) = self.node(inner, "aten::relu", [value])
            inner.return_node.add_input(result)
        output = node.add_output(result.type)
        self.known[output] = result.type
        pool.add(output)

    def size(self, block: Block, pool: Pool) -> None:
        value = self.pick(pool.tensors)
        if shape_of(value):
            (size,) = self.node(block, "aten::size.int", [value, self.constant(block, 0)])
            pool.add(*self.node(block, "aten::mul.int", [size, self.constant(block, 1)]))

    def sliced(self, block: Block, pool: Pool) -> None:
        """A literal list, cut, joined and measured."""
        numbers = [self.pick(pool.ints) for _ in range(3)]
        made = self.builder(block).list(numbers, ty.INT)
        self.known[made] = [self.abstract(n) for n in numbers]
        bounds = [self.constant(block, self.pick([None, -2, 0, 1, 2])) for _ in range(2)]
        step = self.constant(block, self.pick([1, 2, -1]))
        (part,) = self.node(block, "aten::slice.t", [made, *bounds, step])
        part.type = made.type
        (joined,) = self.node(block, "aten::add.t", [part, made])
        joined.type = made.type
        pool.add(*self.node(block, "aten::len.t", [joined]))
        pool.add(*self.node(block, "aten::__getitem__.t", [joined, self.constant(block, -1)]))

    def counted(self, block: Block, pool: Pool) -> None:
        """``while k < n``, with an invariant inside and a value that each round hands on."""
        value = self.pick(pool.tensors)
        if dtype_of(value) is not FLOAT32:
            return
        limit = self.pick([self.constant(block, self.draw(st.integers(0, 4))), pool.ints[0]])
        zero, step = self.constant(block, 0), self.constant(block, self.pick([1, 2]))
        (go_on,) = self.node(block, "aten::lt.int", [zero, limit])
        most = self.constant(block, (1 << 63) - 1)
        loop = self.builder(block).node("prim::Loop", [most, go_on, zero, value, zero])
        body = loop.add_block()
        _, count, carried, other = (body.add_input(t) for t in (ty.INT, ty.INT, value.type, ty.INT))
        (invariant,) = self.node(body, self.pick(["aten::exp", "aten::neg"]), [value])
        (result,) = self.node(body, "aten::mul.Tensor", [carried, invariant])
        (following,) = self.node(body, "aten::add.int", [count, step])
        (inner,) = self.node(body, "aten::lt.int", [following, limit])
        twin = self.pick([following, other])
        body.return_node.set_inputs([inner, following, result, twin])
        for type in (ty.INT, value.type, ty.INT):
            output = loop.add_output(type)
            self.known[output] = self.abstract(output)
            pool.add(output)

    def accumulated(self, block: Block, pool: Pool) -> None:
        """A sum over constants, left early in some rounds."""
        trips, go_on = (
            self.constant(block, self.draw(st.integers(0, 5))),
            self.constant(block, True),
        )
        start, limit = self.constant(block, 1), self.constant(block, self.pick([3, 100]))
        loop = self.builder(block).node("prim::Loop", [trips, go_on, start])
        body = loop.add_block()
        index, total = body.add_input(ty.INT), body.add_input(ty.INT)
        (following,) = self.node(body, "aten::add.int", [total, index])
        (inner,) = self.node(body, "aten::lt.int", [following, limit])
        body.return_node.set_inputs([inner, following])
        output = loop.add_output(ty.INT)
        self.known[output] = self.abstract(output)
        pool.add(output)

    # -- writes --------------------------------------------------------------------------------------------------

    def grown(self, block: Block, pool: Pool) -> None:
        """A list that grows and is joined."""
        first = self.pick(pool.tensors)
        same = [t for t in pool.tensors if t.type == first.type]
        if math.prod(shape_of(first)) > 16 or len(shape_of(first)) > 3:
            return
        made = self.builder(block).list([first], ty.TENSOR)
        for _ in range(self.draw(st.integers(1, 2))):
            self.builder(block).op("aten::append.t", [made, self.pick(same)], made.type)
        count = len(made.uses) + 1
        self.known[made] = [self.abstract(first)] * count
        pool.add(*self.node(block, "aten::stack", [made, self.constant(block, 0)]))

    def copied(self, block: Block, pool: Pool) -> None:
        targets = self.writable(pool)
        if targets:
            target = self.pick(targets)
            fitting = [t for t in pool.tensors if shape_of(t) == shape_of(target)]
            operands = [target, self.pick(fitting), self.constant(block, False)]
            self.node(block, "aten::copy_", operands)

    def through_views(self, block: Block, pool: Pool) -> None:
        """A fresh tensor, a view of a view of it, a write to that, and reads of all three."""
        sources = [t for t in pool.tensors if shape_of(t) and dtype_of(t) is FLOAT32]
        if not sources:
            return
        (fresh,) = self.node(block, "aten::neg", [self.pick(sources)])
        values: list[Value] = [fresh]
        for _ in range(self.draw(st.integers(1, 3))):
            if not shape_of(values[-1]) or 0 in shape_of(values[-1]):
                break
            kind = self.pick(["_transpose", "_select", "_slice", "_unsqueeze", "_detach"])
            values.append(getattr(self, kind)(block, values[-1], shape_of(values[-1])))
        for value in values:
            pool.add(value)
        self.node(block, f"aten::{self.pick(['relu_', 'neg_', 'tanh_'])}", [self.pick(values)])
        self.node(block, f"aten::{self.pick(['relu_', 'neg_', 'zero_'])}", [self.pick(values)])

    def writable(self, pool: Pool) -> list[Value]:
        return [t for t in pool.tensors if t not in pool.read_only and dtype_of(t) is FLOAT32]

    def add_view(self, pool: Pool, made: Value, source: Value, *, is_sure: bool = True) -> None:
        pool.add(made)
        if source in pool.read_only:
            pool.read_only.add(made)

"""tsx.nn's modules for the script compiler: their arrays, children and attributes, and how layers call operators."""

from __future__ import annotations

import ast
import string
from typing import TYPE_CHECKING, Any

import numpy as np

from tsx.capture.modules import StateTree
from tsx.capture.numpy.state import OWN, state_tree
from tsx.capture.script import operators
from tsx.capture.script.live import worlds
from tsx.capture.script.program import loose_libraries
from tsx.capture.script.sequences import unpack
from tsx.capture.script.text import RAISERS, to_str
from tsx.capture.script.values import Code, Constant, ListLiteral, Sugar, TupleSugar, builtin
from tsx.errors import error_codes, fail
from tsx.ir.types import DType, ListType, TensorType
from tsx.nn import calls
from tsx.nn.module import Module
from tsx.ops.call import call
from tsx.ops.dtypes import type_of
from tsx.ops.weights import Weight

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


class NumpyModules:
    """tsx.nn."""

    base: type = Module
    library = "numpy"

    def is_array(self, obj: object) -> bool:
        return isinstance(obj, np.ndarray)

    def state(self, module: Module) -> StateTree:
        return state_tree(module)

    def weight(self, array: Any) -> Weight:
        return Weight(array.copy())

    def tensor_type(self, array: Any) -> TensorType:
        return type_of(array)

    def children(self, module: Module) -> dict[str, Any]:
        return {name: child for name, child in module._modules.items() if child is not None}

    def arrays(self, module: Module) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for table in (module._parameters, module._buffers):
            found |= {name: array for name, array in table.items() if array is not None}
        found |= {n: value for n, value in vars(module).items() if isinstance(value, np.ndarray)}
        return found

    def plain(self, module: Module) -> dict[str, Any]:
        own = {
            name: value
            for name, value in vars(module).items()
            if name not in OWN and not isinstance(value, np.ndarray)
        }
        for table in (module._parameters, module._buffers, module._modules):
            own |= {name: None for name, value in table.items() if value is None}
        return own | {"training": False}  # models are converted in eval mode

    def overloads(self, cls: type, function: Any) -> list[Any]:
        return []

    def hooks(self, module: Any) -> tuple[list[tuple[Any, bool]], list[tuple[Any, bool]]]:
        return [], []


worlds.append(NumpyModules())
loose_libraries.add("tsx")


def _fail(ctx: Context, at: Place, args: list[Sugar], facts: dict[str, Sugar]) -> tuple[str, Sugar]:
    """``raise fail(code, **facts)``: the sentence of the code, with what the run has for its facts."""
    code = str(args[0].static())
    text: Sugar = Constant(f"{code}: ")
    for literal, field, _, _ in string.Formatter().parse(error_codes()[code].sentence):
        pieces: list[Sugar] = [Constant(literal)] if literal else []
        if field is not None:
            pieces.append(to_str(ctx, facts[field], at) if field in facts else Constant(field))
        for piece in pieces:
            text = operators.binary(ctx, ast.Add(), text, piece, at)
    return type(fail(code, **dict.fromkeys(facts, ""))).__name__, text


RAISERS[fail] = _fail


# -- how layers call operators ----------------------------------------------------------------------------------------


def _kind(ctx: Context, at: Place, kind: Sugar) -> str:
    known = kind.static()
    if not isinstance(known, str):
        raise ctx.problem("TSX3247", at)
    return known if "::" in known else f"aten::{known}"


@builtin(call, calls.tensor)
def _tensor(ctx: Context, at: Place, kind: Sugar, *operands: Sugar, **keywords: Sugar) -> Sugar:
    return ctx.op(_kind(ctx, at, kind), at, operands, keywords)


@builtin(calls.tensors)
def _tensors(ctx: Context, at: Place, kind: Sugar, *operands: Sugar, **keywords: Sugar) -> Sugar:
    name = _kind(ctx, at, kind)
    found = ctx.op(name, at, operands, keywords)
    count = operands[1].static() if name == "aten::chunk" else None
    if isinstance(count, int):  # as many as the layer says, since it has checked the sizes
        return TupleSugar(unpack(ctx, found, at, count, starred=False))
    return found


@builtin(calls.ints)
def _ints(ctx: Context, at: Place, value: Sugar, count: Sugar) -> Sugar:
    items = ctx.parts(value, at)
    if items is not None:
        return ListLiteral(items)
    if isinstance(value.type, ListType):
        return value
    known = count.static()
    assert isinstance(known, int), "layers say how many they want"
    return ListLiteral([value] * known)


@builtin(calls.dtype_code)
def _dtype_code(ctx: Context, at: Place, dtype: Sugar) -> Sugar:
    known = dtype.static()
    if known is None:
        return Constant(None)
    if isinstance(known, Code):
        return dtype
    code = calls.dtype_code(known if isinstance(known, (str, DType)) else None)
    if code is None:
        raise ctx.problem("TSX3247", at)
    return Constant(Code(code, "ScalarType"))

"""What the rules of operators are asked: real calls, and the same calls with less known or something wrong.

A call is an operator's kind and its abstract operands (``tsx.ir.op.Abstract``). ``rule_calls.json`` holds calls below
torch's op_db samples, written by ``python -m tests.engine.rule_cases`` (with torch); ``variants`` makes others of each.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from tests.engine import nn_calls, rule_calls, rule_operands
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.dims import Dim, Expr, Monomial, Symbol, sym
from tsx.ir.op import Abstract, Op, Unknown, all_ops, lookup
from tsx.ir.types import DType, TensorType
from tsx.ops.number_rules import HIGH, LOW

CALLS = Path(__file__).with_name("rule_calls.json")
Call = tuple[str, list[Abstract]]
Change = Callable[[TensorType], TensorType]


_DTYPES = [
    DType.FLOAT32,
    DType.FLOAT64,
    DType.INT64,
    DType.BOOL,
    DType.COMPLEX64,
    DType.FLOAT16,
    DType.UINT8,
]


# --- what is known of values, as the driver reads and writes it ---------------------------------------------------


def spelled(value: Abstract) -> str:
    """The words that engine/tests/driver/rules.cc reads."""
    match value:
        case None:
            return "N"
        case bool():
            return f"B {value:d}"
        case int():
            return f"I {value}"
        case float():
            return f"F {value.hex()}"
        case complex():
            return f"C {value.real.hex()} {value.imag.hex()}"
        case str():
            return f"X x{value.encode().hex()}"
        case Expr():
            return f"S {_size(value)}"
        case Unknown():
            return f"U {str(value.type).replace(' ', '~')}"
        case TensorType():
            dtype = "-" if value.dtype is None else value.dtype.code
            if value.shape is None:
                return f"T {dtype} -"
            return " ".join([f"T {dtype} {len(value.shape)}", *map(_size, value.shape)])
        case list() | tuple():
            tag = "L" if isinstance(value, list) else "P"
            return " ".join([f"{tag} {len(value)}", *map(spelled, value)])
    raise TypeError(f"no rule is asked about {value!r}")


def _size(size: object) -> str:
    """In reverse Polish notation, as the driver reads it: ``2*n + 1`` is ``2,n,*,1,+``."""
    if not isinstance(size, Expr):
        return "-" if size is None else str(size)
    return ",".join(_term(*term) for term in size.terms) + ",+" * (len(size.terms) - 1)


def _term(monomial: Monomial, coefficient: int) -> str:
    factors = [
        f",{a.name},*" if isinstance(a, Symbol) else f",{_size(a.numerator)},{a.divisor},/,*"
        for a in monomial
    ]
    return f"{coefficient}{''.join(factors)}"


def told(value: Abstract) -> str:
    """What is known, in words; what the driver answers."""
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(told, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, TensorType) and value.shape is not None:
        return f"{replace(value, shape=tuple(map(_of_64_bits, value.shape)))}"
    return f"{value}" if isinstance(value, (TensorType, Expr, Unknown)) else f"{value!r}"


def _of_64_bits(size: Dim | None) -> Dim | None:
    """The size; of one that no int64 holds the engine says nothing."""
    return None if isinstance(size, int) and not LOW <= size < HIGH else size


def answer(call: Call) -> str:
    """What the Python rule says to a call."""
    op = lookup(call[0])
    assert op is not None
    try:
        return told(op.infer(*call[1]))
    except TsxError as error:
        return f"refused {error.code} {error.message}"


# --- calls from real ones ------------------------------------------------------------------------------------------


def variants(call: Call, seed: int = 0) -> Iterator[Call]:
    """The call itself, then with symbols, with less known, and with one thing changed that may be wrong."""
    kind, operands = call
    op = lookup(kind)
    assert op is not None
    rng = random.Random(zlib.crc32(repr((kind, seed, list(map(told, operands)))).encode()))
    yield call
    yield kind, [_map(v, _symbolic(rng)) for v in operands]
    yield (
        kind,
        [
            _map(v, lambda t: TensorType(t.dtype, t.shape and (None,) * len(t.shape)))
            for v in operands
        ],
    )
    yield kind, [_map(v, lambda t: TensorType(t.dtype)) for v in operands]
    yield kind, [_map(v, lambda t: TensorType(None, t.shape)) for v in operands]
    yield kind, [_map(v, lambda t: TensorType()) for v in operands]
    yield kind, [_less_known(op, i, v, rng) for i, v in enumerate(operands)]
    for _ in range(8):
        place = rng.randrange(len(operands)) if operands else 0
        changed = [_changed(v, rng) if i == place else v for i, v in enumerate(operands)]
        yield kind, changed
        yield kind, [_map(v, _symbolic(rng)) for v in changed]


def _map(value: Abstract, change: Change) -> Abstract:
    if isinstance(value, TensorType):
        return change(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_map(item, change) for item in value)
    return value


def _symbolic(rng: random.Random) -> Change:
    """Equal sizes become one symbol, as in a model; some sizes are sums."""
    offset = rng.choice([0, 0, 1])

    def change(tensor: TensorType) -> TensorType:
        if tensor.shape is None:
            return tensor
        sizes = (
            2 * sym(f"s{s}") + offset if isinstance(s, int) and s > 4 else
            sym(f"s{s}") if isinstance(s, int) and s > 1 else s for s in tensor.shape
        )  # fmt: skip
        return TensorType(tensor.dtype, tuple(sizes))

    return change


def _less_known(op: Op, place: int, value: Abstract, rng: random.Random) -> Abstract:
    """An int or a list of which only the type is known, now and then."""
    formal = op.schema.arguments[min(place, len(op.schema.arguments) - 1)]
    if isinstance(value, TensorType) or rng.random() < 0.5:
        return value
    if isinstance(value, list) and value and all(type(v) is int for v in value):
        return rng.choice(
            [Unknown(ty.ListType(ty.INT)), [Unknown(ty.INT), *value[1:]], [sym("n"), *value[1:]]]
        )
    simple = {bool: ty.BOOL, int: ty.INT, float: ty.FLOAT, str: ty.STR}.get(type(value))
    if simple is None or formal.type == ty.NONE:
        return value
    return sym("n") + 1 if simple == ty.INT and rng.random() < 0.5 else Unknown(simple)


def _changed(value: Abstract, rng: random.Random) -> Abstract:
    match value:
        case TensorType(dtype=dtype, shape=shape) if shape is not None:
            return _other_tensor(dtype, list(shape), rng)
        case bool():
            return not value
        case int():
            others = [value + 1, -value - 1, 0, 1, 2, 7, -1, -3, value * 1000]
            return rng.choice([v for v in others if -(2**63) <= v < 2**63])
        case float():
            return rng.choice([0.0, -1.0, 2.5, float("nan"), float("inf")])
        case str():
            return rng.choice(["", "nearest", "none", value + "x"])
        case list() | tuple() if value:
            items = list(value)
            at = rng.randrange(len(items))
            items[at : at + 1] = rng.choice(
                [[], [_changed(items[at], rng)], [items[at], items[at]]]
            )
            return type(value)(items)
    return value


def _other_tensor(dtype: DType | None, shape: list[Dim | None], rng: random.Random) -> TensorType:
    way = rng.randrange(6)
    if way == 0:
        return TensorType(rng.choice(_DTYPES), tuple(shape))
    if way == 1:
        shape.insert(rng.randrange(len(shape) + 1), rng.choice([1, 2, 5]))
    elif shape and way == 2:
        del shape[rng.randrange(len(shape))]
    elif shape:
        shape[rng.randrange(len(shape))] = rng.choice([0, 1, 2, 3, 4, 17])
    return TensorType(dtype, tuple(shape))


# --- the file of calls ---------------------------------------------------------------------------------------------


def plain(value: Abstract) -> object:
    """A value of a call as JSON."""
    if isinstance(value, TensorType):
        return {"dtype": value.dtype and value.dtype.code, "shape": value.shape}
    if isinstance(value, (list, tuple)):
        return {"list" if isinstance(value, list) else "tuple": [plain(v) for v in value]}
    if isinstance(value, (float, complex)):
        return {type(value).__name__: repr(value)}
    return value


def read(value: object) -> Abstract:
    if not isinstance(value, dict):
        return value
    if "shape" in value:
        return TensorType(ty.DTYPE_BY_CODE.get(value["dtype"]), tuple(value["shape"]))
    for name, make in (("list", list), ("tuple", tuple)):
        if name in value:
            return make(read(v) for v in value[name])
    return float(value["float"]) if "float" in value else complex(value["complex"])


def calls() -> list[Call]:
    rows = json.loads(CALLS.read_text(encoding="utf-8"))
    found = [
        (kind, [read(v) for v in operands]) for kind, many in rows.items() for operands in many
    ]
    return found + rule_calls.MADE_UP + nn_calls.MADE_UP


def from_schemas() -> list[Call]:
    """Calls of every operator with operands of which no more is right than their types."""
    return [(op.kind, operands) for op in all_ops() for operands in rule_operands.made(op)]


def main(most: int = 6) -> None:
    """Writes the file."""
    import numpy as np

    from tests.engine import samples
    from tsx.ops.dtypes import type_of

    def known(value: object) -> Abstract:
        if isinstance(value, np.ndarray):
            return type_of(value)
        if isinstance(value, (list, tuple)):
            return type(value)(known(v) for v in value)
        return value

    found: dict[str, dict[str, object]] = {}
    for case in samples.of_infos((), most=2):
        rows = found.setdefault(case.kind, {})
        operands = [plain(known(v)) for v in case.operands]
        if len(rows) < most:
            rows[json.dumps(operands)] = operands
    text = ",\n".join(
        f"{json.dumps(kind)}: [\n {(',' + chr(10) + ' ').join(rows)}\n]"
        for kind, rows in sorted(found.items())
    )
    CALLS.write_text("{\n" + text + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

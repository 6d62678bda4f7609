"""The instruction table: consistent in itself, and everything that derives from it complete."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tsx.ops
import tsx.runtime.vm  # noqa: F401  (enters the binders)
from tools.generate import opcodes as page
from tsx.ir.op import all_ops
from tsx.runtime.bind import BINDERS
from tsx.runtime.opcodes import OPCODE_BY_NAME, OPCODES, OPERAND_KINDS, Opcode
from tsx.runtime.program import Function, Instruction, decode, encode
from tsx.runtime.scalars import SCALARS

ROOT = Path(__file__).resolve().parents[2]


def test_numbers_are_places_in_the_table() -> None:
    assert list(range(len(OPCODES))) == [opcode.code for opcode in OPCODES]


def test_no_row_is_an_alias_of_another() -> None:
    assert len(OPCODES) == len(Opcode.__members__)


@pytest.mark.parametrize("opcode", OPCODES, ids=lambda o: o.name)
def test_each_row_is_complete(opcode: Opcode) -> None:
    assert opcode.doc.endswith(".")
    assert set(opcode.operands) <= set(OPERAND_KINDS)
    assert opcode in BINDERS
    for term in (*opcode.picture.pops, *opcode.picture.pushes):
        assert not term.operand or term.operand in opcode.operands or opcode is Opcode.RET


def test_scalar_instructions_are_those_with_a_function() -> None:
    assert {o for o in OPCODES if o.is_scalar} == set(SCALARS)


def test_operators_name_instructions_that_exist_and_fit() -> None:
    named = [op for op in all_ops() if op.scalar_op]
    assert len(named) > 10
    for op in named:
        opcode = OPCODE_BY_NAME[op.scalar_op]
        assert opcode.is_scalar, op.kind
        assert len(opcode.picture.pops) == len(op.schema.arguments), op.kind
        assert len(opcode.picture.pushes) == len(op.schema.results), op.kind


_INTS = st.integers(-(2**63), 2**63 - 1)
_FLOATS = st.floats(allow_nan=True)


@given(st.data())
@pytest.mark.parametrize("op", [o for o in all_ops() if o.scalar_op], ids=lambda o: o.kind)
def test_the_instruction_answers_as_the_operator(op: object, data: st.DataObject) -> None:
    from tsx.ir.op import Op
    from tsx.ir.types import BOOL, FLOAT, INT

    assert isinstance(op, Op)
    source = {INT: _INTS, FLOAT: _FLOATS, BOOL: st.booleans()}
    operands = [data.draw(source[a.type]) for a in op.schema.arguments]
    instruction = SCALARS[OPCODE_BY_NAME[op.scalar_op]]
    assert _outcome(op.eval, operands) == _outcome(instruction, operands)


def _outcome(function: object, operands: list[object]) -> str:
    """The result and its type as text (so that nan is nan and -0.0 is not 0.0), or the error."""
    assert callable(function)
    try:
        result = function(*operands)
    except Exception as error:
        return str(error)
    return f"{type(result).__name__} {result!r}"


@given(st.data())
def test_decode_reads_what_encode_writes(data: st.DataObject) -> None:
    opcodes = data.draw(st.lists(st.sampled_from(OPCODES), max_size=20))
    number = st.integers(0, 2**32 - 1)
    code = tuple(Instruction(o, tuple(data.draw(number) for _ in o.operands)) for o in opcodes)
    assert code == tuple(decode(encode(Function("f", 0, 0, 0, code, (), ()))))


def test_the_page_is_generated_from_the_table() -> None:
    assert (ROOT / "docs/opcodes.md").read_text(encoding="utf-8") == page(), "run: make generate"

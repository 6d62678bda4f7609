"""What a user reads when a run stops: the reason, the source line, the operator and the types it was given.

Takes what an instruction raised and where the run was, gives a ``RunError``; a NumPy or Python error never gets out.
"""

from __future__ import annotations

from collections.abc import Sequence

from tsx.errors import InternalError, RunError, TsxError, fail, python_exception
from tsx.ir.location import Span
from tsx.ir.op import Trait, lookup
from tsx.ops.quantized_forms import takes_quantized
from tsx.runtime.disassemble import instruction_text
from tsx.runtime.observe import Moment
from tsx.runtime.opcodes import Opcode
from tsx.runtime.program import Function
from tsx.runtime.values import Value, quantized_name, type_of_value
from tsx.runtime.ways import TRUTH, way_out


def explained(
    error: Exception, moment: Moment, callers: Sequence[tuple[Function, int]]
) -> TsxError:
    """The error to raise in place of ``error``. ``callers`` are the calls around, outermost first."""
    origin = moment.origin
    spans = [origin.span, *(f.origins[place].span for f, place in reversed(callers))]
    where = next((str(span) for span in spans if span), "")  # a composite's body has no lines
    notes = [*_operands(moment), *_chain(origin.span, origin.scope, moment, callers)]
    excerpt = "\n".join(notes)
    if isinstance(error, RunError):
        kind = error.exception[0] if error.exception and error.code == "TSX5001" else ""
        return RunError(
            error.code,
            error.message,
            error.where or where,
            error.excerpt or excerpt,
            way_out(kind) or error.help,
            error.exception,
        )
    if isinstance(error, InternalError):
        return error
    op = _name(moment)
    if isinstance(error, MemoryError):
        return fail("TSX5020", op=op, where=where, excerpt=excerpt)
    if not takes_quantized(op) and any(map(quantized_name, _values(moment))):
        return fail(
            "TSX5002", op=op, reason="it takes no quantised tensors", where=where, excerpt=excerpt,
            help="dequantize() them before this line, and quantize its result again",
        )  # fmt: skip
    if isinstance(error, TsxError):
        reason = error.message
        for name in (op, op.partition("::")[2]):
            reason = reason.removeprefix(f"{name}: ").removeprefix(f"{name} ")
        help = TRUTH if op == "aten::Bool.Tensor" else error.help or None
        stopped = fail("TSX5002", op=op, reason=reason, where=where, excerpt=excerpt, help=help)
        return stopped.instead_of(error.exception)
    if _raises(op):
        kind, text = python_exception(error)
        shown = f"{kind}: {' '.join(text.split())}" if text else kind
        help = way_out(kind)
        stopped = fail("TSX5023", raised=shown, where=where, excerpt=excerpt, help=help)
        return stopped.instead_of((kind, text))
    return fail("TSX5002", op=op, reason=words(error), where=where, excerpt=excerpt)


def _raises(kind: str) -> bool:
    """Whether an operator's exceptions are Python's own, and so the model's."""
    op = lookup(kind)
    return op is not None and op.has(Trait.RAISES)


def words(error: Exception) -> str:
    """A Python error in one line; a KeyError's text is only the key."""
    text = " ".join(str(error).split()) or type(error).__name__
    return f"there is no key {text}" if isinstance(error, KeyError) else text


def _name(moment: Moment) -> str:
    instruction = moment.instruction
    if instruction.opcode is Opcode.CALL:
        return moment.program.operators[instruction.operands[0]].kind
    return instruction_text(moment.program, moment.function, instruction)


def _values(moment: Moment) -> list[Value]:
    """The operands, while they are still on the stack."""
    instruction = moment.instruction
    count = moment.program.count(moment.function, instruction, instruction.opcode.picture.pops)
    if len(moment.stack) - count < moment.base:
        return []
    return list(moment.stack[len(moment.stack) - count :])


def _operands(moment: Moment) -> list[str]:
    """``aten::mm(Float(2, 3), Float(4, 5))``: the operands' types, while they are still on the stack."""
    values = _values(moment)
    if not values or moment.instruction.opcode in (Opcode.GUARD, Opcode.RAISE):
        return []
    return [f"{_name(moment)}({', '.join(str(type_of_value(v)) for v in values)})"]


def _chain(
    span: Span | None, scope: str, moment: Moment, callers: Sequence[tuple[Function, int]]
) -> list[str]:
    notes = [f"in {scope}"] if scope else []
    inlined = span.caller if span else None
    while inlined is not None:
        notes.append(f"called from {inlined}")
        inlined = inlined.caller
    for function, place in reversed(callers):
        call = function.origins[place].span
        notes.append(f"called from {function.name}" + (f" at {call}" if call else ""))
    return notes

"""Type rules on operands that a file made up: they answer or refuse, at once and in little memory.

Archives are verified with these rules, so a size of 2**40 or an unknown word must cost nothing.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import sys

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.op import Abstract, Op, Unknown, all_ops
from tsx.ir.schema import Argument

HUGE = 1 << 40
_MEMORY = 3 << 30
_SECONDS = 5


def operand(formal: Argument, size: int) -> Abstract:
    """Something of the right type that no model would hold; ``size`` is what ints are."""
    type = formal.type.element if isinstance(formal.type, ty.OptionalType) else formal.type
    match type:
        case ty.TensorType():
            return ty.TensorType(ty.DType.UINT8, (HUGE, 2) if size == 1 else (HUGE,))
        case ty.ListType(ty.AtomType("int")):
            return [size] * (formal.size or 2)
        case ty.ListType(element):
            return [operand(Argument("", element), size)]
        case ty.VarType():
            return 1
    known = {ty.INT: 0 if "dim" in formal.name else size, ty.FLOAT: 1e300, ty.BOOL: True,
             ty.NUMBER: size, ty.STR: "word", ty.NONE: None}  # fmt: skip
    return known.get(type, Unknown(type))


def problem(op: Op, size: int) -> str:
    """What is wrong with the answer of the operator's rule; empty when nothing is."""
    operands = [operand(formal, size) for formal in op.schema.arguments]
    signal.alarm(_SECONDS)
    try:
        op.infer(*operands)
    except TsxError:
        pass
    except Exception as error:  # MemoryError and TimeoutError among them
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return ""


def too_late(*_: object) -> None:
    raise TimeoutError


def main() -> None:
    signal.signal(signal.SIGALRM, too_late)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    for op in all_ops():
        for size in (HUGE, 1, 0, -1):
            found = problem(op, size)
            if found:
                print(f"{op.kind} with {size}: {found}", flush=True)


def test_rules_answer_or_refuse_at_once() -> None:
    """In a process of its own, whose memory is limited."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.ops.test_hostile_rules"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


if __name__ == "__main__":
    main()

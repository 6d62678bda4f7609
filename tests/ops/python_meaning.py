"""What the tests of Python-meaning operators share: outcomes that can be compared, and the values they are tried on."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tsx.errors import TsxError, python_exception
from tsx.ops.call import call

LOW, HIGH = -(2**63), 2**63
Outcome = tuple[str, object]

INTS = st.one_of(
    st.integers(-9, 9), st.integers(LOW, HIGH - 1), st.sampled_from([LOW, LOW + 1, HIGH - 1, 2**53 + 1])
)  # fmt: skip
SMALL = st.integers(-6, 6)
FLOATS = st.one_of(
    st.floats(), st.sampled_from([0.0, -0.0, 0.5, 1.5, 2.5, -1.0, 0.1, 1.0, float("nan"), float("inf")])
)  # fmt: skip
BOOLS = st.booleans()
COMPLEXES = st.one_of(
    st.complex_numbers(), st.complex_numbers(max_magnitude=10), st.sampled_from([0j, 1j, -1 + 0j])
)
TEXTS = st.text(st.sampled_from("abcABC 012_.,éßǆİ½²中😀\t\n\u00a0-+"), max_size=8)
PARTS = st.one_of(st.text(st.sampled_from("abé 中"), max_size=2), TEXTS)
CUTS = st.one_of(st.none(), SMALL, INTS)


def lists(element: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(element, max_size=5)


def outcome(function: Callable[..., object], *operands: Any) -> Outcome:
    """What a call gives, and what it leaves in its operands; or what it raises. Operands are copied first."""
    given = copy.deepcopy(operands)
    try:
        result = function(*given)
    except TsxError as error:
        return "raises", error.exception or str(error)
    except Exception as error:
        return "raises", python_exception(error)
    return "gives", (shown(result), [shown(operand) for operand in given])


def shown(value: object) -> str:
    """A value's text with its type: tells 1, 1.0 and True apart, and NaN equals itself."""
    if isinstance(value, dict):
        return f"dict {[(shown(k), shown(v)) for k, v in value.items()]}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__} {[shown(item) for item in value]}"
    return f"{type(value).__name__} {value!r}"


def too_large(value: object) -> bool:
    """Whether an int in a result needs more than 64 bits."""
    if isinstance(value, (list, tuple)):
        return any(map(too_large, value))
    return isinstance(value, int) and not LOW <= value < HIGH


def check(kind: str, python: Callable[..., object], *operands: Any) -> None:
    """The operator and Python agree on these operands; where Python's int is too large, the operator overflows."""

    def bounded(*given: Any) -> object:
        result = python(*given)
        if too_large(result):
            raise OverflowError("the result needs more than 64 bits")
        return result

    def ours(*given: Any) -> object:
        result = call(kind, *given)
        return None if result == () else result

    assert outcome(ours, *operands) == outcome(bounded, *operands), (kind, operands)

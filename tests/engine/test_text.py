"""Strings in the engine mean what they mean in Python: every code point, every kind of format specification.

Where Python raises, the engine stops with the same exception. Tensors print as the NumPy VM prints them.
"""

from __future__ import annotations

import math
import random
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.engine import wire
from tests.engine.conftest import ROOT, Run
from tests.engine.test_plain_kernels import outcome, stops_alike
from tsx.ir.op import lookup
from tsx.ops.call import evaluate
from tsx.ops.dtypes import float32_to_bfloat16

pytestmark = pytest.mark.engine

POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
QUESTIONS = (
    "isalnum", "isalpha", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable", "isspace",
    "istitle", "isupper",
)  # fmt: skip
LETTERS = ("capitalize", "casefold", "lower", "swapcase", "title", "upper")


def table_version() -> str:
    text = (ROOT / "engine/gen/unicode.inc").read_text(encoding="utf-8")
    found = re.search(r'kVersion\[\] = "([^"]*)"', text)
    assert found
    return found[1]


def known_points() -> list[int]:
    """The code points of which this Python and the table must say the same."""
    if unicodedata.unidata_version == table_version():
        return POINTS
    # Of another version of Unicode, what both have assigned; a character's facts are stable for the most part.
    return list(range(0x250))


def test_letters_of_every_code_point(run: Run) -> None:
    # A letter, a sigma and a space beside it show what a character is to its neighbours.
    points = known_points()
    chunks = [points[i : i + 64] for i in range(0, len(points), 64)]
    texts = ["".join(f"a{chr(c)}Σ {chr(c)}a " for c in chunk) for chunk in chunks]
    problems = []
    for name in LETTERS:
        answers = run([wire.Sample(f"tsx::{name}", [text], 1) for text in texts])
        for text, answer in zip(texts, answers, strict=True):
            expected = getattr(str, name)(text)
            if answer.results != (expected,):
                problems.append(f"{name}({text!r})"[:200])
    quoted = run([wire.Sample(kind, [t], 1) for kind in ("tsx::repr", "tsx::ascii") for t in texts])
    for text, answer in zip([*texts, *texts], quoted, strict=True):
        if answer.results[0] not in (repr(text), ascii(text)):
            problems.append(f"repr({text!r})"[:200])
    assert not problems, "\n".join(problems[:20])


def test_questions_about_every_code_point(run: Run) -> None:
    points = known_points()
    problems = []
    for name in QUESTIONS:
        ask = getattr(str, name)
        answers = run([wire.Sample(f"tsx::{name}", [chr(c)], 1) for c in points])
        for c, answer in zip(points, answers, strict=True):
            if answer.results != (ask(chr(c)),):
                problems.append(f"{name}({chr(c)!r}) is {ask(chr(c))}")
    assert not problems, f"{len(problems)}\n" + "\n".join(problems[:20])


def check(run: Run, calls: Sequence[tuple[str, list[Any]]]) -> None:
    """Compares results, and the exceptions that both raise."""
    answers = run([wire.Sample(kind, operands, 1) for kind, operands in calls])
    problems = []
    for (kind, operands), answer in zip(calls, answers, strict=True):
        op = lookup(kind)
        assert op is not None
        results, code = outcome(op, operands)
        if code:
            fits = stops_alike(code, answer)
        else:
            fits = repr(answer.results) == repr(results)  # NaN as well
        if not fits:
            problems.append(
                f"{kind}{operands!r}: {code or results}, got {answer.results or (answer.code, answer.message)}"
            )
    assert not problems, f"{len(problems)}:\n" + "\n".join(problems[:30])


def test_mixed_texts(run: Run) -> None:
    rng = random.Random("texts")
    pools = [
        "aZé ",
        "ΣσςΑ'. ",
        "ǅǆǄ1",
        "ßŉﬃİ",
        "\u0345\u0301a\u200b",
        "ⅷⅧ²٣",
        "_x\u00b7",
        "\n\t\x1c\x85",
        "𐐀𐐨𝟘😀",
    ]
    texts = [
        "",
        *(
            "".join(rng.choices("".join(rng.sample(pools, 3)), k=rng.randint(1, 7)))
            for _ in range(400)
        ),
    ]
    check(
        run,
        [(f"tsx::{name}", [t]) for name in (*QUESTIONS, *LETTERS, "repr", "ascii") for t in texts],
    )
    names = ("isalpha", "isdigit", "isspace", "lower", "upper", "capitalize", "title")
    check(run, [(f"aten::{name}", [t]) for name in names for t in texts])


def test_numbers_in_the_digits_of_every_script(run: Run) -> None:
    texts = ["١٢٣", "１２.５", "-٣e٢", "\u3000 7\u2003", "1_٢", "_1", "߁٣", "²", "৪২j", "(١+٢j)"]
    texts += [
        "1+2j", " ( -1.5e3-.5J ) ", "j", "-j", "+inf+nanj", "1+j", "1e5", "", "(1", "1+2", "1 + 2j", "++j", "nanj",
        "infinityj", "1_0j", "(1+2j", "1j+2", "1+2jj", "1ej", "()", ")",
    ]  # fmt: skip
    readers = ("tsx::Complex.str", "aten::Int.str", "aten::Float.str")
    check(run, [(kind, [t]) for kind in readers for t in texts])


def specs(rng: random.Random) -> str:
    fill = rng.choice(["", "", "*", "é", "0", "{"]) if rng.random() < 0.7 else ""
    align = rng.choice("<>=^") if fill or rng.random() < 0.3 else ""
    parts = [
        fill + align, rng.choice(["", "", "+", "-", " "]), rng.choice(["", "", "", "z"]), rng.choice(["", "", "#"]),
        rng.choice(["", "", "0"]), rng.choice(["", "1", "7", "12", "25"]), rng.choice(["", "", "", ",", "_"]),
        rng.choice(["", "", ".0", ".1", ".3", ".10", ".17"]),
        rng.choice(["", "", "d", "b", "o", "x", "X", "c", "n", "e", "E", "f", "F", "g", "G", "%", "s", "q"]),
    ]  # fmt: skip
    return "".join(parts)


VALUES: list[Any] = [
    0, 1, -1, 7, 65, 255, -255, 1234567, 10**15, -(2**63), 2**63 - 1, True, False, "", "a", "héllo", "日本語テキスト",
    0.0, -0.0, 1.0, -1.5, 0.1, 123456.789, 1e16, 1e15, 1e-5, 1e-4, 1.5e300, 5e-324, 2.5, 3.5, 0.5, 999999.5, 1e22,
    math.inf, -math.inf, math.nan, 0j, 1 + 2j, -1.5 - 0.25j, complex(0, -0.0), complex(math.nan, math.inf), 1e20 + 3j,
    None, [1, 2.5], (1,),
]  # fmt: skip


def test_format_specifications(run: Run) -> None:
    rng = random.Random("specs")
    calls = [("tsx::format.spec", [value, specs(rng)]) for value in VALUES for _ in range(150)]
    fixed = [
        "", "5", "05", "010,", "_x", "_b", ".", "10.", "<<5", "=5", "5s", "00", "1" * 30, ".400f", ".330e", ".1000g",
        ",_", "_,", ",,", "5 ", "é5", "z", "#", "#x", "#.3g", "#.0f", "#.0e", "+c", "^9", "-010.2f", ",.2f", "020_.3f",
    ]  # fmt: skip
    check(
        run, [*calls, *(("tsx::format.spec", [value, spec]) for value in VALUES for spec in fixed)]
    )


def test_templates(run: Run) -> None:
    templates = [
        "", "{}", "{} {}", "{0}{1}{0}", "{{}}", "{{{}}}", "{", "}", "}}", "{{", "{0", "{:>8}", "{:{}}", "{:{}.{}f}",
        "{0:{1}}", "{!r}", "{!s:>5}", "{!a}", "{!x}", "{!}", "{!r", "{!rr}", "{0[1]}", "{0[x]}", "{0[}", "{0[]}",
        "{0[1]x}",
        "{0.real}", "{0.imag}", "{0.nothing}", "{0.}", "{a}", "{ }", "{0} {}", "{} {0}", "{5}", "{:{:{}}}", "{:}}",
        "a{}b", "{:é>6}", "{0!r:>12}", "{:d}", "{:s}", "{0[-1]}", "{0[٣]}", "{-1}", "{0:{0}", "{0[0][0]}", "{:[}",
        "{0:{1}{2}}", "{[0]}", "{.real}", "{[}]}", "{:,}", "{!r:{}}",
    ]  # fmt: skip
    values = [
        (), (1,), (2, 3), ("ab", 5, 2), (1.5, 7, 3), ([10, "x"], 4), ((1, 2), 3), (1 + 2j, 1), ({"x": 1, 1: "one"}, 2),
        (True, 8), ("é'\n", 10), (None, 1),
    ]  # fmt: skip
    check(run, [("tsx::format", [t, *given]) for t in templates for given in values])


def test_percent(run: Run) -> None:
    rng = random.Random("percent")
    values: list[Any] = [
        0, 5, -5, 255, -(2**63), True, 1.5, -0.0, 2.99, 1e22, math.inf, -math.inf, math.nan, "a", "", "é\n", "abcdef",
        [1], (1, 2), None, 1 + 2j, 70000, -1,
    ]  # fmt: skip
    calls: list[tuple[str, list[Any]]] = []
    for value in values:
        for _ in range(250):
            flags = "".join(rng.sample("-+ #0", rng.choice([0, 0, 1, 2])))
            width, precision = (
                rng.choice(["", "", "6", "12"]),
                rng.choice(["", "", ".0", ".3", ".12", "."]),
            )
            kind = rng.choice("diuoxXeEfFgGcsra%q")
            calls.append(
                (
                    "tsx::percent",
                    [f"<%{flags}{width}{precision}{rng.choice(['', '', 'l'])}{kind}>", value],
                )
            )
    texts = [
        "%",
        "%%",
        "a",
        "%d",
        "%d %d",
        "%*d",
        "%-*d|",
        "%.*f",
        "%*.*f",
        "%(a)s",
        "%5",
        "%.",
        "%5%",
        "%é",
        "%s%s%s",
    ]
    given = [(), (1,), (6, 2), (-6, 2), (2, 1.2345), (8, 2, 1.2345), ("x", "y", "z"), (1.5, 2)]
    check(run, [*calls, *(("tsx::percent", [t, *g]) for t in texts for g in given)])


def tensors() -> list[Any]:
    rng = np.random.default_rng(0)
    found: list[Any] = [
        np.zeros(0, np.float32), np.zeros((0, 3)), np.zeros((2, 0), np.int64), np.array(1.5, np.float32),
        np.array(3), np.array(True), np.array([[True, False]]), np.arange(100), np.arange(-5, 5, dtype=np.int8),
        np.arange(24.0).reshape(2, 3, 4), np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        np.array([1.0, np.nan, np.inf]),
        np.array([1e-7, 1.0], np.float32), np.array([1e9, 1.0]), np.array([0.5, 2000.0]), np.array([0.0, -0.0]),
        np.array([1 + 2j, -3.5j]), np.array([1, 1j], np.complex64), np.arange(1001),
        np.arange(2000.0).reshape(40, 50) / 7,
        np.arange(4096, dtype=np.float32).reshape(4, 4, 4, 64), rng.normal(size=(3, 30)).astype(np.float32),
        rng.normal(size=30).astype(np.float16), float32_to_bfloat16(rng.normal(size=5).astype(np.float32)),
        np.array([[np.nan, -np.inf]], np.float32), np.arange(12.0).reshape(3, 4).T, np.array([2**62, -1]),
        np.array([True] * 50), np.array([12345.678]), np.array([99999999.0, 2.0]), np.array([5e-324]),
    ]  # fmt: skip
    return found


def test_tensors_as_text(run: Run) -> None:
    arrays = tensors()
    values: list[Any] = [
        *arrays,
        [arrays[3], 1],
        (arrays[4],),
        {"a": arrays[7], 2: [arrays[5], "x"]},
        [],
        (),
        {},
        "x",
        1.5,
    ]
    check(run, [("tsx::repr.Tensors", [value]) for value in values])
    check(
        run, [("tsx::format.Tensor", [x, spec]) for x in arrays for spec in ("", ".2f", ">9", "d")]
    )


def test_numbers_out_of_tensors(run: Run) -> None:
    deep = [(1, 2, 2, 2, 4, "i8"), (1, 1, 1, 1, 2, "c8"), (1, 2, 1, 1, 1, "?")]
    arrays = [*tensors(), *(np.ones(shape, dtype) for *shape, dtype in deep)]
    kinds = [
        f"tsx::tolist.{k}{d}" for k in ("bool", "int", "float", "complex") for d in range(1, 6)
    ]
    calls = [wire.Sample(kind, [x], 1) for kind in kinds for x in arrays]
    given = 0
    for call, answer in zip(calls, run(calls), strict=True):
        op = lookup(call.kind)
        assert op is not None
        results, code = outcome(op, list(call.operands))
        given += not code
        if code:  # TSX4080 in both, which a run shows as a refusal
            assert answer.code == "TSX4080", (call, answer)
        else:
            assert repr(answer.results) == repr(results), call
    assert given > 20


def test_the_types_that_numpy_computes_in(run: Run) -> None:
    dtypes = [np.uint8, np.int8, np.int16, np.int32, np.int64, np.float16, np.float32, np.float64, np.complex64,
              np.complex128, np.bool_]  # fmt: skip
    arrays = [np.zeros(1, dtype) for dtype in dtypes]
    functions = ("add", "divide", "sum", "mean", "sqrt", "where", "bitwise_and", "floor_divide", "concatenate", "abs",
                 "maximum", "arctan2", "equal", "invert", "left_shift", "nothing", "median",
                 "add=", "divide=", "less", "multiply=", "percentile", "fill")  # fmt: skip
    calls: list[tuple[str, list[Any]]] = []
    for name in functions:
        calls += [("tsx::numpy_type.Tensor", [name, a, b]) for a in arrays for b in arrays]
        calls += [
            ("tsx::numpy_type.Scalar", [name, a, b])
            for a in arrays
            for b in (True, 2, -1, 300, 2.5, 1j)
        ]
        if name == "percentile":
            continue  # of two operands only
        calls += [("tsx::numpy_type", [name, a]) for a in arrays]
        calls += [
            ("tsx::numpy_type.list", [name, [a, b, arrays[1]]]) for a in arrays for b in arrays
        ]
        calls.append(("tsx::numpy_type.list", [name, [arrays[3]]]))
    problems = []
    for (kind, operands), answer in zip(
        calls, run([wire.Sample(kind, operands, 1) for kind, operands in calls]), strict=True
    ):
        op = lookup(kind)
        assert op is not None
        results, code = outcome(op, operands)
        if bool(code) != bool(answer.code) or answer.results != results:
            problems.append(f"{kind}{operands}: {code or results}, got {answer}")
    assert not problems, f"{len(problems)}\n" + "\n".join(problems[:20])


def test_indices_from_both_ends(run: Run) -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    row, mask = np.array([1, 0]), np.array([True, False, True, True])
    lists: list[tuple[list[Any], list[Any]]] = [
        ([row], []), ([], [row]), ([row], [row]), ([None, row], []), ([], [mask]), ([row], [None]), ([x > 5], []),
        ([], [row, None]), ([], []), ([row, row], [row]), ([row] * 3, [row]), ([x > 5], [row]),
    ]  # fmt: skip
    for front, back in lists:
        op, put = lookup("tsx::index.Tensor"), lookup("tsx::index_put_")
        assert op is not None
        assert put is not None
        values = np.array(-1.0)
        calls = [
            wire.Sample(op.kind, [x, front, back], 1),
            wire.Sample(put.kind, [x.copy(), front, back, values], 1),
        ]
        got, written = run(calls)
        try:
            expected = evaluate(op, [x, front, back])
        except Exception:  # whatever NumPy refuses and how: the engine has to, too
            assert got.code == written.code == "TSX5002"
            continue
        np.testing.assert_array_equal(got.results[0], expected)
        np.testing.assert_array_equal(
            written.results[0], evaluate(put, [x.copy(), front, back, values])
        )

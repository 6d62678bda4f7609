"""Tensors as torch prints them: ``tensor([[0.5000, 1.0000]])``, alone or inside lists, tuples and dicts.

Four digits, scientific where the numbers of one tensor differ by more than a factor of 1000, lines of 80 characters,
three items at each end of a dimension where a tensor has more than 1000. NumPy programs print arrays as NumPy does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tsx.ir import types as ty
from tsx.ir.op import Abstract, Unknown
from tsx.ir.types import DType
from tsx.ops.define import op
from tsx.ops.dtypes import Array, bfloat16_to_float32, dtype_of
from tsx.ops.number_rules import PURE, RAISES

_LINE, _MOST, _ENDS, _DIGITS = 80, 1000, 3, 4
_USUAL = (DType.FLOAT32, DType.INT64, DType.BOOL, DType.COMPLEX64)
Format = Callable[[object], str]


def tensor_text(x: Array) -> str:
    """``str(x)`` and ``repr(x)``."""
    dtype = dtype_of(x)
    notes: list[str] = []
    if x.size == 0:
        if x.ndim != 1:
            notes.append(f"size={tuple(x.shape)}")
        if dtype is not DType.FLOAT32:
            notes.append(f"dtype=torch.{dtype}")
        return _with_notes("tensor([]", notes)
    if dtype not in _USUAL:
        notes.append(f"dtype=torch.{dtype}")
    plain = bfloat16_to_float32(x) if dtype is DType.BFLOAT16 else x
    short = plain.size > _MOST
    shown = _ends(plain) if short else plain
    return _with_notes(f"tensor({_body(plain, 7, short, *_format_of(shown))}", notes)


def _with_notes(text: str, notes: Sequence[str]) -> str:
    """Adds ``dtype=…``, on a line of its own where it does not fit."""
    used = len(text) - text.rfind("\n") + 1
    for note in notes:
        if used + len(note) + 2 > _LINE:
            text += f",\n{' ' * 7}{note}"
            used = 7 + len(note)
        else:
            text += f", {note}"
            used += len(note) + 2
    return f"{text})"


def _body(x: Array, indent: int, short: bool, format: Format, width: int) -> str:
    if x.ndim == 0:
        return format(x.item())
    is_cut = short and len(x) > 2 * _ENDS
    rows = [*x[:_ENDS], None, *x[-_ENDS:]] if is_cut else list(x)
    if x.ndim == 1:
        items = [" ..." if row is None else format(row.item()) for row in rows]
        in_line = max(1, (_LINE - indent) // (width + 2))
        lines = [items[start : start + in_line] for start in range(0, len(items), in_line)]
        return f"[{(',' + chr(10) + ' ' * (indent + 1)).join(map(', '.join, lines))}]"
    parts = ["..." if row is None else _body(row, indent + 1, short, format, width) for row in rows]
    return f"[{(',' + chr(10) * (x.ndim - 1) + ' ' * (indent + 1)).join(parts)}]"


def _ends(x: Array) -> Array:
    """What is shown of a long tensor: both ends of each dimension."""
    for axis, size in enumerate(x.shape):
        if size > 2 * _ENDS:
            x = np.take(x, [*range(_ENDS), *range(size - _ENDS, size)], axis)
    return x


# --- numbers ---------------------------------------------------------------------------------------


def _format_of(x: Array) -> tuple[Format, int]:
    """How the numbers of a tensor are written, and how wide."""
    if x.dtype.kind == "c":
        return _complex_format(x)
    if x.dtype.kind == "f":
        return _float_format(x.astype(np.float64))
    width = max(len(str(v)) for v in x.ravel().tolist())
    return lambda value: str(value).rjust(width), width


def _float_format(x: Array) -> tuple[Format, int]:
    numbers = x[np.isfinite(x) & (x != 0)]
    write, width = _whole, 1
    if numbers.size:
        sizes = np.abs(numbers)
        low, high = sizes.min(), sizes.max()
        whole = bool(np.all(numbers == np.ceil(numbers)))
        write = _whole if whole else _fixed
        if high / low > 1000 or high > 1e8 or (not whole and low < 1e-4):
            write = _scientific
        width = max(map(len, map(write, numbers.tolist())))
    return lambda value: write(value).rjust(width), width


def _whole(value: object) -> str:
    text = f"{value:.0f}"
    return text if text.lstrip("-") in ("inf", "nan") else f"{text}."


def _fixed(value: object) -> str:
    return f"{value:.{_DIGITS}f}"


def _scientific(value: object) -> str:
    return f"{value:.{_DIGITS}e}"


def _complex_format(x: Array) -> tuple[Format, int]:
    real, real_width = _float_format(np.real(x).astype(np.float64))
    imag, imag_width = _float_format(np.imag(x).astype(np.float64))

    def write(value: object) -> str:
        assert isinstance(value, complex)
        second = f"{imag(value.imag)}j".lstrip()
        sign = "" if second[0] in "+-" else "+"
        return f"{real(value.real)}{sign}{second}"

    return write, real_width + imag_width + 1


# --- operators -------------------------------------------------------------------------------------


def text(value: object) -> str:
    """``repr`` of any value, with the tensors in it as torch prints them."""
    if isinstance(value, np.ndarray):
        return tensor_text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(text, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(text, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{text(k)}: {text(v)}' for k, v in value.items())}}}"
    return repr(value)


def _formatted(x: Array, spec: str) -> str:
    """``format(x, spec)``: a tensor without dimensions is its number."""
    if x.ndim == 0:
        plain = bfloat16_to_float32(x) if dtype_of(x) is DType.BFLOAT16 else x
        return format(plain.item(), spec)
    if spec:
        raise TypeError("unsupported format string passed to Tensor.__format__")
    return tensor_text(x)


def _str(*_: Abstract) -> Abstract:
    return Unknown(ty.STR)


op("tsx::repr.Tensors(t value) -> str", infer=_str, eval=text, traits=PURE)
op("tsx::format.Tensor(Tensor x, str spec) -> str", infer=_str, eval=_formatted, traits=RAISES)

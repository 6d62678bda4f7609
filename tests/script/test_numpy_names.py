"""Every ufunc, function, method and attribute that docs/numpy.md lists, on small arrays against NumPy itself."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tsx
from tests.script.test_numpy import same
from tsx.capture.numpy.script import ATTRIBUTES
from tsx.capture.numpy.script_functions import FUNCTIONS, METHODS
from tsx.capture.numpy.ufuncs import bases

A = np.array([[1.5, -2.0, 0.5], [3.0, 2.5, -1.0], [0.25, 1.0, 4.0]])
INTS = np.array([[5, 3, 1], [7, 2, 2], [4, 6, 1]])
BOOLS = INTS > 2

# What each function is tried on; a is A, n is INTS, m is BOOLS.
FUNCTION_CALLS = {
    "append": "np.append(a, n), np.append(a, n, axis=1), np.append(n[0], 7)",
    **{
        name: f"np.{name}(6), np.{name}(7)"
        for name in ("hanning", "hamming", "blackman", "bartlett")
    },
    **{
        f"fft.{name}": f"np.fft.{name}(7), np.fft.{name}(8, d=0.5)"
        for name in ("fftfreq", "rfftfreq")
    },
    "fft.fft": "np.fft.fft(a), np.fft.fft(a, 5, axis=0), np.fft.fft(n)",
    "fft.irfft": "np.fft.irfft(a), np.fft.irfft(a, n=3)",
    "arange": "np.arange(2, 7, 2), np.arange(3.0)",
    "argwhere": "np.argwhere(m)",
    "array": "np.array([n[0], n[1]])",
    "array_equal": "np.array_equal(a, a)",
    "array_split": "np.array_split(a, 2)",
    "split": "np.split(a, 3, axis=1)",
    "asanyarray": "np.asanyarray(a)",
    "bincount": "np.bincount(n[1])",
    "broadcast_to": "np.broadcast_to(a[0], (2, 3))",
    "clip": "np.clip(a, -1, 2)",
    "concat": "np.concatenate([a, n])",
    "concatenate": "np.concatenate((a, n), axis=None)",
    "column_stack": "np.column_stack((a[0], n[0]))",
    "dstack": "np.dstack((a, a))",
    "hstack": "np.hstack((a, n))",
    "vstack": "np.vstack((a, n))",
    "stack": "np.stack((a, n), axis=-1)",
    "diff": "np.diff(a, axis=0)",
    "dot": "np.dot(a, n), np.dot(a, 2)",
    "einsum": "np.einsum('ij,jk->ik', a, n)",
    "empty": "np.empty((2, 3)) * 0",
    "empty_like": "np.empty_like(a) * 0",
    "expand_dims": "np.expand_dims(a, (0, 2))",
    "eye": "np.eye(3), np.eye(2, 3, k=1)",
    "flip": "np.flip(a, axis=1)",
    "full": "np.full((2, 2), 7), np.full(3, 0.5)",
    "full_like": "np.full_like(a, 2)",
    "identity": "np.identity(2)",
    "inner": "np.inner(a, n)",
    "isclose": "np.isclose(a, a + 1e-9)",
    "linspace": "np.linspace(0.0, 1.0, 5)",
    "linalg.norm": "np.linalg.norm(a), np.linalg.norm(n, axis=1)",
    "meshgrid": "np.meshgrid(a[0], n[1, :2]), np.meshgrid(a[0], n[1, :2], indexing='ij')",
    "moveaxis": "np.moveaxis(a, 0, 1)",
    "nan_to_num": "np.nan_to_num(a / 0.0 * 0)",
    "nonzero": "np.nonzero(m)",
    "ones": "np.ones((2, 2), dtype=bool)",
    "outer": "np.outer(a[0], n[0])",
    "pad": "np.pad(a, ((1, 0), (0, 2)), constant_values=3)",
    "percentile": "np.percentile(a, 25)",
    "permute_dims": "np.transpose(a, (1, 0))",
    "quantile": "np.quantile(a, 0.3, axis=0)",
    "repeat": "np.repeat(a, 2)",
    "reshape": "np.reshape(a, (9,))",
    "roll": "np.roll(a, 1), np.roll(a, 2, axis=1)",
    "searchsorted": "np.searchsorted(np.sort(a[0]), a[1])",
    "shape": "np.shape(a)",
    "size": "np.size(a), np.size(a, 1)",
    "swapaxes": "np.swapaxes(a, 0, 1)",
    "squeeze": "np.squeeze(a[None])",
    "take": "np.take(a, n[0]), np.take(a, np.array([2, 0]), axis=0)",
    "take_along_axis": "np.take_along_axis(a, np.argsort(a, axis=1), axis=1)",
    "tensordot": "np.tensordot(a, n, axes=1)",
    "tile": "np.tile(a, 2)",
    "where": "np.where(m, a, n), np.where(m)",
    "zeros": "np.zeros(3, dtype=np.int32)",
    "round": "np.round(a, 1)",
    "around": "np.around(a)",
    "astype": "a.astype(np.float32)",
    "unique": "np.unique(n)",
}
METHOD_CALLS = {
    "astype": "a.astype(np.int32)",
    "clip": "a.clip(0, 1)",
    "dot": "a.dot(n)",
    "fill": "filled(a)",
    "repeat": "a.repeat(2, axis=0)",
    "reshape": "a.reshape(1, 9)",
    "swapaxes": "a.swapaxes(0, 1)",
    "take": "a.take(n[0])",
    "sort": "sorted_(a)",
    "searchsorted": "np.sort(a[0]).searchsorted(a[1])",
    "dtype": "a.dtype == np.float64",
    "squeeze": "a[None].squeeze(0)",
}
# Operands that are not two arrays of floats.
ON_INTS = ("bitwise_", "invert", "left_shift", "right_shift", "gcd", "lcm")
HELPERS = """
def filled(x):
    y = x.copy()
    y.fill(2.5)
    return y

def sorted_(x):
    y = x.copy()
    y.sort(axis=0)
    return y
"""


def function_of(name: str, expression: str) -> Callable[..., Any]:
    """A function of a, n and m with this body, whose source linecache knows."""
    text = f"import numpy as np\n{HELPERS}\ndef f(a, n, m):\n    return {expression}\n"
    file = f"<numpy {name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": "written"}
    exec(compile(text, file, "exec"), namespace)
    found: Callable[..., Any] = namespace["f"]
    return found


def ufunc_call(name: str) -> str:
    ufunc = getattr(np, name)
    first = "n" if name.startswith(ON_INTS) else "m" if name.startswith("logical") else "a"
    if ufunc.nin == 1:
        # The inverse functions have a domain.
        return (
            f"np.{name}(np.clip({first}, 0.1, 0.9) + 0.0)"
            if first == "a"
            else f"np.{name}({first})"
        )
    second = {"n": "np.abs(n - 2)", "m": "m[::-1]", "a": "np.abs(n) + 0.5"}[first]
    return f"np.{name}({first}, {second})"


UFUNCS = {name: ufunc_call(name) for name in sorted(bases()) if hasattr(np, name)}
UFUNCS["arccosh"] = "np.arccosh(np.abs(a) + 1)"
NAMES = sorted({handler.name.removeprefix("np.") for _, handler in FUNCTIONS.values()})


@pytest.mark.parametrize("name", [n for n in UFUNCS if n != "absolute"])
def test_ufuncs(name: str) -> None:
    tried(name, UFUNCS[name])


@pytest.mark.parametrize("name", NAMES)
def test_functions(name: str) -> None:
    tried(name, FUNCTION_CALLS.get(name, f"np.{name}(a)"))


@pytest.mark.parametrize("name", sorted({*METHODS, *ATTRIBUTES}))
def test_methods_and_attributes(name: str) -> None:
    plain = f"a.{name}" if name in ATTRIBUTES else f"a.{name}()"
    tried(name, METHOD_CALLS.get(name, plain))


def tried(name: str, expression: str) -> None:
    function = function_of(name, expression)
    with np.errstate(all="ignore"):
        expected = function(A.copy(), INTS.copy(), BOOLS.copy())
    same(tsx.script(function)(A, INTS, BOOLS), expected)

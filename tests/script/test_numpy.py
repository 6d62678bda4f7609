"""Functions over NumPy arrays, scripted: results have NumPy's values, sizes and element types, for every dtype."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tsx
from tsx.errors import TsxError

Array = npt.NDArray[Any]
DTYPES = ("bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64")


def made(dtype: str, shape: tuple[int, ...] = (3, 4)) -> Array:
    """An array without zeros whose sums and products stay small."""
    values = np.arange(1, 1 + int(np.prod(shape))).reshape(shape) % 5 + 1
    return np.asarray(values).astype(dtype)


def same(found: Any, expected: Any) -> None:
    """The same structure, element types, sizes and values (floats to a rounding)."""
    if isinstance(expected, (tuple, list)):
        assert len(found) == len(expected)
        for a, b in zip(found, expected, strict=True):
            same(a, b)
        return
    if isinstance(expected, (bool, int, float, str)) and not isinstance(expected, np.generic):
        assert type(found) is type(expected)
        assert found == expected
        return
    wanted, given = np.asarray(expected), np.asarray(found)
    assert given.dtype == wanted.dtype
    assert given.shape == wanted.shape
    if wanted.dtype.kind in "fc":
        epsilon = float(np.finfo(wanted.dtype).eps)
        np.testing.assert_allclose(given, wanted, rtol=8 * epsilon, atol=8 * epsilon)
    else:
        np.testing.assert_array_equal(given, wanted)


def check(function: Callable[..., Any], *args: Any) -> None:
    """Scripted and eager agree; after saving, loading and optimising as well."""
    with np.errstate(all="ignore"):
        expected = function(*(np.copy(a) if isinstance(a, np.ndarray) else a for a in args))
    module = tsx.script(function)
    same(module(*args), expected)
    same(tsx.optimize(module)(*args), expected)


# -- arithmetic: NumPy's promotion, for every pair of dtypes ----------------------------------------------------------


def add(a, b):
    return np.add(a, b)


def times(a, b):
    return np.multiply(a, b) * a


def divide(a, b):
    return np.divide(a, b)


def operators(a, b):
    return a / b + a * np.asarray(b)


def compared(a, b):
    return a > b, np.equal(a, b), np.logical_and(a, b)


def chosen(a, b):
    return np.where(a > 2, a, b), np.maximum(a, b), np.concatenate((a, b)), np.stack([a, b], axis=1)


@pytest.mark.parametrize("function", [add, times, divide, operators, compared, chosen])
def test_two_arrays_of_any_types(function: Callable[..., Any]) -> None:
    module = tsx.script(function)
    for first in DTYPES:
        for second in DTYPES:
            a, b = made(first), made(second)[::-1].copy()
            with np.errstate(all="ignore"):
                expected = function(a, b)
            same(module(a, b), expected)


def weak(a):
    return np.asarray(a) + 1.5, a * 2, 2 - a / 3, 1 / a, 2.0**a, np.maximum(a, 2.5), a == 2


def roots(a):
    return np.sqrt(a), np.exp(a), np.sin(a), np.log1p(a), np.floor(np.asarray(a)), np.square(a)


def totals(a):
    return a.mean(), a.std(axis=0), a.var(ddof=1), np.median(a), a.max(), a.argmin(axis=1), a.any()


def sums(a):
    return (
        a.sum(),
        a.sum(axis=1),
        np.prod(a, axis=(0, 1)),
        np.cumsum(a, axis=0),
        a.mean(axis=(0, 1)),
    )


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("function", [weak, roots, totals, sums])
def test_one_array_of_any_type(function: Callable[..., Any], dtype: str) -> None:
    check(function, made(dtype))


# -- shapes, indices, creation, products ------------------------------------------------------------------------------


def shapes(a):
    b = a.reshape(2, -1)
    return (
        b.T,
        np.transpose(b, (1, 0)),
        b[None],
        np.expand_dims(b, -1),
        b.ravel(),
        b.flatten(),
        b.shape,
        b.size,
    )


def moved(a):
    x = np.expand_dims(a, 0)
    return (
        x.squeeze(0),
        np.moveaxis(x, 0, 2),
        np.swapaxes(x, 0, 1),
        np.flip(a, axis=0),
        np.roll(a, 1, axis=1),
    )


def repeated(a):
    return (
        np.tile(a, (2, 1)),
        np.repeat(a, 2, axis=1),
        np.pad(a, ((1, 0), (0, 2))),
        np.vstack([a, a]),
        np.hstack((a, a)),
    )


def indexed(a):
    index = np.array([2, 0])
    return (
        a[1],
        a[:, 1:3],
        a[..., -1],
        a[::-1],
        a[:, ::-2],
        a[a > 2],
        a[index],
        a[index, 1],
        a[[0, 1], [1, 2]],
    )


def taken(a):
    order = np.argsort(a, axis=-1)
    return (
        np.take(a, order[0], axis=1),
        np.take_along_axis(a, order, axis=-1),
        np.sort(a, axis=0),
        np.take(a, [0, 2], axis=-1),
    )


def written(a):
    b = a.copy()
    b[0] = 7
    b[1:, 2] = a[1:, 0]
    b[a > 4] = 0
    b += 1
    b *= 2
    return b, a


def created(a):
    n = a.shape[0]
    return (
        np.zeros((n, 2)), np.ones(n, dtype=np.int32), np.full((2, n), 3), np.arange(n), np.arange(0, 1, 0.25),
        np.linspace(0.0, 1.0, 5), np.eye(n), np.zeros_like(a), np.array([1, 2, 3]), np.array([[1.0, 2.0], [3.0, 4.0]]),
        np.asarray([n, 1]),
    )  # fmt: skip


def multiplied(a):
    b = a.T
    return (
        a @ b,
        np.dot(a, b),
        np.matmul(a, b),
        np.outer(a[0], a[1]),
        np.einsum("ij,kj->ik", a, a),
        np.tensordot(a, b, 1),
    )


def limits(a):
    return (
        np.clip(a, 2, 4),
        a.clip(2, 3),
        np.round(a / 3, 2),
        np.tril(a),
        np.diff(a, axis=0),
        np.abs(-a),
        np.isnan(a / 2),
    )


def cast(a):
    return (
        a.astype(np.float32),
        a.astype("int64"),
        a.astype(float),
        np.float64(a),
        a.astype(np.uint8) / 255,
        a.dtype == np.float32,
    )


ARRAYS = [shapes, moved, repeated, indexed, taken, written, created, multiplied, limits, cast]


@pytest.mark.parametrize("dtype", ["int64", "float32", "float64"])
@pytest.mark.parametrize("function", ARRAYS)
def test_arrays_in_and_out(function: Callable[..., Any], dtype: str) -> None:
    check(function, made(dtype))


# -- control flow -----------------------------------------------------------------------------------------------------


def newton(x: np.ndarray, steps: int) -> np.ndarray:
    guess = x / 2
    for _ in range(steps):
        step = (guess - x / guess) / 2
        if np.abs(step).max() < 1e-6:
            break
        guess = guess - step
    return guess


def halved(x: Array, limit: float) -> tuple[Array, int]:
    count = 0
    while x.max() > limit:
        x = x / 2
        count += 1
    return x, count


def signed(x: Array) -> Array:
    return np.sqrt(x) if x.min() >= 0 else -np.sqrt(-x)


def test_loops_and_branches_follow_the_data() -> None:
    check(newton, made("float64"), 20)
    check(newton, made("float32"), 3)
    check(halved, made("float32"), 1.0)
    for x in (made("float32"), -made("float32")):
        check(signed, x)


def normalised(image: np.ndarray) -> np.ndarray:
    x = image.astype(np.float32) / 255
    mean = np.array([0.485, 0.456, 0.406], dtype=np.float32)
    std = np.array([0.229, 0.224, 0.225], dtype=np.float32)
    return np.transpose((x - mean) / std, (2, 0, 1))[None]


def best(logits: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    order = np.argsort(-p, axis=-1)[..., :k]
    return np.take_along_axis(p, order, axis=-1), order


def test_pre_and_post_processing_travel_in_an_archive() -> None:
    image = np.random.default_rng(0).integers(0, 256, (6, 5, 3)).astype(np.uint8)
    logits = np.random.default_rng(1).standard_normal((2, 7)).astype(np.float32)
    for function, args in ((normalised, (image,)), (best, (logits, 3))):
        file = io.BytesIO()
        tsx.script(function).save(file)
        same(tsx.load(file.getvalue())(*args), function(*args))


# -- errors -----------------------------------------------------------------------------------------------------------


def unknown(x: Array) -> Array:
    return np.convolve(x, x)


def with_out(x: Array) -> Array:
    y = np.zeros_like(x)
    np.sum(x, out=y)
    return y


def needs_rank(x: Array) -> Array:
    return np.flip(x)


@pytest.mark.parametrize(
    ("function", "code", "words"),
    [
        (unknown, "TSX3301", "np.convolve has no meaning"),
        (with_out, "TSX3305", "out= is not part"),
        (needs_rank, "TSX3304", "number of dimensions"),
    ],
)
def test_what_has_no_meaning_says_so(function: Callable[..., Any], code: str, words: str) -> None:
    with pytest.raises(TsxError, match=words) as caught:
        tsx.script(function)
    assert caught.value.code == code
    assert "test_numpy.py:" in str(caught.value)


def describes(x: np.ndarray) -> str:
    print(x, x.shape)
    return f"{x} {x.shape} {x[0].shape} {x[0, 1]:.3f} {x.sum()}"


def test_arrays_and_shapes_print_as_numpys(capsys: pytest.CaptureFixture[str]) -> None:
    x = np.arange(6.0).reshape(2, 3) / 3
    ours, printed = tsx.script(describes)(x), capsys.readouterr().out
    assert (ours, printed) == (describes(x), capsys.readouterr().out)

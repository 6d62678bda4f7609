"""Functions over NumPy arrays: NumPy's result types and values, at other sizes too; no torch anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tsx.capture.trace import trace
from tsx.errors import Problems, TraceError, TsxError
from tsx.ir.verify import verify_module
from tsx.runtime.border import Executable


def f(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def i(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(sum(shape)).integers(0, 3, shape)


def check(function: Callable[..., Any], *calls: Sequence[Any]) -> Any:
    """Traces on the first call; holds the program against NumPy on all."""
    module, report = trace(function, tuple(calls[0]))
    assert not verify_module(module), verify_module(module)
    assert not report.warnings, report.warnings
    for call in calls:
        want = function(*(a.copy() for a in call))
        got = Executable(module).run("forward", tuple(call), {})
        pairs = zip(got, want, strict=True) if isinstance(want, tuple) else [(got, want)]
        for index, (x, y) in enumerate(pairs):
            x, y = np.asarray(x), np.asarray(y)
            assert (x.dtype, x.shape) == (y.dtype, y.shape), f"result {index}"
            np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6, err_msg=f"result {index}")
    return module, report


def test_the_tutorial_function() -> None:
    module, _ = check(lambda x, y: x * y + 1, [f(2, 3), f(2, 3)], [f(4, 5), f(4, 5)])
    kinds = [node.kind for node in module.forward.graph.nodes]
    assert kinds == ["aten::mul.Tensor", "prim::Constant", "aten::add.Scalar"]


def test_numpys_promotion() -> None:
    check(
        lambda x, n: (
            x + n, n * 1.5, n / 2, n // 2, n % 2, x + np.float64(2), x > n, np.sqrt(n), n.mean(), n.sum(), x.std(0),
            x**2, 2**x, 1 / x, 1 - x, -x, abs(x), (x > 0) + 1, x.astype(np.int32).sum(), np.exp(n),
            np.maximum(x, 0), np.maximum(n, 2.5), n.astype(np.int32) * np.float32(2), x.sum(dtype=np.float64),
            np.add.reduce(n), np.multiply.outer(x, n), np.var(x, ddof=1), np.int32(3) * x, n**2, (x > 0).sum(),
        ),
        [f(2, 3), i(2, 3)], [f(4, 5), i(4, 5)],
    )  # fmt: skip


def test_indexing() -> None:
    check(
        lambda x, j: (
            x[0], x[:, 1:], x[..., None], x[j], x[x > 0], x[:, ::-1], x[-1, 0], x[[0, 1], :], np.take(x, j, 0),
            x[:, j], x[0, :, j] if x.ndim == 3 else x[j, j], x[j, None], x[:: 2], x[::-2], x[: len(x) // 2],
        ),
        [f(3, 4), np.array([0, 2])], [f(5, 6), np.array([4, 1, 0])],
    )  # fmt: skip
    check(lambda x, j: (x[0, :, j], x[:, 0, j], x[j, :, 0]), [f(3, 4, 3), np.array([0, 2])])


def test_writes() -> None:
    def writes(x: Any) -> Any:
        y = x.copy()
        y[0] = 1
        y[:, 1] += 2
        y += 1
        y[y < 0] = 0
        y[[1, 2], 0] = np.array([5.0, 6.0])
        z = y.reshape(-1)
        z[0] = 9
        return y

    check(writes, [f(3, 4)], [f(5, 6)])


def test_functions() -> None:
    check(
        lambda x, y: (
            np.concatenate([x, y]), np.stack([x, x + 1], 1), np.where(x > 0, x, 0), np.where(x > 0, x, 0.5), x.T @ y,
            np.dot(x, y.T), np.einsum("ij,kj->ik", x, y), np.clip(x, 0, 1), x.reshape(-1), x.ravel(),
            x.reshape(x.shape[1], x.shape[0]), np.linalg.norm(x), np.argmax(x, 1), x.cumsum(0), np.median(x, 0),
            np.sort(x, 0), np.argsort(x, 1), np.pad(x, ((1, 0), (0, 2))), np.squeeze(x[None], 0), np.flip(x, 0),
            np.expand_dims(x, (0, 2)), np.moveaxis(x, 0, 1), np.broadcast_to(x, (2, *x.shape)), np.tile(x, (1, 2)),
            np.repeat(x, 2, 0), np.outer(x, y), np.tensordot(x, y, ([0, 1], [0, 1])), np.any(x > 0, 1),
            np.all(x > 0), np.round(x, 1), np.tril(x), np.zeros_like(x, dtype=np.int32), np.full_like(x, 3),
            np.take_along_axis(x, np.argsort(x, 1), 1), np.vstack([x, y]), np.hstack([x, y]), np.prod(x, 0),
            np.quantile(x, 0.25), np.nan_to_num(x), np.diff(x), np.percentile(x, 30, axis=1), np.roll(x, 1),
        ),
        [f(3, 4), f(3, 4)], [f(5, 2), f(5, 2)],
    )  # fmt: skip


def test_sizes_stay_symbolic() -> None:
    _, report = check(
        lambda x: (
            np.zeros(x.shape, x.dtype) + x, np.arange(x.shape[1]) + x, np.ones((x.shape[0], 2)), len(x) * x,
            np.full(x.shape, 2.0), np.eye(x.shape[0]), np.linspace(0, 1, x.shape[0]), x.size * x, x / x.shape[0],
            np.array([x.shape[0], 1]), np.array([x.sum(), x.mean()]), np.shape(x)[0] * x,
        ),
        [f(3, 4)], [f(5, 2)],
    )  # fmt: skip
    assert len(report.free) == 2


def test_arrays_that_the_model_makes_and_writes() -> None:
    def fill(x: Any) -> Any:
        y = np.zeros((2, 3))
        y += x
        y[0] = x[1]
        return y * 2

    check(fill, [f(2, 3)])
    check(lambda i: np.eye(5, dtype=np.float32)[i], [np.array([1, 2])], [np.array([3, 4, 1])])
    check(lambda x: np.abs(x * (1 + 2j)) + (2 if isinstance(x, np.ndarray) else 1), [f(4)], [f(6)])


def test_random_arrays_of_a_traced_size_are_refused() -> None:
    with pytest.raises(TraceError, match="TSX2007"):
        trace(lambda x: x + np.random.rand(x.shape[0]), (f(3),))  # noqa: NPY002


def test_a_size_in_a_text_counts_as_a_use() -> None:
    def pads(x: Any) -> Any:
        return x * len(str(x.shape[0]))

    _, report = check(pads, [f(2, 3)], [f(2, 5)])
    assert [(p.dim, p.size) for p in report.pins] == [(0, 2)]


def test_printing_a_size_does_not_pin_it(capsys: pytest.CaptureFixture[str]) -> None:
    def shows(x: Any) -> Any:
        print("shape", x.shape)
        return x * 2

    _, report = check(shows, [f(2, 3)], [f(4, 5)])
    assert len(report.free) == 2
    assert "shape (2, 3)" in capsys.readouterr().out


def test_a_branch_on_data_is_guarded() -> None:
    def branch(x: Any) -> Any:
        if x.sum() > 0:
            return x * 2
        return x - 1

    module, _ = check(branch, [np.ones(3)], [np.ones(5)])
    with pytest.raises(TsxError, match="TSX5004") as caught:
        Executable(module).run("forward", (-np.ones(3),), {})
    assert "test_numpy.py" in str(caught.value)
    assert "x.sum() > 0" in str(caught.value)


def test_a_loop_over_rows_pins_them() -> None:
    _, report = check(lambda x: sum(row * k for k, row in enumerate(x)), [f(3, 4)], [f(3, 7)])
    assert [(p.dim, p.size) for p in report.pins] == [(0, 3)]


def test_unsupported_functions_are_all_listed() -> None:
    with pytest.raises(Problems) as caught:
        trace(lambda x: np.linalg.svd(x)[1] + np.fft.fft(x).real, (f(3, 3),))
    assert [p.code for p in caught.value.problems] == ["TSX4070", "TSX4070"]


def test_what_a_trace_cannot_follow() -> None:
    with pytest.raises(TraceError, match="TSX2005"):
        trace(lambda x: x + np.frombuffer(np.asarray(x).tobytes(), np.float32)[0], (f(3),))
    with pytest.raises(TraceError, match="TSX2007") as caught:
        trace(lambda x: x + np.random.rand(3), (f(3),))  # noqa: NPY002
    assert "test_numpy.py" in caught.value.where
    with pytest.raises(TsxError, match="TSX2001"):
        trace(3, (f(3),))

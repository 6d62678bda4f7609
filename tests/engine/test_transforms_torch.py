"""Kernels of transforms, windows, complex numbers, diagonals and grids against torch: op_db's samples, and more.

Lengths with small and large prime factors, each of them; packed sequences and weight norms as torch.nn.utils has them.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from tests.engine import samples, wire
from tests.engine.conftest import Run
from tests.engine.test_kernels_torch import wrong
from tests.ops import matrix_compare
from tsx.ir.op import lookup
from tsx.ir.types import DTYPE_BY_NAME
from tsx.ops.call import evaluate

pytestmark = [pytest.mark.torch, pytest.mark.engine]

INFOS = (
    "fft.fft", "fft.fft2", "fft.fftn", "fft.ifft", "fft.ifft2", "fft.ifftn", "fft.rfft", "fft.rfft2", "fft.rfftn",
    "fft.irfft", "fft.irfft2", "fft.irfftn", "fft.hfft", "fft.ihfft", "fft.hfft2", "fft.ihfftn", "fft.fftshift",
    "fft.ifftshift", "stft", "istft", "complex", "polar", "conj", "conj_physical", "mH", "H", "view_as_complex",
    "view_as_real", "diag", "diag_embed", "diagflat", "fill_diagonal_", "allclose", "equal", "sum_to_size",
    "meshgrid", "broadcast_tensors", "resolve_conj", "adjoint", "view", "real", "imag",
    "nn.functional.pad",
)  # fmt: skip
aten = torch.ops.aten


@functools.cache
def drawn() -> list[samples.Case]:
    return samples.of_infos(INFOS)


def test_transforms_and_complex_numbers_equal_torch(run: Run, kernels: frozenset[str]) -> None:
    cases = [case for case in drawn() if case.kind in kernels]
    assert len({case.kind for case in cases}) > 40
    assert not (found := wrong(cases, run)), f"{len(found)}:\n" + "\n".join(found[:20])


def case(kind: str, function: Callable[..., Any], *operands: Any) -> samples.Case:
    """A call with torch's answer; the NumPy VM has to give it as well."""
    op = lookup(kind)
    assert op is not None
    arrays = tuple(wire.own(matrix_compare.array_of(operand, copy=False)) for operand in operands)
    expected = matrix_compare.array_of(function(), copy=True)
    ours = evaluate(op, arrays)
    assert not matrix_compare.difference(ours, function(), kind), kind
    return samples.Case(kind, arrays, expected, ours, arrays)


def code_of(dtype: torch.dtype) -> int:
    return DTYPE_BY_NAME[str(dtype).removeprefix("torch.")].code


def test_every_length_of_a_transform(run: Run) -> None:
    generator = torch.Generator().manual_seed(0)
    cases = []
    lengths = [*range(1, 70), 97, 101, 121, 128, 210, 221, 331, 360, 512, 1009, 1024, 2310, 4099]
    for n, dtype in itertools.product(lengths, (torch.float32, torch.float64)):
        size = 1 / np.sqrt(n)  # so that float32's absolute error does not grow with the length
        real = torch.randn(2, n, generator=generator, dtype=dtype) * size
        whole = torch.complex(real, torch.randn(2, n, generator=generator, dtype=dtype) * size)
        for name, x, rest in (
            ("fft_fft", whole, (None, -1, None)), ("fft_ifft", whole, (None, -1, "ortho")),
            ("fft_rfft", real, (None, -1, "forward")), ("fft_irfft", whole, (n, -1, None)),
            ("fft_hfft", whole, (n + 1, -1, None)), ("fft_ihfft", real, (None, -1, None)),
            ("fft_fft", whole.t(), (n + 3, 0, None)), ("fft_rfft", real, (max(n - 2, 1), 1, None)),
        ):  # fmt: skip
            function = getattr(aten, name)
            call = functools.partial(function, x, *rest)
            cases.append(case(f"aten::{name}", call, x, *rest))
    assert not (found := wrong(cases, run)), f"{len(found)}:\n" + "\n".join(found[:20])


def test_windows_and_frequencies(run: Run) -> None:
    cases = []
    for n, dtype in itertools.product((0, 1, 2, 3, 8, 15), (None, torch.float64)):
        named: dict[str, Any] = {} if dtype is None else {"dtype": dtype}
        code = None if dtype is None else code_of(dtype)
        end = (code, None, None, None)
        for name in ("hann", "hamming", "blackman", "bartlett", "kaiser"):
            function = getattr(torch, f"{name}_window")
            for periodic in (True, False):
                calls = [((), ".periodic")]
                calls += [((0.3,), ".periodic_alpha"), ((0.3, 0.6), ".periodic_alpha_beta")] * (
                    name == "hamming"
                )
                calls += [((5.5,), ".beta")] * (name == "kaiser")
                for extra, overload in calls:
                    make = functools.partial(function, n, periodic, *extra, **named)
                    kind = f"aten::{name}_window{overload}"
                    cases.append(case(kind, make, n, periodic, *extra, *end))
            plain = functools.partial(function, n, **named)
            cases.append(case(f"aten::{name}_window", plain, n, *end))
        if n:
            for name in ("fftfreq", "rfftfreq"):
                make = functools.partial(getattr(torch.fft, name), n, 0.7, **named)
                cases.append(case(f"aten::fft_{name}", make, n, 0.7, *end))
    assert len(cases) > 150
    assert not (found := wrong(cases, run)), f"{len(found)}:\n" + "\n".join(found[:20])


def test_packed_sequences_and_weight_norms(run: Run) -> None:
    generator = torch.Generator().manual_seed(1)
    cases = []
    for dtype, batch_first in itertools.product(
        (torch.float32, torch.bfloat16, torch.int64), (True, False)
    ):
        x = (torch.randn(3, 5, 2, generator=generator) * 9).to(dtype)
        x = x if batch_first else x.transpose(0, 1)
        lengths = torch.tensor([5, 3, 1])
        pack = functools.partial(aten._pack_padded_sequence, x, lengths, batch_first)
        cases.append(case("aten::_pack_padded_sequence", pack, x, lengths, batch_first))
        data, sizes = pack()
        for total in (0, 5, 8):
            rest = (data, sizes, batch_first, 7, total)
            pad = functools.partial(aten._pad_packed_sequence, *rest)
            cases.append(case("aten::_pad_packed_sequence", pad, *rest))
    for dtype, dim in itertools.product((torch.float32, torch.float64), (0, 2)):
        v = torch.randn(4, 3, 2, generator=generator).to(dtype)
        g = torch.randn([n if i == dim else 1 for i, n in enumerate(v.shape)], generator=generator)
        g = g.to(dtype)
        for name in ("_weight_norm", "_weight_norm_interface"):
            make = functools.partial(getattr(aten, name), v, g, dim)
            cases.append(case(f"aten::{name}", make, v, g, dim))
    assert not (found := wrong(cases, run)), "\n".join(found)


def test_bytes_as_another_dtype(run: Run) -> None:
    x = torch.arange(24, dtype=torch.int32).reshape(2, 3, 4)
    calls = []
    for given in (x, x.transpose(0, 1), x[:, :, :2], x[1:], x[0, 0, 0], x[:0]):
        for dtype in (
            torch.float32,
            torch.int16,
            torch.uint8,
            torch.int64,
            torch.complex64,
            torch.bfloat16,
        ):
            code = code_of(dtype)
            try:
                given.view(dtype)
            except RuntimeError:
                calls.append(
                    wire.Sample(
                        "aten::view.dtype",
                        [wire.own(matrix_compare.array_of(given, copy=False)), code],
                        1,
                    )
                )
                continue
            for kind in ("aten::view.dtype", "aten::view_copy.dtype"):
                call = case(kind, functools.partial(given.view, dtype), given, code)
                assert not (found := wrong([call], run)), found
    assert {answer.code for answer in run(calls)} == {"TSX5002"}


def test_operands_that_do_not_fit_are_refused(run: Run) -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    z = x.astype(np.complex64)
    sample = wire.Sample
    calls = [
        sample("aten::fft_fft", [x, 0, -1, None], 1),
        sample("aten::fft_fft", [x, None, 2, None], 1),
        sample("aten::fft_fft", [x, None, -1, "full"], 1),
        sample("aten::fft_fft", [x.astype(np.float16), None, -1, None], 1),
        sample("aten::fft_rfft", [z, None, -1, None], 1),
        sample("aten::fft_irfft", [z[:, :1].copy(), None, -1, None], 1),
        sample("aten::fft_fftn", [x, [2], [0, 1], None], 1),
        sample("aten::fft_fftn", [x, None, [0, 0], None], 1),
        sample("aten::fft_fftn", [x, [1, 2, 3], None, None], 1),
        sample("aten::_fft_c2c", [x, [0], 0, True], 1),
        sample("aten::_fft_r2c", [x, [0], 3, True], 1),
        sample("aten::stft", [x, 8, None, None, None, False, None, True, None], 1),
        sample("aten::stft", [x, 2, 0, None, None, False, None, True, None], 1),
        sample("aten::stft", [x, 2, 1, 3, None, False, None, True, None], 1),
        sample("aten::istft", [z, 4, None, None, None, False, False, False, None, False], 1),
        sample("aten::complex", [x, x.astype(np.float64)], 1),
        sample("aten::complex", [x, x[:, :2].copy()], 1),
        sample("aten::allclose", [x, x.astype(np.float64), 1e-5, 1e-8, False], 1),
        sample("aten::sum_to_size", [x, [3, 2]], 1),
        sample("aten::meshgrid", [[x]], 1),
        sample("aten::meshgrid", [[]], 1),
        sample("aten::meshgrid.indexing", [[x[0].copy()], "ji"], 1),
        sample("aten::broadcast_tensors", [[x, x[:, :2].copy()]], 1),
        sample("aten::diag_embed", [x, 0, 1, 1], 1),
        sample("aten::diag_embed", [x, 2**62, 0, 1], 1),
        sample("aten::diag", [np.array(1.0), 0], 1),
        sample("aten::fill_diagonal_", [x[0].copy(), 1, False], 1),
        sample("aten::adjoint", [x[0].copy()], 1),
        sample("aten::_weight_norm", [x, x.astype(np.float64), 0], 1),
        sample("aten::_pack_padded_sequence", [x, np.array([1, 2]), True], 2),
        sample("aten::_pack_padded_sequence", [x, np.array([9, 2]), True], 2),
        sample("aten::_pad_packed_sequence", [x, np.array([3, 1]), True, 0, 0], 2),
        sample("aten::_pad_packed_sequence", [x, np.array([1, 2]), True, 0, 0], 2),
        sample("aten::hann_window", [-1, None, None, None, None], 1),
    ]  # fmt: skip
    answers = run(calls)
    kept = [
        (c.kind, c.operands, a.results) for c, a in zip(calls, answers, strict=True) if not a.code
    ]
    assert not kept
    assert {answer.code for answer in answers} <= {"TSX5002", "TSX5020"}

"""Made-up calls of operators that compute: differences, norms, distances, products, statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.engine.made_up.make import (
    ANY,
    FLOATS,
    INEXACT,
    NUMBERS,
    ORDERED,
    REAL,
    Make,
    Table,
    along,
    empty,
)
from tsx.ir.types import DType
from tsx.ops.dtypes import cast


def _norms(t: Make) -> list[list[Any]]:
    orders = (0, 1, 2, 3, 2.5, -1, np.inf, -np.inf)
    calls = [
        [x, p, d, k, None]
        for x in t.layouts(3, 4)
        for p in orders
        for d, k in ((None, False), ([1], True))
    ]
    more: list[list[Any]] = [
        [t(), 2, None, False, None],
        [t(0, 3), 2, [0], False, None],
        [t(0, 3), np.inf, [0], False, None],
        [t(0, 3), np.inf, [1], False, None],
        [t(2, 3, 4), 2, [0, -1], True, None],
        [t(3), 2, [0, 0], False, None],
        [t(2, 3), 2, None, False, DType.FLOAT64.code],
    ]
    return [*calls, *more]


def _matrix_norms(t: Make) -> list[list[Any]]:
    numbers = (1, -1, 2, -2, np.inf, -np.inf, 3)
    shapes = ((3, 4), (4, 3), (2, 3, 3), (2, 1, 4))
    calls: list[list[Any]] = [
        [t(*s), p, [-2, -1], k, None] for s in shapes for p in numbers for k in (False, True)
    ]
    return [
        *calls,
        [t(2, 3, 4), 1, [2, 0], False, None],
        [t(2, 3, 4), np.inf, [0, 1], True, None],
        [t(3), 1, [0], False, None],
    ]


def _with_words(t: Make) -> list[list[Any]]:
    return [
        [t(*s), w, [-2, -1], k, None]
        for s in ((3, 4), (2, 4, 3))
        for w in ("fro", "nuc", "x")
        for k in (True, False)
    ]


def _quantiles(t: Make) -> list[list[Any]]:
    how = ("linear", "lower", "higher", "midpoint", "nearest", "x")
    points = cast(np.array([0.0, 0.3, 0.5, 1.0]), t.dtype)
    made: list[list[Any]] = [
        [x, q, d, k, h]
        for x in (t(5, 4), t.special(5, 4).T)
        for q in (points, 0.4)
        for d, k in ((None, True), (0, False), (1, True))
        for h in how
    ]
    return [
        *made,
        [t(5), 1.5, 0, False, "linear"],
        [t(0, 3), 0.5, 0, False, "linear"],
        [t(), 0.5, None, True, "linear"],
    ]


def _trapezoids_x(t: Make) -> list[list[Any]]:
    return [
        [t(3, 4), t(4), -1],
        [t(3, 4), t(3), 0],
        [t(3, 4), t(3, 4), 1],
        [t(2, 3, 4), t(3, 4), -1],
        [t(4), t(4), 0],
        [t(3, 1), t(1), -1],
        [t(0, 4), t(4), 1],
        [t(3, 4), t(7), -1],
    ]


def _trapezoids_dx(t: Make) -> list[list[Any]]:
    return [
        [t(3, 4), 0.5, -1],
        [t(3, 4).T, 2.0, 0],
        [t(4), 1.0, 0],
        [t(4, 0), 1.0, -1],
        [t(3, 4), 1.0, 2],
    ]


def _products(t: Make) -> list[list[Any]]:
    return [
        [[t(2, 3), t(3, 5), t(5, 4)]],
        [[t(3), t(3, 5), t(5)]],
        [[t(3), t(3)]],
        [[t(2, 3)]],
        [[t(2, 3), t(2, 3)]],
        [[t(4, 2), t(2, 3), t(3, 1), t(1, 6)]],
    ]


def _powers(t: Make) -> list[list[Any]]:
    near = cast(np.eye(3) * 2 + np.arange(9).reshape(3, 3) / 8, t.dtype)
    return [[t(3, 3), n] for n in (0, 1, 2, 3, 5)] + [
        [near, -1],
        [near, -3],
        [t(2, 3, 3), 2],
        [t(2, 3), 2],
        [cast(np.zeros((2, 2)), t.dtype), -1],
        [t(0, 3, 3), 2],
    ]


def _distances(t: Make) -> list[list[Any]]:
    shapes = (
        ((3, 4), (2, 4)),
        ((2, 3, 4), (2, 5, 4)),
        ((1, 3, 4), (2, 1, 2, 4)),
        ((3, 0), (2, 0)),
        ((0, 4), (2, 4)),
        ((3, 4), (2, 5)),
    )
    return [
        [t(*a), t(*b), p, m]
        for a, b in shapes
        for p in (0.0, 1.0, 2.0, 3.0, np.inf)
        for m in (None, 1, 2)
    ] + [
        [t(3, 4), t(2, 4), -1.0, None],
    ]


def _histograms(t: Make) -> list[list[Any]]:
    return [
        [t.special(20), 5, -2, 4],
        [t(4, 5), 7, 0, 0],
        [t(0), 3, 0, 0],
        [t(20), 0, 0, 1],
        [t(20), 3, 2, 1],
        [t(9), 4, 1, 1],
    ]


CALLS: Table = {
    "aten::cummax": (ORDERED, lambda t: along(t) + empty(t)),
    "aten::cummin": (ORDERED, lambda t: along(t) + empty(t)),
    "aten::logcumsumexp": (INEXACT, lambda t: along(t) + empty(t)),
    "aten::diff": (
        ANY,
        lambda t: (
            [
                [x, n, d, None, None]
                for x in (t(3, 4), t(4, 3).T, t(0, 3))
                for n in (0, 1, 2, 9)
                for d in (0, -1)
            ]
            + [
                [t(3, 4), 1, 0, t(2, 4), t(1, 4)],
                [t(3, 4), 1, 0, t(2), None],
                [t(), 1, 0, None, None],
                [t(3), -1, 0, None, None],
            ]
        ),
    ),
    "aten::trapezoid.x": (NUMBERS, _trapezoids_x),
    "aten::trapz.x": (NUMBERS, _trapezoids_x),
    "aten::cumulative_trapezoid.x": (NUMBERS, _trapezoids_x),
    "aten::trapezoid.dx": (ANY, _trapezoids_dx),
    "aten::trapz.dx": (ANY, _trapezoids_dx),
    "aten::cumulative_trapezoid.dx": (ANY, _trapezoids_dx),
    "aten::linalg_vector_norm": (INEXACT, _norms),
    "aten::norm.Scalar": (INEXACT, lambda t: [c[:2] for c in _norms(t)]),
    "aten::norm.ScalarOpt_dtype": (
        FLOATS,
        lambda t: [[*c[:2], DType.FLOAT64.code] for c in _norms(t)] + [[t(3), None, 6]],
    ),
    "aten::norm.ScalarOpt_dim": (INEXACT, lambda t: [c[:4] for c in _norms(t) if c[2]]),
    "aten::norm.ScalarOpt_dim_dtype": (
        FLOATS,
        lambda t: [[*c[:4], DType.FLOAT64.code] for c in _norms(t) if c[2]],
    ),
    "aten::frobenius_norm.dim": (
        INEXACT,
        lambda t: [[t(2, 3, 4), d, k] for d in ([0], [1, 2], [-1, -2]) for k in (True, False)],
    ),
    "aten::nuclear_norm": (INEXACT, lambda t: [[t(3, 4), k] for k in (True, False)]),
    "aten::nuclear_norm.dim": (
        INEXACT,
        lambda t: [[t(3, 4, 2), d, k] for d in ([0, 1], [2, 0]) for k in (True, False)],
    ),
    "aten::linalg_matrix_norm": (INEXACT, _matrix_norms),
    "aten::linalg_matrix_norm.str_ord": (INEXACT, _with_words),
    "aten::linalg_norm": (
        INEXACT,
        lambda t: (
            [
                [x, p, d, False, None]
                for x in (t(3, 4), t(5))
                for p in (None, 1, 2, np.inf)
                for d in (None, [0], [0, 1])
            ]
            + [[t(2, 3, 4), 1, None, False, None]]
        ),
    ),
    "aten::linalg_norm.ord_str": (INEXACT, _with_words),
    "aten::dist": (
        INEXACT,
        lambda t: [
            [t(3, 4), o, p] for o in (t(3, 4), t(4), t()) for p in (0, 1, 2, np.inf, -np.inf)
        ],
    ),
    "aten::renorm": (
        INEXACT,
        lambda t: (
            [[x, p, d, 2.5] for x in t.layouts(3, 4) for p in (1, 2, np.inf) for d in (0, -1)]
            + [[t(3), 2, 0, 1], [t(3), 2, 1, 1]]
        ),
    ),
    "aten::cdist": (FLOATS, _distances),
    "aten::_cdist_forward": (FLOATS, _distances),
    "aten::pdist": (
        FLOATS,
        lambda t: (
            [
                [t(*s), p]
                for s in ((4, 3), (1, 3), (0, 3), (3, 0))
                for p in (0.0, 1.0, 2.0, 2.5, np.inf)
            ]
            + [[t(3), 2.0]]
        ),
    ),
    "aten::_pdist_forward": (FLOATS, lambda t: [[t(4, 3), 2.0]]),
    "aten::pairwise_distance": (
        NUMBERS,
        lambda t: (
            [
                [t(3, 4), o, p, 1e-6, k]
                for o in (t(3, 4), t(4))
                for p in (1.0, 2.0, 3.0)
                for k in (True, False)
            ]
            + [[t(), t(), 2.0, 1e-6, False]]
        ),
    ),
    "aten::cosine_similarity": (
        INEXACT,
        lambda t: (
            [[t(3, 4), o, d, 1e-8] for o in (t(3, 4), t(4)) for d in (0, 1, -1)]
            + [[t(), t(), 0, 1e-8], [t(3), t(4), 0, 1e-8]]
        ),
    ),
    "aten::kron": (
        ANY,
        lambda t: [[t(2, 3), t(3, 2)], [t(2), t(2, 3)], [t(), t(2)], [t(2, 0), t(2, 3)]],
    ),
    "aten::linalg_multi_dot": (NUMBERS, _products),
    "aten::chain_matmul": (NUMBERS, _products),
    "aten::matrix_power": (NUMBERS, _powers),
    "aten::linalg_matrix_power": (NUMBERS, _powers),
    "aten::linalg_vecdot": (
        NUMBERS,
        lambda t: (
            [[t(3, 4), o, d] for o in (t(3, 4), t(4), t(3, 1)) for d in (0, -1)] + [[t(3), t(4), 0]]
        ),
    ),
    "aten::linalg_cross": (
        NUMBERS,
        lambda t: [[t(2, 3), t(2, 3), -1], [t(3, 4), t(3, 1), 0], [t(2, 4), t(2, 4), 0]],
    ),
    "aten::cross": (
        NUMBERS,
        lambda t: [[t(2, 3), t(2, 3), None], [t(3, 3, 4), t(3, 4), None], [t(2, 4), t(2, 4), None]],
    ),
    "aten::vander": (
        ANY,
        lambda t: (
            [[t(4), n, w] for n in (None, 0, 3, -1) for w in (True, False)]
            + [[t(2, 2), None, False]]
        ),
    ),
    "aten::linalg_vander": (ANY, lambda t: [[t(2, 4), n] for n in (None, 0, 3, -1)] + [[t(), 3]]),
    "aten::median": (ORDERED, lambda t: [[x] for x in (*t.layouts(3, 4), t(5), t())]),
    "aten::nanmedian": (ORDERED, lambda t: [[x] for x in (*t.layouts(3, 4), t(5), t())]),
    "aten::median.dim": (ORDERED, lambda t: along(t, True) + along(t, False) + empty(t, False)),
    "aten::nanmedian.dim": (
        ORDERED,
        lambda t: along(t, True) + along(t, False) + empty(t, False),
    ),
    "aten::mode": (ORDERED, lambda t: along(t, True) + along(t, False) + empty(t, False)),
    "aten::quantile": (
        (DType.FLOAT32, DType.FLOAT64),
        lambda t: [c for c in _quantiles(t) if not isinstance(c[1], float)],
    ),
    "aten::quantile.scalar": (
        (DType.FLOAT32, DType.FLOAT64),
        lambda t: [c for c in _quantiles(t) if isinstance(c[1], float)],
    ),
    "aten::nanquantile": (
        (DType.FLOAT32, DType.FLOAT64),
        lambda t: [c for c in _quantiles(t) if not isinstance(c[1], float)],
    ),
    "aten::nanquantile.scalar": (
        (DType.FLOAT32, DType.FLOAT64),
        lambda t: [c for c in _quantiles(t) if isinstance(c[1], float)],
    ),
    "aten::histc": (REAL, _histograms),
    "aten::histogram.bin_ct": (
        (DType.FLOAT32, DType.FLOAT64),
        lambda t: (
            [
                [t(4, 5), 6, r, w, d]
                for r in (None, [-1.0, 3.0])
                for w in (None, t(4, 5))
                for d in (True, False)
            ]
            + [
                [t(0), 3, None, None, False],
                [t(4), 0, None, None, False],
                [t(4), 3, [2.0, 1.0], None, False],
                [t(4), 3, None, t(5), False],
            ]
        ),
    ),
    "aten::histogram.bins_tensor": (
        (DType.FLOAT32, DType.FLOAT64),
        lambda t: [
            [t.special(30), cast(np.array(e), t.dtype), w, d]
            for e in ([-1.0, 0, 0, 2.5, 4], [1.0], [2.0, 1], [])
            for w in (None, t(30))
            for d in (True, False)
        ],
    ),
}

"""Made-up calls of operators that write, find or lay out elements: scatters, views, grids, distinct elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.engine.made_up.make import ANY, NUMBERS, ORDERED, REAL, Calls, Make, Table


def _scatters(t: Make, *more: Any) -> list[list[Any]]:
    return [[t(4, 3), d, t.index(3, 2, 3), t(2, 3), *more] for d in (0, 1)] + [
        [t(4, 3).T, 0, t.index(3, 3, 4), t(3, 4), *more],
        [t(4), 0, t.index(4, 6), t(6), *more],
        [t(4), 0, t.index(9, 6), t(6), *more],
        [t(4, 3), 0, t.index(0 + 1, 0, 3), t(2, 3), *more],
        [t(4, 3), 2, t.index(3, 2, 3), t(2, 3), *more],
    ]


def _reductions(t: Make) -> list[list[Any]]:
    words = ("sum", "prod", "mean", "amax", "amin")
    return [c for w in words for s in (True, False) for c in _scatters(t, w, s)]


def _rows(t: Make, *more: Any) -> list[list[Any]]:
    """Calls (self, dim, index, source, …)."""
    return [
        [t(4, 3), 0, t.index(4, 5), t(5, 3), *more],
        [t(4, 3).T, 1, t.index(4, 2), t(3, 2), *more],
        [t(4), 0, np.array(2), t(1), *more],
        [t(4, 3), 0, t.index(9, 5), t(5, 3), *more],
        [t(4, 3), 0, t.index(4, 5), t(4, 3), *more],
    ]


def _uniques(t: Make, *flags: bool) -> list[list[Any]]:
    return [[x, *flags] for x in (*t.layouts(3, 4), t(), t(0, 2), t.special(20))]


def _unique_dims(t: Make, *flags: bool) -> list[list[Any]]:
    table = t(2, 3)[t.index(2, 6)]
    return [[x, d, *flags] for x in (table, table.T, t(0, 3), t(2, 3, 2)) for d in (0, 1)] + [
        [t(3), 0, *flags],
        [t(3, 2), 2, *flags],
    ]


def _views(*where: Any) -> Calls:
    return lambda t: (
        [[t(4, 5), source, *where] for source in (t(2, 5), t(4), t(5), t(4, 2), t(3, 3))]
        + [[t(5, 4).T, source, *where] for source in (t(2, 5), t(4), t(5), t(4, 2))]
    )


CALLS: Table = {
    "aten::meshgrid": (ANY, lambda t: [[[t(2), t(3), t()]], [[t(4)]], [[t(2, 2)]], [[]]]),
    "aten::meshgrid.indexing": (
        ANY,
        lambda t: [[[t(2), t(3), t(4)], w] for w in ("ij", "xy", "x")],
    ),
    "aten::cartesian_prod": (
        ANY,
        lambda t: [[[t(2), t(3)]], [[t(4)]], [[t(2), t(0)]], [[t(2, 2), t(2)]]],
    ),
    "aten::combinations": (
        ANY,
        lambda t: (
            [[t(n), r, w] for n in (0, 1, 5) for r in (0, 1, 2, 3, 7) for w in (True, False)]
            + [[t(2, 2), 2, False], [t(3), -1, False]]
        ),
    ),
    "aten::_unique2": (
        ORDERED,
        lambda t: [
            c for i in (True, False) for n in (True, False) for c in _uniques(t, True, i, n)
        ],
    ),
    "aten::_unique": (ORDERED, lambda t: [c for i in (True, False) for c in _uniques(t, True, i)]),
    "aten::unique_dim": (ORDERED, lambda t: _unique_dims(t, True, True, True)),
    "aten::unique_dim_consecutive": (ORDERED, lambda t: _unique_dims(t, True, True)),
    "aten::unique_consecutive": (
        ORDERED,
        lambda t: [
            [x, i, n, d]
            for x in (t(3, 2), t(9), t(0))
            for i in (True, False)
            for n in (True, False)
            for d in (None, 0, -1)
        ],
    ),
    "aten::isin.Tensor_Tensor": (
        ANY,
        lambda t: (
            [[t.special(3, 4), t.special(5), False, i] for i in (True, False)]
            + [[t(2), t(0), False, True], [t(), t(3), True, False]]
        ),
    ),
    "aten::isin.Tensor_Scalar": (
        REAL,
        lambda t: [[t(3, 4), v, False, i] for v in (2, 0.5, np.nan) for i in (True, False)],
    ),
    "aten::isin.Scalar_Tensor": (
        REAL,
        lambda t: [[v, t(7), False, i] for v in (2, 0.5, np.nan) for i in (True, False)],
    ),
    "aten::select_scatter": (ANY, lambda t: _views(0, 1)(t) + _views(1, -1)(t) + _views(1, 9)(t)),
    "aten::slice_scatter": (
        ANY,
        lambda t: _views(0, 1, 3, 1)(t) + _views(1, None, None, 3)(t) + _views(0, 0, 1, 0)(t),
    ),
    "aten::diagonal_scatter": (
        ANY,
        lambda t: _views(0, 0, 1)(t) + _views(1, 1, 0)(t) + _views(0, 0, 0)(t),
    ),
    "aten::as_strided_scatter": (
        ANY,
        lambda t: (
            _views([2, 5], [2, 1], 3)(t)
            + _views([4], [3], None)(t)
            + _views([4], [0], None)(t)
            + _views([4], [9], None)(t)
        ),
    ),
    "aten::diag_embed": (
        ANY,
        lambda t: (
            [[t(2, 3), o, a, b] for o in (0, 1, -2) for a, b in ((-2, -1), (0, 2), (0, 0))]
            + [[t(), 0, -2, -1]]
        ),
    ),
    "aten::diag": (
        ANY,
        lambda t: (
            [[t(*s), o] for s in ((3,), (3, 4), (0,)) for o in (0, 1, -2)]
            + [[t(2, 2, 2), 0], [t(), 0]]
        ),
    ),
    "aten::diagflat": (ANY, lambda t: [[t(*s), o] for s in ((3,), (2, 3), ()) for o in (0, 1, -2)]),
    "aten::fill_diagonal_": (
        NUMBERS,
        lambda t: (
            [
                [x, v, w]
                for x in (t(3, 4), t(9, 3), t(3, 9).T, t(3, 3, 3))
                for v in (2, 1.5)
                for w in (True, False)
            ]
            + [[t(3), 1, False], [t(2, 3, 3), 1, False]]
        ),
    ),
    "aten::index_fill_.int_Scalar": (
        ANY,
        lambda t: [
            [t(4, 3), 0, t.index(4, 2), 2],
            [t(4, 3), 1, t.index(3, 2) - 3, 1.5],
            [t(4, 3), 0, t.index(9, 5), 1],
        ],
    ),
    "aten::index_fill_.int_Tensor": (
        ANY,
        lambda t: [[t(4, 3), 0, t.index(4, 2), t()], [t(4, 3), 0, t.index(4, 2), t(1)]],
    ),
    "aten::index_add_": (ANY, lambda t: _rows(t, 1) + _rows(t, 2)),
    "aten::index_copy_": (ANY, _rows),
    "aten::index_reduce_": (
        REAL,
        lambda t: [
            c
            for w in ("prod", "mean", "amax", "amin")
            for s in (True, False)
            for c in _rows(t, w, s)
        ],
    ),
    "aten::scatter_.src": (ANY, _scatters),
    "aten::scatter_.value": (ANY, lambda t: [[*c[:3], 2] for c in _scatters(t)]),
    "aten::scatter_.reduce": (NUMBERS, lambda t: _scatters(t, "add") + _scatters(t, "multiply")),
    "aten::scatter_.value_reduce": (NUMBERS, lambda t: [[*c[:3], 2, "add"] for c in _scatters(t)]),
    "aten::scatter_add_": (ANY, _scatters),
    "aten::scatter_reduce_.two": (REAL, _reductions),
}

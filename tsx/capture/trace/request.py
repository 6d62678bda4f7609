"""``dynamic=``: which dimensions the user wants free, tied or pinned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tsx.capture.trace.run import Axis, Sample
from tsx.errors import fail

Dynamic = None | bool | Mapping[str, Sequence[int] | Mapping[int, bool | str | None]]


def axes_of(
    dynamic: Dynamic, sample: Sample
) -> tuple[dict[Axis, str], list[tuple[Axis, ...]], list[Axis]]:
    """Forbidden axes with the reason, tied axes, and axes that must come out free."""
    forbidden: dict[Axis, str] = {}
    if dynamic is None or dynamic is True:
        return forbidden, [], []
    if dynamic is False:
        return dict.fromkeys(sample.axes(), "dynamic=False pins every dimension"), [], []
    names: dict[str, list[Axis]] = {}
    forced: list[Axis] = []
    for name, wanted in dynamic.items():
        leaf = _leaf(name, sample)
        entries = wanted.items() if isinstance(wanted, Mapping) else ((dim, True) for dim in wanted)
        for dim, wish in entries:
            axis = (leaf, _dim(dim, leaf, sample))
            if wish is False or wish is None:
                forbidden[axis] = "dynamic= pins it"
                continue
            forced.append(axis)
            if isinstance(wish, str):
                names.setdefault(wish, []).append(axis)
    return forbidden, [tuple(axes) for axes in names.values() if len(axes) > 1], forced


def _leaf(name: str, sample: Sample) -> int:
    if name not in sample.names:
        raise fail("TSX2011", what=f"an input {name!r}", known=", ".join(sample.names))
    return sample.names.index(name)


def _dim(dim: int, leaf: int, sample: Sample) -> int:
    rank = len(sample.shape(leaf))
    if not -rank <= dim < rank:
        known = f"dimensions 0 to {rank - 1} of {sample.names[leaf]}"
        raise fail("TSX2011", what=f"a dimension {dim}", known=known)
    return dim % rank

"""Program sections, as the engine's fuzz targets take them, in archives that both readers can be asked about.

``python -m tests.engine.sections FOLDER …`` asks both about each file of the folders (what a campaign of the fuzz
targets ``program`` and ``vm`` kept) and prints where their verdicts differ; ``make engine`` builds the engine's.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack

from tests.engine.verdicts import engine_verdicts, python_verdict
from tests.serialize.corpus import CORPUS
from tests.serialize.surgery import Parts, take_apart
from tests.serialize.test_hostile import tensor_digest
from tsx.ir.op import lookup
from tsx.serialize.archive import to_bytes

# The weights that the fuzz targets know (engine/fuzz/section.cc).
_WEIGHTS = {"b": ("int64", [4], b"\1" * 32), "w": ("float32", [2, 3], b"\1" * 24)}
_DEEPEST = 70  # no reader goes on there


def archive_of_section(section: bytes) -> bytes:
    """An archive with this program section, whose header names the operators that the section names."""
    header = copy.deepcopy(_plain().header)
    header["operators"] = sorted(
        {(op.kind, op.version) for op in map(lookup, _words(section)) if op}
    )
    header["tensors"] = [
        [name, dtype, shape, 0, 0, tensor_digest(dtype, shape, data), None]
        for name, (dtype, shape, data) in _WEIGHTS.items()
    ]
    weights = {name: data for name, (_, _, data) in _WEIGHTS.items()}
    return Parts(header, {}, weights, raw={"program": section}).assemble()


def _plain() -> Parts:
    return take_apart(to_bytes(CORPUS["arithmetic"]()))


def _words(section: bytes) -> Iterator[str]:
    """All strings in it, where it is msgpack at all."""
    try:
        work: list[tuple[Any, int]] = [(msgpack.unpackb(section, strict_map_key=False), 0)]
    except (
        ValueError,
        TypeError,
    ):  # no msgpack, or a map with a list for a key: both readers refuse it
        return
    while work:
        value, depth = work.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, (list, dict)) and depth < _DEEPEST:
            parts = [*value, *value.values()] if isinstance(value, dict) else value
            work += [(part, depth + 1) for part in parts]


def main() -> int:
    paths = [path for folder in sys.argv[1:] for path in sorted(Path(folder).iterdir())]
    archives = [archive_of_section(path.read_bytes()) for path in paths]
    pairs = zip(paths, map(python_verdict, archives), engine_verdicts(archives), strict=True)
    different = [row for row in pairs if row[1] != row[2]]
    for path, ours, theirs in different:
        print(f"{path}: Python {ours}, the engine {theirs}")
    print(f"{len(paths)} sections, {len(different)} verdicts differ")
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main())

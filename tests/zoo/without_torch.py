"""Runs archives where torch can't be imported: ``python without_torch.py FOLDER``, as the tests of the zoo start it.

Reads ``*.tsx`` and ``cases.npz`` (``NUMBER_inJ`` or ``NUMBER_in.NAME``, and ``NUMBER_outJ``) from FOLDER; prints a
line of JSON for each archive and case.
"""

from __future__ import annotations

import json
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np


class NoTorch(MetaPathFinder):
    """As if torch and transformers were not installed."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name.partition(".")[0] in ("torch", "transformers"):
            raise ModuleNotFoundError(name, name=name)
        return None


def main(folder: Path) -> None:
    sys.meta_path.insert(0, NoTorch())
    import tsx
    from tsx.runtime.compare import compare_arrays, leaves

    cases = np.load(folder / "cases.npz")
    numbers = sorted({int(key.partition("_")[0]) for key in cases.files})
    for archive in sorted(folder.glob("*.tsx")):
        module = tsx.load(archive)
        for number in numbers:
            named = _by_name(cases, f"{number}_in.")
            inputs = () if named else _in_order(cases, f"{number}_in")
            wanted = _in_order(cases, f"{number}_out")
            given = [array for _, array in leaves(module(*inputs, **named))]
            found = [
                compare_arrays(str(i), a, b)
                for i, (a, b) in enumerate(zip(given, wanted, strict=True))
            ]
            row = {
                "archive": archive.name,
                "case": number,
                "equal": all(d.equal for d in found),
                "worst": max(d.max_abs for d in found),
                "largest": max(d.max_reference for d in found),
            }
            print(json.dumps(row))
    assert "torch" not in sys.modules


def _in_order(cases: np.lib.npyio.NpzFile, prefix: str) -> list[np.ndarray]:
    count = sum(key.startswith(prefix) for key in cases.files)
    return [cases[f"{prefix}{i}"] for i in range(count)]


def _by_name(cases: np.lib.npyio.NpzFile, prefix: str) -> dict[str, np.ndarray]:
    return {k.removeprefix(prefix): cases[k] for k in cases.files if k.startswith(prefix)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))

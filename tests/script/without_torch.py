"""Runs archives where torch can't be imported: ``python without_torch.py FOLDER``, as test_models_torch.py starts it.

Reads ``*.tsx`` and for each ``NAME.json``, a list of calls; a session of the archive answers them in turn. Prints one
JSON line for each archive: what came of each call.
"""

from __future__ import annotations

import json
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import numpy as np


class NoTorch(MetaPathFinder):
    """As if torch and transformers were not installed."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name.partition(".")[0] in ("torch", "transformers"):
            raise ModuleNotFoundError(name, name=name)
        return None


def encode(value: Any) -> Any:
    """A value as JSON that keeps its types: tuples, dicts with any keys, arrays, NaN."""
    if isinstance(value, np.ndarray):
        numbers = (
            [str(v) for v in value.ravel()] if value.dtype.kind == "f" else value.ravel().tolist()
        )
        return {"array": str(value.dtype), "shape": list(value.shape), "of": numbers}
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, (list, tuple)):
        return {"list" if isinstance(value, list) else "tuple": [encode(v) for v in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(k), encode(v)] for k, v in value.items()]}
    return value


def decode(value: Any) -> Any:
    """What ``encode`` was given."""
    if not isinstance(value, dict):
        return value
    if "array" in value:
        flat = np.array([float(v) if isinstance(v, str) else v for v in value["of"]])
        return flat.astype(value["array"]).reshape(value["shape"])
    if "float" in value:
        return float.fromhex(value["float"])
    if "dict" in value:
        return {decode(k): decode(v) for k, v in value["dict"]}
    items = [decode(v) for v in next(iter(value.values()))]
    return items if "list" in value else tuple(items)


def main(folder: Path) -> None:
    sys.meta_path.insert(0, NoTorch())
    import tsx
    from tsx.errors import RunError

    for archive in sorted(folder.glob("*.tsx")):
        session = tsx.load(archive).session()
        answers: list[Any] = []
        for call in json.loads(archive.with_suffix(".json").read_text()):
            try:
                answers.append({"value": encode(session(*decode(call)))})
            except RunError as error:
                answers.append({"error": list(error.exception or (error.code, error.message))})
        print(json.dumps({"archive": archive.stem, "answers": answers}))
    assert "torch" not in sys.modules


if __name__ == "__main__":
    main(Path(sys.argv[1]))

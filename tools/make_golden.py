"""Makes the golden archives of the current format version in ``fixtures/golden/``: archives, inputs, expected outputs.

    python tools/make_golden.py            adds what is missing
    python tools/make_golden.py --replace  makes all again: only before the version is released

A released archive never changes: it is what people have. A golden is either a module of Corpus S (tests/serialize),
which has to load as the same module for ever, or a model with inputs and outputs, which has to compute the same.
"""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import tsx  # noqa: E402
from tests.serialize.corpus import CORPUS  # noqa: E402
from tsx.ir.module import Module  # noqa: E402
from tsx.runtime.border import Executable  # noqa: E402
from tsx.serialize.archive import load, save  # noqa: E402
from tsx.serialize.format import MAJOR, MINOR  # noqa: E402

FOLDER = ROOT / "fixtures" / "golden" / f"v{MAJOR}.{MINOR}"
Case = tuple[Module, list[tuple[Any, ...]]]


def models() -> Iterator[tuple[str, Callable[[], Case]]]:
    """Models that run, each with the argument lists it is run on."""
    yield "resblock", lambda: resblock("")
    yield "resblock_fused", lambda: resblock("dce,fold,fuse")
    yield "tutorial", tutorial


def resblock(passes: str) -> Case:
    source = runpy.run_path(str(ROOT / "fixtures" / "resblock.py"))
    module = tsx.trace(source["model"], source["example_inputs"])
    if passes:
        module = tsx.optimize(module, passes=passes)
    rng = np.random.default_rng(1)
    sizes = [(1, 3, 8, 8), (3, 3, 5, 9)]
    return module.ir, [(rng.standard_normal(size, dtype=np.float32),) for size in sizes]


def tutorial() -> Case:
    def func(x, y):
        return x * y + 1

    ones = np.ones(3, np.float32)
    module = tsx.trace(func, (ones, ones))
    return module.ir, [(np.float32([1, 2, 3]), np.float32([0.5, -1, 2]))]


def write_model(name: str, case: Case) -> dict[str, Any]:
    module, runs = case
    info = save(module, FOLDER / f"{name}.tsx")
    arrays = {}
    executable = Executable(load(FOLDER / f"{name}.tsx"))
    for number, args in enumerate(runs):
        arrays |= {f"run{number}.input{i}": value for i, value in enumerate(args)}
        arrays[f"run{number}.output"] = executable.run("forward", args, {})
    np.savez(FOLDER / f"{name}.npz", **arrays)
    return {"file_digest": info.file_digest.hex(), "runs": len(runs)}


def write_corpus(name: str) -> dict[str, Any]:
    info = save(CORPUS[name](), FOLDER / f"{name}.tsx")
    return {"file_digest": info.file_digest.hex(), "runs": 0}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "manifest.json"
    manifest: dict[str, Any] = {}
    if path.exists() and "--replace" not in sys.argv:
        manifest = json.loads(path.read_text())
    makers = {name: lambda name=name: write_corpus(name) for name in CORPUS}
    makers |= {name: lambda n=name, c=case: write_model(n, c()) for name, case in models()}
    for name, make in makers.items():
        if name not in manifest:
            manifest[name] = make()
            print(f"made {name}.tsx")
    path.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()

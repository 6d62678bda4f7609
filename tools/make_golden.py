"""Makes the golden archives of the current format version in ``fixtures/golden/``: archives, inputs, expected outputs.

    python tools/make_golden.py            adds what is missing
    python tools/make_golden.py --replace  makes all again: only before the version is released

A released archive never changes: it is what people have. A golden is either a module of Corpus S (tests/serialize),
which has to load as the same module for ever, or a model with inputs and outputs, which has to compute the same.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.serialize.corpus import CORPUS, module_of  # noqa: E402  (the folder above is put on the path first)
from tsx.ir.module import Module  # noqa: E402  (the folder above is put on the path first)
from tsx.ir.op import lookup  # noqa: E402  (the folder above is put on the path first)
from tsx.ops import define  # noqa: E402  (the folder above is put on the path first)
from tsx.ops.weights import Weight  # noqa: E402  (the folder above is put on the path first)
from tsx.passes import pipeline  # noqa: E402  (the folder above is put on the path first)
from tsx.runtime.border import Executable  # noqa: E402  (the folder above is put on the path first)
from tsx.serialize.archive import load, save  # noqa: E402  (the folder above is put on the path first)
from tsx.serialize.format import MAJOR, MINOR  # noqa: E402  (the folder above is put on the path first)

FOLDER = ROOT / "fixtures" / "golden" / f"v{MAJOR}.{MINOR}"
RESBLOCK = """graph(%x : Float(s0, 3, s1, s2)):
  %weight : Float(3, 3, 3, 3) = prim::Constant[value=<Tensor>, name="conv.weight"]() # net.py:9:15, scope: conv
  %bias : Float(3) = prim::Constant[value=<Tensor>, name="conv.bias"]() # net.py:9:15, scope: conv
  %pair : int[] = prim::Constant[value=[1, 1]]() # net.py:9:15, scope: conv
  %one : int = prim::Constant[value=1]() # net.py:9:15, scope: conv
  %1 : Float(s0, 3, s1, s2) = aten::conv2d(%x, %weight, %bias, %pair, %pair, %pair, %one) # net.py:9:15, scope: conv
  %gamma : Float(3) = prim::Constant[value=<Tensor>, name="bn.weight"]() # net.py:9:11, scope: bn
  %beta : Float(3) = prim::Constant[value=<Tensor>, name="bn.bias"]() # net.py:9:11, scope: bn
  %mean : Float(3) = prim::Constant[value=<Tensor>, name="bn.running_mean"]() # net.py:9:11, scope: bn
  %var : Float(3) = prim::Constant[value=<Tensor>, name="bn.running_var"]() # net.py:9:11, scope: bn
  %off : bool = prim::Constant[value=False]() # net.py:9:11, scope: bn
  %momentum : float = prim::Constant[value=0.1]() # net.py:9:11, scope: bn
  %eps : float = prim::Constant[value=1e-05]() # net.py:9:11, scope: bn
  %2 : Float(s0, 3, s1, s2) = aten::batch_norm(%1, %gamma, %beta, %mean, %var, %off, %momentum, %eps, %off)
  %3 : Float(s0, 3, s1, s2) = aten::relu(%2) # net.py:9:4
  %4 : Float(s0, 3, s1, s2) = aten::add.Tensor(%3, %x, %one) # net.py:9:4
  return (%4)"""
FACTORIAL = """graph(%n : int):
  %true : bool = prim::Constant[value=True]()
  %one : int = prim::Constant[value=1]()
  %r : int = prim::Loop(%n, %true, %one)
    block0(%i : int, %product : int):
      %k : int = aten::add.int(%i, %one)
      %next : int = aten::mul.int(%product, %k)
      -> (%true, %next)
  return (%r)"""

SWISH = """graph(%x : Tensor):
  %s : Tensor = aten::sigmoid(%x)
  %y : Tensor = aten::mul.Tensor(%x, %s)
  return (%y)"""
USES_SWISH = """graph(%x : Float(s0, 3)):
  %y : Float(s0, 3) = golden::swish(%x)
  return (%y)"""


def resblock() -> Module:
    """The tutorial's block with a trained BatchNorm, whose statistics are not the defaults."""
    rng = np.random.default_rng(7)
    shapes = {
        "conv.weight": (3, 3, 3, 3),
        "conv.bias": 3,
        "bn.weight": 3,
        "bn.bias": 3,
        "bn.running_mean": 3,
    }
    arrays = {name: rng.standard_normal(shape, dtype=np.float32) for name, shape in shapes.items()}
    arrays["bn.running_var"] = rng.uniform(0.5, 2, 3).astype(np.float32)
    weights = {name: Weight(array) for name, array in arrays.items()}
    return module_of(RESBLOCK, "resblock", weights=weights)


def composite() -> Module:
    """A program that brings an operator of its own; a reader that doesn't know it runs its body."""
    kind = "golden::swish"
    if lookup(kind) is None:
        define.composite(
            f"{kind}(Tensor x) -> Tensor",
            SWISH,
            infer=lambda x: x,
            eval=lambda x: x / (1 + np.exp(-x)),
        )
    return module_of(USES_SWISH, "composite")


def fused() -> Module:
    module = resblock()
    pipeline.run(module, pipeline.expand(pipeline.parse("dce,fold,fuse")))
    return module


def models() -> dict[str, tuple[Module, list[tuple[Any, ...]]]]:
    """Models that run, each with the argument lists it is run on."""
    rng = np.random.default_rng(1)
    images = [(rng.standard_normal(s, dtype=np.float32),) for s in ((1, 3, 8, 8), (3, 3, 5, 9))]
    pairs = [(np.float32([[1, 2, 3]]), np.float32([[0.5, -1, 2]]))]
    return {
        "model_resblock": (resblock(), images),
        "model_resblock_fused": (fused(), images),
        "model_arithmetic": (CORPUS["arithmetic"](), pairs),
        "model_composite": (composite(), [(pairs[0][0],)]),
        "model_factorial": (module_of(FACTORIAL, "factorial"), [(0,), (1,), (20,)]),
    }


def write(name: str, module: Module, runs: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Saves one archive and what it computes; gives its row of the manifest."""
    info = save(module, FOLDER / f"{name}.tsx")
    arrays = {}
    for number, args in enumerate(runs):
        result = Executable(load(FOLDER / f"{name}.tsx")).run("forward", args, {})
        arrays |= {f"run{number}.input{i}": value for i, value in enumerate(args)}
        arrays[f"run{number}.output"] = result
    if runs:
        np.savez(FOLDER / f"{name}.npz", **arrays)
    return {"file_digest": info.file_digest.hex(), "runs": len(runs)}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "manifest.json"
    manifest: dict[str, Any] = {}
    if path.exists() and "--replace" not in sys.argv:
        manifest = json.loads(path.read_text())
    cases = {name: (make(), []) for name, make in CORPUS.items()} | models()
    for name, (module, runs) in cases.items():
        if name not in manifest:
            manifest[name] = write(name, module, runs)
            print(f"made {name}.tsx")
    path.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()

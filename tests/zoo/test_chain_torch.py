"""Whole models through the whole path: traced, optimised, saved, loaded where there is no torch, equal to torch.

Each runs at its sample's size and at the other batch sizes, resolutions and lengths of ``tests.models.ZOO``; and the
same graphs, written for torch's own parser, run in torch's interpreter.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel

import tsx
from tests.models import ZOO, scrambled
from tsx.capture.torch.arrays import tensor_of, to_numpy
from tsx.capture.torch.original import plain_result
from tsx.ir.torch_text import to_torch
from tsx.runtime.compare import compare_arrays, leaves

pytestmark = [pytest.mark.torch, pytest.mark.zoo]


def gpt2() -> nn.Module:
    return scrambled(
        GPT2LMHeadModel(GPT2Config(vocab_size=97, n_embd=32, n_layer=2, n_head=4, n_positions=64))
    )


def bert() -> nn.Module:
    sizes = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    return scrambled(BertModel(BertConfig(vocab_size=97, max_position_embeddings=64, **sizes)))


def ids(*sizes: int) -> torch.Tensor:
    return torch.randint(0, 97, sizes, generator=torch.Generator().manual_seed(sum(sizes)))


def gpt2_without_cache() -> nn.Module:
    model = gpt2()
    model.config.use_cache = False
    return model


TRANSFORMERS = {
    "gpt2_without_cache": (gpt2_without_cache, (ids(1, 8),), ((ids(3, 8),), (ids(5, 8),), (ids(2, 13),))),
    "gpt2": (gpt2, (ids(1, 8),), ((ids(3, 8),), (ids(5, 8),), (ids(2, 13),))),
    "bert": (bert, (ids(1, 8), torch.ones(1, 8, dtype=torch.int64)),
             ((ids(3, 8), torch.ones(3, 8, dtype=torch.int64)), (ids(5, 8), torch.ones(5, 8, dtype=torch.int64)),
              (ids(2, 13), torch.tensor([[1] * 13, [1] * 9 + [0] * 4])))),
}  # fmt: skip
MODELS: dict[str, Any] = {**ZOO, **TRANSFORMERS}


def make(name: str) -> tuple[nn.Module, tuple[Any, ...], tuple[Any, ...]]:
    maker, sample, others = MODELS[name]
    torch.manual_seed(1)
    return maker().eval(), sample, others


@pytest.mark.parametrize("name", MODELS)
def test_the_whole_path(name: str, tmp_path: Path) -> None:
    model, sample, others = make(name)
    module = tsx.trace(model, sample)
    module.save(tmp_path / "traced.tsx")
    fused = tsx.optimize(module, "dce,fold,fuse")
    kinds = [node.kind for node in fused.graph.all_nodes()]
    if any(isinstance(m, nn.Conv2d) for m in model.modules()):
        assert "aten::batch_norm" not in kinds
        assert "tsx::group" in kinds
    fused.save(tmp_path / "fused.tsx")
    tsx.optimize(module, level=3).save(tmp_path / "level3.tsx")
    cases: dict[str, np.ndarray] = {}
    for number, inputs in enumerate((sample, *others)):
        with torch.no_grad():
            wanted = model(*inputs)
        cases |= {f"{number}_in{i}": to_numpy(x) for i, x in enumerate(inputs)}
        cases |= {f"{number}_out{i}": a for i, (_, a) in enumerate(leaves(plain_result(wanted)))}
    np.savez(tmp_path / "cases.npz", **cases)
    program = Path(__file__).with_name("without_torch.py")
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 3 * (1 + len(others))
    assert [row for row in rows if not row["equal"]] == []
    assert all(row["largest"] > 1e-3 for row in rows), "a model that gives nothing proves nothing"


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("passes", ["inline,freeze", "dce,fold,fuse"])
def test_torchs_interpreter_agrees(name: str, passes: str) -> None:
    model, sample, others = make(name)
    module = tsx.optimize(tsx.trace(model, sample), passes)
    function = _by_torch(module)
    for inputs in (sample, others[-1]):
        with torch.no_grad():
            wanted = list(leaves(plain_result(model(*inputs))))
            given = list(leaves(to_numpy(function(*inputs))))
        assert len(given) == len(wanted)
        for (path, b), (_, a) in zip(wanted, given, strict=True):
            assert compare_arrays(path, a, b).equal, compare_arrays(path, a, b)


def _by_torch(module: tsx.Module) -> Callable[..., Any]:
    """The graph as torch's interpreter runs it, read from our text."""
    text = to_torch(module.graph)
    function = torch._C._create_function_from_graph("forward", torch._C.parse_ir(text.text))
    weights = {name: tensor_of(array) for name, array in module.state_dict().items()}
    return lambda *inputs: function(*inputs, *text.extra_inputs(weights))

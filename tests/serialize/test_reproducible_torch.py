"""A torch model converts to the same bytes in every process, too (P11)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from tests.serialize.test_reproducible import convert

pytestmark = pytest.mark.torch
SCRIPT = """
import sys
import torch
sys.path.insert(0, sys.argv[1])
import tsx

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(11, 8)
        self.layers = torch.nn.ModuleList(torch.nn.Linear(8, 8) for _ in range(3))
        self.norm = torch.nn.LayerNorm(8)

    def forward(self, ids, *, scale=1.0):
        x = self.embed(ids)
        for layer in self.layers:
            x = x + torch.relu(layer(self.norm(x))) * scale
        return {"hidden": x, "mean": x.mean(1)}

torch.manual_seed(0)
model = Net().eval()
module = tsx.trace(model, (torch.arange(6).reshape(2, 3),))
for program in (module, tsx.optimize(module, passes="fuse")):
    print(program.save("out.tsx").file_digest.hex())
"""


def test_two_conversions_give_one_digest(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(convert, (1, 2), folders, (SCRIPT, SCRIPT))
    assert first == second, f"torch {torch.__version__}"

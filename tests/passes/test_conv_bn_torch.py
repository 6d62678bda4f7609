"""BatchNorm folded into real torch layers: it disappears, and the result stays within rounding of the unfolded one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import tsx
from tsx.ir.graph import Graph

pytestmark = pytest.mark.torch

LAYERS = {
    "conv1d": (nn.Conv1d, nn.BatchNorm1d, (2, 4, 9)),
    "conv2d": (nn.Conv2d, nn.BatchNorm2d, (2, 4, 7, 6)),
    "conv3d": (nn.Conv3d, nn.BatchNorm3d, (1, 4, 5, 4, 6)),
    "conv_transpose1d": (nn.ConvTranspose1d, nn.BatchNorm1d, (2, 4, 9)),
    "conv_transpose2d": (nn.ConvTranspose2d, nn.BatchNorm2d, (2, 4, 7, 6)),
}


def randomised(model: nn.Module, seed: int = 0) -> nn.Module:
    """Statistics and affine terms far from the identity, so that a fold that is left out or wrong shows."""
    generator = torch.Generator().manual_seed(seed)
    for layer in model.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.uniform_(-1, 1, generator=generator)
            layer.running_var.uniform_(0.2, 3, generator=generator)
            if layer.affine:
                layer.weight.data.uniform_(-2, 2, generator=generator)
                layer.bias.data.uniform_(-1, 1, generator=generator)
    return model.eval()


def folded(model: nn.Module, example: torch.Tensor, passes: str = "conv_bn") -> tuple[Graph, float]:
    """The graph after the passes, and the largest difference from torch relative to the largest result."""
    module = tsx.optimize(tsx.trace(model, (example,)), passes=passes)
    with torch.no_grad():
        expected = model.double()(example.double()).numpy()
    result = np.asarray(module(example.numpy()))
    return module.graph, float(np.abs(result - expected).max() / np.abs(expected).max())


def kinds(graph: Graph) -> set[str]:
    return {node.kind for node in graph.all_nodes()}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    ("bias", "affine", "groups"), [(True, True, 1), (False, True, 2), (True, False, 2)]
)
def test_a_norm_goes_into_the_layer_before(
    name: str, bias: bool, affine: bool, groups: int
) -> None:
    layer, norm, size = LAYERS[name]
    torch.manual_seed(0)
    model = nn.Sequential(
        layer(4, 6, 3, stride=2, padding=1, bias=bias, groups=groups), norm(6, affine=affine)
    )
    graph, error = folded(randomised(model), torch.randn(size))
    assert "aten::batch_norm" not in kinds(graph)
    assert error < 2e-6


@pytest.mark.parametrize("name", ["conv1d", "conv2d", "conv3d"])
@pytest.mark.parametrize("groups", [1, 2])
def test_a_norm_goes_into_the_layer_after(name: str, groups: int) -> None:
    layer, norm, size = LAYERS[name]
    torch.manual_seed(0)
    model = nn.Sequential(norm(4), layer(4, 6, 3, groups=groups))
    graph, error = folded(randomised(model), torch.randn(size))
    assert "aten::batch_norm" not in kinds(graph)
    assert error < 2e-6


def test_linear_layers_take_norms_from_both_sides() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.BatchNorm1d(5), nn.Linear(5, 7, bias=False), nn.BatchNorm1d(7), nn.ReLU()
    )
    graph, error = folded(randomised(model), torch.randn(8, 5), "dce,fold,fuse")
    assert "aten::batch_norm" not in kinds(graph)
    assert [n.attributes["name"] for n in graph.nodes if n.kind == "tsx::group"] == ["Linear_ReLU"]
    assert error < 2e-6


def test_norms_in_a_row_fold_one_after_the_other() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.BatchNorm2d(4))
    graph, error = folded(randomised(model), torch.randn(1, 3, 6, 6))
    assert "aten::batch_norm" not in kinds(graph)
    assert error < 2e-6


def test_a_shared_layer_gets_weights_for_each_norm() -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)
            self.first, self.second = nn.BatchNorm2d(3), nn.BatchNorm2d(3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.second(self.conv(self.first(self.conv(x))))
            return out

    torch.manual_seed(0)
    module = tsx.optimize(
        tsx.trace(randomised(Shared()), (torch.randn(1, 3, 4, 4),)), passes="conv_bn"
    )
    assert "aten::batch_norm" not in kinds(module.graph)
    names = set(module.state_dict())
    assert {"conv.weight.bn_folded", "conv.weight.bn_folded.1"} <= names


def test_half_precision_folds_in_double_and_rounds_once() -> None:
    torch.manual_seed(0)
    model = randomised(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))).half()
    module = tsx.optimize(tsx.trace(model, (torch.randn(1, 3, 6, 6).half(),)), passes="conv_bn")
    conv, norm = model[0].double(), model[1].double()
    scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
    wanted = (conv.weight.detach() * scale[:, None, None, None]).numpy().astype(np.float16)
    np.testing.assert_array_equal(module.state_dict()["0.weight.bn_folded"], wanted)


def test_a_residual_block_becomes_one_group_for_each_convolution() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3)
            self.conv2, self.bn2 = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = torch.relu_(self.bn1(self.conv1(x)))
            y = self.bn2(self.conv2(y))
            y += x
            return torch.relu(y)

    torch.manual_seed(0)
    graph, error = folded(randomised(Block()), torch.randn(1, 3, 8, 8), "dce,fold,fuse")
    outer = [node.kind for node in graph.nodes if node.kind != "prim::Constant"]
    assert outer == ["tsx::group", "tsx::group"]
    names = [node.attributes["name"] for node in graph.nodes if node.kind == "tsx::group"]
    assert names == ["Conv2d_ReLU", "Conv2d_Add_ReLU"]
    assert error < 2e-6


class Residual(nn.Module):
    """A block as torchvision writes it, in place where it can be."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x
        return self.relu(y)


def test_a_scripted_block_checks_its_input_once_and_folds_and_fuses_as_a_traced_one() -> None:
    model, example = randomised(Residual()), torch.randn(2, 4, 6, 5)
    module = tsx.optimize(tsx.script(model))
    assert "aten::batch_norm" not in kinds(module.graph)
    assert sum(node.kind == "prim::RaiseException" for node in module.graph.all_nodes()) == 1
    groups = [n.attributes["name"] for n in module.graph.all_nodes() if n.kind == "tsx::group"]
    assert groups == ["Conv2d_ReLU"]  # the sum stays in place, since its sizes are not known
    with torch.no_grad():
        expected = model(example).numpy()
    np.testing.assert_allclose(np.asarray(module(example.numpy())), expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(tsx.TsxError, match="ValueError: expected 4D input"):
        module(example[0].numpy())

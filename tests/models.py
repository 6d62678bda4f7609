"""Models that people really ship, written as their papers and torchvision write them, with torch alone.

``scrambled`` gives normalisation layers statistics and affine terms that a skipped layer can't hide behind.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def scrambled(model: nn.Module, seed: int = 0) -> nn.Module:
    """``model`` in eval mode with randomised norms and weights scaled so that outputs vary."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.5, generator=generator)
            module.running_var.uniform_(0.5, 2.0, generator=generator)
        affine = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)
        if isinstance(module, affine) and module.weight is not None:
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            if module.bias is not None:
                module.bias.data.normal_(0, 0.3, generator=generator)
    return model.eval()


# ResNet (He et al. 2015), after torchvision.


class BasicBlock(nn.Module):
    def __init__(self, inplanes: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample: nn.Module | None = None
        if stride != 1 or inplanes != planes:
            self.downsample = nn.Sequential(
                nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes)
            )

    def forward(self, x: Tensor) -> Tensor:
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class ResNet(nn.Module):
    def __init__(self, layers: tuple[int, ...], width: int = 64, num_classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.inplanes = width
        self.layer1 = self._make_layer(width, layers[0], 1)
        self.layer2 = self._make_layer(width * 2, layers[1], 2)
        self.layer3 = self._make_layer(width * 4, layers[2], 2)
        self.layer4 = self._make_layer(width * 8, layers[3], 2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(width * 8, num_classes)

    def _make_layer(self, planes: int, blocks: int, stride: int) -> nn.Sequential:
        layers = [BasicBlock(self.inplanes, planes, stride)]
        self.inplanes = planes
        layers += [BasicBlock(planes, planes) for _ in range(blocks - 1)]
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        x = torch.flatten(self.avgpool(x), 1)
        return self.fc(x)


def resnet18(width: int = 64, num_classes: int = 1000) -> nn.Module:
    return scrambled(ResNet((2, 2, 2, 2), width, num_classes))


# MobileNet-v2 (Sandler et al. 2018), after torchvision.


class ConvBNReLU(nn.Sequential):
    def __init__(
        self, inp: int, oup: int, kernel: int = 3, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(
            nn.Conv2d(inp, oup, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
            nn.BatchNorm2d(oup),
            nn.ReLU6(inplace=True),
        )


class InvertedResidual(nn.Module):
    def __init__(self, inp: int, oup: int, stride: int, expand_ratio: int) -> None:
        super().__init__()
        hidden = round(inp * expand_ratio)
        self.use_res_connect = stride == 1 and inp == oup
        layers: list[nn.Module] = []
        if expand_ratio != 1:
            layers.append(ConvBNReLU(inp, hidden, 1))
        layers += [
            ConvBNReLU(hidden, hidden, 3, stride, hidden),
            nn.Conv2d(hidden, oup, 1, bias=False),
            nn.BatchNorm2d(oup),
        ]
        self.conv = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        if self.use_res_connect:
            return x + self.conv(x)
        return self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, settings: list[tuple[int, int, int, int]], num_classes: int = 1000) -> None:
        super().__init__()
        channels = 32
        features: list[nn.Module] = [ConvBNReLU(3, channels, stride=2)]
        for t, c, n, s in settings:
            for i in range(n):
                features.append(InvertedResidual(channels, c, s if i == 0 else 1, t))
                channels = c
        features.append(ConvBNReLU(channels, 1280, 1))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = F.adaptive_avg_pool2d(x, (1, 1))
        x = torch.flatten(x, 1)
        return self.classifier(x)


MOBILENET_V2 = [
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
]  # fmt: skip


def mobilenet_v2(num_classes: int = 1000) -> nn.Module:
    return scrambled(MobileNetV2(MOBILENET_V2, num_classes))


# ViT (Dosovitskiy et al. 2020), after timm: position embeddings are interpolated to the resolution at hand.


class Attention(nn.Module):
    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.scale = (dim // num_heads) ** -0.5
        self.qkv = nn.Linear(dim, dim * 3)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        B, N, C = x.shape
        qkv = (
            self.qkv(x).reshape(B, N, 3, self.num_heads, C // self.num_heads).permute(2, 0, 3, 1, 4)
        )
        q, k, v = qkv.unbind(0)
        attn = (q * self.scale) @ k.transpose(-2, -1)
        attn = attn.softmax(dim=-1)
        x = (attn @ v).transpose(1, 2).reshape(B, N, C)
        return self.proj(x)


class ViTBlock(nn.Module):
    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, num_heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(dim, dim * 4), nn.GELU(), nn.Linear(dim * 4, dim))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    def __init__(
        self,
        image: int = 32,
        patch: int = 8,
        dim: int = 48,
        depth: int = 3,
        heads: int = 4,
        classes: int = 10,
    ) -> None:
        super().__init__()
        self.patch = patch
        self.grid = image // patch
        self.patch_embed = nn.Conv2d(3, dim, patch, patch)
        self.cls_token = nn.Parameter(torch.randn(1, 1, dim) * 0.5)
        self.pos_embed = nn.Parameter(torch.randn(1, self.grid**2 + 1, dim) * 0.5)
        self.blocks = nn.Sequential(*(ViTBlock(dim, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.head = nn.Linear(dim, classes)

    def positions(self, h: int, w: int) -> Tensor:
        cls, grid = self.pos_embed[:, :1], self.pos_embed[:, 1:]
        grid = grid.reshape(1, self.grid, self.grid, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(h, w), mode="bilinear", align_corners=False)
        return torch.cat([cls, grid.permute(0, 2, 3, 1).flatten(1, 2)], dim=1)

    def forward(self, x: Tensor) -> Tensor:
        B, _, H, W = x.shape
        assert H % self.patch == 0, "the image must consist of whole patches"
        assert W % self.patch == 0, "the image must consist of whole patches"
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls_token.expand(B, -1, -1), x), dim=1)
        x = x + self.positions(H // self.patch, W // self.patch)
        return self.head(self.norm(self.blocks(x))[:, 0])


def vit() -> nn.Module:
    return scrambled(ViT())


# ConvNeXt (Liu et al. 2022), after the authors' code.


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


class ConvNeXtBlock(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1 = nn.Linear(dim, 4 * dim)
        self.act = nn.GELU()
        self.pwconv2 = nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(torch.rand(dim) + 0.5)

    def forward(self, x: Tensor) -> Tensor:
        y = self.dwconv(x).permute(0, 2, 3, 1)
        y = self.pwconv2(self.act(self.pwconv1(self.norm(y))))
        y = self.gamma * y
        return x + y.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    def __init__(self, depths: tuple[int, ...], dims: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.downsample_layers = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(3, dims[0], 4, 4), LayerNorm2d(dims[0], eps=1e-6))]
        )
        for a, b in pairwise(dims):
            self.downsample_layers.append(
                nn.Sequential(LayerNorm2d(a, eps=1e-6), nn.Conv2d(a, b, 2, 2))
            )
        self.stages = nn.ModuleList(
            nn.Sequential(*(ConvNeXtBlock(dim) for _ in range(depth)))
            for depth, dim in zip(depths, dims, strict=True)
        )
        self.norm = nn.LayerNorm(dims[-1], eps=1e-6)
        self.head = nn.Linear(dims[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        for i in range(len(self.stages)):
            x = self.downsample_layers[i](x)
            x = self.stages[i](x)
        return self.head(self.norm(x.mean([-2, -1])))


def convnext() -> nn.Module:
    return scrambled(ConvNeXt((1, 1, 2, 1), (16, 24, 32, 48), 10))


# U-Net (Ronneberger et al. 2015), after milesial's: pads so that any size goes through.


class DoubleConv(nn.Sequential):
    def __init__(self, inp: int, out: int) -> None:
        super().__init__(
            nn.Conv2d(inp, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True),
            nn.Conv2d(out, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True),
        )  # fmt: skip


class Up(nn.Module):
    def __init__(self, inp: int, out: int, bilinear: bool) -> None:
        super().__init__()
        if bilinear:
            self.up: nn.Module = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.conv = DoubleConv(inp + out, out)
        else:
            self.up = nn.ConvTranspose2d(inp, inp // 2, 2, 2)
            self.conv = DoubleConv(inp // 2 + out, out)

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        x1 = self.up(x1)
        diffY = x2.size()[2] - x1.size()[2]
        diffX = x2.size()[3] - x1.size()[3]
        x1 = F.pad(x1, [diffX // 2, diffX - diffX // 2, diffY // 2, diffY - diffY // 2])
        return self.conv(torch.cat([x2, x1], dim=1))


class UNet(nn.Module):
    def __init__(
        self, channels: int = 3, classes: int = 2, width: int = 8, bilinear: bool = False
    ) -> None:
        super().__init__()
        self.inc = DoubleConv(channels, width)
        self.down = nn.ModuleList(
            nn.Sequential(nn.MaxPool2d(2), DoubleConv(width << i, width << i + 1)) for i in range(3)
        )
        self.up = nn.ModuleList(
            Up(width << i + 1, width << i, bilinear) for i in reversed(range(3))
        )
        self.outc = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = [self.inc(x)]
        for down in self.down:
            skips.append(down(skips[-1]))
        x = skips.pop()
        for up in self.up:
            x = up(x, skips.pop())
        return self.outc(x)


def unet(bilinear: bool = False) -> nn.Module:
    return scrambled(UNet(bilinear=bilinear))


# A recurrent classifier, as tutorials write it.


class LSTMClassifier(nn.Module):
    def __init__(self, vocab: int = 50, dim: int = 16, hidden: int = 24, classes: int = 5) -> None:
        super().__init__()
        self.hidden = hidden
        self.embedding = nn.Embedding(vocab, dim)
        self.lstm = nn.LSTM(
            dim, hidden, num_layers=2, batch_first=True, bidirectional=True, dropout=0.2
        )
        self.fc = nn.Linear(hidden * 2, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        h0 = torch.zeros(4, tokens.size(0), self.hidden, device=tokens.device)
        c0 = torch.zeros(4, tokens.size(0), self.hidden, device=tokens.device)
        out, (h, _) = self.lstm(self.embedding(tokens), (h0, c0))
        return self.fc(out[:, -1, :] + torch.cat((h[-2], h[-1]), dim=1))


def lstm_classifier() -> nn.Module:
    return LSTMClassifier().eval()


class ResBlock(nn.Module):
    """The block of the TorchScript tutorial."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.bn = nn.BatchNorm2d(3)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv(x)) + x)


def resblock() -> nn.Module:
    return scrambled(ResBlock())


Inputs = tuple[Tensor, ...]


class Entry(NamedTuple):
    """A model with a sample, and inputs at other batch sizes and other resolutions or lengths."""

    make: Callable[[], nn.Module]
    sample: Inputs
    others: tuple[Inputs, ...]


def _images(*shapes: tuple[int, int, int]) -> list[Inputs]:
    """Images of (batch, height, width), the same in every run."""
    generator = torch.Generator().manual_seed(7)
    return [(torch.randn(n, 3, h, w, generator=generator),) for n, h, w in shapes]


def _tokens(*shapes: tuple[int, int]) -> list[Inputs]:
    generator = torch.Generator().manual_seed(7)
    return [(torch.randint(0, 50, shape, generator=generator),) for shape in shapes]


def _entry(make: Callable[[], nn.Module], inputs: list[Inputs]) -> Entry:
    return Entry(make, inputs[0], tuple(inputs[1:]))


ZOO: dict[str, Entry] = {
    "resblock": _entry(resblock, _images((1, 16, 16), (4, 16, 16), (2, 64, 64))),
    "resnet18": _entry(
        lambda: resnet18(16, 10), _images((1, 64, 64), (7, 64, 64), (3, 64, 64), (2, 75, 96))
    ),
    "mobilenet_v2": _entry(
        lambda: mobilenet_v2(10), _images((1, 64, 64), (4, 64, 64), (3, 64, 64), (2, 96, 71))
    ),
    "vit": _entry(vit, _images((1, 32, 32), (7, 32, 32), (3, 32, 32), (2, 48, 24))),
    "convnext": _entry(convnext, _images((1, 64, 64), (5, 64, 64), (3, 64, 64), (2, 96, 100))),
    "unet": _entry(unet, _images((1, 32, 32), (3, 32, 32), (2, 32, 32), (2, 45, 51))),
    "unet_bilinear": _entry(
        lambda: unet(bilinear=True), _images((1, 32, 32), (3, 32, 32), (2, 40, 56))
    ),
    "lstm": _entry(lstm_classifier, _tokens((1, 6), (5, 6), (3, 6), (2, 11))),
}
"""Models by name; the sample has batch 1, so that a size of 1 frozen in would show."""

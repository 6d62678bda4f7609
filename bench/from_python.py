"""The engine from Python: threads, loading, importing. Sides take turns; medians are printed.

    python bench/from_python.py threads|busy|load|import [--rounds 11] [--threads 1] [--clock processor] [--json]

``threads``: calls a second with two Python threads beside one, each with one thread inside of an operator, and whether
every result is the serial one to the bit. ``busy``: the same model while other processes keep every processor busy, two
threads inside of an operator beside one. ``load``: a ResNet-50 from its file, and with its first forward, beside
torch.jit and (where onnx and onnxruntime are installed) ONNX Runtime, each with ``--threads`` threads inside of an
operator. ``import``: what ``import tsx`` and ``import onnxruntime`` add to NumPy's own import, each in a fresh process.

``--clock processor`` takes processor time (of all threads) in place of the clock on the wall, for machines where other
work runs.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

Sides = Mapping[str, Callable[[], float]]


def medians(sides: Sides, rounds: int) -> dict[str, float]:
    """The median of what each side gives, called in turns; the first round does not count."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds + 1):
        for name, side in sides.items():
            value = side()
            if turn:
                found[name].append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def processor() -> float:
    """Processor time of this process and of those that it waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "processor": processor}
clock = time.perf_counter


def seconds(function: Callable[[], object]) -> float:
    started = clock()
    function()
    return clock() - started


def small_network() -> tuple[Any, list[Any]]:
    """Four layers of 256, over 64 rows, on the engine; and eight inputs."""
    import tsx

    generator = np.random.default_rng(0)
    weights = [generator.standard_normal((256, 256)).astype(np.float32) / 16 for _ in range(4)]

    def network(x: Any) -> Any:
        for weight in weights:
            x = np.tanh(x @ weight)
        return x

    inputs = [generator.standard_normal((64, 256)).astype(np.float32) for _ in range(8)]
    module = tsx.trace(network, inputs[0])
    return tsx.api.Module(module.ir, engine="native"), inputs


def busy(rounds: int, _: int) -> dict[str, Any]:
    from tsx.runtime import native

    module, inputs = small_network()

    def side(inside: int, calls: int = 100) -> Callable[[], float]:
        def run() -> float:
            native.set_threads(inside)
            return seconds(lambda: [module(inputs[i % 8]) for i in range(calls)]) / calls

        return run

    others = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(os.cpu_count() or 1)
    ]
    try:
        found = medians({"one": side(1), "two": side(2)}, rounds)
    finally:
        for other in others:
            other.kill()
            other.wait()
    milliseconds = {f"{name} inside, ms a call": value * 1e3 for name, value in found.items()}
    return milliseconds | {"two to one": found["two"] / found["one"]}


def threads(rounds: int, inside: int) -> dict[str, Any]:
    from tsx.runtime import native

    native.set_threads(inside)
    module, inputs = small_network()
    serial = [module(x) for x in inputs]
    same = True

    def work(calls: int) -> None:
        nonlocal same
        for i in range(calls):
            same &= module(inputs[i % 8]).tobytes() == serial[i % 8].tobytes()

    def rate(workers: int, calls: int = 200) -> float:
        started = time.perf_counter()
        running = [threading.Thread(target=work, args=(calls,)) for _ in range(workers)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        return workers * calls / (time.perf_counter() - started)

    found = medians({"one": lambda: rate(1), "two": lambda: rate(2)}, rounds)
    return {
        "calls/s, one thread": found["one"],
        "calls/s, two threads": found["two"],
        "two to one": found["two"] / found["one"],
        "to the bit": same,
    }


def load(rounds: int, inside: int) -> dict[str, Any]:
    import torch

    import tsx
    from tsx.runtime import native

    warnings.simplefilter("ignore")
    torch.set_num_threads(inside)
    native.set_threads(inside)
    model, image = resnet50(), torch.randn(1, 3, 224, 224)
    array = image.numpy()
    folder = Path(tempfile.mkdtemp())
    tsx.optimize(tsx.trace(model, image)).save(folder / "net.tsx")
    with torch.no_grad():
        torch.jit.trace(model, image).save(str(folder / "net.pt"))

    def ours() -> Any:
        return tsx.load(folder / "net.tsx", engine="native")

    def torchs() -> Any:
        return torch.jit.load(str(folder / "net.pt"))

    def run_torch() -> None:
        with torch.no_grad():
            torchs()(image)

    sides: dict[str, Callable[[], float]] = {
        "tsx load": lambda: seconds(ours),
        "torch.jit load": lambda: seconds(torchs),
        "tsx load and forward": lambda: seconds(lambda: ours()(array)),
        "torch.jit load and forward": lambda: seconds(run_torch),
    }
    try:
        import onnxruntime
    except ImportError:
        onnxruntime = None
    if onnxruntime is not None:
        with torch.no_grad():
            torch.onnx.export(model, (image,), str(folder / "net.onnx"), dynamo=False)

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = inside

        def run_onnx() -> None:
            session = onnxruntime.InferenceSession(str(folder / "net.onnx"), settings)
            session.run(None, {session.get_inputs()[0].name: array})

        sides["onnxruntime load and forward"] = lambda: seconds(run_onnx)
    found = medians(sides, rounds)
    milliseconds = {f"{name}, ms": value * 1e3 for name, value in found.items()}
    return milliseconds | {"torch.jit load to ours": found["torch.jit load"] / found["tsx load"]}


def resnet50() -> Any:
    """As torchvision has it, with random weights."""
    from torch import nn

    class Bottleneck(nn.Module):
        def __init__(self, inside: int, planes: int, stride: int) -> None:
            super().__init__()
            outside = 4 * planes
            self.conv1, self.bn1 = nn.Conv2d(inside, planes, 1, bias=False), nn.BatchNorm2d(planes)
            self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(planes)
            self.conv3 = nn.Conv2d(planes, outside, 1, bias=False)
            self.bn3, self.relu = nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
            self.downsample = nn.Sequential()
            if stride != 1 or inside != outside:
                shortcut = nn.Conv2d(inside, outside, 1, stride, bias=False)
                self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outside))

        def forward(self, x: Any) -> Any:
            y = self.relu(self.bn1(self.conv1(x)))
            y = self.bn3(self.conv3(self.relu(self.bn2(self.conv2(y)))))
            return self.relu(y + self.downsample(x))

    layers: list[Any] = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, 1))
    inside = 64
    for blocks, planes, stride in ((3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2)):
        for block in range(blocks):
            layers.append(Bottleneck(inside, planes, stride if block == 0 else 1))
            inside = 4 * planes
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000)
    ).eval()


def imports(rounds: int, _: int) -> dict[str, Any]:
    # With bytecode kept, as that of every installed package is; the round that does not count writes it.
    keeps = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def side(code: str) -> Callable[[], float]:
        command = [sys.executable, "-c", code]
        return lambda: seconds(lambda: subprocess.run(command, check=True, env=keeps))

    found = medians(
        {
            "numpy": side("import numpy"),
            "tsx": side(f"import sys; sys.path[:0] = [{str(ROOT)!r}]; import numpy, tsx"),
            "tsx.load": side(
                f"import sys; sys.path[:0] = [{str(ROOT)!r}]; import numpy, tsx; tsx.load"
            ),
            "onnxruntime": side("import numpy, onnxruntime"),
        },
        rounds,
    )
    added = {name: value - found["numpy"] for name, value in found.items() if name != "numpy"}
    milliseconds = {f"import {name} adds, ms": value * 1e3 for name, value in added.items()}
    return milliseconds | {"tsx to onnxruntime": added["tsx"] / added["onnxruntime"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("threads", "busy", "load", "import"))
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    global clock
    clock = CLOCKS[options.clock]
    run = {"threads": threads, "busy": busy, "load": load, "import": imports}[options.what]
    found = run(options.rounds, options.threads)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value if isinstance(value, bool) else format(value, '.3g')}")


if __name__ == "__main__":
    main()

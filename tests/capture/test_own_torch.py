"""Operators of the user's own in torch models: formulas that travel, kernels that the host provides, rules."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tsx
from tsx.capture.torch.original import plain_result
from tsx.errors import Problems
from tsx.ir.infer import abstract_of
from tsx.ir.op import all_ops, forget, lookup, register
from tsx.passes.support.rewriting import forget_rule

pytestmark = [pytest.mark.torch]
X = torch.linspace(-2, 2, 12).reshape(3, 4)


@tsx.operator("own::swish(Tensor x, float beta=1.0) -> Tensor")
def swish(x: torch.Tensor, beta: float = 1.0) -> torch.Tensor:
    """x times its sigmoid."""
    return x * torch.sigmoid(beta * x)


@tsx.operator("own::clip(Tensor x, float? high) -> Tensor")
def clip(x: torch.Tensor, high: float | None) -> torch.Tensor:
    if high is None:
        return x
    total = x
    for _ in range(2):
        total = torch.where(total > high, high, total)
    return total


@tsx.register_kernel("own::above(Tensor x, float limit) -> Tensor")
def above(x: np.ndarray, limit: float) -> np.ndarray:
    """Which rows have a first element above the limit: how many is known only once it has run."""
    return np.nonzero(x[:, 0] > limit)[0]


@tsx.register_kernel("own::extremes(Tensor x) -> (Tensor, Tensor)", infer=lambda x: (x, x))
def extremes(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.minimum(x, 0), np.maximum(x, 0)


OPERATORS = [made.op for made in (swish, clip, above, extremes)]
for made in OPERATORS:
    forget(made)  # other tests look at every operator there is


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """The operators above, and for as long as a test runs what it defines itself."""
    before = {op.kind for op in all_ops()}
    for op in OPERATORS:
        register(op)
    yield
    for op in all_ops():
        if op.kind not in before:
            forget(op)


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.line = torch.nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return swish(self.line(x)) + swish(x, beta=2.0)


@pytest.fixture
def net() -> Net:
    torch.manual_seed(0)
    return Net().eval()


@pytest.mark.parametrize("capture", [tsx.trace, tsx.script])
def test_a_formula_is_one_node_and_means_what_the_function_does(capture: Any, net: Net) -> None:
    module = capture(net, (X,))
    with torch.no_grad():
        want = net(X)
    for program in (module, tsx.optimize(module)):
        assert torch.allclose(program(X), want, atol=1e-6)
        kinds = [node.kind for node in program.graph.all_nodes()]
        assert kinds.count("own::swish") == 2


def test_a_formula_travels_in_the_archive(net: Net, tmp_path: Path) -> None:
    module = tsx.trace(net, (X,))
    module.save(tmp_path / "net.tsx")
    np.save(tmp_path / "x.npy", X.numpy())
    with torch.no_grad():
        want = net(X).numpy()
    code = (
        "import sys, numpy as np, tsx\n"
        "assert tsx.load(sys.argv[1])(np.load(sys.argv[2])).tofile(sys.argv[3]) is None\n"
        "assert 'torch' not in sys.modules\n"
    )
    given = [str(tmp_path / name) for name in ("net.tsx", "x.npy", "y.bin")]
    subprocess.run([sys.executable, "-c", code, *given], check=True)
    assert np.allclose(
        np.fromfile(tmp_path / "y.bin", np.float32).reshape(want.shape), want, atol=1e-6
    )


def test_types_are_inferred_through_the_body() -> None:
    module = tsx.trace(lambda x: swish(x), (X,))
    assert str(module.graph.outputs[0].type) == "Float(s0, s1)"


def test_control_flow_in_a_formula() -> None:
    module = tsx.script(lambda x, y: (clip(x, 0.5), clip(y, None)), (X, X))
    low, same = module(X, X)
    assert torch.equal(low, X.clamp(max=0.5))
    assert torch.equal(same, X)


@pytest.mark.parametrize("capture", [tsx.trace, tsx.script])
def test_a_kernel_is_provided_by_the_host(capture: Any, tmp_path: Path) -> None:
    def model(x: torch.Tensor) -> torch.Tensor:
        return above(x * 2, 0.5) + 1

    module = capture(model, (X,))
    assert torch.equal(module(X), model(X))
    assert torch.equal(module(-X), model(-X))
    module.save(tmp_path / "model.tsx")
    code = "import sys, tsx\ntsx.load(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "model.tsx")], capture_output=True, text=True
    )
    assert "TSX6007" in done.stderr
    assert "own::above" in done.stderr
    assert "tsx.register_kernel" in done.stderr


def test_a_kernel_with_two_results() -> None:
    def model(x: torch.Tensor) -> torch.Tensor:
        low, high = extremes(x)
        return high - low

    module = tsx.trace(model, (X,))
    assert torch.equal(module(X), X.abs())
    assert str(module.graph.outputs[0].type) == "Float(s0, s1)"


@pytest.mark.parametrize("engine", ["numpy", "native"])
def test_what_a_kernel_without_a_rule_gives_is_guarded(engine: Any) -> None:
    """Rank and dtype of what it gave are no facts: Python may branch on them, and optimising keeps the guards."""

    @tsx.register_kernel("own::fickle(Tensor x) -> Tensor")
    def fickle(x: np.ndarray) -> np.ndarray:
        squeezed = x[0] if x.shape[0] == 1 else x
        return squeezed.astype(np.float64 if x.max() > 1000 else np.float32)

    def model(x: torch.Tensor) -> torch.Tensor:
        y = fickle(x)
        return y.mean(-1) if y.dim() == 2 and y.dtype == torch.float32 else y + 7

    traced = tsx.trace(model, (X,))
    for module in (traced, tsx.optimize(traced, level=3)):
        runs = tsx.Module(module.ir, engine=engine)
        torch.testing.assert_close(runs(X), model(X))
        for other in (X[:1], X * 1e6):
            with pytest.raises(tsx.TsxError, match=r"TSX5004: .*fickle\(x\)"):
                runs(other)


def test_torchs_own_custom_operator_is_taken_for_it() -> None:
    @torch.library.custom_op("own::double", mutates_args=())
    def double(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    model = lambda x: torch.ops.own.double(x) + 1  # noqa: E731  (a model of one line)
    with pytest.raises(Problems, match="own::double") as caught:
        tsx.trace(model, (X,))
    assert "@tsx.operator" in caught.value.problems[0].help

    @tsx.operator("own::double(Tensor x) -> Tensor")
    def ours(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    module = tsx.trace(model, (X,))
    assert "own::double" in [node.kind for node in module.graph.all_nodes()]
    assert torch.equal(module(X), X * 2 + 1)
    assert torch.equal(tsx.script(model, (X,))(X), X * 2 + 1)


def test_a_definition_replaces_the_one_before() -> None:
    for factor in (2.0, 3.0):

        @tsx.operator("own::scaled(Tensor x) -> Tensor")
        def scaled(x: torch.Tensor) -> torch.Tensor:
            return x * factor  # noqa: B023  (a notebook's cell that runs again)

        assert torch.equal(tsx.trace(lambda x: scaled(x), (X,))(X), X * factor)


@pytest.fixture
def rule() -> Iterator[None]:
    @tsx.rewrite("swish(x, 1) == silu(x)", "own::swish")
    def swish_is_silu(node: Any) -> Any:
        is_plain = abstract_of(node.inputs[1]) == 1.0
        return tsx.Make("aten::silu", (node.inputs[0],)) if is_plain else None

    yield
    forget_rule("swish(x, 1) == silu(x)")


@pytest.mark.usefixtures("rule")
def test_a_rule_of_ones_own(net: Net) -> None:
    module = tsx.optimize(tsx.trace(net, (X,)), "freeze,canonicalize")
    kinds = [node.kind for node in module.graph.all_nodes()]
    assert (kinds.count("aten::silu"), kinds.count("own::swish")) == (1, 1)
    with torch.no_grad():
        assert torch.allclose(module(X), net(X), atol=1e-6)


@pytest.mark.parametrize(
    ("result", "code"),
    [(lambda node: 1 / 0, "TSX8029"), (lambda node: "x", "TSX8029"), (lambda node: tsx.Make("own::no", ()), "TSX4003")],
)  # fmt: skip
def test_a_rule_that_fails_is_named(result: Any, code: str, net: Net) -> None:
    tsx.rewrite("broken", "own::swish")(result)
    try:
        with pytest.raises(tsx.TsxError, match=code):
            tsx.optimize(tsx.trace(net, (X,)), "canonicalize")
    finally:
        forget_rule("broken")


def test_schema_and_function_have_to_fit() -> None:
    def refused(schema: str, function: Any) -> str:
        with pytest.raises(tsx.TsxError) as caught:
            tsx.operator(schema)(function)
        return caught.value.code

    def one(x: torch.Tensor) -> torch.Tensor:
        return x + 1

    def number(x: torch.Tensor) -> int:
        return 1

    weight = torch.ones(3)

    def holds(x: torch.Tensor) -> torch.Tensor:
        return x + weight

    assert refused("aten::one(Tensor x) -> Tensor", one) == "TSX4071"
    assert refused("own::one(Tensor y) -> Tensor", one) == "TSX4072"
    assert refused("own::one(Tensor x, int n) -> Tensor", one) == "TSX4072"
    assert refused("own::one(float x) -> Tensor", one) == "TSX4072"
    assert refused("own::one(Tensor x) -> (Tensor, Tensor)", one) == "TSX4072"
    assert refused("own::one(Tensor x) -> Tensor", number) == "TSX4072"
    assert refused("own::one(Tensor x) -> Tensor", holds) == "TSX4073"
    assert refused("own::one(Tensor", one) == "TSX4001"
    assert lookup("own::one") is None


def test_a_formula_that_prints_is_not_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    @tsx.operator("own::told(Tensor x) -> Tensor")
    def told(x: torch.Tensor) -> torch.Tensor:
        print("told")
        return x + 1

    def model(x: torch.Tensor) -> torch.Tensor:
        told(x)
        return x

    module = tsx.optimize(tsx.script(model))
    module(X)
    assert capsys.readouterr().out == "told\n"


def test_a_kernel_has_to_give_what_its_schema_says() -> None:
    @tsx.register_kernel("own::wrong(Tensor x) -> Tensor")
    def wrong(x: np.ndarray) -> Any:
        return [1, 2]

    with pytest.raises(tsx.TsxError, match="TSX4075"):
        wrong(X)

    @tsx.register_kernel("own::same(Tensor x) -> Tensor")
    def same(x: np.ndarray) -> np.ndarray:
        return x

    array = np.ones(3)
    assert not np.shares_memory(same(array), array)
    with pytest.raises(tsx.TsxError, match="TSX4005"):
        same(array, 2)
    assert isinstance(same(X), torch.Tensor)
    assert plain_result(same(X)).shape == (3, 4)


def test_the_command_line_loads_them(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import tsx, numpy as np\n"
        "@tsx.register_kernel('own::flipped(Tensor x) -> Tensor')\n"
        "def flipped(x):\n    return x[::-1].copy()\n"
    )
    (tmp_path / "model.py").write_text(
        "import numpy as np\nfrom mine import flipped\n"
        "def forward(x):\n    return flipped(x) + 1\n"
        "example_inputs = (np.arange(3.0),)\n"
    )
    np.save(tmp_path / "x.npy", np.arange(4.0))
    environment = {**os.environ, "NO_COLOR": "1"}

    def tsx_command(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tsx", *args]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, env=environment
        )

    done = tsx_command("convert", "model.py")
    assert done.returncode == 0, done.stderr
    refused = tsx_command("run", "model.tsx", "--input", "x.npy")
    assert (refused.returncode, "own::flipped" in refused.stderr) == (3, True)
    ran = tsx_command("--import", "mine.py", "run", "model.tsx", "--input", "x.npy")
    assert ran.returncode == 0, ran.stderr
    assert "4" in ran.stdout
    missing = tsx_command("--import", "other.py", "run", "model.tsx", "--input", "x.npy")
    assert missing.returncode == 2
    assert "other.py" in missing.stderr

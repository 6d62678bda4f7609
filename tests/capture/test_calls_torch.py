"""Programs that are called while a model is traced: they stay calls, with their control flow, and agree with eager."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import tsx
import tsx.ops
from tsx.errors import TsxError
from tsx.ir.module import ClassDef, Method, Module, Object, Parameter
from tsx.ir.text import parse_graph
from tsx.ops.weights import Weight
from tsx.runtime.compare import compare

pytestmark = pytest.mark.torch

REPEATED = """
graph(%x : Tensor, %n : int):
  %t : bool = prim::Constant[value=True]()
  %y : Tensor = prim::Loop(%n, %t, %x)
    block0(%i : int, %a : Tensor):
      %b : Tensor = aten::tanh(%a)
      -> (%t, %b)
  return (%y)
"""

# A size that depends on the data, a number, and a list.
SEVERAL = """
graph(%x : Tensor):
  %none : NoneType = prim::Constant()
  %zero : int = prim::Constant[value=0]()
  %m : Tensor = aten::gt.Scalar(%x, %zero)
  %kept : Tensor = aten::masked_select(%x, %m)
  %n : int = aten::size.int(%kept, %zero)
  %l : Tensor[] = prim::ListConstruct(%x, %kept)
  %t : (Tensor, int, Tensor[]) = prim::TupleConstruct(%kept, %n, %l)
  return (%t)
"""

WRITES = """
graph(%x : Tensor):
  %y : Tensor = aten::relu_(%x)
  return (%y)
"""


def program(text: str, *parameters: str, name: str = "callee") -> tsx.Module:
    method = Method(parse_graph(text), tuple(map(Parameter, parameters)))
    return tsx.Module(Module(name, {"forward": method}))


def kinds(module: tsx.Module) -> list[str]:
    return [node.kind for node in module.graph.all_nodes()]


def agree(module: tsx.Module, model: Any, *args: Any) -> None:
    expected = model(*(torch.from_numpy(np.array(a)) for a in args))
    found = module(*args)
    for each in compare(found, expected.numpy()):
        assert each.equal, each


X = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
OTHER = np.linspace(-1, 3, 20, dtype=np.float32).reshape(5, 4)


def test_a_loop_stays_a_loop_and_sizes_stay_free() -> None:
    repeated = program(REPEATED, "x", "n", name="repeated")

    def model(x: torch.Tensor) -> torch.Tensor:
        return repeated(x * 2, 3) + x.shape[0]

    traced = tsx.trace(model, (torch.from_numpy(X),))
    assert "prim::CallFunction" in kinds(traced)
    assert list(traced.ir.functions) == ["repeated"]
    assert not traced.report.pins
    eager = lambda x: torch.tanh(torch.tanh(torch.tanh(x * 2))) + x.shape[0]  # noqa: E731
    for x in (X, OTHER):
        agree(traced, eager, x)
        agree(tsx.optimize(traced), eager, x)


def test_a_number_that_the_trace_follows_is_an_operand() -> None:
    repeated = program(REPEATED, "x", "n", name="repeated")

    def model(x: torch.Tensor) -> torch.Tensor:
        return repeated(x, x.shape[0])

    def eager(x: torch.Tensor) -> torch.Tensor:
        for _ in range(x.shape[0]):
            x = torch.tanh(x)
        return x

    traced = tsx.trace(model, (torch.from_numpy(X),))
    for x in (X, OTHER):
        agree(traced, eager, x)


def test_tuples_lists_numbers_and_sizes_that_depend_on_data() -> None:
    several = program(SEVERAL, "x", name="several")

    def model(x: torch.Tensor) -> torch.Tensor:
        kept, count, (whole, again) = several(x)
        return kept.sum() * count + whole.sum() + again.amax()

    def eager(x: torch.Tensor) -> torch.Tensor:
        kept = x[x > 0]
        return kept.sum() * kept.shape[0] + x.sum() + kept.amax()

    traced = tsx.trace(model, (torch.from_numpy(X),))
    for x in (X, OTHER):
        agree(traced, eager, x)


def test_what_a_program_writes_is_written_in_the_trace() -> None:
    writes = program(WRITES, "x", name="writes")

    def model(x: torch.Tensor) -> torch.Tensor:
        y = x + 1
        writes(y)
        return y * 2

    traced = tsx.trace(model, (torch.from_numpy(X),))
    agree(traced, lambda x: torch.relu(x + 1) * 2, X)


def test_a_traced_program_is_called_as_well_and_brings_its_weights() -> None:
    layer = torch.nn.Linear(4, 2)
    inner = tsx.trace(layer, (torch.from_numpy(X),))

    class Outer(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.full((2,), 3.0))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return inner(x) * self.scale + inner(x + 1)

    outer = Outer()
    traced = tsx.trace(outer, (torch.from_numpy(X),))
    assert sorted(traced.ir.weights) == ["Linear.bias", "Linear.weight", "scale"]
    assert kinds(traced).count("prim::CallFunction") == 2
    with torch.no_grad():
        for x in (X, OTHER):
            agree(traced, lambda x: layer(x) * outer.scale + layer(x + 1), x)


def test_two_programs_of_one_name_are_two_functions() -> None:
    first, second = program(REPEATED, "x", "n"), program(WRITES, "x")
    traced = tsx.trace(lambda x: second(first(x, 2)), (torch.from_numpy(X),))
    assert list(traced.ir.functions) == ["callee", "callee_1"]
    agree(traced, lambda x: torch.relu(torch.tanh(torch.tanh(x))), X)


def test_numpy_functions_call_programs_too() -> None:
    repeated = program(REPEATED, "x", "n", name="repeated")
    traced = tsx.trace(lambda x: repeated(x, 2) + 1, (X,))
    assert "prim::CallFunction" in kinds(traced)
    np.testing.assert_allclose(traced(OTHER), np.tanh(np.tanh(OTHER)) + 1, rtol=1e-6)


def test_a_program_with_state_is_refused() -> None:
    text = """
    graph(%self : __torch__.Counter, %x : Float(2)):
      prim::SetAttr[name="last"](%self, %x)
      return (%x)
    """
    module = Module("Counter", {"forward": Method(parse_graph(text), (Parameter("x"),))})
    tensor = module.forward.graph.inputs[1].type
    module.classes["__torch__.Counter"] = ClassDef("__torch__.Counter", {"last": tensor})
    module.weights["last"] = Weight(np.zeros(2, np.float32))
    from tsx.ir.graph import WeightRef

    module.root = Object("__torch__.Counter", {"last": WeightRef("last")})
    counter = tsx.Module(module)
    with pytest.raises(TsxError, match="TSX2014"):
        tsx.trace(lambda x: counter(x) + 1, (torch.zeros(2),))


def _jitted(x: torch.Tensor, n: int) -> torch.Tensor:
    if bool(x.sum() > 0):
        return x * 2
    for _ in range(n):
        x = x - 1
    return x


def test_a_function_of_torch_jit_keeps_its_control_flow() -> None:
    jitted = torch.jit.script(_jitted)

    def model(x: torch.Tensor) -> torch.Tensor:
        return jitted(x, 2) + jitted(x * x, x.shape[0])

    traced = tsx.trace(model, (torch.from_numpy(X),))
    assert kinds(traced).count("prim::CallFunction") == 2
    assert not traced.report.guards
    eager = lambda x: _jitted(x, 2) + _jitted(x * x, x.shape[0])  # noqa: E731
    for x in (X + 1, -X - 3, OTHER):  # no sum near 0, where rounding decides
        agree(traced, eager, x)


def test_a_function_of_torch_jit_is_itself_afterwards() -> None:
    jitted = torch.jit.script(_jitted)
    call = torch.jit.ScriptFunction.__call__
    tsx.trace(lambda x: jitted(x, 1), (torch.from_numpy(X),))
    assert torch.jit.ScriptFunction.__call__ is call
    assert torch.equal(jitted(torch.ones(2), 1), torch.full((2,), 2.0))


def test_a_function_of_torch_jit_without_source_is_traced_with_guards() -> None:
    unit = torch.jit.CompilationUnit(
        "def f(x):\n    if bool(x.sum() > 0):\n        return x * 2\n    return x\n"
    )
    traced = tsx.trace(lambda x: unit.f(x) + 1, (torch.ones(2, 3),))
    assert [guard.kind for guard in traced.report.guards] == ["bool"]
    agree(traced, lambda x: x * 2 + 1, np.ones((2, 3), np.float32))
    with pytest.raises(TsxError, match="TSX5004"):
        traced(-np.ones((2, 3), np.float32))


def test_a_scripted_function_keeps_its_control_flow() -> None:
    scripted = tsx.script(_jitted)

    def model(x: torch.Tensor) -> torch.Tensor:
        return scripted(x + 0, 3) * 2

    traced = tsx.trace(model, (torch.from_numpy(X),))
    assert "prim::CallFunction" in kinds(traced)
    for x in (X + 1, -X - 3):
        agree(traced, lambda x: _jitted(x, 3) * 2, x)


class Gate(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if bool(x.sum() > 0):
            return self.linear(x)
        return x


def test_a_scripted_module_brings_its_weights() -> None:
    gate = Gate().eval()
    scripted = tsx.script(gate)
    traced = tsx.trace(lambda x: scripted(x) + 1, (torch.from_numpy(X),))
    assert sorted(traced.ir.weights) == ["Gate.linear.bias", "Gate.linear.weight"]
    with torch.no_grad():
        for x in (X + 1, -X - 3):
            agree(traced, lambda x: gate(x) + 1, x)

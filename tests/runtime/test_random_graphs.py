"""Random graphs: the VM gives, bit for bit, what walking the nodes gives; watched or not, called twice or once."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings

from tests.graphgen import Made, graphs
from tests.ir.interpreter import run as walk
from tsx.ir.module import LEAF, Method, Module, Parameter, TreeSpec
from tsx.passes import pipeline
from tsx.runtime.border import Executable
from tsx.runtime.check import check
from tsx.runtime.disassemble import disassemble
from tsx.runtime.lower import lower
from tsx.runtime.memory import arrays_in
from tsx.runtime.observe import Moment
from tsx.runtime.profile import Profile, Steps, Taps
from tsx.runtime.program import decode, encode
from tsx.runtime.vm import VM


def bits(value: Any) -> Any:
    """A value as something that compares exactly: NaN equals NaN, and -0.0 is not 0.0."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [bits(v) for v in value]
    return type(value).__name__, repr(value)


@given(graphs())
def test_the_vm_gives_what_the_nodes_give(made: Made) -> None:
    program = lower(made.graph)
    check(program)
    expected = walk(made.graph, made.inputs)
    results = VM(program).run(made.graph.name, made.inputs)
    assert [bits(v) for v in expected] == [bits(v) for v in results]


@given(graphs())
def test_fusion_groups_give_what_their_nodes_gave(made: Made) -> None:
    leaves = (LEAF,) * len(made.graph.outputs)
    parameters = tuple(Parameter(v.name) for v in made.graph.inputs)
    method = Method(made.graph.clone(), parameters, TreeSpec("tuple", leaves))
    module = Module("m", {"forward": method})
    pipeline.run(module, pipeline.expand(pipeline.parse("fuse")))
    fused = module.forward.graph
    expected = walk(made.graph, made.inputs)
    results = VM(lower(fused, module)).run(fused.name, made.inputs)
    assert [bits(v) for v in expected] == [bits(v) for v in results]


class NoNumpyScalars:
    """NumPy's scalars behave almost as arrays do, and so hide errors: none may be on the stack."""

    def before(self, moment: Moment) -> None:
        assert not any(isinstance(v, np.generic) for v in moment.stack), moment.instruction

    def after(self, moment: Moment) -> None:
        pass


@given(graphs())
def test_the_stack_holds_arrays_never_numpy_scalars(made: Made) -> None:
    VM(lower(made.graph)).run(made.graph.name, made.inputs, NoNumpyScalars())


@given(graphs())
def test_code_survives_its_bytes(made: Made) -> None:
    for function in lower(made.graph).functions:
        assert function.code == tuple(decode(encode(function)))


@settings(max_examples=30)
@given(graphs())
def test_an_observer_changes_nothing(made: Made) -> None:
    vm = VM(lower(made.graph))
    expected = [bits(v) for v in vm.run(made.graph.name, made.inputs)]
    for observer in (Steps(), Profile(), Taps()):
        assert expected == [bits(v) for v in vm.run(made.graph.name, made.inputs, observer)]


@given(graphs())
def test_through_the_border_nothing_of_the_callers_is_touched(made: Made) -> None:
    made.graph.name = "forward"
    count = len(made.graph.outputs)
    result = LEAF if count == 1 else TreeSpec("tuple", (LEAF,) * count)
    executable = Executable(Module("m", {"forward": Method(made.graph, result=result)}))
    inputs = made.inputs
    first = executable.run("forward", inputs)
    assert [bits(v) for v in made.inputs] == [bits(v) for v in inputs]
    assert bits(first) == bits(executable.run("forward", inputs))
    assert bits(first) == bits(_one_or_all(walk(made.graph, made.inputs)))
    for array in arrays_in(first):
        assert array.flags.writeable
        assert not any(np.shares_memory(array, given) for given in arrays_in(inputs))


@given(graphs())
def test_disassembly_is_stable(made: Made) -> None:
    assert disassemble(lower(made.graph)) == disassemble(lower(made.graph.clone()))


def _one_or_all(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else values

"""Calls of programs in a trace: a function that keeps its control flow stays one node, ``prim::CallFunction``.

Takes a program (scripted, or traced before), live arguments and a function that runs it; adds its graph to the trace's
function table and gives the live result, bound to the results of the node. Its weights come along as constants, or as
operands where the trace knows them as attributes of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tsx.capture.trace.arithmetic import abstract_number
from tsx.capture.trace.scalars import TracedScalar
from tsx.capture.trace.shapes import held, refine
from tsx.capture.trace.tree import map_leaves
from tsx.errors import TsxError, fail
from tsx.ir import types as ty
from tsx.ir.dims import Expr
from tsx.ir.graph import Graph, Node, Value, WeightRef
from tsx.ir.infer import Propagation, unknown
from tsx.ir.module import Method, Module, TreeSpec
from tsx.ir.op import Abstract
from tsx.passes import pipeline
from tsx.runtime.border import Executable
from tsx.runtime.signature import bound_leaves, parameters_of

if TYPE_CHECKING:
    from tsx.capture.trace.tracer import Tracer


@dataclass(slots=True)
class Callee:
    """A program as a function: no ``%self``; ``lifted`` are the weights that became inputs, after the parameters."""

    module: Module
    method: Method
    graph: Graph
    lifted: list[str] = field(default_factory=list)


def callee_of(program: Module, method: str, *, lift: Collection[str] = ()) -> Callee:
    """The entry point ``method`` of ``program`` as a function; the weights in ``lift`` become inputs.

    TSX2014 when the program changes its own state: a function has none.
    """
    module = program.clone()
    module.methods = {method: module.methods[method]}
    pipeline.run(module, pipeline.parse("freeze"))
    entry = module.methods[method]
    if entry.has_self:
        raise fail("TSX2014", what=program.name)
    callee = Callee(module, entry, entry.graph)
    _lift(callee, lift)
    return callee


def _lift(callee: Callee, names: Collection[str]) -> None:
    """Replaces weights of the graph by inputs."""
    inputs: dict[str, Value] = {}
    for node in list(callee.graph.all_nodes()):
        held = node.attributes.get("value")
        if not isinstance(held, WeightRef) or held.name not in names:
            continue
        if held.name not in inputs:
            inputs[held.name] = callee.graph.block.add_input(node.output.type, held.name)
            callee.lifted.append(held.name)
        node.output.replace_uses(inputs[held.name])
        node.destroy()


def record_call(
    tracer: Tracer,
    callee: Callee,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    run: Callable[[], Any],
    weights: Mapping[str, object] | None = None,
) -> Any:
    """Adds the call to the trace; ``weights`` are the live arrays of what was lifted, by name."""
    with tracer.silence():
        name = tracer.functions.add(tracer, callee)
        tracer.at_here()
        origin = tracer.builder.origin
        values = list(_operands(tracer, callee, args, kwargs))
        values += [tracer.array_value((weights or {})[key]) for key in callee.lifted]
        tracer.builder.origin = origin
        inferred = _inferred(tracer, callee, values)
        result = tracer.note(run())
        types = [v.type for v in callee.graph.outputs]
        node = tracer.emit("prim::CallFunction", values, types, {"name": name})
        return _Results(tracer, node, inferred).structure(callee.method.result, result)


def call_program(
    tracer: Tracer, program: Module, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Calls a finished program in a trace: its graph becomes a function, the NumPy VM gives the live result."""
    callee = tracer.functions.known(program, method)
    return record_call(
        tracer, callee, args, kwargs, lambda: run_program(tracer, program, method, args, kwargs)
    )


def run_program(
    tracer: Tracer, program: Module, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Runs a program on live values; what it writes to its arguments is seen in the live ones."""
    door = tracer.door

    def plain(obj: Any) -> Any:
        return map_leaves(
            obj,
            lambda o: door.is_array(o) or isinstance(o, TracedScalar),
            lambda o: o.hint if isinstance(o, TracedScalar) else door.to_array(o),
        )

    run = Executable(program).run
    result = run(method, plain(list(args)), plain(dict(kwargs)), inplace=True)
    return map_leaves(
        result, lambda o: isinstance(o, np.ndarray), lambda a: door.from_array(tracer, a)
    )


active: list[Tracer] = []
"""The tracers whose models are running, the innermost last."""


def active_for(obj: Any) -> Tracer | None:
    """The running trace that follows something in a structure of arguments."""
    tracer = active[-1] if active else None
    if tracer is None or not tracer.is_recording:
        return None
    found: list[object] = []
    map_leaves(obj, lambda o: tracer.door.is_array(o) or isinstance(o, TracedScalar), found.append)
    return tracer if found else None


def _operands(
    tracer: Tracer, callee: Callee, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Iterator[Value]:
    given = bound_leaves(callee.module.name, parameters_of(callee.method), args, kwargs)
    leaves = [leaf for _, leaf in given]
    for formal, leaf in zip(callee.graph.inputs, leaves, strict=False):
        yield tracer.operand(leaf, formal.type, tracer.next_hole())


def _inferred(tracer: Tracer, callee: Callee, values: Sequence[Value]) -> list[Abstract]:
    """What the types of the operands say of the results."""
    walk = Propagation(callee.module)
    try:
        return walk.block(callee.graph.clone().block, [tracer.abstracts[v] for v in values])
    except TsxError:  # contradictions show when it runs
        return [unknown(v.type) for v in callee.graph.outputs]


class Functions:
    """The functions that a trace calls, and the weights they hold."""

    def __init__(self) -> None:
        self.graphs: dict[str, Graph] = {}
        self._names: dict[int, str] = {}
        self._kept: list[Callee] = []  # so that no id is used twice
        self._programs: dict[tuple[int, str], tuple[Module, Callee]] = {}

    def known(self, program: Module, method: str) -> Callee:
        """The callee of a program's entry point, made once."""
        key = (id(program), method)
        if key not in self._programs:
            self._programs[key] = (program, callee_of(program, method))
        return self._programs[key][1]

    def add(self, tracer: Tracer, callee: Callee) -> str:
        """The name of a callee in the function table; the first call enters it with all that it calls."""
        known = self._names.get(id(callee))
        if known is not None:
            return known
        name = self._free(callee.module.name)
        self._names[id(callee)] = name
        self._kept.append(callee)
        functions = {old: self._free(f"{name}.{old}") for old in callee.module.functions}
        self.graphs |= renamed(callee, name, functions)
        for weight, data in callee.module.weights.items():
            if weight not in callee.lifted:
                tracer.constants[f"{name}.{weight}"] = data  # type: ignore[assignment]  # capture makes no other kind
        tracer.classes.update(callee.module.classes)
        return name

    def _free(self, name: str) -> str:
        unique, count = name, 0
        while unique in self.graphs:
            count += 1
            unique = f"{name}_{count}"
        return unique


def renamed(callee: Callee, name: str, functions: Mapping[str, str]) -> dict[str, Graph]:
    """Copies of a callee and of the functions it calls, under their names in another program.

    Its weights are called ``name.weight`` there; ``functions`` gives the new names of the others.
    """
    graphs = {name: callee.graph.clone()}
    graphs |= {new: callee.module.functions[old].clone() for old, new in functions.items()}
    for new, graph in graphs.items():
        graph.name = new
        for node in graph.all_nodes():
            held, called = node.attributes.get("value"), node.attributes.get("name")
            if isinstance(held, WeightRef):
                node.set_attribute("value", WeightRef(f"{name}.{held.name}"))
            if node.kind == "prim::CallFunction" and isinstance(called, str):
                node.set_attribute("name", functions.get(called, called))
    return graphs


class _Results:
    """Binds what a call gave to the results of its node, leaf by leaf."""

    def __init__(self, tracer: Tracer, node: Node, inferred: Sequence[Abstract]) -> None:
        self.tracer = tracer
        self.pairs = iter(list(zip(node.outputs, inferred, strict=True)))

    def structure(self, spec: TreeSpec, result: Any) -> Any:
        """The live result with numbers replaced by traced ones."""
        if spec.kind == "leaf":
            value, abstract = next(self.pairs)
            return self.bind(value, abstract, result)
        if not spec.children:
            return result
        parts = result.values() if hasattr(result, "values") else result
        items = [self.structure(s, part) for s, part in zip(spec.children, parts, strict=True)]
        if hasattr(result, "values"):
            return type(result)(zip(result, items, strict=True))
        return type(result)(*items) if hasattr(result, "_fields") else type(result)(items)

    def bind(self, value: Value, abstract: Abstract, part: Any) -> Any:
        """One value: an array, a number, or a tuple or list that is taken apart."""
        tracer = self.tracer
        if tracer.door.is_array(part):
            type, _ = refine(tracer.door.type_of(part), abstract, tracer.symbols, False)
            tracer.abstracts[value] = type
            value.type = held(type, abstract)
            tracer.bind(part, value)
            tracer.guard_type(value, type, abstract)
            return part
        if isinstance(part, (tuple, list)):
            return self._parts(value, abstract, part)
        tracer.abstracts[value] = abstract
        if isinstance(part, (bool, int, float)):
            dim = abstract if isinstance(abstract, Expr) else None
            tracer.abstracts[value] = abstract_number(part, dim)[1]
            return tracer.door.scalar(tracer, value, part, dim) if tracer.varies(value) else part
        if part is not None and tracer.varies(value):
            raise fail("TSX2015", what=type_words(part), where=tracer.locator.span() or "")
        return part

    def _parts(self, value: Value, abstract: Abstract, part: Any) -> Any:
        tracer = self.tracer
        tracer.abstracts[value] = abstract
        is_tuple = isinstance(value.type, ty.TupleType)
        types = value.type.children() if is_tuple else value.type.children() * len(part)
        kind = "prim::TupleUnpack" if is_tuple else "prim::ListUnpack"
        if not is_tuple:
            tracer.guard_number(value, "aten::len.t", "len", len(part))
        unpack = tracer.emit(kind, [value], types)
        known = abstract if isinstance(abstract, (tuple, list)) else map(unknown, types)
        items = [self.bind(v, a, p) for v, a, p in zip(unpack.outputs, known, part, strict=True)]
        return type(part)(*items) if hasattr(part, "_fields") else type(part)(items)


def type_words(part: object) -> str:
    """The type of a Python value, for messages."""
    return type(part).__name__

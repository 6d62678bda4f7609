"""Operators of the user's own: a formula that travels with the model, or a kernel that the host provides.

Takes a schema and a Python function, and puts a record into the registry; gives what stands for the operator in code:
called, it runs; in a trace it becomes one node; the script compiler takes it by its name.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsx.capture.script.entry import script
from tsx.capture.script.values import Operator, Sugar
from tsx.capture.script.verbs import resolvers
from tsx.capture.trace import calls
from tsx.capture.trace.match import choose
from tsx.capture.trace.scalars import TracedScalar
from tsx.capture.trace.tree import map_leaves
from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.graph import Graph
from tsx.ir.infer import Propagation, unknown
from tsx.ir.module import Module
from tsx.ir.op import BUILT_IN, Abstract, Evaluate, Infer, Op, Trait, register
from tsx.ir.schema import Argument, Schema, parse_schema
from tsx.ir.text import parse_graph, print_graph
from tsx.ir.walk import all_values
from tsx.ops.call import RECORD, bind
from tsx.ops.dtypes import dtype_of, more_than_elements
from tsx.passes import pipeline
from tsx.passes.support.purity import only_computes
from tsx.runtime.lower import lower
from tsx.runtime.values import is_a
from tsx.runtime.vm import VM

# Helpers go into the bodies that call them; what the compiler keeps for a debugger's eye goes.
_PASSES = "inline,peephole,canonicalize,cse,dce"
Call = Callable[..., Any]


class OwnOperator:
    """Stands for an operator of the user's in Python code; called outside a trace it is the function."""

    def __init__(self, op: Op, function: Call, run: Call) -> None:
        functools.update_wrapper(self, function)
        self.op = op
        self._run = run

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the function, or records one node where a trace follows an operand."""
        tracer = calls.active_for([args, kwargs])
        if tracer is None:
            return self._run(*args, **kwargs)
        found = choose([self.op], args, kwargs, tracer.door.is_array)
        if found is None:
            raise fail("TSX4074", op=self.op.kind, schema=self.op.schema)
        op, operands = found
        proxy = next((o for o in operands if hasattr(o, RECORD)), None)
        if proxy is not None:
            return getattr(proxy, RECORD)(op, operands)
        with tracer.silence():
            return tracer.record(op, operands, lambda: tracer.note(self._run(*_plain(operands))))

    def __repr__(self) -> str:
        return f"<operator {self.op.schema}>"


def _plain(operands: Sequence[object]) -> Any:
    return map_leaves(list(operands), lambda o: isinstance(o, TracedScalar), lambda o: o.hint)


def composite(schema: str, function: Call) -> OwnOperator:
    """An operator whose meaning is ``function``, compiled by the script compiler; its body travels in the archive.

    Raises ``ScriptError`` for what can't be compiled, TSX4071-4073 where schema and function don't fit.
    """
    parsed = _own(schema)
    _check_parameters(parsed, function)
    graph = compile_body(parsed, function)
    text = print_graph(graph, origins=False)
    traits = Trait.PURE if only_computes(graph.all_nodes()) else Trait.EFFECT
    op = _define(parsed, _rule_of(text), _meaning_of(text), traits, body=text)
    return OwnOperator(op, function, function)


def kernel(
    schema: str, function: Call, infer: Infer | None, *, pure: bool, run: Callable[[Call], Call]
) -> OwnOperator:
    """An operator that the host provides; ``run`` makes of the function over arrays one for any caller."""
    parsed = _own(schema)
    traits = Trait.PURE if pure and not parsed.mutates else Trait.EFFECT
    op = _define(parsed, infer or _declared(parsed), _checked(parsed, function), traits)
    return OwnOperator(op, function, run(functools.partial(_called, op)))


def _called(op: Op, *args: Any, **kwargs: Any) -> Any:
    return op.eval(*bind(op.schema, args, kwargs))


def _own(schema: str) -> Schema:
    parsed = parse_schema(schema)
    namespace = parsed.name.partition("::")[0]
    if namespace in BUILT_IN:
        raise fail("TSX4071", namespace=namespace, name=parsed.name.partition("::")[2])
    if parsed.is_vararg:
        raise fail("TSX4072", op=parsed.kind, expected="named arguments", found="...")
    return parsed


def _define(schema: Schema, infer: Infer, eval: Evaluate, traits: Trait, *, body: str = "") -> Op:
    """A second definition replaces the first one, as a notebook's cell that runs again does."""
    op = Op(schema=schema, infer=infer, eval=eval, traits=traits, body=body)
    return register(op, again=True)


def _check_parameters(schema: Schema, function: Call) -> None:
    """Python's call and the schema's must mean the same: as many parameters, and the same defaults."""
    parameters = list(inspect.signature(function).parameters.values())
    if len(parameters) != len(schema.arguments):
        expected = f"{len(schema.arguments)} parameters"
        raise fail("TSX4072", op=schema.kind, expected=expected, found=len(parameters))
    for argument, parameter in zip(schema.arguments, parameters, strict=True):
        if parameter.name != argument.name:
            expected, found = f"a parameter {argument.name!r}", repr(parameter.name)
            raise fail("TSX4072", op=schema.kind, expected=expected, found=found)
        given = parameter.default
        if _default(argument) != given:
            expected = _default_text(argument.name, _default(argument))
            found = _default_text(argument.name, given)
            raise fail("TSX4072", op=schema.kind, expected=expected, found=found)


def _default(argument: Argument) -> object:
    return argument.default if argument.has_default else inspect.Parameter.empty


def _default_text(name: str, default: object) -> str:
    return (
        f"no default of {name!r}" if default is inspect.Parameter.empty else f"{name}={default!r}"
    )


def compile_body(schema: Schema, function: Call) -> Graph:
    """The body of a composite: the function's graph, which takes the arguments of the schema and calls nothing."""
    module, _ = script(function)
    pipeline.run(module, pipeline.parse(_PASSES))
    graph = module.forward.graph
    _check_body(schema, module, graph)
    for value in all_values(graph):
        value.type = ty.erase_shapes(value.type)  # a body is for every dtype
    for value, argument in zip(graph.inputs, schema.arguments, strict=True):
        value.name = ""
        value.name = argument.name
    return graph


def _check_body(schema: Schema, module: Module, graph: Graph) -> None:
    if module.functions or module.classes:
        names = ", ".join([*module.functions, *module.classes])
        raise fail("TSX4073", op=schema.kind, what=f"it needs {names}")
    if module.weights:
        raise fail("TSX4073", op=schema.kind, what="it holds a tensor; make that an argument")
    results = [value.type for value in graph.outputs]
    if len(results) != len(schema.results):
        expected = f"{len(schema.results)} results"
        raise fail("TSX4072", op=schema.kind, expected=expected, found=len(results))
    declared = [
        *((a.name, a.type) for a in schema.arguments),
        *(("the result", r.type) for r in schema.results),
    ]
    found = [*(value.type for value in graph.inputs), *results]
    for (place, wanted), given in zip(declared, found, strict=True):
        if ty.erase_shapes(given) != ty.erase_shapes(wanted):
            raise fail("TSX4072", op=schema.kind, expected=f"{place}: {wanted}", found=given)


def _given(results: Sequence[Any]) -> Any:
    """What an operator gives: one result as it is, several as a tuple."""
    return results[0] if len(results) == 1 else tuple(results)


def _rule_of(text: str) -> Infer:
    """The type-and-shape rule of a composite: its body, on abstract operands."""

    def infer(*operands: Abstract) -> Abstract:
        return _given(Propagation(None).block(parse_graph(text).block, list(operands)))

    return infer


def _meaning_of(text: str) -> Evaluate:
    """Runs the body on the VM."""
    graph = parse_graph(text)
    machine = VM(lower(graph))

    def evaluate(*operands: Any) -> object:
        return _given(machine.run(graph.name, list(operands)))

    return evaluate


def _declared(schema: Schema) -> Infer:
    """The rule of a kernel that has none: no more than what the schema says."""
    results = _given([unknown(result.type) for result in schema.results])
    return lambda *operands: results


def _checked(schema: Schema, function: Call) -> Evaluate:
    """The user's kernel; what it gives has to be what the schema says."""

    def evaluate(*operands: Any) -> object:
        given = function(*operands)
        results = (given,) if len(schema.results) == 1 else () if given is None else given
        if not isinstance(results, (tuple, list)) or len(results) != len(schema.results):
            expected = f"{len(schema.results)} results"
            raise fail("TSX4075", op=schema.kind, expected=expected, found=type(given).__name__)
        pairs = zip(schema.results, results, strict=True)
        values = [_given_by(schema, result, value, operands) for result, value in pairs]
        return _given(values)

    return evaluate


def _given_by(schema: Schema, result: Argument, value: Any, operands: Sequence[object]) -> Any:
    checked = _value(schema, result.type, value)
    return checked if result.alias else _apart(operands, checked)


def _value(schema: Schema, wanted: ty.Type, value: Any) -> Any:
    if isinstance(wanted, ty.TensorType) and isinstance(value, (np.ndarray, np.generic)):
        more = more_than_elements(value)
        if more is not None:
            expected = f"a result of type {wanted}"
            raise fail("TSX4075", op=schema.kind, expected=expected, found=more[0], help=more[1])
        value = np.asarray(value)
        dtype_of(value)  # TSX4004 for one that programs have not
    if not is_a(value, wanted):
        found = type(value).__name__
        raise fail("TSX4075", op=schema.kind, expected=f"a result of type {wanted}", found=found)
    return value


def _apart(operands: Sequence[object], value: Any) -> Any:
    """A result in memory of its own: that it is an operand, only the schema says."""
    shared = (o for o in operands if isinstance(o, np.ndarray) and isinstance(value, np.ndarray))
    return value.copy() if any(np.may_share_memory(o, value) for o in shared) else value


def _resolve(ctx: Any, at: Any, obj: object) -> Sugar | None:
    if not isinstance(obj, OwnOperator):
        return None
    return Operator(obj.op.schema.name, (obj.op.schema.name,))


resolvers.insert(0, _resolve)

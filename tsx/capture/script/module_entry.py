"""The entry for modules: a live module instance, compiled into a program with its attribute tree.

Takes the module (in eval mode, as the caller put it) and sample arguments, which give types to parameters without
annotations. Gives the ``ir.Module``: ``forward`` and every method that is marked for export are its entry points.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from types import FunctionType, MethodType
from typing import Any

from tsx.capture.script.bodies import NotAValue, compile_graph
from tsx.capture.script.context import Context
from tsx.capture.script.entry import (
    border_parameters,
    entries,
    has_stars,
    parameter_type,
    sample_types,
)
from tsx.capture.script.functions import signature_of
from tsx.capture.script.live import LiveTree, world_of
from tsx.capture.script.modules import MethodReceiver, ModuleSugar
from tsx.capture.script.open_types import close_graph
from tsx.capture.script.parameters import all_arguments
from tsx.capture.script.problems import POISON, Failed
from tsx.capture.script.program import Program, original_of
from tsx.capture.script.source import Place, Source
from tsx.capture.script.values import Ssa, Sugar
from tsx.ir import types as ty
from tsx.ir.graph import Graph
from tsx.ir.module import LEAF, Method, Module


def _module(
    program: Program, obj: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Module | None:
    names = None
    if isinstance(obj, MethodType):
        obj, names = obj.__self__, [obj.__name__]
    world = world_of(obj)
    if world is None:
        return None
    tree = LiveTree.of(program, obj, world)
    module = Module(type(obj).__name__)
    for name in names or _entry_points(obj):
        method = _method(program, tree, name, args, kwargs)
        if method is not None:
            module.methods["forward" if names else name] = method
    if not program.problems.found:
        module.root, module.classes, module.weights = tree.build()
    return module


entries.append(_module)


def _entry_points(obj: Any) -> list[str]:
    """``forward``, and the methods that ``@torch.jit.export`` marks."""
    found = ["forward"]
    for name, member in inspect.getmembers_static(type(obj)):
        modifier = str(getattr(member, "_torchscript_modifier", ""))
        if modifier.startswith("export") and name not in found:
            found.append(name)
    return found


def _method(
    program: Program, tree: LiveTree, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Method | None:
    """One entry point, compiled."""
    live = tree.lives[id(tree.root)]
    function: FunctionType = original_of(getattr(type(tree.root), name))
    source = program.source(function)
    if has_stars(program, source):
        return None
    annotated = signature_of(program, source, source.tree)
    arguments = all_arguments(source.tree)
    own, rest = arguments[0].arg, arguments[1:]
    given = {} if name != "forward" else sample_types(rest, args, kwargs)
    overloads = _overload_types(program, tree, function)
    types: dict[str, ty.Type] = {}
    static: dict[str, Sugar] = {}
    for argument in rest:
        if argument.arg in annotated.failed:
            static[argument.arg] = POISON
            continue
        types[argument.arg] = (
            _stated(annotated.types.get(argument.arg), source)
            or overloads.get(argument.arg)
            or parameter_type(function, argument.arg, given)
        )
    module = ModuleSugar(tree, live)
    try:
        if name == "forward" and any(tree.world.hooks(tree.root)):
            graph = _with_hooks(program, module, source, types)
        else:
            graph = compile_graph(
                program,
                name,
                source,
                types,
                static,
                annotated.codes,
                annotated.result,
                (own, MethodReceiver(module)),
            )
    except NotAValue as error:
        error.report(program.problems, name)
        return None
    except Failed:
        return None
    parameters = border_parameters(function, source.tree, is_method=True)
    return Method(graph, parameters, program.results.get(graph, LEAF), source="script")


def _stated(annotated: ty.Type | None, source: Source) -> ty.Type | None:
    """What an annotation says; a library's Any says nothing."""
    return None if source.is_loose and annotated == ty.ANY else annotated


def _overload_types(program: Program, tree: LiveTree, function: FunctionType) -> dict[str, ty.Type]:
    """The types that the first overload of a method states (``@torch.jit._overload_method``)."""
    for overload in tree.world.overloads(type(tree.root), function):
        source = program.source(overload)
        found = signature_of(program, source, source.tree).types
        return {name: type for name, type in found.items() if type is not None}
    return {}


def _with_hooks(
    program: Program, module: ModuleSugar, source: Source, types: Mapping[str, ty.Type]
) -> Graph:
    """``forward`` with the hooks of the root module around it."""
    graph = Graph("forward")
    ctx = Context(program, graph.block, source)
    at = Place(source, source.tree)
    module.value = graph.block.add_input(module.live.cls.type, "self")
    inputs = [Ssa(graph.block.add_input(type, name)) for name, type in types.items()]
    result = ctx.settled(module.call(ctx, at, inputs, {}), at)
    if result.type is None:
        raise NotAValue(result, at)
    graph.block.return_node.set_inputs([result.as_value(ctx, at)])
    close_graph(graph, None)
    return graph

"""The entry: a function or a module, compiled into a program.

Takes the live object, and sample arguments when there are some (they give types to parameters without annotations).
Gives the ``ir.Module`` and a report; raises every problem found. The object is never called.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType, MethodType
from typing import Any

from tsx.capture.notes import notes_on
from tsx.capture.script import (  # noqa: F401  (these enter statements, types and builtins)
    builtins,
    emit_assign,
    emit_loop,
    emit_match,
    emit_with,
    listed,
    named_operators,
    programs,
    python_modules,
    tensors,
    typed,
)
from tsx.capture.script.bodies import NotAValue, compile_graph
from tsx.capture.script.borrowed import check_unwritten
from tsx.capture.script.classes import of_program
from tsx.capture.script.examples import keep_examples
from tsx.capture.script.facts import Facts, Restart
from tsx.capture.script.functions import may_change, signature_of
from tsx.capture.script.live import sample_type
from tsx.capture.script.parameters import all_arguments
from tsx.capture.script.problems import POISON, Collector, Failed
from tsx.capture.script.program import Program, original_of
from tsx.capture.script.source import FunctionTree, Place, Source
from tsx.capture.script.values import Sugar
from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.graph import Attribute, Graph, Node
from tsx.ir.infer import calls_of
from tsx.ir.location import Span
from tsx.ir.module import LEAF, Method, Module, Parameter
from tsx.ir.verify import check, verify
from tsx.runtime.state import written_attributes

Entry = Callable[[Program, Any, Sequence[Any], Mapping[str, Any]], Module | None]
entries: list[Entry] = []
"""What else can be compiled: each takes the object, or gives None. Modules enter themselves here."""


@dataclass(slots=True)
class ScriptReport:
    """What a compilation has to say beside the program."""

    functions: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)


def script(
    obj: Any,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
) -> tuple[Module, ScriptReport]:
    """Compiles ``obj``; ``args`` and ``kwargs`` only give types, and are kept as examples."""
    load_meanings()
    facts = Facts()
    while True:
        program = Program(facts=facts)
        of_program(program)  # so that annotations may name classes
        try:
            module = _compiled(program, obj, args, kwargs or {})
        except Restart:
            continue
        program.problems.raise_all()
        module.name = name or module.name
        finish(module, program)
        keep_examples(module, args, kwargs or {})
        if _learns_writes(module, program):
            continue
        check_unwritten(module, program)
        program.problems.raise_all()
        warnings = [*notes_on(obj), *program.warnings]
        return module, ScriptReport(tuple(sorted(module.functions)), warnings)


def _learns_writes(module: Module, program: Program) -> bool:
    """Whether lists and dicts that were taken for constant are written into after all."""
    known = program.known_attributes
    found = known.keys() & written_attributes(module) if known else frozenset()
    for key in found:
        cls, type = known[key]
        program.facts.note(cls, key[1], type)
    return bool(found)


def load_meanings() -> None:
    """Enters what modules and classes mean, and the doors of the array libraries that are loaded."""
    for name in ("objects", "instances", "module_entry", "global_modules"):
        importlib.import_module(f"tsx.capture.script.{name}")
    if "torch" in sys.modules:
        importlib.import_module("tsx.capture.torch.script")
    importlib.import_module("tsx.capture.numpy.script")
    if "tsx.nn.module" in sys.modules:
        importlib.import_module("tsx.capture.numpy.script_modules")


def _compiled(program: Program, obj: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Module:
    """One try, with what earlier ones learnt."""
    obj = original_of(obj)
    for entry in entries:
        module = entry(program, obj, args, kwargs)
        if module is not None:
            return module
    if isinstance(obj, FunctionType):
        return _function(program, obj, args, kwargs)
    owner = obj.__self__ if isinstance(obj, MethodType) else obj
    called = obj.__func__ if isinstance(obj, MethodType) else vars(type(obj)).get("__call__")
    own = constant_object(owner)
    if own is not None and isinstance(called, FunctionType):
        return _function(program, called, args, kwargs, own)
    raise fail("TSX3003", what=type(obj).__name__)


def constant_object(obj: Any) -> Sugar | None:
    """The object or class that a method belongs to, as a constant; None for one that programs can't hold."""
    objects = importlib.import_module("tsx.capture.script.objects")  # which load_meanings enters
    found: Sugar | None = objects.constant_object(obj)
    return found


def _function(
    program: Program,
    function: FunctionType,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    own: Sugar | None = None,
) -> Module:
    """A function as a program; ``own`` is what the first parameter of a method is, which stays as it is now."""
    source = program.source(function)
    annotated = signature_of(program, source, source.tree)
    types: dict[str, ty.Type] = {}
    static: dict[str, Sugar] = {}
    arguments = all_arguments(source.tree)
    if own is not None:
        static[arguments.pop(0).arg] = own
    samples = sample_types(arguments, args, kwargs)
    for argument in arguments:
        if argument.arg in annotated.failed:
            static[argument.arg] = POISON
            continue
        types[argument.arg] = annotated.types.get(argument.arg) or parameter_type(
            function, argument.arg, samples
        )
    if has_stars(program, source):
        return Module(function.__name__)
    if annotated.generic is not None:
        program.problems.add("TSX3066", Place(source, annotated.generic))
    name = program.function_name(function)
    graph = Graph(name)
    shared = [n for n in types if isinstance(_default(function, n), (list, dict, set))]
    for changed in (n for n in shared if may_change(source.tree, n)):
        program.problems.add(
            "TSX3035", Place(source, source.tree), function=function.__name__, name=changed
        )
    try:
        graph = compile_graph(
            program, name, source, types, static, annotated.codes, annotated.result
        )
    except NotAValue as error:
        error.report(program.problems, function.__name__)
    except Failed:
        pass
    parameters = border_parameters(function, source.tree, is_method=own is not None)
    return Module(
        name,
        {"forward": Method(graph, parameters, program.results.get(graph, LEAF), source="script")},
    )


def has_stars(program: Program, source: Source) -> bool:
    """Whether an entry point takes ``*args`` or ``**kwargs``, which is a problem: what are its inputs?"""
    spec = source.tree.args
    found = [
        (star, argument)
        for star, argument in (("*", spec.vararg), ("**", spec.kwarg))
        if argument is not None
    ]
    for star, argument in found:
        program.problems.add("TSX3072", Place(source, argument), name=star + argument.arg)
    return bool(found)


def border_parameters(
    function: Callable[..., Any], tree: FunctionTree, *, is_method: bool = False
) -> tuple[Parameter, ...]:
    """The parameters of an entry point as callers see them, with their defaults; not the object of a method."""
    known = inspect.signature(function, follow_wrapped=False).parameters
    found: list[Parameter] = []
    for argument in all_arguments(tree)[is_method:]:
        default = known[argument.arg].default if argument.arg in known else inspect.Parameter.empty
        plain = _plain(default)
        only = argument in tree.args.kwonlyargs
        found.append(Parameter(argument.arg, keyword_only=only, default=plain))
    return tuple(found)


def _plain(default: Any) -> tuple[Attribute, ...]:
    """A default as a program holds it: in a tuple of one; nothing when it has no such form."""
    if default is None or type(default) in (bool, int, float, complex, str):
        return (default,)
    if isinstance(default, (tuple, list)):
        parts = [_plain(item) for item in default]
        return (tuple(part[0] for part in parts),) if all(parts) else ()
    return ()


def _default(function: FunctionType, name: str) -> Any:
    return inspect.signature(function, follow_wrapped=False).parameters[name].default


def sample_types(
    arguments: Sequence[ast.arg], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, ty.Type]:
    """The types of sample arguments, by parameter."""
    samples = dict(zip((a.arg for a in arguments), args, strict=False)) | dict(kwargs)
    found = {name: sample_type(value) for name, value in samples.items()}
    return {name: type for name, type in found.items() if type is not None}


def parameter_type(function: FunctionType, name: str, samples: Mapping[str, ty.Type]) -> ty.Type:
    """The type of a parameter without annotation: that of its default, else of a sample, else Tensor."""
    default = _default(function, name)
    if default is inspect.Parameter.empty:
        return samples.get(name, ty.TENSOR)
    if default is None:
        sample = samples.get(name, ty.NONE)
        return ty.OptionalType(ty.TENSOR if sample == ty.NONE else sample)
    return sample_type(default) or samples.get(name, ty.TENSOR)


def finish(module: Module, program: Program) -> None:
    """Functions, classes and weights into the module, without those that nothing reaches; then the verifier."""
    module.classes |= program.classes
    module.weights |= program.weights
    _keep_reachable(module, program.functions)
    _check_operands(module, program)
    check(module)


def _check_operands(module: Module, program: Program) -> None:
    """What the rules of operators refuse for all inputs is a problem of the source: sizes that don't fit, say."""
    found = [v for name, graph in module.graphs() for v in verify(graph, module, name)]
    refused = [v for v in found if v.code == "V20" and v.node is not None and v.node.origin.span]
    problems = Collector()
    for violation in refused if len(refused) == len(found) else ():
        assert violation.node is not None and violation.graph is not None
        where = _users_line(program, module, violation.node, violation.graph)
        inner = violation.node.origin.span
        reason = violation.message if where == inner else f"{violation.message} ({inner})"
        excerpt = _excerpt(program, where) if where is not None else ""
        help = violation.help or None
        problems.add_error(fail("TSX3065", reason=reason, where=where, excerpt=excerpt, help=help))
    problems.raise_all()


def _users_line(program: Program, module: Module, node: Node, graph: Graph) -> Span | None:
    """The place of a node, or of the call that leads to it from the user's own code."""
    span = node.origin.span
    for _ in range(_MOST_CALLS):
        source = program.source_in(span.file) if span is not None else None
        if source is None or source.is_users:
            return span
        calls = [
            (n, g)
            for _, g in module.graphs()
            for n, called in calls_of(g, module)
            if called is graph
        ]
        if not calls:
            return span
        node, graph = calls[0]
        span = node.origin.span
    return span


_MOST_CALLS = 64  # inside each other, that are looked through for the user's line


def _excerpt(program: Program, span: Span) -> str:
    source = program.source_in(span.file)
    line = source.line(span.line) if source is not None else ""
    indent = len(line) - len(line.lstrip())
    return f"{line[indent:]}\n{' ' * (span.col - indent)}^" if line else ""


def _keep_reachable(module: Module, functions: Mapping[str, Graph]) -> None:
    work = [graph for _, graph in module.graphs()]
    while work:
        for node in work.pop().all_nodes():
            name = node.attributes.get("name")
            if (
                node.kind == "prim::CallFunction"
                and isinstance(name, str)
                and name not in module.functions
            ):
                module.functions[name] = functions[name]
                work.append(functions[name])

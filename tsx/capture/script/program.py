"""What the graphs of one compilation share: functions, classes, weights, problems, and the types that annotations name.

Takes live objects to compile; gives the ``ir.Module`` that holds all of it. A function is compiled once for each way
its parameters are typed.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import TYPE_CHECKING, Any

from tsx.capture.script.annotations import MISSING, Known, Names, Reader
from tsx.capture.script.facts import Facts
from tsx.capture.script.problems import Collector
from tsx.capture.script.source import Source, source_of
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.graph import Graph, Value
from tsx.ir.module import ClassDef, TreeSpec, WeightData

if TYPE_CHECKING:
    from tsx.capture.script.borrowed import Borrowed
    from tsx.capture.script.context import Context
    from tsx.capture.script.parameters import Signature
    from tsx.capture.trace.calls import Callee

loose_libraries: set[str] = set()
"""Packages whose annotations tell readers what is meant, not what is given: ``kernel_size: List[int]`` takes an int."""

known_types: list[Known] = []
"""Who knows types beyond Python's own: the doors of libraries, and the classes that a program defines."""


class _AllKnown:
    """``known_types`` as one, for one program."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def annotated(self, annotation: object) -> ty.Type | None:
        for known in [*self.program.known, *known_types]:
            found = known.annotated(annotation)
            if found is not None:
                return found
        return None

    def class_type(self, cls: type) -> ty.Type | None:
        for known in [*self.program.known, *known_types]:
            found = known.class_type(cls)
            if found is not None:
                return found
        return None


originals: list[Callable[[Any], Any]] = []
"""What a library's wrappers wrap, such as the function under ``@torch.no_grad()``; anything else comes back as is."""


def original_of(obj: Any) -> Any:
    """``obj`` without the wrappers that mean nothing for a program."""
    for original in originals:
        obj = original(obj)
    return obj


@dataclass(slots=True)
class Compiled:
    """A function in one typing: its name in the table, its graph once it is done, what its result is."""

    name: str
    graph: Graph | None = None
    result: ty.Type | None = None
    is_inlined: bool = False  # it returns something that only compilation knows
    problems: tuple[TsxError, ...] = ()
    has_failed: bool = False
    code: str = ""  # what an int result stands for, see ``Ssa``


@dataclass(slots=True)
class Program:
    """The state of one compilation."""

    problems: Collector = field(default_factory=Collector)
    functions: dict[str, Graph] = field(default_factory=dict)
    classes: dict[str, ClassDef] = field(default_factory=dict)
    weights: dict[str, WeightData] = field(default_factory=dict)
    compiled: dict[object, Compiled] = field(default_factory=dict)
    known_attributes: dict[tuple[str, str], tuple[type, ty.Type | None]] = field(
        default_factory=dict
    )  # lists and dicts of modules that were taken for constant, by class and name
    global_trees: dict[int, Any] = field(default_factory=dict)  # of modules that are globals
    codes: dict[Graph, str] = field(default_factory=dict)  # what the results of graphs stand for
    results: dict[Graph, TreeSpec] = field(default_factory=dict)  # how callers get them
    known: list[Known] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    borrowed: list[Borrowed] = field(default_factory=list)  # what globals and closures lend
    arrays: dict[int, str] = field(default_factory=dict)  # weights by the identity of the tensor
    unassigned: set[tuple[type, str]] = field(default_factory=set)  # attributes of modules
    libraries: dict[Value, str] = field(default_factory=dict)  # of arrays, see ``worlds``
    returned: dict[Value, Value] = field(default_factory=dict)  # what calls give, in the callee
    facts: Facts = field(default_factory=Facts)
    signatures: dict[object, Signature] = field(default_factory=dict)
    programs: dict[object, tuple[str, Callee]] = field(default_factory=dict)  # finished ones
    _sources: dict[int, tuple[object, Source]] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def source(self, function: Callable[..., Any]) -> Source:
        """The source of a function, read once."""
        key = id(function)
        if key not in self._sources:
            source = source_of(function)
            source.is_loose = str(function.__module__).partition(".")[0] in loose_libraries
            self._sources[key] = (function, source)
        return self._sources[key][1]

    def source_in(self, file: str) -> Source | None:
        """A source that was read from ``file``, as spans name it."""
        return next((s for _, s in self._sources.values() if s.file == file), None)

    def reader(self, ctx: Context) -> Reader:
        """Reads annotations where ``ctx`` is."""
        return self.reader_of(ctx.frame.source, ctx.frame.variables)

    def reader_of(self, source: Source, variables: dict[object, ty.Type] | None = None) -> Reader:
        """Reads annotations with the names that a function sees."""

        def names(name: str) -> object:
            try:
                return source.namespace(name)
            except KeyError:
                return getattr(builtins, name, MISSING)

        return Reader(_AllKnown(self), names, variables or {})

    def reader_with(
        self, names: Names, variables: Mapping[object, ty.Type] | None = None
    ) -> Reader:
        """Reads annotations with names of one's own."""
        return Reader(_AllKnown(self), names, variables or {})

    def add_source(self, function: Callable[..., Any], source: Source) -> None:
        """Gives a function that was made without source the source that means the same."""
        self._sources[id(function)] = (function, source)

    def unique_name(self, wanted: str) -> str:
        """A name for the function or class table that nothing has yet."""
        name, count = wanted, 0
        while name in self._names:
            count += 1
            name = f"{wanted}___{count}"
        self._names.add(name)
        return name

    def function_name(self, function: FunctionType) -> str:
        """The name of a function in the table: its qualified name, without the functions around it."""
        return self.unique_name(
            function.__qualname__.rpartition("<locals>.")[2].replace("<lambda>", "lambda")
        )

"""How a pass is written: one file, one function, its facts beside it.

A pass file holds a docstring (a sentence, then Before and After in IR text, which tests run) and one function of the
file's name under ``@define``. Takes the graph at hand from its ``Context``; changes it only through the methods of
Graph, Block and Node, and reports each rewrite through ``ctx.note``. Never prints.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from tsx.ir.alias import AliasAnalysis
from tsx.ir.graph import Graph, Node, Value
from tsx.ir.location import Origin
from tsx.ir.module import Module
from tsx.ir.op import Abstract
from tsx.passes.support.describe import describe
from tsx.passes.support.facts import Facts

Safety = Literal["exact", "ulp", "unsafe"]
"""``exact``: bit-identical on the NumPy VM; ``ulp``: reassociates or approximates within a bound relative to the sum of
the absolute terms; ``unsafe``: runs only when named. From strongest to weakest."""

SAFETY_ORDER: tuple[Safety, ...] = ("exact", "ulp", "unsafe")

Option = bool | int | float | str
PassFunction = Callable[..., None]
_Function = TypeVar("_Function", bound=PassFunction)


@dataclass(frozen=True, slots=True)
class PassInfo:
    """What is known of a pass without running it."""

    name: str
    safety: Safety
    requires: tuple[str, ...]
    doc: str  # the docstring without the examples
    options: Mapping[str, Option]  # names with defaults
    before: str
    after: str
    whole_module: bool
    function: PassFunction = field(repr=False)

    @property
    def summary(self) -> str:
        """The first sentence of the docstring."""
        return self.doc.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One application of one rule: what it replaced, by what, and where that came from."""

    rule: str
    graph: str
    origin: Origin
    before: str
    after: str


@dataclass(slots=True)
class Context:
    """What a pass works on: a graph of a module. A whole-module pass sees each graph through ``module``."""

    module: Module
    graph: Graph
    graph_name: str
    rewrites: list[Rewrite] = field(default_factory=list)
    module_mutations: int = 0  # changes outside the graphs: weights, attributes, functions, methods
    facts: Facts = field(default_factory=Facts)  # what is known already
    _seen: int = 0  # module mutations that the facts have heard of

    def note(
        self, rule: str, node: Node, detail: Node | Value | str = "", before: str = ""
    ) -> None:
        """Records that ``rule`` is about to replace ``node`` by ``detail``.

        Call it before the change, or after it with what ``describe(node)`` said ``before``.
        """
        after = detail if isinstance(detail, str) else describe(detail)
        text = before or describe(node)
        self.rewrites.append(Rewrite(rule, self.graph_name, node.origin, text, after))

    def aliases(self) -> AliasAnalysis:
        """The alias analysis of the graph as it is now; it is out of date after the next change."""
        return self._known().aliases(self.graph, self.module)

    def abstracts(self) -> dict[Value, Abstract]:
        """What is known of every value; refined value types count as changes."""
        return self._known().abstracts(self.graph, self.module)

    def _known(self) -> Facts:
        self.facts.version += self.module_mutations - self._seen
        self._seen = self.module_mutations
        return self.facts


def define(
    *, safety: Safety, requires: tuple[str, ...] = (), whole_module: bool = False
) -> Callable[[_Function], _Function]:
    """Makes a function the pass of its file; its keyword arguments with defaults are the options.

    The function is called once for each graph of a module, or once in all when ``whole_module``.
    """

    def wrap(function: _Function) -> _Function:
        doc, before, after = split_doc(sys.modules[function.__module__].__doc__ or "")
        name = function.__name__
        if function.__module__.rpartition(".")[2] != name:
            raise ValueError(f"the pass {name} must live in {name}.py")
        DEFINED[name] = PassInfo(
            name, safety, requires, doc, _options(function), before, after, whole_module, function
        )
        return function

    return wrap


DEFINED: dict[str, PassInfo] = {}
"""The passes whose files have been imported; ``pipeline.list_passes`` imports them all."""


def split_doc(text: str) -> tuple[str, str, str]:
    """A pass file's docstring as (prose, Before, After)."""
    prose, _, examples = inspect.cleandoc(text).partition("\nBefore:\n")
    before, _, after = examples.partition("\nAfter:\n")
    return prose.strip(), _example(before), _example(after)


def _example(text: str) -> str:
    return textwrap.dedent(text).strip() + "\n" if text.strip() else ""


def _options(function: PassFunction) -> dict[str, Option]:
    _, *parameters = inspect.signature(function).parameters.values()
    for parameter in parameters:
        if parameter.default is parameter.empty:
            raise ValueError(f"option {parameter.name} of {function.__name__} needs a default")
    return {p.name: p.default for p in parameters}

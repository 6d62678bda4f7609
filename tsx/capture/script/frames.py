"""Frames: the scopes of functions, lambdas and comprehensions that are being compiled, and what their names mean.

Takes a function's tree; gives which names are its own. A frame that was inlined into another keeps its own number, so
names never mix; a nested function sees the frame it was defined in as it is when it is called, as in Python.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.source import Source


@dataclass(eq=False, slots=True)
class Frame:
    """One scope. ``returns`` is the annotated result type; ``loops`` are the loops that are open in it."""

    number: int
    source: Source
    locals: frozenset[str]
    parent: Frame | None = None
    returns: ty.Type | None = None
    nonlocals: frozenset[str] = frozenset()
    loops: list[int] = field(default_factory=list)
    variables: dict[object, ty.Type] = field(default_factory=dict)  # type variables of annotations

    def owner(self, name: str) -> Frame | None:
        """The frame that a name belongs to; None when it is a global."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.locals and name not in frame.nonlocals:
                return frame
            frame = frame.parent
        return None


def stored_names(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that statements bind in their own scope: not in nested functions, classes or comprehensions."""
    found: set[str] = set()
    work = list(nodes)
    while work:
        node = work.pop()
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                found.add(name)
                continue
            case ast.Lambda():
                continue
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add(other or name.partition(".")[0])
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            found |= _walrus_names(node)  # a walrus in a comprehension binds outside
            continue
        work.extend(ast.iter_child_nodes(node))
    return found


def _walrus_names(node: ast.AST) -> set[str]:
    return {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}


def loaded_names(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that statements read, nested functions included."""
    return {
        n.id
        for node in nodes
        for n in ast.walk(node)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }


def own_names(tree: ast.FunctionDef | ast.Lambda) -> tuple[frozenset[str], frozenset[str]]:
    """The local names of a function (parameters first), and those it declares ``nonlocal``."""
    arguments = tree.args
    names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    names |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None}
    body: list[ast.AST] = [tree.body] if isinstance(tree, ast.Lambda) else list(tree.body)
    names |= stored_names(body)
    foreign = {
        name for node in walk_scope(body) if isinstance(node, ast.Nonlocal) for name in node.names
    }
    return frozenset(names | foreign), frozenset(foreign)


def walk_scope(nodes: Iterable[ast.AST]) -> Iterable[ast.AST]:
    """Every node of statements, without what stands in nested functions and classes."""
    work = list(nodes)
    while work:
        node = work.pop(0)
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            work[:0] = ast.iter_child_nodes(node)

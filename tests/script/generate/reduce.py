"""Makes a failing program small: takes statements away, blocks out of their heads, and expressions apart, as long as
the same kind of failure stays and Python itself still runs what is left.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from tests.script.generate.check import Check, TooLong, at_most, expected_outcomes
from tests.script.generate.program import Program

_MOST_TRIES = 1500
_SECONDS = 1  # a loop whose step was cut away runs forever
_BODIES = ("body", "orelse")
_SENSELESS = {"NameError", "UnboundLocalError", "SyntaxError", "TypeError", "AttributeError"}


def reduce(program: Program, check: Check) -> Program:
    """The smallest program found on which ``check`` finds the same kind of failure."""
    found = check(program)
    assert found is not None, "the program does not fail"
    kind = found.kind
    tries = 0
    progress = True
    while progress and tries < _MOST_TRIES:
        progress = False
        for candidate in _smaller(program):
            tries += 1
            if tries > _MOST_TRIES:
                break
            again = check(candidate) if _makes_sense(candidate) else None
            if again is not None and again.kind == kind:
                program, progress = candidate, True
                break
    return program


def _makes_sense(program: Program) -> bool:
    """Whether Python runs it without a mistake of the reduction's."""
    try:
        with at_most(_SECONDS):
            outcomes = expected_outcomes(program)
    except (Exception, TooLong):  # whatever keeps Python from loading what is left
        return False
    return not any(o.error is not None and o.error[0] in _SENSELESS for o in outcomes)


def _smaller(program: Program) -> Iterator[Program]:
    if len(program.calls) > 1:
        yield from (replace(program, calls=(call,)) for call in program.calls)
    for text in _smaller_texts(program.source):
        yield replace(program, source=text)


def _smaller_texts(source: str) -> Iterator[str]:
    """Sources with one thing less, the largest cuts first."""
    tree = ast.parse(source)
    count = sum(1 for _ in _blocks(tree))
    for size in (8, 4, 2, 1):
        for index in range(count):
            length = len(_nth(ast.parse(source), index))
            for start in range(0, length, size):
                changed = ast.parse(source)
                block = _nth(changed, index)
                if start == 0 and size >= length:
                    block[:] = [ast.Pass()]
                else:
                    del block[start : start + size]
                yield from _text(changed, source)
    for index in range(count):
        for place in range(len(_nth(ast.parse(source), index))):
            changed = ast.parse(source)
            block = _nth(changed, index)
            inner = [s for name in _BODIES for s in getattr(block[place], name, [])]
            if inner and not isinstance(block[place], ast.FunctionDef):
                block[place : place + 1] = inner
                yield from _text(changed, source)
    for index in range(sum(isinstance(n, ast.expr) for n in ast.walk(tree))):
        yield from _simpler_expression(source, index)


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in _BODIES:
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                yield block


def _nth(tree: ast.AST, index: int) -> list[ast.stmt]:
    return list(_blocks(tree))[index]


def _simpler_expression(source: str, index: int) -> Iterator[str]:
    """The expression at ``index`` replaced by one of its parts."""
    original = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.expr)][index]
    parts = [child for child in ast.iter_child_nodes(original) if isinstance(child, ast.expr)]
    for part in range(len(parts)):
        tree = ast.parse(source)
        target = [n for n in ast.walk(tree) if isinstance(n, ast.expr)][index]
        child = [c for c in ast.iter_child_nodes(target) if isinstance(c, ast.expr)][part]
        yield from _text(_Replace(target, child).visit(tree), source)


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.expr, by: ast.expr) -> None:
        self.target, self.by = target, by

    def visit(self, node: ast.AST) -> ast.AST:
        return self.by if node is self.target else super().generic_visit(node)


def _text(tree: ast.AST, source: str) -> Iterator[str]:
    try:
        text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
        ast.parse(text)
    except (SyntaxError, ValueError, AttributeError):
        return
    if len(text) < len(source):
        yield text

"""``match``: the statement as the chain of ``if`` that it means.

Takes the statement; makes each pattern a condition over the subject, and compiles the chain. Patterns that only a run
could take apart (mappings, sequences of unknown length) are refused.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tsx.capture.script.emit_block import STATEMENTS, emit_block

if TYPE_CHECKING:
    from tsx.capture.script.context import Context


def _match(ctx: Context, statement: ast.Match) -> None:
    subject = statement.subject
    name = subject.id if isinstance(subject, ast.Name) else f"_subject{ctx.new_number()}"
    if not isinstance(subject, ast.Name):
        at = ctx.place(subject)
        ctx.bind_hidden(name, ctx.settled(ctx.expression(subject), at), at)
    chain: list[ast.stmt] = []
    for case in reversed(statement.cases):
        names: list[tuple[str, ast.expr]] = []
        test = _condition(ctx, case.pattern, ast.Name(name, ast.Load()), names)
        bindings = [_assignment(case.pattern, target, value) for target, value in names]
        if case.guard is not None and names:
            guarded = _placed(ast.If(test=case.guard, body=case.body, orelse=chain), case.pattern)
            chain = [
                _placed(ast.If(test=test, body=[*bindings, guarded], orelse=chain), case.pattern)
            ]
            continue
        if case.guard is not None:
            test = ast.BoolOp(ast.And(), [test, case.guard])
        chain = [
            _placed(ast.If(test=test, body=[*bindings, *case.body], orelse=chain), case.pattern)
        ]
    emit_block(ctx, chain)


def _placed(node: ast.stmt, where: ast.AST) -> ast.stmt:
    """``node``, and what was made for it, at the place of a pattern."""
    for inner in ast.walk(node):
        if isinstance(inner, (ast.expr, ast.stmt)) and not hasattr(inner, "lineno"):
            ast.copy_location(inner, where)
    return node


def _assignment(where: ast.AST, name: str, value: ast.expr) -> ast.stmt:
    return _placed(ast.Assign(targets=[ast.Name(name, ast.Store())], value=value), where)


def _condition(
    ctx: Context, pattern: ast.pattern, subject: ast.expr, names: list[tuple[str, ast.expr]]
) -> ast.expr:
    """Whether ``subject`` matches; ``names`` learns what the pattern binds."""
    match pattern:
        case ast.MatchValue(value=value):
            return _at(ast.Compare(subject, [ast.Eq()], [value]), pattern)
        case ast.MatchSingleton(value=value):
            return _at(ast.Compare(subject, [ast.Is()], [ast.Constant(value)]), pattern)
        case ast.MatchOr(patterns=options):
            tests = [_condition(ctx, option, subject, names) for option in options]
            return _at(ast.BoolOp(ast.Or(), tests), pattern)
        case ast.MatchAs(pattern=inner, name=name):
            test = _at(ast.Constant(True), pattern)
            if inner is not None:
                test = _condition(ctx, inner, subject, names)
            if name is not None:
                names.append((name, subject))
            return test
        case ast.MatchClass(cls=cls, patterns=[], kwd_attrs=attributes, kwd_patterns=inners):
            call = ast.Call(ast.Name("isinstance", ast.Load()), [subject, cls], [])
            tests = [_at(call, pattern)]
            for attribute, inner in zip(attributes, inners, strict=True):
                part = _at(ast.Attribute(subject, attribute, ast.Load()), pattern)
                tests.append(_condition(ctx, inner, part, names))
            return _at(ast.BoolOp(ast.And(), tests), pattern) if len(tests) > 1 else tests[0]
        case ast.MatchClass(
            cls=ast.Name(id="int" | "float" | "str" | "bool") as cls, patterns=[inner]
        ):
            call = ast.Call(ast.Name("isinstance", ast.Load()), [subject, cls], [])
            rest = _condition(ctx, inner, subject, names)
            return _at(ast.BoolOp(ast.And(), [_at(call, pattern), rest]), pattern)
        case ast.MatchSequence(patterns=inners) if not any(
            isinstance(p, ast.MatchStar) for p in inners
        ):
            length = ast.Call(ast.Name("len", ast.Load()), [subject], [])
            tests = [_at(ast.Compare(length, [ast.Eq()], [ast.Constant(len(inners))]), pattern)]
            for place, inner in enumerate(inners):
                part = _at(ast.Subscript(subject, ast.Constant(place), ast.Load()), pattern)
                tests.append(_condition(ctx, inner, part, names))
            return _at(ast.BoolOp(ast.And(), tests), pattern)
    raise ctx.problem(
        "TSX3043", ctx.place(pattern), what="this pattern", way="write it as if … elif …"
    )


def _at(node: ast.expr, where: ast.AST) -> ast.expr:
    for inner in ast.walk(node):
        if isinstance(inner, ast.expr) and not hasattr(inner, "lineno"):
            ast.copy_location(inner, where)
    return node


STATEMENTS[ast.Match] = _match

"""Python-like source of a graph: for reading what a program does, not for running it.

Operators that Python spells with a sign are written so; the rest as ``torch.name(…)``. Weights read as attributes
of ``self``, guards as asserts, groups as their bodies under a comment.
"""

from __future__ import annotations

from tsx.ir.build import constant_value, is_constant
from tsx.ir.graph import Block, Graph, Node, Value, WeightRef
from tsx.ir.guards import guard_value
from tsx.render.clean import clean
from tsx.render.expressions import Expressions, short_kind

_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "floordiv": "//", "floor_divide": "//", "remainder": "%",
    "pow": "**", "matmul": "@", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^", "__is__": "is", "__isnot__": "is not",
}  # fmt: skip
_PREFIX = {"neg": "-", "bitwise_not": "~", "__not__": "not "}


class _Code(Expressions):
    def text(self, value: Value, spelling: str = "") -> str:
        value = self.outside(value)
        if is_constant(value):
            constant = constant_value(value)
            if isinstance(constant, WeightRef):
                return f"self.{constant.name}"
        return super().text(value, spelling)


def graph_code(graph: Graph) -> str:
    """The whole function as text."""
    code = _Code(graph)
    parameters = ", ".join(
        value.name if value.name == "self" else f"{code.name(value)}: {value.type}"
        for value in graph.inputs
    )
    results = [str(v.type) for v in graph.outputs]
    returns = results[0] if len(results) == 1 else f"({', '.join(results)})"
    lines = [f"def {graph.name}({parameters}) -> {returns}:"]
    lines += _body(graph.block, code, 1)
    outputs = ", ".join(code.text(v) for v in graph.outputs)
    return clean("\n".join([*lines, f"    return {outputs}"])) + "\n"


def _body(block: Block, code: _Code, depth: int) -> list[str]:
    indent = "    " * depth
    lines: list[str] = []
    for node in block.nodes:
        if code.is_inline(node):
            continue
        if node.kind == "prim::If":
            lines += _if(node, code, depth)
        elif node.kind == "prim::Loop":
            lines += _loop(node, code, depth)
        elif node.kind == "tsx::group":
            lines.append(f"{indent}# {short_kind(node)}, one kernel:")
            lines += _body(node.blocks[0], code, depth)
            lines += _assign(node.outputs, node.blocks[0].outputs, code, indent)
        else:
            lines.append(indent + _statement(node, code))
    return lines


def _statement(node: Node, code: _Code) -> str:
    if node.kind == "tsx::guard":
        kind, expect, source = (node.attributes.get(name) for name in ("kind", "expect", "source"))
        subject = _GUARDED.get(str(kind), "{}").format(source or code.text(node.inputs[0]))
        value = f"torch.{guard_value(kind, expect)}" if kind == "dtype" else repr(expect)
        return f"assert {subject} == {value}"
    if node.kind == "prim::RaiseException":
        return f"raise Exception({code.text(node.inputs[0])})"
    if node.kind == "prim::SetAttr":
        target, value = (code.text(v) for v in node.inputs)
        return f"{target}.{node.attributes['name']} = {value}"
    results = ", ".join(code.name(v) for v in node.outputs)
    call = _call(node, code)
    return f"{results} = {call}" if results else call


_GUARDED = {"rank": "({}).dim()", "len": "len({})", "dtype": "({}).dtype"}


def _call(node: Node, code: _Code) -> str:
    base = short_kind(node)
    operands = [code.text(v) for v in node.inputs]
    plain_alpha = len(node.inputs) < 3 or (
        is_constant(node.inputs[2]) and constant_value(node.inputs[2]) == 1
    )
    if base in _INFIX and len(operands) >= 2 and plain_alpha and len(operands) <= 3:
        return f"{operands[0]} {_INFIX[base]} {operands[1]}"
    if base in _PREFIX and len(operands) == 1:
        return f"{_PREFIX[base]}{operands[0]}"
    if base == "__getitem__":
        return f"{operands[0]}[{operands[1]}]"
    if node.kind in ("prim::ListConstruct", "prim::TupleConstruct"):
        return code.literal(node)
    if node.kind in ("prim::ListUnpack", "prim::TupleUnpack"):
        return operands[0]
    if node.kind == "prim::CallMethod":
        return f"{operands[0]}.{node.attributes['name']}({', '.join(operands[1:])})"
    if node.kind == "prim::CallFunction":
        return f"{node.attributes['name']}({', '.join(operands)})"
    prefix = "torch." if node.kind.startswith("aten::") else ""
    return f"{prefix}{base}({code.arguments(node)})"


def _if(node: Node, code: _Code, depth: int) -> list[str]:
    indent = "    " * depth
    lines = [f"{indent}if {code.text(node.inputs[0])}:"]
    for block, head in zip(node.blocks, ("", f"{indent}else:"), strict=True):
        body = _body(block, code, depth + 1)
        body += _assign(node.outputs, block.outputs, code, indent + "    ")
        if head and not body:
            continue
        lines += [head] if head else []
        lines += body or [f"{indent}    pass"]
    return lines


def _loop(node: Node, code: _Code, depth: int) -> list[str]:
    indent = "    " * depth
    body = node.blocks[0]
    trips, condition, *initial = node.inputs
    index, *carried = body.inputs
    lines = _renamed(carried, initial, code, indent)
    next_condition, *following = body.outputs
    endless = is_constant(trips) and constant_value(trips) == 2**63 - 1
    always = is_constant(next_condition) and constant_value(next_condition) is True
    head = (
        f"while {code.text(condition)}:"
        if endless
        else f"for {code.name(index)} in range({code.text(trips)}):"
    )
    lines.append(indent + head)
    lines += _body(body, code, depth + 1)
    lines += _assign(tuple(carried), tuple(following), code, indent + "    ")
    if not always and not endless:
        lines.append(f"{indent}    if not {code.text(next_condition)}: break")
    if endless and not is_constant(condition):
        lines.append(f"{indent}    {code.text(condition)} = {code.text(next_condition)}")
    return lines + _renamed(node.outputs, carried, code, indent)


def _assign(
    targets: tuple[Value, ...] | list[Value], values: tuple[Value, ...], code: _Code, indent: str
) -> list[str]:
    left = [code.name(t) for t in targets]
    right = [code.text(v) for v in values]
    if not left or left == right:
        return []
    return [f"{indent}{', '.join(left)} = {', '.join(right)}"]


def _renamed(
    targets: list[Value] | tuple[Value, ...],
    values: list[Value] | tuple[Value, ...],
    code: _Code,
    indent: str,
) -> list[str]:
    return [
        f"{indent}{code.name(t)} = {code.text(v)}"
        for t, v in zip(targets, values, strict=True)
        if code.name(t) != code.text(v)
    ]

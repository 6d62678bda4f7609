"""Puts the bodies of called methods and functions in place of the calls; spans become call chains.

A recursive call stays, and so does one whose object's class isn't known (an interface). Functions and methods of
classes that nothing calls any more are dropped; the entry points stay.

Before:

    graph(%self : __torch__.Net, %x : Tensor):
      %y : Tensor = prim::CallMethod[name="square"](%self, %x)
      return (%y)

    def __torch__.Net.square(%self : __torch__.Net, %v : Tensor):
      %r : Tensor = aten::mul.Tensor(%v, %v)
      return (%r)

After:

    graph(%self : __torch__.Net, %x : Tensor):
      %r : Tensor = aten::mul.Tensor(%x, %x)
      return (%r)
"""

from __future__ import annotations

from tsx.ir.graph import Graph, Node, Value, copy_node
from tsx.ir.location import Origin
from tsx.ir.module import Module
from tsx.ir.types import ClassType, FunctionType
from tsx.passes.define import Context, define
from tsx.passes.support.erase import erase_dead

_CALLS = ("prim::CallMethod", "prim::CallFunction")


@define(safety="exact", whole_module=True)
def inline(ctx: Context) -> None:
    """Inlines every graph bottom up, then drops what is not called."""
    inliner = _Inliner(ctx)
    for name, graph in list(ctx.module.graphs()):
        inliner.graph(name, graph)
    _drop_uncalled(ctx)


class _Inliner:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.done: set[Graph] = set()
        self.recursive = _recursive(ctx.module)

    def graph(self, name: str, graph: Graph) -> None:
        if graph in self.done:
            return
        self.done.add(graph)
        for node, callee in _calls(graph, self.ctx.module):
            self.graph(callee_name(node), callee)
            if callee not in self.recursive:
                self.ctx.graph_name = name
                self.ctx.note("f(x) == f's body", node, f"the body of {callee_name(node)}")
                inline_call(node, callee)


def _calls(graph: Graph, module: Module) -> list[tuple[Node, Graph]]:
    """The calls of a graph whose callees are known."""
    calls = [node for node in graph.all_nodes() if node.kind in _CALLS]
    found = [(node, called_graph(node, module)) for node in calls]
    return [(node, callee) for node, callee in found if callee is not None]


def _recursive(module: Module) -> set[Graph]:
    """The graphs that can come to call themselves."""
    callees = {g: {callee for _, callee in _calls(g, module)} for _, g in module.graphs()}
    found: set[Graph] = set()
    for graph in callees:
        reached: set[Graph] = set()
        work = list(callees[graph])
        while work:
            current = work.pop()
            if current not in reached:
                reached.add(current)
                work.extend(callees.get(current, ()))
        if graph in reached:
            found.add(graph)
    return found


def called_graph(node: Node, module: Module) -> Graph | None:
    """The graph that a call runs; None when the object's class or the function is not in the module."""
    name = callee_name(node)
    if node.kind == "prim::CallFunction":
        return module.functions.get(name)
    type = node.inputs[0].type
    if not isinstance(type, ClassType) or type.name not in module.classes:
        return None
    return module.classes[type.name].methods.get(name)


def callee_name(node: Node) -> str:
    """What a call names: its attribute, or the function that operand 0 is."""
    if "name" not in node.attributes and node.inputs:
        type = node.inputs[0].type
        return type.name if isinstance(type, FunctionType) else ""
    return str(node.attributes["name"])


def inline_call(call: Node, callee: Graph) -> None:
    """Replaces ``call`` by a copy of ``callee``'s nodes; their origins are linked to the call's."""
    caller = call.origin

    def origin(inner: Origin) -> Origin:
        spans = tuple(span.called_from(caller.span) for span in inner.spans) or caller.spans
        scope = ".".join(part for part in (caller.scope, inner.scope) if part)
        return Origin(inner.ids or caller.ids, spans, scope)

    is_by_value = call.kind == "prim::CallFunction" and "name" not in call.attributes
    arguments = call.inputs[1:] if is_by_value else call.inputs
    values: dict[Value, Value] = dict(zip(callee.inputs, arguments, strict=True))
    labels = [value.name for value in call.outputs]
    for value in call.outputs:
        value.name = ""  # free for the values of the body
    for node in callee.nodes:
        copy_node(node, values, call.graph, origin).insert_before(call)
    for old, label, inner in zip(call.outputs, labels, callee.outputs, strict=True):
        new = values.get(inner, inner)
        new.name = new.name or label
        old.replace_uses(new)
    operands = call.inputs
    call.destroy()
    erase_dead(operands)


def _drop_uncalled(ctx: Context) -> None:
    """Drops functions and class methods that no graph calls; what those call goes in the next round."""
    module = ctx.module
    while True:
        called, classes = _called_names(module)
        functions = [name for name in module.functions if name not in called]
        methods = [
            (definition, name)
            for definition in module.classes.values()
            for name in definition.methods
            if name not in classes
        ]
        for name in functions:
            del module.functions[name]
        for definition, name in methods:
            del definition.methods[name]
        ctx.module_mutations += len(functions) + len(methods)
        if not functions and not methods:
            return


def _called_names(module: Module) -> tuple[set[str], set[str]]:
    """Names of functions and of methods that graphs mention, whoever's method it may be."""
    functions: set[str] = set()
    methods: set[str] = set()
    for _, graph in module.graphs():
        for node in graph.all_nodes():
            if node.kind == "prim::CallMethod":
                methods.add(callee_name(node))
            elif node.kind == "prim::CallFunction":
                functions.add(callee_name(node))
            functions.update(v.type.name for v in node.outputs if isinstance(v.type, FunctionType))
    return functions, methods

"""Turns attributes that nothing writes into constants, and drops what is then unused.

An attribute counts as written when any method sets it, or writes in place to what may share its memory (tied weights
included); then it stays an attribute. Weights keep their state_dict names. A module in training mode is refused: its
BatchNorm statistics change with every call.

Before:

    graph(%self : __torch__.Net, %x : Float(1, 2)):
      %bias : Float(2) = prim::GetAttr[name="bias"](%self)
      %1 : int = prim::Constant[value=1]()
      %y : Float(1, 2) = aten::add.Tensor(%x, %bias, %1)
      return (%y)

After:

    graph(%x : Float(1, 2)):
      %bias : Float(2) = prim::Constant[value=<Tensor>, name="bias"]()
      %1 : int = prim::Constant[value=1]()
      %y : Float(1, 2) = aten::add.Tensor(%x, %bias, %1)
      return (%y)
"""

from __future__ import annotations

from tsx.errors import fail
from tsx.ir.build import Builder
from tsx.ir.graph import Node, Value, WeightRef
from tsx.ir.module import AttributeValue, Module
from tsx.ir.types import class_names
from tsx.ir.walk import all_values
from tsx.ops.weights import as_weight
from tsx.passes.define import Context, define
from tsx.passes.support.constants import drop_unused_weights, is_plain, make_constant
from tsx.passes.support.describe import describe
from tsx.passes.support.erase import erase_dead, replace
from tsx.passes.support.objects import Access, analyse, walk_objects


@define(safety="exact", requires=("inline",), whole_module=True)
def freeze(ctx: Context) -> None:
    """Replaces reads of unwritten attributes, then drops attributes, objects, classes and weights."""
    module = ctx.module
    _refuse_training(module)
    access = analyse(module)
    for name, graph in module.graphs():
        ctx.graph_name = name
        for node in list(graph.all_nodes()):
            if node.kind == "prim::GetAttr" and node.is_linked:
                _freeze_read(ctx, node, access)
        erase_dead([v for v in all_values(graph) if v.node and v.node.kind == "prim::GetAttr"])
    _drop_self(ctx)
    _drop_attributes(ctx)
    _drop_classes(ctx)
    ctx.module_mutations += drop_unused_weights(module)


def _refuse_training(module: Module) -> None:
    for path, item in walk_objects(module.root):
        if item.attributes.get("training") is True:
            raise fail("TSX8026", what=path or module.name)


def _freeze_read(ctx: Context, node: Node, access: Access) -> None:
    holder = access.objects.get(node.inputs[0])
    if holder is None or node.output in access.objects:
        return
    name = str(node.attributes["name"])
    if (holder.class_name, name) in access.written:
        return
    value = access.attribute(node)
    if isinstance(value, WeightRef) and value.name in access.written_weights:
        return
    before, label = describe(node), node.output.name
    node.output.name = ""
    constant = _constant(ctx.module, Builder(node, node.origin), value, node.output)
    if constant is None:
        node.output.name = label
        return
    ctx.note("an attribute that nothing writes == constant", node, constant, before)
    constant.name = constant.name or label
    replace(node, [constant])


def _constant(module: Module, builder: Builder, value: AttributeValue, old: Value) -> Value | None:
    if isinstance(value, WeightRef):
        return builder.weight(value.name, as_weight(module.weights[value.name]).type)
    if (
        value is None
        or is_plain(value)
        or (isinstance(value, list) and all(is_plain(item) for item in value))
    ):
        return make_constant(builder, value, old.type, module, "")
    return None


def _drop_self(ctx: Context) -> None:
    """Drops ``%self`` from the entry points, and the tree, once no entry point uses it."""
    methods = [method for method in ctx.module.methods.values() if method.has_self]
    if ctx.module.root is None or any(method.graph.inputs[0].uses for method in methods):
        return
    for method in methods:
        method.graph.block.remove_input(0)
    ctx.module.root = None
    ctx.module_mutations += 1


def _drop_attributes(ctx: Context) -> None:
    """Drops the attributes that no graph reads or sets any more."""
    used = analyse(ctx.module).used
    for _, item in list(walk_objects(ctx.module.root)):
        for name in [n for n in item.attributes if (item.class_name, n) not in used]:
            del item.attributes[name]
            ctx.module_mutations += 1
    for definition in ctx.module.classes.values():
        if definition.kind != "module":
            continue
        for name in [n for n in definition.attributes if (definition.name, n) not in used]:
            del definition.attributes[name]
            ctx.module_mutations += 1
        kept = definition.attributes
        definition.parameters = tuple(n for n in definition.parameters if n in kept)
        definition.buffers = tuple(n for n in definition.buffers if n in kept)


def _drop_classes(ctx: Context) -> None:
    """Drops the module classes that no object, value or attribute is of."""
    module = ctx.module
    while True:
        needed = {item.class_name for _, item in walk_objects(module.root)}
        for _, graph in module.graphs():
            needed |= class_names(value.type for value in all_values(graph))
        for definition in module.classes.values():
            needed |= class_names(definition.attributes.values())
        unused = [n for n, c in module.classes.items() if c.kind == "module" and n not in needed]
        for name in unused:
            del module.classes[name]
        ctx.module_mutations += len(unused)
        if not unused:
            return

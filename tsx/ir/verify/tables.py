"""V21 to V28: what graphs say of the module's tables, and the tables themselves."""

from __future__ import annotations

from collections.abc import Iterator

from tsx.ir import types as ty
from tsx.ir.graph import Graph, Node, WeightRef
from tsx.ir.infer import class_of
from tsx.ir.limits import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_FUNCTIONS,
    MAX_NAME,
    MAX_RANK,
    MAX_WEIGHTS,
)
from tsx.ir.match import agrees
from tsx.ir.module import AttributeValue, ClassDef, Module, Object, Parameter, TreeSpec
from tsx.ir.prim import CONSTANT, constant_fits
from tsx.ir.verify.report import Violation
from tsx.ir.verify.structure import Parts, type_violations

_CLASS_KINDS = ("module", "class", "interface", "enum", "namedtuple")
_SPEC_KINDS = ("leaf", "constant", "none", "tuple", "list", "dict", "namedtuple", "record")


def references(found: Parts, module: Module) -> Iterator[Violation]:
    """V21 to V24 for the parts of one graph."""
    unknown = {
        id(type): sorted(names - module.classes.keys())
        for type in found.types
        if (names := ty.class_names([type]))
    }
    for value in found.values if any(unknown.values()) else ():
        for name in unknown.get(id(value.type), ()):
            node = value.node or value.block.node
            yield Violation("V22", f"there is no class {name:.80}", node)
    for node in found.nodes:
        if node.kind == CONSTANT:
            if isinstance(node.attributes.get("value"), WeightRef):
                yield from _weight(node, module)
        elif node.kind in ("prim::GetAttr", "prim::SetAttr") and node.inputs:
            yield from _attribute(node, module)
        elif node.kind in ("prim::CallMethod", "prim::CallFunction"):
            yield from _call(node, module)


def _weight(node: Node, module: Module) -> Iterator[Violation]:
    ref = node.attributes.get("value")
    if not isinstance(ref, WeightRef) or len(node.outputs) != 1:
        return
    weight = module.weights.get(ref.name)
    declared = node.output.type
    if weight is None:
        yield Violation("V21", f"there is no weight {ref.name:.80}", node)
    elif isinstance(declared, ty.TensorType):
        real = ty.TensorType(weight.dtype, weight.shape)
        if (declared.dtype, declared.shape) != (real.dtype, real.shape):
            yield Violation("V21", f"weight {ref.name:.80} is {real}, not {declared}", node)


def _attribute(node: Node, module: Module) -> Iterator[Violation]:
    definition = class_of(node.inputs[0].type, module)
    if definition is None:  # V19 or V22 has told it
        return
    name = str(node.attributes.get("name"))
    declared = definition.attributes.get(name)
    if declared is None:
        yield Violation("V23", f"{definition.name} has no attribute {name:.80}", node)
    elif node.kind == "prim::GetAttr":
        if len(node.outputs) == 1 and not agrees(declared, node.output.type):
            message = f"the attribute {name} is {declared}, not {node.output.type}"
            yield Violation("V23", message, node)
    elif len(node.inputs) == 2:
        given = node.inputs[1].type
        if not ty.is_subtype(ty.erase_shapes(given), ty.erase_shapes(declared)):
            yield Violation("V23", f"the attribute {name} can't hold {given}", node)


def called(node: Node, module: Module) -> tuple[str, Graph | None]:
    """The qualified name of what a call node calls, and its graph if there is one."""
    name = node.attributes.get("name")
    if node.kind == "prim::CallMethod":
        definition = class_of(node.inputs[0].type, module) if node.inputs else None
        qualified = f"{definition.name if definition else '?'}.{name}"
        return qualified, definition.methods.get(str(name)) if definition else None
    if name is None and node.inputs and isinstance(node.inputs[0].type, ty.FunctionType):
        name = node.inputs[0].type.name
    return str(name), module.functions.get(str(name))


def _call(node: Node, module: Module) -> Iterator[Violation]:
    name, target = called(node, module)
    if target is None:
        definition = class_of(node.inputs[0].type, module) if node.inputs else None
        if node.kind == "prim::CallMethod" and definition and definition.kind == "interface":
            return  # resolved where the object is known
        yield Violation("V24", f"there is no function {name:.80}", node)
        return
    skip = 1 if node.kind == "prim::CallFunction" and "name" not in node.attributes else 0
    given = [value.type for value in node.inputs[skip:]]
    taken = [value.type for value in target.inputs]
    results = [value.type for value in target.outputs]
    declared = [value.type for value in node.outputs]
    if len(given) != len(taken) or not all(map(agrees, given, taken)):
        yield Violation("V24", f"{name:.80} takes {_list(taken)}, not {_list(given)}", node)
    if len(results) != len(declared) or not all(map(agrees, results, declared)):
        yield Violation("V24", f"{name:.80} gives {_list(results)}, not {_list(declared)}", node)


def _list(types: list[ty.Type]) -> str:
    return f"({', '.join(map(str, types)):.200})"


def calls(module: Module) -> Iterator[Violation]:
    """V24: no operator's body calls itself, directly or through others. (Functions and methods may.)"""
    graphs = {name: graph for name, graph in module.graphs() if "::" in name}
    targets: dict[str, dict[str, Node]] = {}
    for name, graph in graphs.items():
        targets[name] = {
            target: node
            for node in graph.all_nodes()
            if node.kind == "prim::CallFunction" and (target := called(node, module)[0]) in graphs
        }
    finished: set[str] = set()
    for start in graphs:
        path: dict[str, Iterator[str]] = {}  # the calls that are open, in order
        current = start
        while current not in finished:
            path.setdefault(current, iter(targets.get(current, {})))
            following = next(path[current], None)
            if following is None:
                finished.add(current)
                del path[current]
                current = next(reversed(path), start)
            elif following in path:
                node = targets[current][following]
                message = f"{following:.80} calls itself"
                yield Violation("V24", message, node, graphs[current], current)
            elif following not in finished:
                current = following


def methods(module: Module) -> Iterator[Violation]:
    """V25: the border of each method against its graph."""
    for name, method in module.methods.items():
        for message in _border(module, name):
            yield Violation("V25", message, None, method.graph, name)


def _border(module: Module, name: str) -> Iterator[str]:
    method = module.methods[name]
    specs = [parameter.spec for parameter in method.parameters]
    if any(not _is_sound(spec) for spec in (*specs, method.result)):
        yield "a tree spec has an unknown kind, miscounted keys, or nests too deep"
        return
    inputs = method.graph.inputs[1 if method.has_self else 0 :]
    if method.has_self and (
        module.root is None or method.graph.inputs[0].type != ty.ClassType(module.root.class_name)
    ):
        yield "%self is not of the class of the module's root"
    if sum(spec.leaves() for spec in specs) != len(inputs):
        leaves = sum(spec.leaves() for spec in specs)
        yield f"the graph has {len(inputs)} inputs for {leaves} leaves of its parameters"
    if method.result.leaves() != len(method.graph.outputs):
        leaves = method.result.leaves()
        yield f"the graph has {len(method.graph.outputs)} results for {leaves} leaves"
    yield from _names_once(method.parameters)
    if method.samples and len(method.samples) > len(inputs):
        yield f"{len(method.samples)} samples for {len(inputs)} inputs"
    for pin in method.pins:
        if pin.dim < 0 or pin.size < 0:
            yield f"the pin of {pin.input:.80} names dimension {pin.dim} and size {pin.size}"


def _names_once(parameters: tuple[Parameter, ...]) -> Iterator[str]:
    names = [parameter.name for parameter in parameters]
    if len(set(names)) != len(names):
        yield "two parameters have one name"


def _is_sound(spec: TreeSpec) -> bool:
    work = [(spec, 0)]
    while work:
        current, depth = work.pop()
        if depth > MAX_DEPTH or current.kind not in _SPEC_KINDS:
            return False
        if current.kind in ("leaf", "constant", "none") and current.children:
            return False
        if current.kind in ("dict", "namedtuple", "record") and len(current.keys) != len(
            current.children
        ):
            return False
        work.extend((child, depth + 1) for child in current.children)
    return True


def tree(module: Module) -> Iterator[Violation]:
    """V26: each object of the attribute tree, once."""
    work: list[tuple[str, Object]] = [("self", module.root)] if module.root else []
    seen: set[int] = set()
    while work:
        path, owner = work.pop()
        if id(owner) in seen:
            continue
        seen.add(id(owner))
        definition = module.classes.get(owner.class_name)
        if definition is None:
            yield Violation("V26", f"there is no class {owner.class_name:.80}", name=path)
            continue
        for name in definition.attributes.keys() ^ owner.attributes.keys():
            yield Violation("V26", f"{name:.80} is in the class or the object only", name=path)
        for name, value in owner.attributes.items():
            declared = definition.attributes.get(name)
            if declared is not None and not _holds(value, declared, module, 0):
                yield Violation("V26", f"the value of {name:.80} is no {declared}", name=path)
            work += ((f"{path}.{name}", inner) for inner in _objects(value))


def _objects(value: AttributeValue) -> Iterator[Object]:
    work = [value]
    while work:
        current = work.pop()
        if isinstance(current, Object):
            yield current
        elif isinstance(current, (list, tuple)):
            work.extend(current)
        elif isinstance(current, dict):
            work.extend(current.values())


def _holds(value: AttributeValue, type: ty.Type, module: Module, depth: int) -> bool:
    """Whether an attribute of ``type`` may be ``value``."""
    if depth > MAX_DEPTH:
        return False
    match type:
        case ty.OptionalType(element):
            return value is None or _holds(value, element, module, depth + 1)
        case ty.UnionType(members):
            return any(_holds(value, member, module, depth + 1) for member in members)
        case ty.TensorType():
            weight = module.weights.get(value.name) if isinstance(value, WeightRef) else None
            return weight is not None and agrees(ty.TensorType(weight.dtype, weight.shape), type)
        case ty.ClassType(name):
            return isinstance(value, Object) and value.class_name == name
        case ty.InterfaceType():
            return isinstance(value, Object)
        case ty.ListType(element):
            return isinstance(value, list) and all(
                _holds(item, element, module, depth + 1) for item in value
            )
        case ty.DictType(key, inner):
            return isinstance(value, dict) and all(
                _holds(k, key, module, depth + 1) and _holds(v, inner, module, depth + 1)
                for k, v in value.items()
            )
        case ty.TupleType(elements):
            return (
                isinstance(value, tuple)
                and len(value) == len(elements)
                and all(
                    _holds(v, t, module, depth + 1) for v, t in zip(value, elements, strict=True)
                )
            )
    return type == ty.ANY or constant_fits(value, type)


def classes(module: Module) -> Iterator[Violation]:
    """V22 and V27 for the class table."""
    for key, definition in module.classes.items():
        for message in _class(key, definition, module):
            yield Violation("V27", message, name=key)
        unknown = ty.class_names(definition.attributes.values()) - module.classes.keys()
        for name in sorted(unknown):
            yield Violation("V22", f"there is no class {name:.80}", name=key)


def _class(key: str, definition: ClassDef, module: Module) -> Iterator[str]:
    if key != definition.name or not key or len(key) > MAX_NAME:
        yield f"the class {definition.name:.80} is entered as {key:.80}"
    if definition.kind not in _CLASS_KINDS:
        yield f"there is no kind of class {definition.kind:.80}"
    for name in (*definition.parameters, *definition.buffers):
        if name not in definition.attributes:
            yield f"the parameter or buffer {name:.80} is no attribute"
    for base in definition.bases:
        if base not in module.classes:
            yield f"there is no base {base:.80}"
    for name, type in definition.attributes.items():
        if not name or len(name) > MAX_NAME:
            yield f"{name[:40]!r} is no name for an attribute"
        for violation in type_violations(type):
            yield f"attribute {name:.80}: {violation.message}"


def weights(module: Module) -> Iterator[Violation]:
    """V28."""
    if len(module.weights) > MAX_WEIGHTS:
        yield Violation("V28", f"there are {len(module.weights)} weights, over {MAX_WEIGHTS}")
    if sum(1 for _ in module.graphs()) > MAX_FUNCTIONS:
        yield Violation("V28", f"there are more than {MAX_FUNCTIONS} functions")
    for name, weight in module.weights.items():
        if not name or len(name) > MAX_NAME:
            yield Violation("V28", f"{name[:40]!r} is no name for a weight")
        if len(weight.shape) > MAX_RANK:
            yield Violation("V28", f"weight {name:.80} has rank {len(weight.shape)}")
            continue
        total = weight.dtype.itemsize
        for size in weight.shape:
            total *= size
        if min(weight.shape, default=0) < 0 or total > MAX_BYTES:
            yield Violation("V28", f"weight {name:.80} has sizes {weight.shape}")

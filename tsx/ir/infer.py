"""What can be known of values without running: types, sizes, constants, through control flow.

Takes a graph whose operators have records. Gives an abstract value (``tsx.ir.op.Abstract``) for each value; the rules
of operators come from their records, those of structural kinds are here. Never evaluates a model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.dims import Expr
from tsx.ir.graph import Block, Graph, Node, Value, WeightRef, same_attribute
from tsx.ir.limits import can_be
from tsx.ir.module import ClassDef, Module
from tsx.ir.op import Abstract, Unknown, lookup
from tsx.ir.prim import CONSTANT, GROUP, tuple_index

_MAX_ROUNDS = 4  # over a loop body, before what still changes is forgotten
_MAX_ITEMS = 1 << 16
_MAX_LOOPS = (
    3  # loops in loops that are iterated; deeper ones forget at once, so the cost stays linear
)


def unknown(type: ty.Type) -> Abstract:
    """The abstract value that says no more than ``type`` does."""
    if isinstance(type, ty.TensorType):
        return type
    if isinstance(type, ty.AtomType):
        if type.name not in _UNKNOWN:
            _UNKNOWN[type.name] = None if type == ty.NONE else Unknown(type)
        return _UNKNOWN[type.name]
    return Unknown(type)


_UNKNOWN: dict[str, Abstract] = {}


def abstract_of(value: Value) -> Abstract:
    """What the definition of one value says about it, looking through constants and containers only."""
    node = value.node
    if node is not None and node.kind == CONSTANT:
        return _constant(node)
    if node is not None and node.kind == "prim::TupleConstruct":
        return tuple(abstract_of(v) for v in node.inputs)
    if node is not None and node.kind == "prim::ListConstruct" and is_fixed_list(value):
        return [abstract_of(v) for v in node.inputs]
    return unknown(value.type)


def known_dtype(value: Value, depth: int = 8) -> ty.DType | None:
    """The dtype of a tensor by the rules of the ``depth`` operators that lead to it; None when they leave it open."""
    found = _looked_up(value, depth)
    return found.dtype if isinstance(found, ty.TensorType) else None


def _looked_up(value: Value, depth: int) -> Abstract:
    node = value.node
    is_known = isinstance(value.type, ty.TensorType) and value.type.dtype is not None
    if node is None or node.blocks or is_known or not depth or lookup(node.kind) is None:
        return abstract_of(value)
    try:
        results = infer_node(node, [_looked_up(v, depth - 1) for v in node.inputs])
    except TsxError:
        return unknown(value.type)  # the verifier tells
    return results[node.outputs.index(value)]


def _constant(node: Node) -> Abstract:
    value = node.attributes.get("value")
    if isinstance(value, WeightRef) or "name" in node.attributes:
        return unknown(node.output.type)
    if isinstance(node.output.type, ty.EnumType):  # a member is told by its name, which is no str
        return unknown(node.output.type)
    return _plain(value, node.output.type)


def _plain(value: object, type: ty.Type) -> Abstract:
    if not isinstance(value, tuple):
        return value
    if isinstance(type, ty.TupleType) and len(type.elements) == len(value):
        return tuple(_plain(v, t) for v, t in zip(value, type.elements, strict=True))
    element = type.element if isinstance(type, ty.ListType) else type
    return [_plain(v, element) for v in value]


def is_fixed_list(value: Value) -> bool:
    """Whether nobody can change the list ``value``: its users read it, and don't pass it on."""
    return all(_only_reads(node, operand, value) for node, operand in value.uses)


def _only_reads(node: Node, operand: int, value: Value) -> bool:
    op = lookup(node.kind)
    if op is None:
        return node.kind == "prim::ListUnpack" or node is value.block.graph.block.return_node
    if operand >= len(op.schema.arguments):
        return False
    alias = op.schema.arguments[operand].alias
    if alias is None:
        return True
    is_nested = isinstance(value.type, ty.ListType) and isinstance(value.type.element, ty.ListType)
    gives_list = any(isinstance(r.type, ty.ListType) and r.alias for r in op.schema.results)
    return not (alias.writes or alias.is_wildcard or is_nested or gives_list)


def infer_node(
    node: Node, abstracts: Sequence[Abstract], module: Module | None = None
) -> tuple[Abstract, ...]:
    """The abstract results of a node without blocks; ``OperatorError`` when its operands can't be right."""
    op = lookup(node.kind)
    if op is not None:
        results = op.infer(*abstracts)
        many = results if isinstance(results, tuple) else (results,)
        if len(op.schema.results) == 1 and isinstance(results, tuple) and len(node.outputs) == 1:
            many = (results,)
        if len(many) != len(node.outputs):
            return tuple(unknown(v.type) for v in node.outputs)
        return many
    rule = _RULES.get(node.kind)
    if rule is not None:
        return rule(node, abstracts)
    if node.kind == "prim::GetAttr" and module is not None:
        return (_attribute(node, module),)
    return tuple(unknown(v.type) for v in node.outputs)


def _attribute(node: Node, module: Module) -> Abstract:
    definition = class_of(node.inputs[0].type, module)
    found = definition.attributes.get(str(node.attributes.get("name"))) if definition else None
    declared = node.output.type
    if isinstance(found, ty.TensorType) and isinstance(declared, ty.TensorType):
        return meet(declared, found)
    return unknown(declared)


def class_of(type: ty.Type, module: Module) -> ClassDef | None:
    """The class that ``type`` names, if the module defines it."""
    if isinstance(type, (ty.ClassType, ty.InterfaceType)):
        return module.classes.get(type.name)
    return None


def _list(node: Node, abstracts: Sequence[Abstract]) -> tuple[Abstract, ...]:
    return (list(abstracts),)


def _unpack(node: Node, abstracts: Sequence[Abstract]) -> tuple[Abstract, ...]:
    (whole,) = abstracts
    if isinstance(whole, (list, tuple)) and len(whole) == len(node.outputs):
        return tuple(whole)
    return tuple(unknown(v.type) for v in node.outputs)


def _index(node: Node, abstracts: Sequence[Abstract]) -> tuple[Abstract, ...]:
    whole, index = abstracts[0], tuple_index(node)
    if isinstance(whole, tuple) and index is not None and -len(whole) <= index < len(whole):
        return (whole[index],)
    return (unknown(node.output.type),)


def _slice(node: Node, abstracts: Sequence[Abstract]) -> tuple[Abstract, ...]:
    whole, begin, end = abstracts[0], node.attributes.get("beg"), node.attributes.get("end")
    if isinstance(whole, tuple) and isinstance(begin, int) and isinstance(end, int):
        return (whole[begin:end],)
    return (unknown(node.output.type),)


_NUMBER_DTYPES: dict[ty.Type, ty.DType] = {
    ty.INT: ty.DType.INT64,
    ty.FLOAT: ty.DType.FLOAT64,
    ty.BOOL: ty.DType.BOOL,
    ty.COMPLEX: ty.DType.COMPLEX128,
}


def _num_to_tensor(node: Node, abstracts: Sequence[Abstract]) -> tuple[Abstract, ...]:
    return (ty.TensorType(_NUMBER_DTYPES.get(node.inputs[0].type), ()),)


_RULES: dict[str, Callable[[Node, Sequence[Abstract]], tuple[Abstract, ...]]] = {
    CONSTANT: lambda node, _: (_constant(node),),
    "prim::ListConstruct": _list,
    "prim::ListUnpack": _unpack,
    "prim::TupleConstruct": lambda _, abstracts: (tuple(abstracts),),
    "prim::TupleUnpack": _unpack,
    "prim::TupleIndex": _index,
    "prim::TupleSlice": _slice,
    "prim::NumToTensor": _num_to_tensor,
}


def join(a: Abstract, b: Abstract, type: ty.Type) -> Abstract:
    """What is known of a value of ``type`` that is one of the two."""
    if isinstance(a, ty.TensorType) and isinstance(b, ty.TensorType):
        return ty.join_tensors(a, b)
    if isinstance(a, Expr) and isinstance(b, Expr):
        return a if a == b else unknown(type)
    for container in (list, tuple):
        if isinstance(a, container) and isinstance(b, container) and len(a) == len(b):
            inner = _element_types(type, len(a))
            return container(join(x, y, t) for x, y, t in zip(a, b, inner, strict=True))
    return a if same_abstract(a, b) else unknown(type)


def _element_types(type: ty.Type, count: int) -> Sequence[ty.Type]:
    if isinstance(type, ty.TupleType) and len(type.elements) == count:
        return type.elements
    return [type.element if isinstance(type, ty.ListType) else ty.ANY] * count


def same_abstract(a: Abstract, b: Abstract) -> bool:
    """Whether two abstract values say the same (1 and True don't, NaN and NaN do)."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same_abstract, a, b))
    if isinstance(a, (Unknown, Expr, ty.TensorType)):
        return a == b
    return same_attribute(a, b)  # type: ignore[arg-type]  # any other difference is no attribute's


def meet(declared: ty.TensorType, found: ty.TensorType) -> ty.TensorType:
    """All that either says of one tensor; where they differ, what was found."""
    if found is declared:
        return declared
    if found.shape is None:
        shape = declared.shape
    elif declared.shape is None or len(declared.shape) != len(found.shape):
        shape = found.shape
    else:
        pairs = zip(declared.shape, found.shape, strict=True)
        shape = tuple(known if known is not None else size for size, known in pairs)
    dtype = found.dtype or declared.dtype
    if dtype is declared.dtype and shape == declared.shape:
        return declared
    return replace(declared, dtype=dtype, shape=shape)


def is_unconditional(block: Block) -> bool:
    """Whether ``block`` runs whenever its graph does: it is no branch and no loop's body, nor in one."""
    while block.node is not None:
        if block.node.kind != GROUP:
            return False
        block = block.node.block
    return True


def always_entered(module: Module) -> set[Graph]:
    """The graphs that every run comes to: entry points, and what they call outside branches and loops."""
    found: set[Graph] = set()
    work = [method.graph for method in module.methods.values()]
    while work:
        graph = work.pop()
        if graph not in found:
            found.add(graph)
            work += [
                called for node, called in calls_of(graph, module) if is_unconditional(node.block)
            ]
    return found


def calls_of(graph: Graph, module: Module) -> Iterator[tuple[Node, Graph]]:
    """The calls in a graph, which need not be verified, with what they call."""
    for node in graph.all_nodes():
        name = str(node.attributes.get("name"))
        receiver = node.inputs[0].type if node.inputs else None
        if node.kind == "prim::CallFunction" and name in module.functions:
            yield node, module.functions[name]
        elif node.kind == "prim::CallMethod" and isinstance(receiver, ty.ClassType):
            owner = module.classes.get(receiver.name)
            if owner is not None and name in owner.methods:
                yield node, owner.methods[name]


def propagate(
    graph: Graph, module: Module | None = None, *, forget: bool = False
) -> dict[Value, Abstract]:
    """Walks ``graph``, refines the tensor types of its values, gives what is known of each.

    With ``forget``, the types of all but the graph's inputs are found anew instead of refined: for passes that
    change sizes or dtypes. ``OperatorError`` (TSX4nnn, at the node's span) where operands can't be right and the node
    runs whenever the graph does.
    """
    known = propagated(graph, module, forget=forget)
    refine(known)
    return known


def propagated(
    graph: Graph, module: Module | None = None, *, forget: bool = False
) -> dict[Value, Abstract]:
    """``propagate`` that leaves the types as they are."""
    walk = Propagation(module, forget=forget)
    walk.block(graph.block, [unknown(value.type) for value in graph.inputs])
    return walk.known


def refine(known: Mapping[Value, Abstract]) -> int:
    """Gives tensors the types that are ``known`` of them; how many values have another type now.

    What no tensor can be stays as it is: the line fails once it runs.
    """
    changed = 0
    for value, abstract in known.items():
        if (
            isinstance(abstract, ty.TensorType)
            and abstract is not value.type
            and isinstance(value.type, ty.TensorType)
            and can_be(abstract)
        ):
            changed += abstract != value.type
            value.type = abstract
    return changed


def is_small(items: Sequence[Abstract]) -> bool:
    """Whether a list or tuple has no more items than a rule may name, those of inner ones counted.

    A list that stands twice in the next one, and so on, would be walked for ever.
    """
    left, work = _MAX_ITEMS, [items]
    while work:
        some = work.pop()
        left -= len(some)
        if left < 0:
            return False
        work += (item for item in some if isinstance(item, (list, tuple)))
    return True


class Propagation:
    """One walk. The verifier overrides ``infer`` and ``refined`` to collect contradictions."""

    def __init__(self, module: Module | None, *, forget: bool = False) -> None:
        self.module = module
        self.forget = forget
        self.known: dict[Value, Abstract] = {}
        self._loops = 0

    def block(self, block: Block, inputs: Sequence[Abstract]) -> list[Abstract]:
        """Walks a block that is given ``inputs``; gives what it returns."""
        known, refined = self.known, self.refined
        for value, abstract in zip(block.inputs, inputs, strict=False):
            known[value] = refined(value, abstract)
        for node in block.nodes:
            if node.kind == CONSTANT and node.output in known:
                continue  # of a loop's body, walked before
            operands = [known[v] if v in known else unknown(v.type) for v in node.inputs]
            results = self._control(node, operands) if node.blocks else self.infer(node, operands)
            for value, abstract in zip(node.outputs, results, strict=False):
                known[value] = refined(value, abstract)
        return [known[v] if v in known else unknown(v.type) for v in block.outputs]

    def refined(self, value: Value, abstract: Abstract) -> Abstract:
        """What is known of ``value`` once ``abstract`` was found, with what its declared type says."""
        if isinstance(abstract, (list, tuple)) and not is_small(abstract):
            return unknown(ty.erase_shapes(value.type))
        if isinstance(abstract, Unknown) or (
            isinstance(abstract, list) and not is_fixed_list(value)
        ):
            return unknown(value.type)
        if self.forget or not isinstance(abstract, ty.TensorType):
            return abstract
        return meet(value.type, abstract) if isinstance(value.type, ty.TensorType) else abstract

    def _control(self, node: Node, operands: Sequence[Abstract]) -> Sequence[Abstract]:
        if node.kind == "prim::If" and len(node.blocks) == 2:
            first, second = (self.block(block, ()) for block in node.blocks)
            return [
                join(a, b, value.type)
                for a, b, value in zip(first, second, node.outputs, strict=False)
            ]
        if node.kind == "prim::Loop" and len(node.blocks) == 1 and len(operands) >= 2:
            return self._loop(node, list(operands[2:]))
        if node.kind == GROUP and len(node.blocks) == 1:
            return self.block(node.blocks[0], operands)
        for block in node.blocks:
            self.block(block, [unknown(v.type) for v in block.inputs])
        return self.infer(node, operands)

    def infer(self, node: Node, operands: Sequence[Abstract]) -> Sequence[Abstract]:
        """The results of a node that isn't control flow; a contradiction where it may never run is the run's."""
        try:
            return infer_node(node, operands, self.module)
        except TsxError as error:
            if self._runs_for_sure(node.block):
                raise _placed(error, node) from error
            return [unknown(value.type) for value in node.outputs]

    def _runs_for_sure(self, block: Block) -> bool:
        module = self.module
        return is_unconditional(block) and (module is None or block.graph in always_entered(module))

    def _loop(self, node: Node, carried: list[Abstract]) -> list[Abstract]:
        (block,) = node.blocks
        types = [value.type for value in block.inputs[1:]]
        number = Unknown(ty.INT)
        self._loops += 1
        rounds = _MAX_ROUNDS if self._loops <= _MAX_LOOPS else 0
        for _ in range(rounds):
            after = self.block(block, [number, *carried])[1:]
            joined = [join(a, b, t) for a, b, t in zip(carried, after, types, strict=False)]
            if len(joined) == len(carried) and all(map(same_abstract, joined, carried)):
                break
            carried = joined
        else:
            carried = [self._forgotten(t) for t in types]
            self.block(block, [number, *carried])
        self._loops -= 1
        return carried

    def _forgotten(self, type: ty.Type) -> Abstract:
        return unknown(ty.erase_shapes(type) if self.forget else type)


def _placed(error: TsxError, node: Node) -> TsxError:
    span = node.origin.span
    if error.where or span is None:
        return error
    return type(error)(error.code, error.message, str(span), error.excerpt, error.help)

"""The door to NumPy for the script compiler: what ``np.*`` and arrays mean in a function over NumPy arrays.

Takes live NumPy objects and the attributes of arrays; gives operators with NumPy's meaning, promotion included. Where
nothing else says what an entry's arrays are (``script.worlds``), they are NumPy's when an annotation names
``np.ndarray``, when the function uses ``np`` and not torch, or when its file imports NumPy alone. Importing this module
adds the door.
"""

from __future__ import annotations

import ast
import functools
import types as python_types
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tsx.capture.numpy import (  # noqa: F401  (their functions enter themselves)
    script_elements,
    script_signal,
)
from tsx.capture.numpy.script_arithmetic import (
    OPERATORS,
    as_array,
    is_array,
    is_number,
    need_room,
    numpys,
    ufunc,
)
from tsx.capture.numpy.script_functions import FUNCTIONS, METHODS, NONE, matrix_transpose, transpose
from tsx.capture.numpy.script_types import numpy_type
from tsx.capture.script import comparisons
from tsx.capture.script.library_advice import for_library
from tsx.capture.script.program import known_types
from tsx.capture.script.values import Code, Constant, Handler, Slice, Sugar, TupleSugar, doors
from tsx.capture.script.worlds import World, named, worlds
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place, Source


class NumpyScriptDoor:
    """NumPy's functions, types and constants by identity."""

    def annotated(self, annotation: object) -> ty.Type | None:
        """The type that ``np.ndarray``, ``NDArray[np.float32]`` or ``np.float32`` means in an annotation."""
        origin = typing.get_origin(annotation) or annotation
        if isinstance(origin, type) and issubclass(origin, (np.ndarray, np.generic)):
            return ty.TENSOR  # a NumPy scalar is an array without dimensions
        return None

    def class_type(self, cls: type) -> ty.Type | None:
        return None

    def resolve(self, ctx: Context, at: Place, obj: object) -> Sugar | None:
        known = FUNCTIONS.get(id(obj))
        if known is not None:
            return known[1]
        found = numpy_type(obj)
        if found is not None:
            return found
        if isinstance(obj, np.ufunc):
            return _ufunc(obj)
        if isinstance(obj, np.generic):
            return ctx.resolve(obj.item(), at, at.text())
        if _is_numpys(obj) and callable(obj):
            name = _shown(obj, at)
            raise ctx.problem("TSX3301", at, name=name, help=for_library(obj, name, at))
        return None

    def names(self, type: ty.Type) -> list[str]:
        """An array's methods are those of its world."""
        return []

    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar | None:
        return None  # arrays have theirs in their world


def _ufunc(function: np.ufunc) -> Sugar:
    name = function.__name__

    def call(ctx: Context, at: Place, *operands: Sugar, **named: Sugar) -> Sugar:
        if named or len(operands) != function.nin:
            reason = f"it takes {function.nin} operand(s) here, and no keywords"
            raise ctx.problem("TSX3020", at, function=f"np.{name}", reason=reason)
        return ufunc(ctx, at, name, operands)

    call = numpys(call)
    return Handler(f"np.{name}", call)


def _is_numpys(obj: object) -> bool:
    module = getattr(obj, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] == "numpy"


def _shown(obj: Any, at: Place) -> str:
    """The name of a function, with the module inside NumPy that the source names."""
    name = str(getattr(obj, "__name__", obj))
    spelled = at.text().partition("(")[0]
    return spelled if spelled.endswith(f".{name}") else f"np.{name}"


def numpys_method(function: Callable[..., Any]) -> Callable[..., Any]:
    """``numpys`` of a method."""

    @functools.wraps(function)
    def call(self: Any, ctx: Context, at: Place, *args: Any) -> Any:
        return numpys(functools.partial(function, self))(ctx, at, *args)

    return call


class NumpyWorld:
    """Operators, attributes and indices of arrays as NumPy has them."""

    library = "numpy"

    def mixes(self, source: Source) -> bool:
        return "torch" in _libraries(source)

    def takes(self, source: Source, name: str) -> bool:
        return any(
            isinstance(node, ast.Call)
            and any(isinstance(given, ast.Name) and given.id == name for given in node.args)
            and _wants_array(source, node.func)
            for node in ast.walk(source.tree)
        )

    @numpys_method
    def binary(self, ctx: Context, at: Place, name: str, a: Sugar, b: Sugar) -> Sugar:
        return ufunc(ctx, at, OPERATORS.get(name, name), [a, b])

    @numpys_method
    def inplace(self, ctx: Context, at: Place, name: str, a: Sugar, b: Sugar) -> Sugar:
        """Arrays are changed, where what has no dimensions is a NumPy scalar, and makes another one."""
        function = OPERATORS.get(name, name)

        def written() -> Sugar:
            ctx.op("aten::copy_", at, [a, ufunc(ctx, at, function, [a, b], inplace=True)])
            return a

        return _by_rank(ctx, at, a, lambda: ufunc(ctx, at, function, [a, b]), written)

    @numpys_method
    def unary(self, ctx: Context, at: Place, name: str, a: Sugar) -> Sugar:
        return ufunc(ctx, at, OPERATORS[name], [a])

    @numpys_method
    def compare(self, ctx: Context, at: Place, name: str, a: Sugar, b: Sugar) -> Sugar:
        return ufunc(ctx, at, OPERATORS[name], [a, b])

    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar | None:
        plain = ATTRIBUTES.get(name)
        if plain is not None:
            found: Sugar = numpys(plain)(ctx, at, value)
            return found
        method = METHODS.get(name)
        if method is not None:
            return Handler(f"ndarray.{name}", numpys(method), (value,))
        if hasattr(np.ndarray, name) and name not in _SHARED:
            raise ctx.problem("TSX3301", at, name=f"ndarray.{name}")
        return None

    def element(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        """What has no dimensions is a NumPy scalar, which later writes to its array don't change."""
        if not _writes(at.source):
            return value
        return _by_rank(ctx, at, value, lambda: ctx.op("aten::clone", at, [value]), lambda: value)

    def storing(self, ctx: Context, at: Place, array: Sugar, given: Sugar) -> None:
        """A Python int must fit into the type of the array."""
        need_room(ctx, at, given, array=array)

    def index(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> tuple[Sugar, Sugar]:
        """Ints beside index arrays are index arrays too, and slices may go backwards."""
        parts = index.items if isinstance(index, TupleSugar) else [index]
        if any(is_array(part) for part in parts):
            parts = [as_array(ctx, at, p) if _is_int(p) else p for p in parts]
        made: list[Sugar] = []
        dim = 0
        for place, part in enumerate(parts):
            if isinstance(part, Slice) and _is_backward(part):
                value, part = _turned(ctx, at, value, dim, place, parts)
            made.append(part)
            dim += 0 if _is_int(part) else 1
        return value, made[0] if len(made) == 1 else TupleSugar(made)


def _by_rank(
    ctx: Context, at: Place, x: Sugar, scalar: Callable[[], Sugar], array: Callable[[], Sugar]
) -> Sugar:
    """``scalar()`` where ``x`` has no dimensions, else ``array()``."""
    rank = x.type.rank if isinstance(x.type, ty.TensorType) else None
    if rank is not None:
        return array() if rank else scalar()
    none = comparisons.equal(ctx, ctx.op("aten::dim", at, [x]), Constant(0), at)
    return ctx.choose(none.as_value(ctx, at), scalar, array, at)


_WRITES: dict[int, tuple[Source, bool]] = {}


def _writes(source: Source) -> bool:
    """Whether a function may change an array that it holds: an item, an in-place operator, a method, a call."""
    known = _WRITES.get(id(source))
    if known is None or known[0] is not source:
        found = any(
            isinstance(node, ast.AugAssign)
            or (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store))
            or (
                isinstance(node, ast.Attribute)
                and node.attr in ("sort", "fill", "partition", "put")
            )
            for node in ast.walk(source.tree)
        )
        known = _WRITES[id(source)] = (source, found)
    return known[1]


def _is_int(part: Sugar) -> bool:
    return is_number(part) and part.type == ty.INT


def _is_backward(part: Slice) -> bool:
    step = part.step.static()
    return isinstance(step, int) and step < 0


def _turned(
    ctx: Context, at: Place, value: Sugar, dim: int, place: int, parts: list[Sugar]
) -> tuple[Sugar, Slice]:
    """``x[::-1]`` as a flip, with the rest of the step."""
    part = parts[place]
    assert isinstance(part, Slice)
    step = part.step.static()
    assert isinstance(step, int)
    whole = part.start.static() is None and part.stop.static() is None
    if not whole or any(is_array(p) or not isinstance(p, Slice) for p in parts[:place]):
        way = "x[::-1][start:stop], with the bounds counted from the other end"
        raise ctx.problem("TSX3306", at, what="a slice with bounds and a negative step", way=way)
    flipped = ctx.op("aten::flip", at, [value, TupleSugar([Constant(dim)])])
    return flipped, Slice(NONE, NONE, NONE if step == -1 else Constant(-step))


def _shape(ctx: Context, at: Place, x: Sugar) -> Sugar:
    return ctx.op("aten::size", at, [x])


def _dtype(ctx: Context, at: Place, x: Sugar) -> Sugar:
    if isinstance(x.type, ty.TensorType) and x.type.dtype is not None:
        return Constant(Code(x.type.dtype.code, "ScalarType"))
    made = ctx.op("prim::dtype", at, [x])
    return type(made)(made.as_value(ctx, at), "ScalarType")  # type: ignore[call-arg]  # an operator's result is an Ssa


ATTRIBUTES: dict[str, Any] = {
    "shape": _shape,
    "dtype": _dtype,
    "ndim": lambda ctx, at, x: ctx.op("aten::dim", at, [x]),
    "size": lambda ctx, at, x: ctx.op("aten::numel", at, [x]),
    "itemsize": lambda ctx, at, x: ctx.op("aten::element_size", at, [x]),
    "T": transpose,
    "mT": matrix_transpose,
    "real": lambda ctx, at, x: ctx.op("aten::real", at, [x]),
}
# Methods that mean the same in torch, and are left to what tensors can do.
_SHARED = frozenset({"item", "tolist"})


# -- which functions are NumPy's --------------------------------------------------------------------------------------


def _world(source: Source) -> World | None:
    """NumPy's world for a function that is written for arrays."""
    if _mentions_ndarray(source.tree):
        return _WORLD
    used = _libraries(source)
    if "torch" in used:
        return None
    if "numpy" in used:
        return _WORLD
    files = {_library(_look_up(source, name)) for name in ("np", "numpy", "torch", "nn", "F")}
    return _WORLD if "numpy" in files and "torch" not in files else None


def _wants_array(source: Source, function: ast.expr) -> bool:
    """Whether a call is one of ``np.clip`` and the like, or ``torch.from_numpy``: no tensor of torch goes in there."""
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return False
    library = _library(_look_up(source, function.value.id))
    if library == "torch":
        return function.attr == "from_numpy"
    return library == "numpy" and function.attr not in (
        "array",
        "asarray",
        "asanyarray",
        "ascontiguousarray",
    )


def _mentions_ndarray(tree: ast.AST) -> bool:
    if not isinstance(tree, ast.FunctionDef):
        return False
    arguments = (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)
    annotations = [a.annotation for a in arguments] + [tree.returns]
    return any("ndarray" in ast.unparse(a).lower() for a in annotations if a is not None)


def _libraries(source: Source) -> set[str]:
    return {_library(_look_up(source, name)) for name in _names(source.tree)}


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _look_up(source: Source, name: str) -> object:
    try:
        return source.namespace(name)
    except KeyError:
        return None


def _library(obj: object) -> str:
    """The array library that a global comes from."""
    if isinstance(obj, python_types.ModuleType):
        name = obj.__name__
    elif isinstance(obj, np.ufunc):
        name = "numpy"
    else:
        name = str(getattr(obj, "__module__", "") or type(obj).__module__)
    if name.startswith("tsx.nn"):
        return "numpy"  # its layers are functions over arrays
    root = name.partition(".")[0]
    return "torch" if root in ("torch", "torchvision", "transformers") else root


_WORLD = NumpyWorld()
_DOOR = NumpyScriptDoor()
doors.append(_DOOR)
known_types.append(_DOOR)
worlds.append(_world)
named["numpy"] = _WORLD

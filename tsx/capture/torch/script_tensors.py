"""Tensors in scripted torch code: the properties and methods that need more than an operator of their name.

Registers handlers for ``TensorType``; everything else about a tensor is found by name (``script.ScriptDoor``). Devices,
layouts and gradients are no part of a program: questions about them have the answer that a plain CPU tensor gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsx.capture.script.sizes import as_size
from tsx.capture.script.values import (
    Code,
    Constant,
    DeviceName,
    Ssa,
    Sugar,
    attribute,
    method,
)
from tsx.capture.script.worlds import relabelled
from tsx.ir import types as ty
from tsx.ir.infer import known_dtype
from tsx.ir.types import DType

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_CPU = Constant(DeviceName("cpu"))
_STATIC: dict[str, Constant] = {
    "device": _CPU,
    "layout": Constant(Code(0, "Layout")),
    "grad": Constant(None),
    "grad_fn": Constant(None),
    "requires_grad": Constant(False),
    "retains_grad": Constant(False),
    "is_leaf": Constant(True),
    "is_cpu": Constant(True),
    "name": Constant(None),
    **dict.fromkeys(
        ("is_cuda", "is_meta", "is_mps", "is_xla", "is_xpu", "is_ipu", "is_hpu", "is_mtia"),
        Constant(False),
    ),
    **dict.fromkeys(
        (
            "is_maia",
            "is_vulkan",
            "is_sparse",
            "is_sparse_csr",
            "is_quantized",
            "is_nested",
            "is_mkldnn",
        ),
        Constant(False),
    ),
}


def _fixed(name: str, answer: Constant) -> None:
    @attribute(ty.TensorType, name)
    def read(ctx: Context, at: Place, self: Sugar) -> Sugar:
        return answer


for _question, _answer in _STATIC.items():
    _fixed(_question, _answer)


@attribute(ty.TensorType, "dtype")
def _dtype(ctx: Context, at: Place, self: Sugar) -> Sugar:
    type = self.type
    if isinstance(type, ty.TensorType) and type.dtype is not None:
        return Constant(Code(type.dtype.code, "ScalarType"))
    return Ssa(ctx.op("prim::dtype", at, [self]).as_value(ctx, at), "ScalarType")


@attribute(ty.TensorType, "itemsize")
def _itemsize(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("aten::element_size", at, [self])


@attribute(ty.TensorType, "nbytes")
def _nbytes(ctx: Context, at: Place, self: Sugar) -> Sugar:
    sizes = [ctx.op("aten::element_size", at, [self]), ctx.op("aten::numel", at, [self])]
    return ctx.op("aten::mul.int", at, sizes)


@attribute(ty.TensorType, "shape")
def _shape(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return as_size(ctx.op("aten::size", at, [self]))


@method(ty.TensorType, "size")
def _size(ctx: Context, at: Place, self: Sugar, dim: Sugar | None = None) -> Sugar:
    if dim is None or dim.static() is None:
        return as_size(ctx.op("aten::size", at, [self]))
    return ctx.op("aten::size.int", at, [self, dim])


@attribute(ty.TensorType, "ndim")
def _ndim(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("aten::dim", at, [self])


@attribute(ty.TensorType, "data")
def _data(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("aten::detach", at, [self])


@attribute(ty.TensorType, "T")
def _transposed(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("aten::numpy_T", at, [self])


@attribute(ty.TensorType, "mT")
def _matrix_transposed(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("aten::mT", at, [self])


@attribute(ty.TensorType, "mH", "H")
def _adjoint(ctx: Context, at: Place, self: Sugar) -> Sugar:
    swapped = ctx.op("aten::transpose.int", at, [self, Constant(-2), Constant(-1)])
    return ctx.op("aten::conj", at, [swapped])


@attribute(ty.TensorType, "real")
def _real(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("aten::real", at, [self])


@attribute(ty.TensorType, "imag")
def _imag(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("aten::imag", at, [self])


@method(ty.TensorType, "dim", "ndimension")
def _dim(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("aten::dim", at, [self])


@method(ty.TensorType, "numel", "nelement")
def _numel(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("aten::numel", at, [self])


@method(ty.TensorType, "get_device")
def _get_device(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return Constant(-1)


@method(
    ty.TensorType, "cpu", "share_memory_", "pin_memory", "requires_grad_", "resolve_conj",
    "resolve_neg",
)  # fmt: skip
def _itself(ctx: Context, at: Place, self: Sugar, *args: Sugar, **kwargs: Sugar) -> Sugar:
    return self


@method(ty.TensorType, "numpy")
def _numpy(ctx: Context, at: Place, self: Sugar, **_: Sugar) -> Sugar:
    return relabelled(ctx, self, "numpy", at)


@method(ty.TensorType, "cuda", "xpu", "mps", "ipu", "hpu", "to_sparse", "backward", "register_hook", "set_",
        "resize_", "storage", "untyped_storage", "data_ptr", "apply_", "map_")  # fmt: skip
def _refused(ctx: Context, at: Place, self: Sugar, *args: Sugar, **kwargs: Sugar) -> Sugar:
    raise ctx.problem("TSX3206", at, text=at.text())


_CASTS = {
    "float": DType.FLOAT32, "double": DType.FLOAT64, "half": DType.FLOAT16, "bfloat16": DType.BFLOAT16,
    "int": DType.INT32, "long": DType.INT64, "short": DType.INT16, "char": DType.INT8,
    "byte": DType.UINT8, "bool": DType.BOOL, "cfloat": DType.COMPLEX64, "cdouble": DType.COMPLEX128,
}  # fmt: skip


def cast(ctx: Context, at: Place, tensor: Sugar, dtype: Sugar, copy: bool = False) -> Sugar:
    """``tensor.to(dtype)``."""
    flags = {"copy": Constant(copy)} if copy else {}
    return ctx.op("aten::to.dtype", at, [tensor, dtype], flags)


def _register_cast(name: str, dtype: DType) -> None:
    @method(ty.TensorType, name)
    def convert(ctx: Context, at: Place, self: Sugar, **_: Sugar) -> Sugar:
        return cast(ctx, at, self, Constant(Code(dtype.code, "ScalarType")))


for _name, _target in _CASTS.items():
    _register_cast(_name, _target)


def is_dtype(given: Sugar) -> bool:
    """Whether a value stands for a dtype."""
    static = given.static()
    return (isinstance(static, Code) and static.kind == "ScalarType") or (
        isinstance(given, Ssa) and given.code == "ScalarType"
    )


def dtype_argument(given: Sugar) -> Sugar | None:
    """A dtype given as itself or as Python's type (``float`` is torch.float64 here, as in torch); None for others."""
    if is_dtype(given):
        return given
    code = {"float": DType.FLOAT64, "int": DType.INT64, "bool": DType.BOOL, "complex": DType.COMPLEX128}.get(
        getattr(given, "name", "")
    )  # fmt: skip
    return Constant(Code(code.code, "ScalarType")) if code is not None else None


@method(ty.TensorType, "to")
def _to(ctx: Context, at: Place, self: Sugar, *args: Sugar, **kwargs: Sugar) -> Sugar:
    """``x.to(dtype | device | other, …)``: devices are no part of a program."""
    dtype, copy = kwargs.get("dtype"), kwargs.get("copy")
    flags: list[Sugar] = []
    for given in [*args, *(kwargs[k] for k in ("device", "other") if k in kwargs)]:
        found = dtype_argument(given)
        if found is not None:
            dtype = found
        elif isinstance(given.type, ty.TensorType):
            dtype = _dtype(ctx, at, given)
        elif given.type == ty.BOOL:
            flags.append(given)
        elif given.type in (ty.STR, ty.DEVICE):
            refuse_device(ctx, at, given)
        elif given.static() is not None:
            raise ctx.problem(
                "TSX3022", at, name="Tensor.to", given=given.describe(), forms=_TO_FORMS
            )
    if len(flags) > 1:
        copy = flags[1]
    if dtype is None or dtype.static() is None:
        return self if copy is None or copy.static() is False else ctx.op("aten::clone", at, [self])
    return ctx.op("aten::to.dtype", at, [self, dtype], {"copy": copy} if copy else {})


_TO_FORMS = "to(dtype: int); to(device: torch.device, dtype: int); to(other: Tensor)"


def refuse_device(ctx: Context, at: Place, given: Sugar) -> None:
    """A move to a device other than the CPU, when it is known to be one."""
    name = given.static()
    if isinstance(name, str) and name.partition(":")[0] != "cpu":
        raise ctx.problem("TSX3207", at, device=str(name))


@method(ty.TensorType, "type")
def _type(ctx: Context, at: Place, self: Sugar, dtype: Sugar, **_: Sugar) -> Sugar:
    found = dtype_argument(dtype)
    if found is None:
        found = _named_type(dtype.static())
    if found is None:
        raise ctx.problem(
            "TSX3022", at, name="Tensor.type", given=dtype.describe(), forms="type(dtype)"
        )
    return cast(ctx, at, self, found)


def _named_type(name: object) -> Sugar | None:
    """``"torch.FloatTensor"``, as ``x.type()`` spells a dtype."""
    if not isinstance(name, str):
        return None
    for dtype in DType:
        if name in (f"torch.{dtype.type_name}Tensor", f"torch.{dtype.torch_name}"):
            return Constant(Code(dtype.code, "ScalarType"))
    return None


@method(ty.TensorType, "item")
def _item(ctx: Context, at: Place, self: Sugar) -> Sugar:
    type = self.type
    dtype = type.dtype if isinstance(type, ty.TensorType) else None
    if DType.BOOL in (dtype, known_dtype(self.as_value(ctx, at))):  # a Scalar is no bool
        return ctx.op("aten::Bool.Tensor", at, [self])
    if dtype is not None and dtype.is_integer:
        return ctx.op("aten::Int.Tensor", at, [self])
    if dtype is not None and dtype.is_float:
        return ctx.op("aten::Float.Tensor", at, [self])
    return ctx.op("aten::item", at, [self])


@method(ty.TensorType, "new_tensor")
def _new_tensor(ctx: Context, at: Place, self: Sugar, data: Sugar, **kwargs: Sugar) -> Sugar:
    from tsx.capture.torch.script_functions import make_tensor

    dtype = kwargs.get("dtype")
    if dtype is None or dtype.static() is None:
        dtype = _dtype(ctx, at, self)
    return make_tensor(ctx, at, data, dtype)

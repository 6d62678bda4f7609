"""torch.jit's helpers, contexts and wrapped functions in scripted code.

Takes live torch objects; gives what they mean: ``annotate`` and ``isinstance`` of torch.jit, ``fork`` and ``wait`` (run
at once), contexts that change nothing without gradients, ``finfo`` and ``iinfo``, and the Python function inside what
torch wrapped around it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

import torch
from torch._jit_internal import boolean_dispatched

from tsx.capture.script.classes import type_of_form
from tsx.capture.script.instances import instance_test
from tsx.capture.script.values import NOT_STATIC, Code, Constant, Handler, Sugar
from tsx.capture.torch.tensors import plain
from tsx.ir import types as ty
from tsx.ir.types import DTYPE_BY_CODE

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def _annotate(ctx: Context, at: Place, the_type: Sugar, the_value: Sugar) -> Sugar:
    wanted = type_of_form(ctx, at, the_type)
    return ctx.converted(the_value, wanted, at, "the value of torch.jit.annotate")


def isinstance_(ctx: Context, at: Place, obj: Sugar, target_type: Sugar) -> Sugar:
    return instance_test(ctx, at, obj, target_type, by_type=True)[0]


def _fork(ctx: Context, at: Place, func: Sugar, *args: Sugar, **kwargs: Sugar) -> Sugar:
    return func.call(ctx, at, args, kwargs)


def _first(ctx: Context, at: Place, value: Sugar, *_: Sugar, **__: Sugar) -> Sugar:
    return value


def _cond(
    ctx: Context, at: Place, pred: Sugar, true_fn: Sugar, false_fn: Sugar, operands: Sugar | None = None
) -> Sugar:  # fmt: skip
    """``torch.cond``: an if."""
    given = ctx.parts(operands, at) or [] if operands is not None else []
    truth = pred.truth(ctx, at)
    known = truth.static()
    if known is not NOT_STATIC:
        return (true_fn if known else false_fn).call(ctx, at, given, {})
    return ctx.choose(
        truth.as_value(ctx, at),
        lambda: true_fn.call(ctx, at, given, {}),
        lambda: false_fn.call(ctx, at, given, {}),
        at,
    )


@dataclass(eq=False, slots=True)
class DtypeLimits(Sugar):
    """``torch.finfo(dtype)`` or ``torch.iinfo(dtype)`` of a dtype that compilation knows."""

    info: Any

    def describe(self) -> str:
        return "the limits of a dtype"

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if not hasattr(self.info, name):
            raise ctx.problem("TSX3011", at, what=self.describe(), name=name, hint="")
        return Constant(getattr(self.info, name))


def _limits(kind: Any) -> Callable[..., Sugar]:
    def call(
        ctx: Context, at: Place, type: Sugar | None = None, dtype: Sugar | None = None
    ) -> Sugar:
        given = type or dtype
        code = given.static() if given is not None else Code(torch_code(), "ScalarType")
        if isinstance(code, Code):
            return DtypeLimits(kind(getattr(torch, DTYPE_BY_CODE[int(code)].torch_name)))
        assert given is not None
        return RunLimits(kind, given)

    return call


def torch_code() -> int:
    """The code of the default dtype."""
    return int(plain(torch.get_default_dtype()))


@dataclass(eq=False, slots=True)
class RunLimits(Sugar):
    """The limits of a dtype that only a run knows: ``torch.finfo(x.dtype).min``."""

    kind: Any
    dtype: Sugar

    def describe(self) -> str:
        return "the limits of a dtype"

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        """A chain of tests over the dtypes that have limits of this kind."""
        known = [
            d
            for d in DTYPE_BY_CODE.values()
            if (d.is_float if self.kind is torch.finfo else d.is_integer)
        ]
        infos = [self.kind(getattr(torch, d.torch_name)) for d in known]
        if not hasattr(infos[0], name):
            raise ctx.problem("TSX3011", at, what=self.describe(), name=name, hint="")
        found: Sugar = Constant(getattr(infos[-1], name))
        dtype = self.dtype.as_value(ctx, at)
        for d, info in zip(reversed(known[:-1]), reversed(infos[:-1]), strict=True):
            test = ctx.emit("aten::eq.int", [dtype, ctx.constant(d.code, at)], ty.BOOL, at).value
            this, rest = (
                functools.partial(_same, v) for v in (Constant(getattr(info, name)), found)
            )
            found = ctx.choose(test, this, rest, at)
        return found


_JIT: dict[int, tuple[object, Sugar]] = {}
for _function, _obj in (
    (_annotate, torch.jit.annotate),
    (_annotate, torch.jit.Attribute),
    (isinstance_, torch.jit.isinstance),
    (_fork, torch.jit.fork),
    (_fork, torch.jit._fork),
    (_first, torch.jit.wait),
    (_first, torch.jit._wait),
    (_cond, torch.cond),
    (_limits(torch.finfo), torch.finfo),
    (_limits(torch.iinfo), torch.iinfo),
):
    _name = "isinstance" if _function is isinstance_ else getattr(_obj, "__name__", "function")
    _JIT[id(_obj)] = (_obj, Handler(_name, _function))


def jit_for(obj: object) -> Sugar | None:
    """The meaning of one of torch.jit's helpers, or of a function that a flag sends two ways."""
    known = _JIT.get(id(obj))
    if known is not None:
        return known[1]
    if isinstance(obj, FunctionType) and obj in boolean_dispatched:
        return Dispatched(obj)
    return None


@dataclass(eq=False, slots=True)
class Dispatched(Sugar):
    """``F.max_pool2d`` and its like: one of two functions, as the argument ``return_indices`` says."""

    function: FunctionType

    def describe(self) -> str:
        return f"the function {self.function.__name__}"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        spec: Any = boolean_dispatched[self.function]
        index, name = spec["index"], spec["arg_name"]
        flag = args[index] if len(args) > index else kwargs.get(name, Constant(spec["default"]))
        known = flag.static()
        if known is NOT_STATIC:
            raise ctx.problem("TSX3210", at, function=self.function.__name__, name=name)
        branch = spec["if_true"] if known else spec["if_false"]
        return ctx.resolve(branch, at, self.function.__name__).call(ctx, at, args, kwargs)


# -- contexts ---------------------------------------------------------------------------------------------------------

_CONTEXTS: tuple[Any, ...] = (
    torch.no_grad, torch.enable_grad, torch.inference_mode, torch.set_grad_enabled,
    torch.autograd.profiler.record_function, torch.autograd.set_detect_anomaly,
    torch.autograd.graph.save_on_cpu, torch.nn.attention.sdpa_kernel,
)  # fmt: skip
_AUTOCAST: tuple[Any, ...] = (
    torch.autocast,
    torch.amp.autocast,
    torch.cuda.amp.autocast,
    torch.cpu.amp.autocast,
)


@dataclass(eq=False, slots=True)
class NullContext(Sugar):
    """A context manager that changes nothing that a program could see; as a decorator it gives the function back."""

    name: str

    def describe(self) -> str:
        return f"the context {self.name}"

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if name in ("__enter__", "__exit__"):
            return Handler(name, _nothing)
        raise ctx.problem("TSX3011", at, what=self.describe(), name=name, hint="")

    def has_attribute(self, ctx: Context, name: str) -> bool:
        return name in ("__enter__", "__exit__")

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        return args[0] if args else self


def _nothing(ctx: Context, at: Place, *args: Sugar) -> None:
    """Entering and leaving do nothing."""


def context_for(obj: Any) -> Sugar | None:
    """A context manager class of torch, or an instance of one."""
    for known in _CONTEXTS:
        if obj is known:
            return Handler(known.__name__, _null(known.__name__))
        if isinstance(known, type) and isinstance(obj, known):
            return NullContext(known.__name__)
    for known in _AUTOCAST:
        if obj is known:
            return Handler(known.__name__, _autocast)
    return None


def _null(name: str) -> Callable[..., Sugar]:
    def call(ctx: Context, at: Place, *args: Sugar, **kwargs: Sugar) -> Sugar:
        first = args[0] if args else None
        if first is not None and first.type is None:
            return first  # @torch.no_grad without parentheses
        return NullContext(name)

    return call


def _autocast(ctx: Context, at: Place, *args: Sugar, **kwargs: Sugar) -> Sugar:
    enabled = kwargs.get("enabled")
    if enabled is None or enabled.static() is not False:
        raise ctx.problem("TSX3211", at)
    return NullContext("autocast")


# -- what torch wrapped around a function -----------------------------------------------------------------------------


def original(obj: Any) -> Any:
    """The function or module inside what torch made of it; None when it is not wrapped."""
    if isinstance(obj, FunctionType):
        inner = getattr(obj, "__original_fn", None)  # torch.jit.script_if_tracing
        if inner is not None:
            return inner
        if obj.__code__.co_filename.endswith("_contextlib.py"):  # @torch.no_grad()
            return getattr(obj, "__wrapped__", None)
    if isinstance(obj, torch.jit.ScriptFunction):
        return getattr(obj, "_torchdynamo_inline", None) or getattr(obj, "__wrapped__", None)
    return None


def _same(value: Sugar) -> Sugar:
    return value

"""Operators that draw random numbers: rand, randn, randint, randperm, bernoulli, normal, multinomial; in-place too.

All draw from a ``philox.Generator``: the operand, else the current one. Never constant-folded, merged or reordered.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Trait
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import as_dim, broadcast, dtype_arg, mismatch
from tsx.ops.checked import INPLACE, define, need_sizes, opmath_values, same_as_self, store
from tsx.ops.creation import FACTORY, LIKE, dtype_or, sizes_rule
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.philox import Generator, current_generator
from tsx.ops.promote import DEFAULT_FLOAT
from tsx.ops.view_rules import tensor

RANDOM = Trait.RANDOM
_BITS = {DType.FLOAT16: 11, DType.BFLOAT16: 8, DType.FLOAT32: 24}
_LONG = "ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None"

Draw = Callable[[Generator, int, DType], Any]


def _uniform(source: Generator, count: int, dtype: DType) -> Any:
    return source.uniform(count, _BITS.get(dtype, 53))


def _normal(source: Generator, count: int, dtype: DType) -> Any:
    return source.normal(count)


def drawn(draw: Draw, size: Any, dtype: DType, generator: Generator | None) -> Array:
    """Random numbers of a float dtype (complex: two independent parts; a normal one has variance 1 in all)."""
    need_sizes("rand", size)
    source = generator or current_generator()
    count = math.prod(size)
    if dtype.is_complex:
        scale = math.sqrt(0.5) if draw is _normal else 1.0
        parts = draw(source, 2 * count, dtype).reshape(count, 2) * scale
        return cast(np.asarray(parts[:, 0] + 1j * parts[:, 1]).reshape(size), dtype)
    if not dtype.is_float:
        raise fail("TSX4005", op="rand", expected="a floating-point dtype", found=dtype)
    return cast(np.asarray(draw(source, count, dtype)).reshape(size), dtype)


def integers(size: Any, low: int, high: int, dtype: DType, generator: Generator | None) -> Array:
    """Whole numbers from ``low`` to ``high - 1``."""
    need_sizes("randint", size)
    if low >= high:
        raise fail("TSX4005", op="randint", expected=f"high above {low}", found=high)
    words = (generator or current_generator()).long_words(math.prod(size))
    span = np.uint64(min(high - low, 2**64 - 1))
    return cast(((words % span).astype(np.int64) + np.int64(low)).reshape(size), dtype)


def _define_factory(name: str, draw: Draw) -> None:
    """``rand`` or ``randn``, and the ``_like`` form."""

    def plain(size: Any, dtype: int | None, *_: object) -> Array:
        return drawn(draw, size, dtype_or(dtype, DEFAULT_FLOAT), None)

    def given(size: Any, generator: Generator | None, dtype: int | None, *_: object) -> Array:
        return drawn(draw, size, dtype_or(dtype, DEFAULT_FLOAT), generator)

    def like(x: Array, dtype: int | None, *_: object) -> Array:
        return drawn(draw, x.shape, dtype_or(dtype, dtype_of(x)), None)

    def like_given(x: Array, generator: Generator | None, dtype: int | None, *_: object) -> Array:
        return drawn(draw, x.shape, dtype_or(dtype, dtype_of(x)), generator)

    def rule(size: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
        return sizes_rule(size, dtype_arg(dtype, DEFAULT_FLOAT))

    def given_rule(
        size: Abstract, generator: Abstract, dtype: Abstract = None, *_: Abstract
    ) -> Abstract:
        return rule(size, dtype)

    def like_rule(self: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
        x = tensor(self)
        return TensorType(dtype_arg(dtype, x.dtype), x.shape)

    def like_given_rule(
        self: Abstract, generator: Abstract, dtype: Abstract = None, *_: Abstract
    ) -> Abstract:
        return like_rule(self, dtype)

    chosen, like_chosen = (
        text.replace("*,", "*, Generator? generator,", 1) for text in (FACTORY, LIKE)
    )
    define(f"aten::{name}(SymInt[] size, {FACTORY}) -> Tensor", rule, plain, RANDOM)
    define(f"aten::{name}.generator(SymInt[] size, {chosen}) -> Tensor", given_rule, given, RANDOM)
    define(f"aten::{name}_like(Tensor self, {LIKE}) -> Tensor", like_rule, like, RANDOM)
    define(f"aten::{name}_like.generator(Tensor self, {like_chosen}) -> Tensor",
           like_given_rule, like_given, RANDOM)  # fmt: skip


def _define_randint(overload: str, *, has_low: bool, has_generator: bool) -> None:
    """One overload of ``randint``; its operands are [low], high, size, [generator], dtype, …"""

    def split(operands: tuple[Any, ...]) -> tuple[Any, Any, Any, Any, Any]:
        low, rest = (operands[0], operands[1:]) if has_low else (0, operands)
        high, size, *others = rest
        generator, dtype = (others[0], others[1]) if has_generator else (None, others[0])
        return low, high, size, generator, dtype

    def evaluate(*operands: Any) -> Array:
        low, high, size, generator, dtype = split(operands)
        return integers(size, low, high, dtype_or(dtype, DType.INT64), generator)

    def rule(*operands: Abstract) -> Abstract:
        _, _, size, _, dtype = split(operands)
        return sizes_rule(size, dtype_arg(dtype, DType.INT64))

    low = "SymInt low, " if has_low else ""
    generator = "Generator? generator, " if has_generator else ""
    define(f"aten::randint{overload}({low}SymInt high, SymInt[] size, *, {generator}{_LONG}) -> Tensor",
           rule, evaluate, RANDOM)  # fmt: skip


def _define_randint_like(overload: str, *, has_low: bool, high: str, has_generator: bool) -> None:
    """One overload of ``randint_like``; its operands are self, [low], high, [generator], dtype, …"""

    def split(operands: tuple[Any, ...]) -> tuple[Any, Any, Any, Any, Any]:
        x, *rest = operands
        low = rest.pop(0) if has_low else 0
        limit = rest.pop(0)
        generator = rest.pop(0) if has_generator else None
        return x, low, limit, generator, rest[0]

    def evaluate(*operands: Any) -> Array:
        x, low, limit, generator, dtype = split(operands)
        return integers(x.shape, low, int(limit), dtype_or(dtype, dtype_of(x)), generator)

    def rule(*operands: Abstract) -> Abstract:
        self, _, _, _, dtype = split(operands)
        x = tensor(self)
        return TensorType(dtype_arg(dtype, x.dtype), x.shape)

    low = "SymInt low, " if has_low else ""
    options = LIKE.replace("*,", "*, Generator? generator,", 1) if has_generator else LIKE
    define(f"aten::randint_like{overload}(Tensor self, {low}{high} high, {options}) -> Tensor",
           rule, evaluate, RANDOM)  # fmt: skip


def _randperm(n: int, dtype: int | None, *_: object) -> Array:
    return _randperm_given(n, None, dtype)


def _randperm_given(n: int, generator: Generator | None, dtype: int | None, *_: object) -> Array:
    need_sizes("randperm", [n])
    keys = (generator or current_generator()).long_words(n)
    return cast(np.argsort(keys, kind="stable").astype(np.int64), dtype_or(dtype, DType.INT64))


def _randperm_rule(n: Abstract, dtype: Abstract = 4, *_: Abstract) -> Abstract:
    return sizes_rule([n], dtype_arg(dtype, DType.INT64))


def _randperm_given_rule(
    n: Abstract, generator: Abstract, dtype: Abstract = 4, *_: Abstract
) -> Abstract:
    return _randperm_rule(n, dtype)


def chances(p: Any, shape: tuple[int, ...], generator: Generator | None) -> Array:
    """True with probability ``p``."""
    likely = np.asarray(opmath_values(p) if isinstance(p, np.ndarray) else p)
    if not bool(np.all((likely >= 0) & (likely <= 1))):
        raise fail("TSX4005", op="bernoulli", expected="probabilities from 0 to 1", found="others")
    draws = (generator or current_generator()).uniform(math.prod(shape)).reshape(shape)
    return np.asarray(draws < np.broadcast_to(likely, shape))


def _bernoulli(x: Array, generator: Generator | None) -> Array:
    return cast(chances(x, x.shape, generator), dtype_of(x))


def _bernoulli_p(x: Array, p: Any, generator: Generator | None) -> Array:
    return cast(chances(p, x.shape, generator), dtype_of(x))


def _bernoulli_(x: Array, p: Any, generator: Generator | None) -> Array:
    return store("bernoulli_", x, chances(p, x.shape, generator))


def _bernoulli_rule(self: Abstract, *_: Abstract) -> Abstract:
    return self


def _normal_of(mean: Any, std: Any, generator: Generator | None) -> Array:
    means, stds = (v if isinstance(v, np.ndarray) else None for v in (mean, std))
    shape = np.broadcast_shapes(*(v.shape for v in (means, stds) if v is not None))
    first = means if means is not None else stds
    assert first is not None
    z = (generator or current_generator()).normal(math.prod(shape)).reshape(shape)
    low, wide = (opmath_values(v) if isinstance(v, np.ndarray) else v for v in (mean, std))
    if bool(np.any(np.asarray(wide) < 0)):
        raise fail(
            "TSX4005",
            op="normal",
            expected="standard deviations of 0 or more",
            found="a negative one",
        )
    return cast(np.asarray(low + wide * z), dtype_of(first))


def _normal_rule(mean: Abstract, std: Abstract = 1.0, *_: Abstract) -> Abstract:
    found = [v for v in (mean, std) if isinstance(v, TensorType)]
    shape = broadcast("normal", [t.shape for t in found])
    return TensorType(found[0].dtype if found else None, shape if found else None)


def _normal_sized(
    mean: float, std: float, size: Any, generator: Generator | None, dtype: int | None, *_: object
) -> Array:
    z = drawn(_normal, size, dtype_or(dtype, DEFAULT_FLOAT), generator)
    return cast(np.asarray(mean + std * opmath_values(z)), dtype_of(z))


def _normal_sized_rule(
    mean: Abstract,
    std: Abstract,
    size: Abstract,
    generator: Abstract = None,
    dtype: Abstract = None,
    *_: Abstract,
) -> Abstract:
    return sizes_rule(size, dtype_arg(dtype, DEFAULT_FLOAT))


def _normal_(x: Array, mean: float, std: float, generator: Generator | None) -> Array:
    if std < 0:
        raise mismatch("normal_", "a standard deviation of 0 or more", std)
    z = drawn(_normal, x.shape, DType.FLOAT64, generator)
    return store("normal_", x, mean + std * z)


def _uniform_(x: Array, low: float, high: float, generator: Generator | None) -> Array:
    if low > high:
        raise mismatch("uniform_", f"an end of at least {low}", high)
    draws = drawn(_uniform, x.shape, dtype_of(x), generator)
    return store("uniform_", x, low + (high - low) * opmath_values(draws))


def _exponential_(x: Array, rate: float, generator: Generator | None) -> Array:
    if rate <= 0:
        raise mismatch("exponential_", "a rate above 0", rate)
    draws = drawn(_uniform, x.shape, DType.FLOAT64, generator)
    return store("exponential_", x, -np.log1p(-draws) / rate)


def _random_from_(x: Array, low: int, high: int | None, generator: Generator | None) -> Array:
    limit = _largest(dtype_of(x)) + 1 if high is None else high
    return store("random_", x, integers(x.shape, low, limit, DType.INT64, generator))


def _random_to_(x: Array, high: int, generator: Generator | None) -> Array:
    return _random_from_(x, 0, high, generator)


def _random_(x: Array, generator: Generator | None) -> Array:
    return _random_from_(x, 0, None, generator)


def _largest(dtype: DType) -> int:
    """The largest whole number that ``random_`` draws: of a float, the last one before gaps."""
    if dtype is DType.BOOL:
        return 1
    bits = 8 * dtype.itemsize - (dtype is not DType.UINT8)
    return 1 << _BITS.get(dtype, 53) if dtype.is_float else (1 << bits) - 1


def _multinomial(x: Array, count: int, replacement: bool, generator: Generator | None) -> Array:
    """``count`` places of each row, drawn with the row's weights."""
    if x.dtype.kind not in "fu":
        raise fail(
            "TSX4005", op="multinomial", expected="floating-point weights", found=dtype_of(x)
        )
    weights = np.atleast_2d(opmath_values(x)).astype(np.float64)
    if x.ndim not in (1, 2) or bool(np.any(weights < 0)) or not np.isfinite(weights).all():
        raise fail(
            "TSX4005",
            op="multinomial",
            expected="1 or 2 dimensions of weights of 0 or more",
            found=list(x.shape),
        )
    able = np.count_nonzero(weights, axis=-1)
    if count < 1 or int(able.min(initial=2**62)) < (1 if replacement else count):
        raise fail(
            "TSX4005",
            op="multinomial",
            expected=f"at least {count} weights above 0",
            found=int(able.min()),
        )
    source = generator or current_generator()
    if replacement:
        ends = np.cumsum(weights, axis=-1)
        points = source.uniform(weights.shape[0] * count).reshape(-1, count) * ends[:, -1:]
        found = np.stack(
            [np.searchsorted(e, p, side="right") for e, p in zip(ends, points, strict=True)]
        )
    else:  # the first to arrive of exponential clocks with these rates
        clocks = -np.log1p(-source.uniform(weights.size)).reshape(weights.shape)
        arrivals = np.where(weights > 0, clocks / np.where(weights > 0, weights, 1), np.inf)
        found = np.argsort(arrivals, axis=-1, kind="stable")[:, :count]
    return found.astype(np.int64).reshape(*x.shape[:-1], count)


def _multinomial_rule(
    self: Abstract, count: Abstract, replacement: Abstract = False, generator: Abstract = None
) -> Abstract:
    x = tensor(self)
    if x.shape is None:
        return TensorType(DType.INT64)
    if len(x.shape) not in (1, 2):
        raise mismatch("multinomial", "weights of 1 or 2 dimensions", len(x.shape))
    return TensorType(DType.INT64, (*x.shape[:-1], as_dim(count)))


_define_factory("rand", _uniform)
_define_factory("randn", _normal)
_define_randint("", has_low=False, has_generator=False)
_define_randint(".generator", has_low=False, has_generator=True)
_define_randint(".low", has_low=True, has_generator=False)
_define_randint(".low_generator", has_low=True, has_generator=True)
_define_randint_like("", has_low=False, high="SymInt", has_generator=False)
_define_randint_like(".Tensor", has_low=False, high="Tensor", has_generator=False)
_define_randint_like(".low_dtype", has_low=True, high="SymInt", has_generator=False)
_define_randint_like(".generator", has_low=False, high="SymInt", has_generator=True)
_define_randint_like(".Tensor_generator", has_low=False, high="Tensor", has_generator=True)
_define_randint_like(".low_generator_dtype", has_low=True, high="SymInt", has_generator=True)
define(f"aten::randperm(SymInt n, *, {_LONG}) -> Tensor", _randperm_rule, _randperm, RANDOM)
define(f"aten::randperm.generator(SymInt n, *, Generator? generator, {_LONG}) -> Tensor",
       _randperm_given_rule, _randperm_given, RANDOM)  # fmt: skip

_GENERATOR = "*, Generator? generator=None"
define(f"aten::bernoulli(Tensor self, {_GENERATOR}) -> Tensor", _bernoulli_rule, _bernoulli, RANDOM)
define(
    f"aten::bernoulli.p(Tensor self, float p, {_GENERATOR}) -> Tensor",
    _bernoulli_rule,
    _bernoulli_p,
    RANDOM,
)
define(f"aten::bernoulli.Tensor(Tensor self, Tensor p, {_GENERATOR}) -> Tensor",
       _bernoulli_rule, _bernoulli_p, RANDOM)  # fmt: skip
for _overload, _mean, _std in (
    ("Tensor_float", "Tensor mean", "float std=1."),
    ("float_Tensor", "float mean", "Tensor std"),
    ("Tensor_Tensor", "Tensor mean", "Tensor std"),
):
    define(
        f"aten::normal.{_overload}({_mean}, {_std}, {_GENERATOR}) -> Tensor",
        _normal_rule,
        _normal_of,
        RANDOM,
    )
define(f"aten::normal.float_float(float mean, float std, SymInt[] size, {_GENERATOR}, ScalarType? dtype=None,"
       " Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
       _normal_sized_rule, _normal_sized, RANDOM)  # fmt: skip
define(f"aten::multinomial(Tensor self, SymInt num_samples, bool replacement=False, {_GENERATOR}) -> Tensor",
       _multinomial_rule, _multinomial, RANDOM)  # fmt: skip

_WRITERS: tuple[tuple[str, Callable[..., Array]], ...] = (
    ("bernoulli_.Tensor(Tensor(a!) self, Tensor p", _bernoulli_),
    ("bernoulli_.float(Tensor(a!) self, float p=0.5", _bernoulli_),
    ("normal_(Tensor(a!) self, float mean=0., float std=1.", _normal_),
    ("uniform_(Tensor(a!) self, float from=0., float to=1.", _uniform_),
    ("exponential_(Tensor(a!) self, float lambd=1.", _exponential_),
    ("random_.from(Tensor(a!) self, int from, int? to", _random_from_),
    ("random_.to(Tensor(a!) self, int to", _random_to_),
    ("random_(Tensor(a!) self", _random_),
)
for _head, _eval in _WRITERS:
    define(f"aten::{_head}, {_GENERATOR}) -> Tensor(a!)", same_as_self, _eval, RANDOM | INPLACE)

"""The two modes that watch torch while a model runs.

``FunctionMode`` sees calls as the user wrote them (``F.conv2d``, ``Tensor.view``), before torch takes them apart, which
gives graphs people can read. ``DispatchMode`` sits below it and sees every tensor operation that really runs: what the
first didn't record – torch functions that tsx has no record of, operators under autocast or vmap, C++ extensions – is
recorded there, piece by piece. So no tensor operation can pass unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch._decomp import decomposition_table
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tsx.capture.torch import convert, special, values
from tsx.capture.torch.enter import enterable
from tsx.capture.torch.names import candidates, dispatch_operands, is_query, kind_of
from tsx.capture.torch.tensors import concrete, plain
from tsx.capture.trace.match import choose
from tsx.capture.trace.scalars import TracedScalar
from tsx.capture.trace.tracer import Tracer, Unsupported
from tsx.ir.op import Op, lookup
from tsx.ir.types import TensorType


class Recorder:
    """Records what torch does in ``tracer``. ``quiet`` is above zero while a recorded operator really runs."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self.quiet = 0
        self.entered: list[Any] = []  # torch's Python functions that are running
        self.decomposing: list[Any] = []  # operators that torch's own decompositions are computing
        self.born: set[int] = set()  # storages that operators of this run made
        tracer.is_computed = self.is_computed
        tracer.silence = self.silently
        tracer.note = self.note
        self.function_mode = FunctionMode(self)
        self.dispatch_mode = DispatchMode(self)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Both modes on."""
        with self.dispatch_mode, self.function_mode:
            yield

    @contextmanager
    def silently(self) -> Iterator[None]:
        """Nothing is recorded: tsx itself looks at tensors."""
        self.quiet += 1
        try:
            yield
        finally:
            self.quiet -= 1

    def call(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One torch function as the user called it."""
        if isinstance(func, torch._ops.HigherOrderOperator):
            return special.higher_order(self, func, args)
        if args and isinstance(args[0], TracedScalar):
            found = values.of_number(func, args, kwargs)
            if found is not None:
                return found
        handler = special.handler(func)
        if handler is not None:
            return handler(self, func, args, kwargs)
        if _inside_functorch():
            return self.below(func, args, kwargs)
        if is_query(func):
            with self.silently():
                return func(*args, **kwargs)
        entered = enterable(func, args, kwargs) if func not in self.entered else None
        if entered is not None:
            return self.enter(func, entered, args, kwargs)
        if torch.is_autocast_enabled("cpu"):
            return self.below(func, args, kwargs)  # the casts are made below
        return self.by_name(func, args, kwargs)

    def enter(
        self, func: Any, entered: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Runs one of torch's Python functions with the mode on.

        ``Tensor.unflatten`` and others end in ``super().unflatten``, for which torch names the Python function again:
        a function that is met while it is entered means the method below it.
        """
        self.entered.append(func)
        try:
            with self.function_mode:
                return entered(*args, **kwargs)
        finally:
            self.entered.pop()

    def by_name(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Records the operator that ``func`` is named like, or what it consists of."""
        given = {k: plain(v) for k, v in kwargs.items() if k not in ("out", "requires_grad")}
        if "generator" in given and given["generator"] is None:
            del given["generator"]
        chosen, options = None, candidates(func)
        if args and isinstance(args[0], TracedScalar):  # torch takes it for a tensor
            options = [op for op in options if isinstance(op.schema.results[0].type, TensorType)]
        if kwargs.get("out") is None:
            chosen = choose(options, plain(args), given, self.tracer.door.is_array)
        if chosen is None and any(isinstance(arg, TracedScalar) for arg in args):
            tensors = [values.as_tensor(self, arg) for arg in args]
            chosen = choose(options, plain(tensors), given, self.tracer.door.is_array)
            args = args if chosen is None else tuple(tensors)
        if chosen is None:
            return self.below(func, args, kwargs)
        return self.record(*chosen, lambda: func(*concrete(args), **concrete(kwargs)))

    def record(self, op: Op, operands: list[object], run: Callable[[], Any]) -> Any:
        """Runs and records one operator."""
        special.refuse_if_random(self, op, operands)
        if not any(_mentions_array(o) for o in operands):
            result = self.run(run)
            special.complete_factory(op, operands, result)
            with self.silently():
                return self.tracer.record(op, operands, lambda: result)
        with self.silently():
            return self.tracer.record(op, operands, run)

    def is_computed(self, tensor: object) -> bool:
        """Whether an operator of this run made the memory of ``tensor``."""
        assert isinstance(tensor, torch.Tensor)
        return _storage(tensor) in self.born

    def note(self, result: Any) -> Any:
        """Remembers the memory of what an operator gave: met unrecorded, it would be a constant with wrong data."""
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self.born.add(_storage(tensor))
        return result

    def made_outside(self, result: Any) -> Any:
        """What Python data became, without any traced tensor in it: a constant after all."""
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self.born.discard(_storage(tensor))
        return result

    def run(self, run: Callable[[], Any]) -> Any:
        with self.silently():
            return run()

    def aten(self, name: str, *operands: Any) -> Any:
        """Runs and records ``aten::name`` on operands in schema order."""
        op = lookup(f"aten::{name}")
        base, _, overload = name.partition(".")
        function = getattr(getattr(torch.ops.aten, base), overload or "default")
        if op is None:
            return self.below(function, operands, {})
        arguments = op.schema.arguments
        count = sum(not a.keyword_only for a in arguments)
        named = {a.name: o for a, o in zip(arguments[count:], operands[count:], strict=True)}
        return self.record(
            op,
            list(plain(operands)),
            lambda: function(*concrete(operands[:count]), **concrete(named)),
        )

    def below(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Runs ``func`` and lets the dispatch mode record its parts.

        Plain numbers that it gives may come from sizes in ways that nothing here sees, so those are guarded.
        """
        result = func(*concrete(args), **concrete(kwargs))
        if any(type(leaf) in (int, float, bool, complex) for leaf in tree_leaves(result)):
            values.guard_numbers(self, (args, kwargs))
        return result

    def dispatched(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One operation of torch's dispatcher that the function mode hasn't recorded.

        Whoever asked is C++: a traced number that it gets is a plain one from then on, so it is guarded.
        """
        special.refuse_random_overload(self, func)
        own = _BELOW.get(func)
        if own is not None:
            return own(self, args, kwargs)
        op = lookup(kind_of(func))
        found = dispatch_operands(self, func, op, args, kwargs) if op is not None else None
        if found is not None:
            chosen, operands = found
            return _consumed(self.record(chosen, operands, lambda: func(*args, **kwargs)))
        if func in _NOT_RECORDED or func.namespace == "profiler":
            return self.made_outside(self.run(lambda: func(*args, **kwargs)))
        return self.decomposed(func, args, kwargs)

    def decomposed(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An operator of which tsx has no record, computed as torch's Python decompositions do."""
        decomposition = decomposition_table.get(func) or getattr(func, "impl_aten", None)
        if decomposition is None or func in self.decomposing:
            return self.unsupported(func, args, kwargs)
        self.decomposing.append(func)
        try:
            with self.watching():
                result = decomposition(*args, **kwargs)
        finally:
            self.decomposing.pop()
        if not func._schema.is_mutable and not self._agrees(func, args, kwargs, result):
            return self.unsupported(func, args, kwargs)
        return result

    def _agrees(
        self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> bool:
        """Whether a decomposition gave what the operator gives, as far as types go."""
        want = self.run(lambda: func(*args, **kwargs))
        pairs = zip(tree_leaves(want), tree_leaves(result), strict=False)
        with self.silently():
            return all(
                a.shape == b.shape and a.dtype == b.dtype
                for a, b in pairs
                if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor)
            )

    def unsupported(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Notes an operator that can't be converted, and goes on with torch's result to find the others."""
        tracer = self.tracer
        tracer.unsupported.append(Unsupported(kind_of(func), tracer.locator.span(), tracer.scope))
        with self.silently():
            for tensor in tree_leaves(result := func(*args, **kwargs)):
                if isinstance(tensor, torch.Tensor) and tracer.known(tensor) is None:
                    tracer.bind_constant(tensor)
        return result


class FunctionMode(TorchFunctionMode):  # type: ignore[misc]  # torch has no types here
    """Calls as the user wrote them."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if self.recorder.quiet:
            return func(*args, **(kwargs or {}))
        return self.recorder.call(func, args, kwargs or {})


class DispatchMode(TorchDispatchMode):  # type: ignore[misc]  # torch has no types here
    """Operations as torch's dispatcher runs them."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if self.recorder.quiet:
            special.refuse_random_overload(self.recorder, func)
            return self.recorder.note(func(*args, **(kwargs or {})))
        return self.recorder.note(self.recorder.dispatched(func, args, kwargs or {}))


_NOT_RECORDED = frozenset(
    {
        torch.ops.aten.lift_fresh.default,  # a tensor made from Python data: a constant when it is used
        torch.ops.aten.lift.default,
        torch.ops.aten.is_same_size.default,
        torch.ops.aten.sym_size.int,
    }
)


_BELOW: dict[Any, Callable[[Recorder, tuple[Any, ...], dict[str, Any]], Any]] = {
    torch.ops.aten._local_scalar_dense.default: values.taken_below,
    torch.ops.aten._to_copy.default: convert.to_copy,
    torch.ops.aten.empty_permuted.default: convert.empty,
}


def _consumed(result: Any) -> Any:
    """Traced numbers among results as plain ones, with their guards."""
    if isinstance(result, TracedScalar):
        return result.tracer.scalars.consume(result)
    if isinstance(result, (list, tuple)) and any(isinstance(r, TracedScalar) for r in result):
        return type(result)(_consumed(r) for r in result)
    return result


def _inside_functorch() -> bool:
    """Whether a vmap or grad transform is at work; its tensors are wrappers that only the dispatcher unwraps."""
    return torch._C._functorch.peek_interpreter_stack() is not None


def _mentions_array(operand: object) -> bool:
    if isinstance(operand, (list, tuple)):
        return any(_mentions_array(item) for item in operand)
    return isinstance(operand, torch.Tensor)


def _storage(tensor: torch.Tensor) -> int:
    """The identity of the memory behind a tensor; 0 where it has none (sparse layouts, wrappers)."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):
        return 0

"""What a script's sample arguments were, for those who need inputs of the kind later: benchmarks, comparisons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tsx.capture.script.live import concrete_type
from tsx.ir import types as ty
from tsx.ir.module import Module
from tsx.runtime.examples import KEY


def keep_examples(module: Module, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Notes dtypes and sizes of the tensors among the arguments of ``forward``, and the plain values."""
    method = module.methods.get("forward")
    if method is None:
        return
    names = [parameter.name for parameter in method.parameters]
    given = dict(zip(names, args, strict=False)) | dict(kwargs)
    types = {name: concrete_type(value) for name, value in given.items()}
    samples = [types.get(name) for name in names]
    while samples and not isinstance(samples[-1], ty.TensorType):
        samples.pop()
    method.samples = tuple(t if isinstance(t, ty.TensorType) else ty.TENSOR for t in samples)
    values = {name: value for name, value in given.items() if name in names and _is_plain(value)}
    if values:
        module.metadata[KEY] = json.dumps(values)


_LONGEST = 1000
"""Characters or items: what is longer is data, and not what a report of the archive should print."""


def _is_plain(value: object) -> bool:
    """Whether JSON gives the value back as it is: a tuple would become a list."""
    if isinstance(value, list):
        return len(value) <= _LONGEST and all(map(_is_plain, value))
    if isinstance(value, str):
        return type(value) is str and len(value) <= _LONGEST
    return value is None or type(value) in (bool, int, float)

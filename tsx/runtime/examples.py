"""Inputs that are made up for a method, like those that it was captured with.

Capture keeps the dtypes and sizes of the tensors it was given, never their contents, and of a script's other inputs the
values. Takes a method with those; gives arrays that are the same each time.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.module import Method
from tsx.ir.types import TensorType
from tsx.ops.dtypes import cast, to_numpy
from tsx.runtime.tree import unflatten

KEY = "examples"
"""The metadata of a module with the plain values among a script's sample inputs, as JSON by parameter."""


def made_up(
    method: Method, metadata: Mapping[str, str], given: Mapping[str, Any], way: str
) -> dict[str, Any]:
    """An input for each parameter that is not ``given``; TSX1008, with ``way``, where no example and no default."""
    values = _values(metadata)
    samples = itertools.chain(method.samples, itertools.repeat(None))
    generator = np.random.default_rng(0)
    found: dict[str, Any] = {}
    unknown: list[str] = []
    for parameter in method.parameters:
        own = list(itertools.islice(samples, parameter.spec.leaves()))
        known = [type for type in own if type is not None and type.dtype is not None]
        if parameter.name in given:
            continue
        if len(known) == len(own):
            leaves: Iterator[Any] = (_sample(type, generator) for type in known)
            found[parameter.name] = unflatten(parameter.spec, leaves)
        elif parameter.name in values:
            found[parameter.name] = values[parameter.name]
        elif not parameter.default:
            unknown.append(parameter.name)
    if unknown:
        reason = f"it was captured without an example of {', '.join(unknown)}"
        names = ", ".join(method.input_names())
        raise fail(
            "TSX1008", method=method.graph.name, reason=reason, way=f"{way} (inputs: {names})"
        )
    return found


def _values(metadata: Mapping[str, str]) -> dict[str, Any]:
    """What ``KEY`` holds; an archive may say anything there, and what is no input is refused like any other."""
    try:
        values = json.loads(metadata.get(KEY, "{}"))
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _sample(type: TensorType, generator: np.random.Generator) -> Any:
    sizes = [s for s in type.shape or () if isinstance(s, int)]
    assert type.dtype is not None
    if type.dtype.is_float:
        return cast(np.asarray(generator.standard_normal(sizes)), type.dtype)
    return np.asarray(generator.integers(0, 2, sizes), dtype=to_numpy(type.dtype))

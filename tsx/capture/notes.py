"""What a conversion says of the model it was given: left in training mode, or with modules that nothing registered.

Takes a live model of torch or tsx.nn, or a method of one; gives sentences for the report. Imports neither library.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from tsx.capture.source import is_module

_TRAINING = "the model was in training mode; it is converted in eval mode"


def notes_on(model: Any) -> list[str]:
    """The sentences, which go before the compiler's own warnings."""
    owner = getattr(model, "__self__", model)
    if not is_module(owner):
        return []
    found = [_TRAINING] if any(map(_acts_otherwise, all_modules(owner))) else []
    hidden = [name for name, _ in hidden_modules(owner)]
    if hidden:
        names = ", ".join(hidden[:3]) + (", …" if len(hidden) > 3 else "")
        found.append(
            f"{names}: modules in a plain list, tuple or dict, which the model's eval() and state_dict() pass by;"
            " nn.ModuleList and nn.ModuleDict register them (here they are converted in eval mode)"
        )
    return found


def hidden_modules(owner: Any) -> Iterator[tuple[str, Any]]:
    """Modules in plain containers below ``owner``, which its own ``modules()`` does not reach, with their names."""
    seen = {id(module) for module in owner.modules()}
    work = list(owner.named_modules())
    while work:
        prefix, module = work.pop(0)
        for name, value in vars(module).items():
            if name.startswith("_") or type(value) not in (list, tuple, dict):
                continue
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in pairs:
                if is_module(item) and id(item) not in seen:
                    path = f"{prefix}.{name}.{key}".lstrip(".")
                    yield path, item
                    below = list(item.named_modules())
                    seen |= {id(m) for _, m in below}
                    work += [(f"{path}.{n}".rstrip("."), m) for n, m in below]


def all_modules(owner: Any) -> list[Any]:
    """The modules of a model, and those in plain containers."""
    found = list(owner.modules())
    for _, module in hidden_modules(owner):
        found += module.modules()
    return found


def _acts_otherwise(module: Any) -> bool:
    """Whether a module is in training mode and asks for it as it runs."""
    code = getattr(inspect.getattr_static(type(module), "forward", None), "__code__", None)
    asks = code is not None and "training" in code.co_names
    rates = [getattr(module, name, None) for name in ("p", "dropout")]  # or a weight of that name
    is_off = any(isinstance(rate, (int, float)) and rate == 0 for rate in rates)
    return bool(module.training) and asks and not is_off

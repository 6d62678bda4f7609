"""The canonical text of a whole module, as pipelines compare it before and after a pass."""

from __future__ import annotations

from tsx.ir.module import AttributeValue, Module, Object
from tsx.ir.text import print_graph


def fingerprint(module: Module) -> str:
    """Graphs, weights (by name and shape) and the attribute tree; origins don't count."""
    parts = [f"{name}\n{print_graph(graph, origins=False)}" for name, graph in module.graphs()]
    parts.extend(f"{name} {w.dtype} {w.shape}" for name, w in sorted(module.weights.items()))
    parts.extend(f"{name} {sorted(c.attributes)}" for name, c in sorted(module.classes.items()))
    parts.append(_value_text(module.root, {}))
    return "\n".join(parts)


def _value_text(value: AttributeValue, seen: dict[int, int]) -> str:
    if not isinstance(value, Object):
        return repr(value)
    if id(value) in seen:
        return f"#{seen[id(value)]}"
    seen[id(value)] = len(seen)
    inner = ", ".join(f"{k}={_value_text(v, seen)}" for k, v in value.attributes.items())
    return f"{value.class_name}({inner})"

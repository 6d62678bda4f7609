"""Logging: a program keeps no log. The arguments are evaluated, and nothing is made of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tsx.capture.script.values import Constant, Handler, Sugar, builtin
from tsx.capture.script.verbs import resolvers

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_LEVELS = ("debug", "info", "warning", "error", "exception", "critical", "log")


@builtin(*(getattr(logging, name) for name in _LEVELS))
def _unheard(ctx: Context, at: Place, *args: Sugar, **kwargs: Sugar) -> None:
    """A program has no one to tell."""


@dataclass(eq=False, slots=True)
class Logger(Sugar):
    """A ``logging.Logger``, to which nothing is of interest."""

    logger: logging.Logger

    def describe(self) -> str:
        return f"the logger {self.logger.name}"

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if name in (*_LEVELS, "warn", "warning_once", "warning_advice", "info_once"):
            return Handler(name, _unheard)
        if name == "isEnabledFor":
            return Handler(name, lambda ctx, at, level: Constant(False))
        return Sugar.attribute(self, ctx, at, name)


def _resolve(ctx: Context, at: Place, obj: object) -> Sugar | None:
    if isinstance(obj, logging.LoggerAdapter):
        obj = obj.logger
    return Logger(obj) if isinstance(obj, logging.Logger) else None


resolvers.insert(0, _resolve)

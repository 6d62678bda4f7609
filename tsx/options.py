"""What commands share: options and arguments by their names, and the group that guesses at a misspelt command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])
PATH = click.Path(path_type=Path)
ENGINE = click.option(
    "--engine",
    type=click.Choice(["auto", "native", "numpy"]),
    default="auto",
    help="What runs the model: the C++ engine, NumPy, or the engine where it can [auto].",
)

INPUT = click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="[NAME=]FILE.npy",
    help="An input (.npy, .npz, or - for stdin); again for more.",
)
VALUE = click.option(
    "--value",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    help="An input that is no array: text as it stands, anything else as JSON; again for more.",
)
UNTRUSTED = click.option(
    "--untrusted",
    is_flag=True,
    help="Check every digest, and stop a call that takes too much work, memory or time.",
)


def sources(function: _F) -> _F:
    """The model to capture, and its sample inputs."""
    for option in reversed((
        click.argument("source", type=PATH),
        click.option("--entry", default="", metavar="NAME", help="The function, class or object to convert."),
        click.option("--input", "inputs", multiple=True, metavar="[NAME=]FILE.npy",
                     help="A sample input (.npy, .npz, or - for stdin); again for more."),
        click.option("--shape", "shapes", multiple=True, metavar="[NAME=]1,3,224,224[:DTYPE]",
                     help="A made-up sample input of this shape; again for more."),
    )):  # fmt: skip
        function = option(function)
    return function


def convert_options(function: _F) -> _F:
    """What captures have in common."""
    for option in reversed((
        click.option("--dynamic", multiple=True, metavar="INPUT:DIM,DIM|all|none",
                     help="Which sizes may vary; by default all that the model lets vary."),
        click.option("--report", "report_as", type=click.Choice(["json", "md", "sarif"]), default=None,
                     help="Print the problems that were found in this form."),
        ENGINE,
        click.option("-o", "--output", type=PATH, default=None, help="Where to write [SOURCE with .tsx]; - is stdout."),
    )):  # fmt: skip
        function = option(function)
    return function


class Group(click.Group):
    """Lists commands in the order a person needs them, and guesses at a misspelt one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            import difflib

            close = difflib.get_close_matches(args[0], self.commands, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

"""What tsx makes of a row: compiles its program, runs it beside eager Python, says what is different.

``python -m tests.script.check [NAME…]`` prints the rows (those whose id contains a NAME, or all) that are not as the
table says, and how many there are.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable

import tsx
from tests.script.outcome import Outcome, difference, run
from tests.script.rows import Row, all_rows
from tsx.errors import Problems, RunError, ScriptError

Change = Callable[[tsx.Module], tsx.Module]


def check_row(row: Row, change: Change | None = None) -> str:
    """Why ``row`` is not as the table says; empty when it is. ``change`` makes another module of the compiled one."""
    try:
        module = tsx.script(row.make())
    except (ScriptError, Problems) as error:
        if not row.refused:
            return f"refused: {error}"
        return "" if error.code == row.code else f"refused with {error.code}, not {row.code}"
    if row.refused:
        return f"compiles, though it should be refused: {row.refused}"
    if change is not None:
        module = change(module)
    original, session = row.make(), module.session()
    for index in range(len(row.inputs)):
        want = run(original, row.arguments(index))
        found = compare(row, python_outcome(session, row.arguments(index)), want)
        if found:
            return f"input {index + 1}: {found}"
    return ""


def compare(row: Row, got: Outcome, want: Outcome) -> str:
    """``difference``, where the row's own exceptions are known."""
    if row.stops:
        if want.error is None and got.error is not None and got.error[0] == row.stops:
            return ""
        return f"{got}, where {row.stops} was to be raised (eager {want})"
    return difference(got, want, any_error=row.any_error, widens=row.widens)


def python_outcome(function: object, args: tuple[object, ...]) -> Outcome:
    """``run`` of one of ours: a RunError counts as the Python exception that it stands for."""
    outcome = run(function, args)
    error = outcome.raised
    if isinstance(error, RunError) and error.exception is not None:
        return outcome.with_error(*error.exception)
    return outcome


def main() -> int:
    warnings.simplefilter("ignore")
    wanted = sys.argv[1:]
    rows = [r for r in all_rows() if not wanted or any(name in r.id for name in wanted)]
    failed = 0
    for row in rows:
        try:
            found = check_row(row)
        except Exception as error:  # any bug of ours is what is looked for
            found = f"crashes with {type(error).__name__}: {error}"
        if found:
            failed += 1
            print(f"{row.section} {row.id}: {found}\n")
    print(f"{len(rows) - failed} of {len(rows)} rows are as the table says")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""What the language table says of TorchScript, held against the torch that is installed."""

from __future__ import annotations

import warnings
from collections import Counter

import pytest

from tests.script.outcome import run
from tests.script.probe import probe_rows, recorded
from tests.script.rows import SECTIONS, all_rows

pytestmark = pytest.mark.torch
ROWS = all_rows()


def test_rows_are_well_formed() -> None:
    counts = Counter(row.id for row in ROWS)
    assert not [name for name, count in counts.items() if count > 1]
    assert len(ROWS) >= 400
    assert {row.section for row in ROWS} == SECTIONS.keys()
    for row in ROWS:
        assert bool(row.refused) == bool(row.code) or not row.code, row.id


def test_every_row_is_probed() -> None:
    assert list(recorded()) == [row.id for row in ROWS]


def test_torchscript_does_what_is_recorded() -> None:
    """Only the outcome: the words of an error are torch's business."""
    found = probe_rows(ROWS)
    known = recorded()
    changed = {k: (known[k], v) for k, v in found.items() if known[k][0] != v[0]}
    assert not changed, "python -m tests.script.probe writes the file again"


@pytest.mark.filterwarnings("ignore")
def test_programs_run_in_eager_python() -> None:
    """A row that eager Python itself does not finish proves nothing, so each has an input that it finishes."""
    for row in ROWS:
        if row.refused:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            original = row.make()
            outcomes = [run(original, row.arguments(i)) for i in range(len(row.inputs))]
        assert row.inputs, row.id
        names = {o.error[0] for o in outcomes if o.error}
        assert not names & {"NameError", "AttributeError", "SyntaxError"}, (row.id, names)

"""Other people's code, compiled as it stands, does what it does in eager Python."""

from __future__ import annotations

import copy

import pytest

import tsx
from tests.script.check import python_outcome
from tests.script.outcome import difference, run
from tests.script.third_party import CASES, make

pytestmark = [pytest.mark.torch, pytest.mark.script, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("name", CASES)
def test_compiled_is_eager(name: str) -> None:
    module = tsx.script(make(name))
    for made in (module, tsx.optimize(module, level=3)):
        original, session = make(name), made.session()
        for call in CASES[name][1]:
            want = run(original, copy.deepcopy(call))
            assert want.error is None, want
            found = difference(python_outcome(session, copy.deepcopy(call)), want)
            assert not found, found

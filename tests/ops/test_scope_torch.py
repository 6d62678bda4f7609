"""The list of what is in scope is about torch's op_db as it is, and an entry is out for one reason."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.ops.scope import entries, in_scope, out_of_scope

pytestmark = pytest.mark.torch


def test_the_list_is_about_what_torch_has() -> None:
    listed = Counter(name for _, names in out_of_scope().values() for name in names)
    assert [name for name, count in listed.items() if count > 1] == []
    assert sorted(listed.keys() - set(entries())) == []
    assert len(in_scope()) >= 500


def test_every_reason_is_one() -> None:
    assert all(len(reason) > 20 for reason, _ in out_of_scope().values())

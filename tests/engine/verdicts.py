"""What the two readers say to an archive: "ok", or the essence of the error."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Sequence

from tests.engine.conftest import BUILD, EMULATOR
from tsx.errors import ArchiveError
from tsx.serialize.archive import load

_BROKEN = re.compile(r"breaks (\d+) invariant\(s\): (V\d\d)")


def essence(code: str, message: str) -> str:
    """The code; of an invalid program also how many violations there are, and the number of the first."""
    found = _BROKEN.search(message) if code == "TSX6006" else None
    return f"{code} {found[1]} {found[2]}" if found else code


def python_verdict(data: bytes) -> str:
    try:
        load(data)
    except ArchiveError as error:
        return essence(error.code, error.message)
    return "ok"


def engine_verdicts(archives: Sequence[bytes]) -> list[str]:
    """What the C++ reader says to each archive."""
    program = BUILD / "fuzz/tsx_verdict"
    assert program.exists(), f"{program} is missing: `make engine` builds it"
    sent = b"".join(struct.pack("<I", len(data)) + data for data in archives)
    ran = subprocess.run([*EMULATOR, program], input=sent, capture_output=True, check=True)
    lines = ran.stdout.decode().split("\n")[:-1]
    assert len(lines) == len(archives)
    return [essence(*line.split(" ", 1)) if " " in line else line for line in lines]


def agree(archives: Sequence[bytes]) -> list[str]:
    """The verdicts, once both readers give the same."""
    expected = [python_verdict(data) for data in archives]
    found = engine_verdicts(archives)
    differences = [
        (n, e, f) for n, (e, f) in enumerate(zip(expected, found, strict=True)) if e != f
    ]
    assert not differences
    return found

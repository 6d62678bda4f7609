"""The generator: the published answers, repeatability, scopes and the distributions drawn from it."""

from __future__ import annotations

import numpy as np
import pytest

from tsx.errors import TsxError
from tsx.ops.call import call
from tsx.ops.philox import Generator, generator_scope, philox

# counter, key, result: the known-answer vectors of Random123 (kat_vectors, philox 4x32 10)
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "result"), KNOWN)
def test_known_answers(
    counter: tuple[int, ...], key: tuple[int, int], result: tuple[int, ...]
) -> None:
    a, b, c, d = (np.array([word], np.uint64) for word in counter)
    assert tuple(int(word[0]) for word in philox((a, b, c, d), key)) == result


def draw(kind: str, *operands: object, seed: int = 3) -> np.ndarray:
    with generator_scope(Generator(seed)):
        found = call(kind, *operands)
    assert isinstance(found, np.ndarray)
    return found


def test_a_seed_repeats_its_stream_and_draws_go_on() -> None:
    with generator_scope(Generator(5)):
        first, second = call("aten::rand", [4]), call("aten::rand", [4])
    np.testing.assert_array_equal(first, draw("aten::rand", [4], seed=5))
    assert not np.array_equal(first, second)
    assert not np.array_equal(draw("aten::rand", [4], seed=6), first)


def test_an_operand_generator_comes_first() -> None:
    own = Generator(5)
    with generator_scope(Generator(1)):
        found = call("aten::rand.generator", [4], own)
    np.testing.assert_array_equal(found, draw("aten::rand", [4], seed=5))
    assert own.offset > 0


def test_distributions() -> None:
    count = 40_000
    uniform = draw("aten::rand", [count])
    assert uniform.dtype == np.float32
    assert 0 <= uniform.min() < uniform.max() < 1
    assert abs(float(uniform.mean()) - 0.5) < 0.01
    normal = draw("aten::randn", [count])
    assert abs(float(normal.mean())) < 0.02
    assert abs(float(normal.std()) - 1) < 0.02
    whole = draw("aten::randint.low", -2, 3, [count])
    assert sorted(np.unique(whole)) == [-2, -1, 0, 1, 2]
    coin = draw("aten::bernoulli.p", np.zeros(count, np.float32), 0.25)
    assert abs(float(coin.mean()) - 0.25) < 0.01
    mixed = draw("aten::randperm", 100)
    assert sorted(mixed) == list(range(100))
    picks = draw("aten::multinomial", np.array([0.0, 1.0, 3.0], np.float32), count, True)
    assert abs(float((picks == 2).mean()) - 0.75) < 0.01
    assert sorted(draw("aten::multinomial", np.array([0.0, 1.0, 3.0]), 2, False)) == [1, 2]
    target = np.zeros(count, np.float32)
    assert draw("aten::exponential_", target, 2.0) is target
    assert abs(float(target.mean()) - 0.5) < 0.02


def test_half_precision_never_rounds_up_to_one() -> None:
    for code in (5, 15):  # float16, bfloat16
        bits = draw("aten::rand", [50_000], code)
        values = bits if code == 5 else (bits.astype(np.uint32) << 16).view(np.float32)
        assert float(values.max()) < 1


def test_impossible_draws_are_refused() -> None:
    with pytest.raises(TsxError, match="TSX4005"):
        draw("aten::randint", 0, [3])
    with pytest.raises(TsxError, match="TSX4005"):
        draw("aten::multinomial", np.array([1.0, 0.0]), 2, False)
    with pytest.raises(TsxError, match="TSX4005"):
        draw("aten::bernoulli", np.array([1.5]))

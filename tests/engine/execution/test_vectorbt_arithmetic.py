"""The tolerances and lots that are part of every vectorbt fill."""

import math

import numpy as np
import pytest

from engine.execution.vectorbt.arithmetic import add, at_most, close, exact_floor, less, whole_lots

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [
        (1.0, 1.0, True),
        (1.0, 1.0 + 9e-10, True),  # within 1e-9 of the larger
        (1.0, 1.0 + 2e-9, False),
        (1e6, 1e6 + 9e-4, True),
        (0.0, 9e-13, True),  # within 1e-12
        (0.0, 2e-12, False),
        (1.0, -1.0, False),
        (INF, INF, False),  # infinite is close to nothing, not even itself
        (NAN, NAN, False),
    ],
)
def test_close(a, b, result):
    assert close(a, b) is result
    assert close(b, a) is result


def test_less_is_not_merely_by_rounding():
    assert less(1.0, 1.1)
    assert not less(1.0, 1.0 + 1e-10)
    assert not less(1.1, 1.0)
    assert less(1.0, INF)
    assert not less(NAN, 1.0)


def test_at_most_forgives_rounding():
    assert at_most(1.0, 1.1)
    assert at_most(1.0 + 1e-10, 1.0)
    assert not at_most(1.1, 1.0)
    assert not at_most(NAN, 1.0)


@pytest.mark.parametrize(
    ("a", "b", "total"),
    [
        (100.0, -100.00000001, 0.0),  # cancels but for 1e-10 of it
        (100.0, -99.9, 100.0 - 99.9),
        (0.0, 5e-13, 0.0),  # adding to zero snaps too
        (0.0, 5.0, 5.0),
        (3e-13, 3e-13, 0.0),
        (0.1, 0.2, 0.1 + 0.2),
        (INF, -1.0, INF),
    ],
)
def test_add(a, b, total):
    assert add(a, b) == total


def test_add_of_opposite_infinities_is_no_number():
    assert math.isnan(add(INF, -INF))


@pytest.mark.parametrize(
    ("size", "lot", "numba", "rust"),
    [
        (1.0, 0.1, 9, 10),  # 0.1 is a little more than a tenth
        (0.3, 0.1, 2, 2),
        (10.0, 3.0, 3, 3),
        (5.0, 0.5, 10, 10),
        (0.9, 1.0, 0, 0),
    ],
)
def test_lots_are_floored_before_or_after_rounding(size, lot, numba, rust):
    assert whole_lots(size, lot, False) == numba * lot
    assert whole_lots(size, lot, True) == rust * lot


def test_without_a_lot_any_size_goes():
    assert whole_lots(1.2345, NAN, False) == 1.2345


def test_exact_floor_is_the_floor_division_of_python():
    rng = np.random.default_rng(1)
    sizes = [*rng.uniform(0, 1e3, 500), *rng.integers(0, 50, 500) / 10, 1e200, 1e-300, 0.0, -2.5]
    for size in sizes:
        for lot in (0.1, 0.3, 1.0, 0.001, 7.0, 1e-10):
            assert exact_floor(float(size), lot) == float(size) // lot
    assert math.isnan(exact_floor(INF, 0.1))

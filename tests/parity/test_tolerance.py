"""Exact means to the bit; anything weaker says its name and its reason."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import OptionError
from parity.tolerance import EXACT, ROUNDING, Tolerance, same, ulps


def one(value: float) -> np.ndarray:
    return np.array([value])


def agree(left: float, right: float, tolerance: Tolerance = EXACT) -> bool:
    return bool(same(one(left), one(right), tolerance)[0])


def apart(left: float, right: float) -> int:
    return int(ulps(one(left), one(right))[0])


def test_the_last_bit_is_a_difference():
    assert agree(0.3, 0.3)
    assert not agree(0.1 + 0.2, 0.3)
    assert apart(0.1 + 0.2, 0.3) == 1


def test_nothing_equals_nothing_and_no_number():
    other_payload = np.array([0x7FF8000000000001], dtype=np.uint64).view(np.float64)[0]
    assert agree(math.nan, math.nan)
    assert agree(math.nan, other_payload)
    assert not agree(math.nan, 0.0)
    assert apart(math.nan, math.nan) == 0
    assert apart(math.nan, 1.0) == np.iinfo(np.uint64).max


def test_plus_and_minus_nothing_are_the_same_money():
    assert agree(0.0, -0.0)
    assert apart(0.0, -0.0) == 0
    assert apart(-5e-324, 5e-324) == 2


def test_infinities_equal_only_themselves():
    assert agree(math.inf, math.inf)
    assert not agree(math.inf, -math.inf)
    assert not agree(math.inf, 1e308, ROUNDING)


def test_a_named_tolerance_accepts_what_it_says_and_no_more():
    cents = Tolerance("cents", "the platform rounds fees to cents", absolute=0.005)
    assert agree(1.0, 1.004, cents)
    assert not agree(1.0, 1.006, cents)
    two = Tolerance("two ulps", "another order of summation", ulps=2)
    above = float(np.nextafter(np.nextafter(1.0, 2.0), 2.0))
    assert agree(1.0, above, two)
    assert not agree(1.0, float(np.nextafter(above, 2.0)), two)
    assert not agree(math.nan, 1.0, two)


@pytest.mark.parametrize("name, reason", [("", "why"), ("loose", ""), ("loose", "  ")])
def test_a_tolerance_without_name_or_reason_is_refused(name: str, reason: str):
    with pytest.raises(OptionError, match="needs a name and a reason"):
        Tolerance(name, reason, absolute=1.0)


@pytest.mark.parametrize("size", [-1.0, math.inf, math.nan])
def test_a_tolerance_has_a_size(size: float):
    with pytest.raises(OptionError, match="finite and not negative"):
        Tolerance("odd", "because", relative=size)


@given(st.floats(-1e300, 1e300), st.integers(1, 50))
def test_ulps_count_the_steps_between_neighbours(start: float, steps: int):
    end = start
    for _ in range(steps):
        end = float(np.nextafter(end, math.inf))
    assert apart(start, end) == apart(end, start) == steps


@given(st.floats(), st.floats())
def test_same_means_no_step_apart(left: float, right: float):
    assert agree(left, right) == (apart(left, right) == 0)

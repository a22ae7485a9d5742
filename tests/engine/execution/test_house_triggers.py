"""Rules of one bar, as tables of numbers."""

import math

import pytest

from engine.execution.house.account import floored, slipped
from engine.execution.house.codes import STOP_FIRST, TARGET_FIRST, WORST
from engine.execution.house.triggers import (
    GAP,
    INSIDE,
    WHOLE,
    further,
    met,
    nearer,
    stop_level,
    stop_wins,
    target_level,
)

NAN = math.nan


@pytest.mark.parametrize(
    ("level", "rising", "bar", "prices"),
    [
        # bar: first, high, low; prices in the gap, inside, in the whole bar
        (105.0, True, (100.0, 106.0, 99.0), (NAN, 105.0, 105.0)),
        (105.0, True, (105.0, 106.0, 99.0), (105.0, NAN, 105.0)),  # just there at the open
        (105.0, True, (107.0, 108.0, 99.0), (107.0, NAN, 107.0)),  # gapped
        (105.0, True, (100.0, 104.9, 99.0), (NAN, NAN, NAN)),
        (105.0, True, (100.0, 105.0, 99.0), (NAN, 105.0, 105.0)),  # just touched
        (95.0, False, (100.0, 106.0, 95.0), (NAN, 95.0, 95.0)),
        (95.0, False, (94.0, 106.0, 93.0), (94.0, NAN, 94.0)),
        (NAN, True, (100.0, 106.0, 99.0), (NAN, NAN, NAN)),  # no level, never met
        (105.0, True, (NAN, NAN, NAN), (NAN, NAN, NAN)),  # no bar
    ],
)
def test_where_a_level_is_met(level, rising, bar, prices):
    for part, price in zip((GAP, INSIDE, WHOLE), prices, strict=True):
        assert met(level, rising, *bar, part) == pytest.approx(price, nan_ok=True)


@pytest.mark.parametrize(
    ("long", "stop", "target", "first", "wins"),
    [
        # who wins under stop_first, target_first, worst
        (True, 95.0, 105.0, 100.0, (True, False, True)),  # both inside: nobody knows
        (True, 95.0, 107.0, 107.0, (False, False, True)),  # opened beyond the target
        (True, 93.0, 105.0, 93.0, (True, True, True)),  # opened beyond the stop
        (False, 105.0, 95.0, 100.0, (True, False, True)),
        (False, 105.0, 93.0, 93.0, (False, False, True)),
        (True, NAN, 105.0, 100.0, (False, False, False)),
        (True, 95.0, NAN, 100.0, (True, True, True)),
        (True, NAN, NAN, 100.0, (False, False, False)),
    ],
)
def test_who_wins_where_a_bar_reaches_both(long, stop, target, first, wins):
    rules = (STOP_FIRST, TARGET_FIRST, WORST)
    assert tuple(stop_wins(long, stop, target, first, rule) for rule in rules) == wins


def test_levels_lie_on_either_side_of_their_base():
    assert stop_level(True, 100.0, 0.25) == target_level(False, 100.0, 0.25) == 75.0
    assert stop_level(False, 100.0, 0.25) == target_level(True, 100.0, 0.25) == 125.0


def test_of_two_stops_the_nearer_one_counts():
    assert nearer(True, 90.0, 95.0) == 95.0
    assert nearer(False, 110.0, 105.0) == 105.0
    assert nearer(True, NAN, 95.0) == nearer(True, 95.0, NAN) == 95.0


def test_the_best_price_only_gets_better():
    assert further(True, 100.0, 103.0, 90.0) == 103.0
    assert further(True, 100.0, 99.0, 90.0) == 100.0
    assert further(False, 100.0, 103.0, 90.0) == 90.0
    assert further(False, 100.0, 103.0, 101.0) == 100.0


def test_slippage_moves_a_price_against_the_order():
    assert slipped(100.0, True, 0.01) == 101.0
    assert slipped(100.0, False, 0.01) == 99.0


@pytest.mark.parametrize(
    ("quantity", "lot", "units"),
    [
        (7.9, 1.0, 7.0),
        (-7.9, 1.0, -7.0),
        (7.9, 0.0, 7.9),  # no lots
        (0.3, 0.1, 0.3),  # 0.3 / 0.1 is 2.9999999999999996
        (0.4, 0.5, 0.0),
    ],
)
def test_sizes_are_cut_down_to_whole_lots(quantity, lot, units):
    assert floored(quantity, lot) == pytest.approx(units, rel=1e-15)

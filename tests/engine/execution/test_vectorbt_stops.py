"""Where stops and targets are hit, and what they leave behind."""

import math

import numpy as np
import pytest

from engine.execution.vectorbt.state import HOLDING_ROW, OPTION_ROW
from engine.execution.vectorbt.stops import check_stops, exit_terms, renew_stops, trail

NAN = math.nan
LONG, SHORT = 1.0, -1.0


def held(position, stop=NAN, target=NAN, *, base=100.0, trails=0.0):
    holding = np.zeros(1, dtype=HOLDING_ROW)[0]
    holding["position"], holding["trails"] = position, trails
    holding["stop"], holding["stop_base"] = stop, base
    holding["target"], holding["target_base"] = target, base
    return holding


@pytest.mark.parametrize(
    ("position", "stop", "target", "bar", "price"),
    [
        # bar: open, high, low
        (LONG, 0.1, NAN, (95.0, 96.0, 90.0), 90.0),  # touched
        (LONG, 0.1, NAN, (95.0, 96.0, 90.1), NAN),  # a tenth too high
        (LONG, 0.1, NAN, (85.0, 88.0, 80.0), 85.0),  # gapped: at the open
        (LONG, NAN, 0.1, (105.0, 111.0, 104.0), 100 * 1.1),
        (LONG, NAN, 0.1, (112.0, 115.0, 104.0), 112.0),  # gapped: better than the target
        (LONG, 0.1, 0.1, (100.0, 120.0, 80.0), 90.0),  # both in the bar: the stop
        (LONG, 0.1, 0.1, (115.0, 120.0, 80.0), 90.0),  # open beyond the target: still the stop
        (SHORT, 0.1, NAN, (105.0, 111.0, 104.0), 100 * 1.1),
        (SHORT, 0.1, NAN, (112.0, 115.0, 104.0), 112.0),
        (SHORT, NAN, 0.1, (95.0, 96.0, 90.0), 90.0),
        (SHORT, NAN, 0.1, (85.0, 88.0, 80.0), 85.0),
        (NAN, 0.1, 0.1, (100.0, 120.0, 80.0), NAN),  # no number is on no side
        (LONG, 0.0, NAN, (101.0, 102.0, 100.0), 100.0),  # a stop of 0 at the base itself
        (LONG, 1.0, NAN, (1.0, 2.0, 0.5), NAN),  # 100 %: never
        (LONG, 0.1, NAN, (NAN, NAN, NAN), NAN),  # no bar, no hit
        (LONG, 0.1, NAN, (95.0, 88.0, 80.0), NAN),  # the level is above the high, the open above it
        (0.0, 0.1, 0.1, (85.0, 120.0, 80.0), NAN),  # nothing held
    ],
)
def test_hit(position, stop, target, bar, price):
    fault, hit = check_stops(held(position, stop, target), *bar)
    assert fault == 0
    assert hit == price or (math.isnan(hit) and math.isnan(price))


def test_a_negative_fraction_stops_the_run_only_when_it_is_looked_at():
    assert check_stops(held(LONG, stop=-0.1), 100.0, 101.0, 99.0)[0] != 0
    assert check_stops(held(LONG, target=-0.1), 100.0, 101.0, 99.0)[0] != 0
    stopped_first = held(LONG, stop=0.1, target=-0.1)
    assert check_stops(stopped_first, 85.0, 86.0, 84.0) == (0, 85.0)


def test_a_trailing_base_follows_the_high_of_a_long_and_the_low_of_a_short():
    long, short = held(LONG, stop=0.1, trails=1.0), held(SHORT, stop=0.1, trails=1.0)
    for high, low in ((99.0, 98.0), (120.0, 90.0), (110.0, 95.0)):
        trail(long, high, low)
        trail(short, high, low)
    assert long["stop_base"] == 120.0
    assert short["stop_base"] == 90.0
    fixed = held(LONG, stop=0.1)
    trail(fixed, 120.0, 90.0)
    assert fixed["stop_base"] == 100.0


@pytest.mark.parametrize(
    ("mode", "terms"),
    [(0, (90.0, 0.0)), (1, (90.0, 0.01)), (2, (95.0, 0.01)), (3, (88.0, 0.01))],
    ids=["stoplimit", "stopmarket", "price", "close"],
)
def test_price_and_slippage_of_a_stop(mode, terms):
    assert exit_terms(mode, 90.0, 95.0, 88.0, 0.01) == terms


def fresh_option(**numbers):
    option = np.zeros(1, dtype=OPTION_ROW)[0]
    for name, number in {
        "stop": 0.2,
        "take_profit": NAN,
        "stop_entry_price": 3.0,
        **numbers,
    }.items():
        option[name] = number
    return option


@pytest.mark.parametrize(
    ("mode", "base"), [(0, 97.0), (1, 98.0), (2, 99.0), (3, 101.0)],
    ids=["valprice", "price", "fillprice", "close"],
)  # fmt: skip
def test_what_a_stop_is_measured_from(mode, base):
    holding = held(LONG)
    holding["valuation"] = 97.0
    renew_stops(fresh_option(stop_entry_price=mode), holding, 0.0, 101.0, 98.0, 99.0)
    assert holding["stop_base"] == base
    assert holding["stop"] == 0.2


@pytest.mark.parametrize(
    ("mode", "stop", "target"),
    [(0, 0.1, 0.3), (1, 0.2, 0.3), (2, 0.2, NAN)],
    ids=["keep", "override", "overridenan"],
)
def test_a_larger_position_takes_new_fractions_or_keeps_the_old(mode, stop, target):
    holding = held(2.0, stop=0.1, target=0.3)
    renew_stops(fresh_option(upon_stop_update=mode), holding, 1.0, 110.0, 110.0, 110.0)
    assert holding["stop"] == stop
    assert holding["target"] == target or (math.isnan(holding["target"]) and math.isnan(target))
    assert holding["stop_base"] == (110.0 if stop == 0.2 else 100.0)


def test_a_smaller_position_keeps_its_stop_and_a_closed_one_has_none():
    holding = held(1.0, stop=0.1)
    renew_stops(fresh_option(upon_stop_update=2.0), holding, 2.0, 110.0, 110.0, 110.0)
    assert (holding["stop"], holding["stop_base"]) == (0.1, 100.0)
    holding["position"] = 0.0
    renew_stops(fresh_option(), holding, 1.0, 110.0, 110.0, 110.0)
    assert math.isnan(holding["stop"])
    assert math.isnan(holding["stop_base"])

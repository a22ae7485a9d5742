"""Searching through blocks finds the bar that looking at each one finds."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.execution.search import LARGE, SMALL, first_reach, reach_of


def bars(count, seed, *, gaps=0.0):
    """A random walk as (1, bars) open, high and low; some opens outside, bars missing."""
    rng = np.random.default_rng(seed)
    first = 100 * np.exp(np.cumsum(rng.normal(size=count)) * 0.01)
    high = first * (1 + rng.uniform(-0.002, 0.02, count))
    low = first * (1 - rng.uniform(-0.002, 0.02, count))
    first[rng.random(count) < gaps] = math.nan
    for prices in (first, high, low):
        prices[np.isnan(first) & (rng.random(count) < 0.5)] = math.nan
    return first[None], high[None], low[None]


def looked_at(first, high, low, begin, end, below, above):
    """The first bar that reaches a level, by looking at every bar."""
    for bar in range(begin, end):
        opening, top, bottom = first[0, bar], high[0, bar], low[0, bar]
        if bottom <= below or opening <= below or top >= above or opening >= above:
            return bar
    return end


@given(
    count=st.integers(1, 5 * LARGE),
    seed=st.integers(0, 2**32),
    place=st.floats(0, 1),
    stop=st.floats(0, 0.3),
    target=st.floats(0, 0.3),
    gaps=st.sampled_from([0.0, 0.1]),
)
def test_first_reach(count, seed, place, stop, target, gaps):
    prices = bars(count, seed, gaps=gaps)
    reach = reach_of(*prices)
    begin = int(place * (count - 1))
    end = begin + int((1 - place) * (count - begin))
    below, above = 100 * (1 - stop), 100 * (1 + target)
    found = first_reach(
        reach.low[0], reach.high[0], reach.small[0], reach.large[0], begin, end, below, above
    )
    assert found == looked_at(*prices, begin, end, below, above)


def test_sound_bars_are_not_copied():
    first = np.full((1, 100), 10.0)
    high, low = first + 1, first - 1
    reach = reach_of(first, high, low)
    assert np.shares_memory(reach.high, high)
    assert np.shares_memory(reach.low, low)


def test_the_extremes_of_blocks():
    first = np.arange(1.0, 2 * SMALL + 2)[None]
    reach = reach_of(first, first + 0.5, first - 0.5)
    assert reach.small[0].tolist() == [
        [0.5, SMALL + 0.5, SMALL + 0.5, 0.5],
        [SMALL + 0.5, 2 * SMALL + 0.5, 2 * SMALL + 0.5, SMALL + 0.5],
        [2 * SMALL + 0.5, 2 * SMALL + 1.5, 2 * SMALL + 1.5, 2 * SMALL + 0.5],
    ]
    assert reach.large[0].tolist() == [[0.5, 2 * SMALL + 1.5, 2 * SMALL + 1.5, 0.5]]


def test_a_level_that_is_no_number_is_never_reached():
    reach = reach_of(*bars(300, 1))
    rows = reach.low[0], reach.high[0], reach.small[0], reach.large[0]
    assert first_reach(*rows, 0, 300, math.nan, math.nan) == 300

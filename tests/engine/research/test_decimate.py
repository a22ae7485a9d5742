"""A long line keeps its spikes, its ends and its gaps."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.research.pictures.decimate import decimate


def test_a_short_line_stays_whole():
    assert decimate(np.array([3.0, 1.0, 2.0]), 4).tolist() == [0, 1, 2]


def test_each_stretch_keeps_first_lowest_highest_and_last():
    line = np.array([5.0, 1.0, 6.0, 9.0, 2.0, 7.0, 7.0, 8.0, 3.0, 4.0])
    assert decimate(line, 8).tolist() == [0, 1, 3, 4, 5, 7, 8, 9]


def test_a_spike_among_a_million_is_seen():
    line = np.zeros(1_000_000)
    line[[123_456, 654_321]] = 1.0, -1.0
    kept = decimate(line)
    assert {123_456, 654_321} <= set(kept.tolist())
    assert len(kept) <= 2_000


def test_a_gap_stays_a_gap():
    line = np.ones(1_000)
    line[400:500] = np.nan
    assert np.isnan(line[decimate(line, 100)]).any()


@given(
    arrays.arrays(
        np.float64, st.integers(1, 400), elements=st.floats(-1e6, 1e6) | st.just(float("nan"))
    ),
    st.integers(4, 60),
)
def test_extremes_and_ends_are_kept_in_order(line, most):
    kept = decimate(line, most)
    assert len(kept) <= max(most, 4)
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, len(line) - 1)
    if not np.isnan(line).all():
        assert np.nanmax(line[kept]) == np.nanmax(line)
        assert np.nanmin(line[kept]) == np.nanmin(line)

"""The bridge's benchmark measures the same numbers both ways."""

import numpy as np
import polars as pl
import pytest

from engine.indicators import sma
from engine.indicators.loops import ema_loop
from parity.bench.bridge import CROSSINGS, Crossing, bridge_figures, measure


def test_every_crossing_has_its_figures():
    heard = []
    figures = bridge_figures(smoke=True, say=heard.append)
    assert len(figures) == 4 * (len(CROSSINGS) + 1)
    assert {figure.side for figure in figures} == {"loop", "indicator", "query", "bridge / loop"}
    loops = [figure.value for figure in figures if figure.side == "loop"]
    assert loops[-1] == pytest.approx(sum(loops[:-1])), "the last line is all of them"
    assert heard[0] == "sma(20) on 5,000 bars"
    assert not any(figure.missed for figure in figures), "a smoke run has no goals"


def test_a_loop_that_says_something_else_is_no_measurement(monkeypatch):
    wrong = Crossing("wrong", sma("close", 2), ema_loop, ("close",), (2, 0, 0.5))
    monkeypatch.setattr("parity.bench.bridge.CROSSINGS", (wrong,))
    with pytest.raises(AssertionError):
        bridge_figures(smoke=True)


def test_calls_take_turns():
    order = []
    times = measure([lambda: order.append("a"), lambda: order.append("b")], 2)
    assert order == ["a", "b", "a", "b"]
    assert len(times) == 2


def test_the_loop_alone_makes_its_own_output():
    bars = pl.DataFrame({"close": [1.0, 2.0, 4.0]})
    out = Crossing("ema", sma("close", 2), ema_loop, ("close",), (2, 0, 0.5)).loop(bars)()
    np.testing.assert_array_equal(out, [[np.nan, 1.5, 2.75]])

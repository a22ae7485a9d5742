"""The benchmark of signals plays real minutes, and plays them the same both ways."""

import polars as pl
import pytest

from engine.strategies import SHIPPED
from engine.strategies.sma_cross import SmaCross
from parity.bench import signals
from parity.bench.minutes import bars_of
from parity.bench.signals import signal_figures


def test_every_strategy_has_its_figures():
    heard = []
    figures = signal_figures(smoke=True, say=heard.append)
    assert {figure.name for figure in figures} == set(SHIPPED)
    assert len(figures) == len(SHIPPED) * 2 * 2
    assert heard[0] == "signals: 10,000 bars, symbols: 1, kama"


def test_minutes_of_several_symbols_begin_together():
    bars, _told = bars_of(10, 2)
    assert bars["symbol"].to_list() == ["COIN00"] * 5 + ["COIN01"] * 5
    assert bars["timestamp"].head(5).equals(bars["timestamp"].tail(5))
    assert bars["timestamp"].is_sorted() is False


def test_signals_that_differ_are_no_measurement(monkeypatch):
    class Moody(SmaCross):
        """Another signal each time it is asked."""

        turn = 0

        def signal(self):
            self.turn += 1
            return pl.lit(self.turn % 2)

    monkeypatch.setattr(signals, "build_strategy", lambda _name: Moody(2, 3))
    with pytest.raises(AssertionError, match="signals differ"):
        signal_figures(smoke=True)

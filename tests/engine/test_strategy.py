"""From bars to signals: expressions, loops with memory, warm-up, and no bleed between symbols."""

from datetime import UTC, datetime, timedelta

import numba
import numpy as np
import polars as pl
import pytest

from engine.errors import LookaheadError, StrategyError
from engine.lookahead import check_lookahead
from engine.strategy import Loop, StrategyBase, combine, parameters

START = datetime(2024, 1, 1, tzinfo=UTC)


def bars(**closes):
    """Hours of each symbol, one after the other."""
    rows = [
        {"timestamp": START + timedelta(hours=hour), "symbol": symbol, "close": close}
        for symbol, prices in closes.items()
        for hour, close in enumerate(prices)
    ]
    schema = {"timestamp": pl.Datetime("ms", "UTC"), "symbol": pl.String(), "close": pl.Float64()}
    return pl.DataFrame(rows, schema=schema)


@numba.njit(cache=True)
def highest_so_far(close, out):
    """Memory of everything before."""
    top = -np.inf
    for t in range(len(close)):
        top = max(top, close[t])
        out[t] = top


@numba.njit(cache=True)
def count_up_from(close, start, out):
    for t in range(len(close)):
        out[t] = start + t


class Breakout(StrategyBase):
    """Long while the close is the highest so far, short while it is below its mean of two."""

    name = "breakout"

    def __init__(self, window=2):
        self.window = window
        self.warmup = window - 1

    def add_indicators(self, lf):
        return lf.with_columns(
            pl.col("close").rolling_mean(self.window).over("symbol").alias("mean")
        )

    def loops(self):
        return {"top": Loop(highest_so_far, ("close",))}

    def signal(self):
        high = (pl.col("close") >= pl.col("top")).cast(pl.Int8())
        low = -(pl.col("close") < pl.col("mean")).cast(pl.Int8())
        return combine(high, low)


def test_the_signals_of_four_bars():
    frame = Breakout().run(bars(A=[10, 12, 11, 13]).lazy()).collect()
    assert frame.columns == ["timestamp", "symbol", "signal"]
    # the first bar is warm-up; 12 is the top; 11 is below (12 + 11) / 2; 13 is the top again
    assert frame["signal"].to_list() == [0.0, 1.0, -1.0, 1.0]


def test_debug_shows_every_column_on_the_way():
    frame = Breakout().run(bars(A=[10, 12, 11]).lazy(), debug=True).collect()
    assert frame.columns == ["timestamp", "symbol", "close", "mean", "top", "signal"]
    assert frame["top"].to_list() == [10.0, 12.0, 12.0]
    assert frame["top"].dtype == pl.Float32()


def test_symbols_in_any_order_and_mixed_in_time_say_the_same():
    prices = {"A": [10, 12, 11, 13], "B": [500, 400, 450, 300], "C": [1, 2, 3, 2]}
    alone = pl.concat([Breakout().run(bars(**{s: p}).lazy()).collect() for s, p in prices.items()])
    turned = bars(**dict(reversed(prices.items())))
    for frame in (bars(**prices), turned, turned.sort("timestamp", maintain_order=True)):
        found = Breakout().run(frame.lazy()).collect()
        assert found.sort("symbol", "timestamp").equals(alone.sort("symbol", "timestamp"))


def test_a_loop_has_parameters_and_a_filling_for_what_is_null():
    class Filled(Breakout):
        def loops(self):
            return {
                "count": Loop(count_up_from, ("close",), (5.0,)),
                "top": Loop(highest_so_far, ("close",), fill=-1.0),
            }

    frame = Filled().run(bars(A=[None, 2.0]).lazy(), debug=True).collect()
    assert frame["count"].to_list() == [5.0, 6.0]
    assert frame["top"].to_list() == [-1.0, 2.0]


def test_a_loop_asks_for_a_column_that_is_not_there():
    class Misspelt(Breakout):
        def loops(self):
            return {"top": Loop(highest_so_far, ("clsoe",))}

    with pytest.raises(StrategyError, match=r"breakout: loop 'top' asks for \['clsoe'\]"):
        Misspelt().run(bars(A=[1.0]).lazy())


@pytest.mark.parametrize(
    ("how", "weights", "signal"),
    [
        ("vote", None, [1.0, 0.0, -1.0]),
        ("agree", None, [1.0, 0.0, 0.0]),
        ("mean", None, [0.75, 0.0, -0.5]),
        ("mean", (3.0, 1.0), [0.875, 0.5, -0.25]),
        ("vote", (3.0, 1.0), [1.0, 1.0, -1.0]),
    ],
)
def test_two_opinions(how, weights, signal):
    frame = pl.DataFrame({"one": [1.0, 1.0, None], "other": [0.5, -1.0, -1.0]})
    found = frame.select(combine(pl.col("one"), pl.col("other"), how=how, weights=weights))
    assert found.to_series().to_list() == signal


def test_opinions_that_cannot_be_combined():
    with pytest.raises(StrategyError, match="0 signals"):
        combine()
    with pytest.raises(StrategyError, match="1 signals with weights"):
        combine(pl.col("a"), weights=(1.0, 2.0))
    with pytest.raises(StrategyError, match="loudest"):
        combine(pl.col("a"), how="loudest")


def test_what_identifies_a_run():
    assert parameters(Breakout(3)) == {"window": 3, "warmup": 2}


def walk(symbol_count=2):
    steps = np.random.default_rng(3).normal(0, 1, (symbol_count, 60)).cumsum(axis=1) + 100
    return bars(**{f"S{number}": prices for number, prices in enumerate(steps)})


class Leak(Breakout):
    """The breakout with one more column, which the test supplies."""

    def __init__(self, column):
        super().__init__()
        self._column = column

    def add_indicators(self, lf):
        return self._column(super().add_indicators(lf))


def two_hours_by_their_start(lf):
    """The close of a bar of two hours, known an hour before it is."""
    wide = lf.group_by_dynamic("timestamp", every="2h", group_by="symbol").agg(
        pl.col("close").last().alias("leak")
    )
    return lf.sort("timestamp").join_asof(
        wide.sort("timestamp"), on="timestamp", by="symbol", check_sortedness=False
    )


CLOSE = pl.col("close")
LEAKS = {
    "centered window": lambda lf: lf.with_columns(
        leak=CLOSE.rolling_mean(5, center=True).over("symbol")
    ),
    "negative shift": lambda lf: lf.with_columns(leak=CLOSE.shift(-1).over("symbol")),
    "mean of the future": lambda lf: lf.with_columns(leak=CLOSE - CLOSE.mean().over("symbol")),
    "resample label": two_hours_by_their_start,
    "backward fill": lambda lf: lf.with_columns(
        leak=pl.when(CLOSE > 100).then(CLOSE).backward_fill().over("symbol")
    ),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_is_found_and_named(leak):
    with pytest.raises(LookaheadError, match=r"breakout: leak of S\d at 2024"):
        check_lookahead(Leak(LEAKS[leak]), walk())


def test_an_honest_strategy_passes():
    check_lookahead(Breakout(5), walk(), cuts=20)


def test_too_few_bars_prove_nothing():
    with pytest.raises(StrategyError, match="fewer than 3"):
        check_lookahead(Breakout(), bars(A=[1.0, 2.0]))

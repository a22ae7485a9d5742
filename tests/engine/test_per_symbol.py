"""Frames of one symbol need no window; what comes of them is the same to the bit."""

import threading
from pathlib import Path

import polars as pl
import pytest

from engine import per_symbol as windows
from engine.per_symbol import asked_of, in_order, is_alone, per_symbol, plain, symbol_by_symbol
from engine.strategies import SHIPPED, build_strategy
from engine.strategy import StrategyBase

STORED = Path("reference_data/bars/crypto_1m_binance_perp")
SHIFT = pl.col("close").shift()


def minutes(*symbols, count=2000):
    return [pl.read_parquet(STORED / f"{one}.parquet").head(count) for one in symbols]


def closes(**given):
    rows = [(symbol, float(price)) for symbol, prices in given.items() for price in prices]
    return pl.DataFrame(rows, schema=["symbol", "close"], orient="row")


def same(one, other):
    return one.meta.eq(other)


def test_a_window_is_there_unless_bars_of_one_symbol_are_asked():
    assert same(per_symbol(SHIFT), SHIFT.over("symbol"))
    with asked_of(one_symbol=True):
        assert same(per_symbol(SHIFT), SHIFT)
        assert same(plain(SHIFT.over("symbol")), SHIFT)
        with asked_of(one_symbol=False):
            assert same(per_symbol(SHIFT), SHIFT.over("symbol"))
            assert same(plain(SHIFT.over("symbol")), SHIFT.over("symbol"))
        assert same(per_symbol(SHIFT), SHIFT)
    assert same(per_symbol(SHIFT), SHIFT.over("symbol"))


@pytest.mark.parametrize(
    "other",
    [
        pl.col("close"),
        pl.col("close").rank().over("timestamp"),
        SHIFT.over("symbol", "timestamp"),
        SHIFT.over("symbol") + 1.0,
        pl.col("close").sort().over("symbol", order_by="close"),
        SHIFT.over("symbol", mapping_strategy="join"),
    ],
)
def test_only_the_plain_window_over_the_symbol_is_taken_away(other):
    with asked_of(one_symbol=True):
        assert same(plain(other), other)


def test_it_holds_for_one_thread_only():
    def look():
        seen.append(same(per_symbol(SHIFT), SHIFT))

    seen = []
    with asked_of(one_symbol=True):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [False]


def test_an_error_inside_leaves_nothing_behind():
    with pytest.raises(ZeroDivisionError), asked_of(one_symbol=True):
        raise ZeroDivisionError
    assert same(per_symbol(SHIFT), SHIFT.over("symbol"))


def test_bars_of_one_symbol():
    assert is_alone(closes(A=[1, 2]))
    assert not is_alone(closes(A=[1], B=[2]))
    assert not is_alone(closes(A=[]))
    assert not is_alone(closes(A=[1]).drop("symbol"))
    assert not is_alone(closes(A=[1, 2]).with_columns(symbol=pl.Series(["A", None])))


def test_polars_is_told_of_symbols_in_order():
    def told(frame):
        return in_order(frame)["symbol"].flags["SORTED_ASC"]

    assert told(closes(A=[1], B=[2]))
    assert not told(closes(B=[1], A=[2]))
    assert not told(closes(A=[1, 2]).with_columns(symbol=pl.Series([None, "A"])))
    assert in_order(closes(A=[1]).drop("symbol")).columns == ["close"]


def test_bars_are_cut_where_a_symbol_has_many_that_follow_one_another(monkeypatch):
    monkeypatch.setattr(windows, "FEW", 2)
    frame = closes(B=[1, 2, 3], A=[4, 5])
    assert [part["close"].to_list() for part in symbol_by_symbol(frame)] == [[1, 2, 3], [4, 5]]
    again = pl.concat([frame, closes(B=[6, 7])])
    assert symbol_by_symbol(again) == [again], "B comes twice"
    few = closes(A=[1], B=[2], C=[3])
    assert symbol_by_symbol(few) == [few]
    without = frame.with_columns(symbol=pl.Series(["B", "B", "B", None, None]))
    assert symbol_by_symbol(without) == [without]
    assert symbol_by_symbol(frame.clear())[0].is_empty()


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("few", [1, 5_000])
def test_shipped_strategies_say_the_same_of_bars_in_hand(name, few, monkeypatch):
    monkeypatch.setattr(windows, "FEW", few)
    strategy, own = build_strategy(name), minutes("BTCUSDT", "ETHUSDT", "SOLUSDT")
    mixed = pl.concat(own).sort("timestamp", maintain_order=True)
    for frame in (own[0], pl.concat(own), pl.concat(own[::-1]), mixed, own[0].head(1)):
        wanted = strategy.run(frame.lazy(), debug=True).collect(engine="in-memory")
        assert strategy.run(frame, debug=True).equals(wanted)
        assert strategy.run(frame).equals(strategy.run(frame.lazy()).collect(engine="in-memory"))


def test_a_strategy_that_looks_across_symbols_sees_all_of_them(monkeypatch):
    class Strongest(StrategyBase):
        """Long in the symbol with the highest close of each minute."""

        name = "strongest"

        def add_indicators(self, lf):
            return lf.with_columns(pl.col("close").rank("ordinal").over("timestamp").alias("rank"))

        def signal(self):
            return (pl.col("rank") == 2).cast(pl.Int8())

    monkeypatch.setattr(windows, "FEW", 1)
    both = pl.concat(minutes("BTCUSDT", "ETHUSDT", count=100))
    found = Strongest().run(both)
    assert found.filter(symbol="BTCUSDT")["signal"].to_list() == [1.0] * 100
    assert found.filter(symbol="ETHUSDT")["signal"].to_list() == [0.0] * 100

"""Rows of several symbols in any order, costs that are not known, and what a unit earns."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.legs import loop
from engine.legs.rows import rows_of
from engine.vectorized import VectorizedEngine

START = datetime(2024, 1, 1, tzinfo=UTC)
NAN = float("nan")


def bars(symbol, closes, signals, **columns):
    """An hour a bar; opens are the closes before."""
    told = {
        "timestamp": [START + timedelta(hours=hour) for hour in range(len(closes))],
        "symbol": [symbol] * len(closes),
        "open": [closes[0], *closes[:-1]],
        "close": closes,
        "signal": signals,
        **columns,
    }
    return pl.DataFrame(told)


A = bars("A", [100.0, 110.0, 99.0, 99.0], [1.0, 1.0, 0.0, 0.0])
B = bars("B", [10.0, 11.0, 11.0, 22.0], [0.0, -1.0, 1.0, 1.0])


def mixed():
    """Hour by hour instead of symbol by symbol."""
    return pl.concat([B, A]).sort("timestamp", maintain_order=True)


@pytest.mark.parametrize("execution", ["close", "next_open", "next_close"])
def test_rows_of_symbols_may_be_mixed(execution):
    engine = VectorizedEngine(execution, fee={"A": 0.01, "B": 0.02})
    apart, among = engine.run(pl.concat([A, B])), engine.run(mixed())
    keys = ["symbol", "timestamp"]
    assert_frame_equal(apart.frame.collect(), among.frame.collect().sort(keys), check_exact=True)
    assert_frame_equal(apart.account.collect(), among.account.collect())
    found = among.trades.collect().sort("symbol", "entry_time")
    assert_frame_equal(apart.trades.collect(), found, check_exact=True)


def test_trades_are_told_in_the_order_in_which_they_are_first_held():
    trades = VectorizedEngine("close").run(mixed()).trades.collect()
    assert trades["symbol"].to_list() == ["A", "B", "B"]
    assert trades["bars"].to_list() == [2, 1, 1]
    assert trades["return"].to_list() == pytest.approx([1.1 * 0.9 - 1, 0.0, 1.0])


def test_the_frame_keeps_the_order_of_its_rows():
    frame = VectorizedEngine("close").run(mixed()).frame.collect()
    assert frame["symbol"].to_list() == ["B", "A"] * 4
    assert frame["position"].to_list() == [0.0, 0.0, 0.0, 1.0, -1.0, 1.0, 1.0, 0.0]


def test_a_cost_that_is_not_known_leaves_a_bar_without_a_return():
    spread = [0.0, None, 0.0, 0.1]
    screen = VectorizedEngine("close", slippage="spread").run(
        A.with_columns(spread=pl.Series(spread))
    )
    account = screen.account.collect()
    assert account["net"].to_list() == [0.0, None, pytest.approx(-0.1), pytest.approx(-0.1)]
    assert account["cost"].to_list() == [0.0, None, 0.0, 0.1]
    assert account["equity"].to_list() == [1.0, None, pytest.approx(0.9), pytest.approx(0.81)]
    values = dict(screen.metrics.iter_rows())
    assert values["n_nans"] == 1
    assert values["commission"] == 0.1


def test_one_symbol_may_have_a_part_of_the_account():
    whole = VectorizedEngine("close").run(A).account.collect()
    half = VectorizedEngine("close", weights={"A": 0.5}).run(A).account.collect()
    assert half["exposure"].to_list() == [0.0, 0.5, 0.5, 0.0]
    assert half["net"].to_list() == (whole["net"] / 2).to_list()
    assert half["equity"][-1] == pytest.approx(1.05 * 0.95)


def test_no_bars_at_all():
    outcome = VectorizedEngine().run(A.head(0)).outcome
    assert outcome.account.height == outcome.trades.height == 0
    assert dict(outcome.metrics.iter_rows())["n_bars"] == 0


def test_tables_have_the_types_they_promise():
    screen = VectorizedEngine().run(mixed())
    for lazy in (screen.account, screen.frame, screen.trades):
        assert lazy.collect_schema() == lazy.collect().schema


def test_what_a_unit_earns_before_and_after_the_open():
    gap = A.with_columns(open=pl.Series([100.0, 105.0, NAN, 99.0]))
    units = VectorizedEngine(fee=0.01, slippage=0.002).units(gap)
    # At 105 half of the first hour's rise is over; the third bar has no open and begins at 110.
    assert units["carried"].to_list() == pytest.approx([0.0, 0.05, 0.0, 0.0])
    assert units["held"].to_list() == pytest.approx([0.0, 110 / 105 - 1, -0.1, 0.0])
    assert units["rate"].to_list() == [0.012] * 4


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("execution", ["close", "next_open", "next_close"])
def test_compiled_and_plain_play_the_same_bits(seed, execution):
    rng = np.random.default_rng(seed)
    closes = 100.0 * np.cumprod(1.0 + rng.normal(0.0, 0.02, 200))
    closes[rng.integers(0, 200, 10)] = NAN
    signals = np.repeat(rng.choice([-1.0, -0.5, 0.0, 1.0], 50), 4)
    frame = bars("A", closes.tolist(), signals.tolist(), cost=rng.uniform(0, 0.01, 200))
    rows = rows_of(frame, execution, (0.001, "cost"), None)
    lines = loop.Lines._fields
    compiled = rows.play(*lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.legs.rows.play", loop.play.py_func)
        patch.setattr("engine.legs.rows.count_trips", loop.count_trips.py_func)
        plain = rows.play(*lines)
    for one, other in zip(compiled[0], plain[0], strict=True):
        assert one.equals(other), one.name
    for one, other in zip(compiled[1], plain[1], strict=True):
        assert one.tobytes() == other.tobytes()

"""The screen and simulated fills agree where they must: all money in or none, no rounding."""

from pathlib import Path

import polars as pl
import pytest

from engine import Account, Script, simulate
from engine.metrics import widen
from engine.vectorized import VectorizedEngine

BARS = Path(__file__).parents[2] / "reference_data" / "bars" / "crypto_1m_binance_perp"


@pytest.fixture(scope="module")
def bars():
    """Two thousand real minutes and whether the mean of 20 closes is above that of 100."""
    frame = pl.read_parquet(BARS / "BTCUSDT.parquet").head(2000)
    close = pl.col("close")
    above = (close.rolling_mean(20) > close.rolling_mean(100)).fill_null(value=False)
    return frame.with_columns(above.alias("above"), above.cast(pl.Float64()).alias("signal"))


def filled(bars, *, when, **account):
    """The same wish as entries and exits, all in, at the close of its bar or at the next open."""
    above = bars["above"] if when == "close" else bars["above"].shift(1, fill_value=False)
    before = above.shift(1, fill_value=False)
    signals = bars.select("timestamp", "symbol").with_columns(
        entry=above & ~before, exit=~above & before
    )
    script = Script("signals", signals, {"price": "close" if when == "close" else "open"})
    plain = bars.drop("above", "signal")
    return simulate(plain, script, model="vectorbt", account=Account(1000.0, **account))


@pytest.mark.parametrize(("execution", "when"), [("close", "close"), ("next_open", "open")])
def test_without_costs_equity_is_the_same(bars, execution, when):
    screen = VectorizedEngine(execution).run(bars)
    result = filled(bars, when=when)
    own = screen.account.collect()["equity"].to_numpy()
    assert own == pytest.approx(result.equity["equity"].to_numpy() / 1000.0, rel=1e-12)
    trades = screen.trades.collect()
    assert trades.height == result.trades.height > 10
    assert trades["return"].to_list() == pytest.approx(result.trades["return"].to_list(), abs=1e-12)


def test_metrics_do_not_depend_on_who_traded(bars):
    screen, run = VectorizedEngine("close").run(bars).metrics, filled(bars, when="close").metrics
    names = (
        "sharpe",
        "sortino",
        "max_drawdown",
        "stability",
        "exposure",
        "win_rate",
        "trade_count",
    )
    one, other = widen(screen), widen(run)
    for name in (*names, "periods_per_year", "max_drawdown_bars", "longest_trade_days"):
        assert one[name].item() == pytest.approx(other[name].item(), rel=1e-9), name


def test_costs_part_them_by_less_than_the_square_of_a_cost(bars):
    """All-in fills pay the fee out of the order, the screen out of the bar: 1/(1+f) against 1-f."""
    fee = 0.0005
    screen = VectorizedEngine("next_open", fee=fee).run(bars)
    result = filled(bars, when="open", commission=fee)
    own = screen.account.collect()["equity"].to_numpy()[-1]
    other = result.equity["equity"].to_numpy()[-1] / 1000.0
    fills = result.fills.height
    assert own != pytest.approx(other, rel=1e-9)
    assert abs(own / other - 1.0) < fills * fee * (fee + 0.005)  # a bar moves by less than 0.5 %

"""The loop-free screen and the house model give one equity where a script keeps its exposure."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine import Account, Script, simulate
from engine.vectorized import VectorizedEngine

BARS = Path(__file__).parents[2] / "reference_data" / "bars" / "crypto_1m_binance_perp"
CASH = 1000.0
TIMINGS = ("close", "next_open", "next_close")


def minutes(symbol="BTCUSDT", count=2000):
    return pl.read_parquet(BARS / f"{symbol}.parquet").head(count)


@pytest.fixture(scope="module")
def crossing():
    """Real minutes; in the market while the mean of 20 closes is above that of 100."""
    close = pl.col("close")
    above = (close.rolling_mean(20) > close.rolling_mean(100)).fill_null(value=False)
    return minutes().with_columns(above.cast(pl.Float64()).alias("signal"))


def screened(bars, execution, **told):
    return VectorizedEngine(execution, **told).run(bars).account.collect()["equity"].to_numpy()


def in_and_out(bars, timing, **account):
    """The same wish as entries and exits of all there is."""
    inside = pl.col("signal") > 0
    before = inside.shift(1, fill_value=False)
    signals = bars.select("timestamp", "symbol", entry=inside & ~before, exit=~inside & before)
    return simulate(
        bars.drop("signal"),
        Script("signals", signals),
        account=Account(CASH, **account),
        options={"timing": timing},
    )


def kept_at(bars, timing, **told):
    """The same wish as an order on every bar that brings the position back to its share."""
    tape = bars.select("timestamp", "symbol", quantity="signal", unit=pl.lit("target_percent"))
    options = {"timing": timing, "cash_rule": "margin"}
    account = Account(CASH, **told)
    return simulate(bars.drop("signal"), Script("orders", tape), account=account, options=options)


@pytest.mark.parametrize("timing", TIMINGS)
def test_all_in_or_out(crossing, timing):
    result = in_and_out(crossing, timing)
    assert result.fills.height > 20
    own = screened(crossing, timing)
    assert own == pytest.approx(result.equity["equity"].to_numpy() / CASH, rel=1e-12)


@pytest.mark.parametrize("timing", ["close", "next_close"])
@pytest.mark.parametrize("exposure", [0.5, 1.0, -1.0, 2.0])
def test_a_share_of_equity_kept_on_every_bar(crossing, timing, exposure):
    bars = crossing.with_columns(pl.col("signal") * exposure)
    result = kept_at(bars, timing)
    own = screened(bars, timing)
    assert own == pytest.approx(result.equity["equity"].to_numpy() / CASH, rel=1e-12)


@pytest.mark.parametrize("exposure", [0.5, -1.0, 2.0])
def test_a_share_kept_at_every_open_and_every_close(crossing, exposure):
    """The screen's next open keeps the share at both, so each bar is told as two: open, close."""
    bars = crossing.with_columns(pl.col("signal") * exposure)
    halves = pl.concat([half_bars(bars, "open"), half_bars(bars, "close")]).sort("timestamp")
    result = kept_at(halves, "close")
    closes = result.equity["equity"].to_numpy()[1::2] / CASH
    assert screened(bars, "next_open") == pytest.approx(closes, rel=1e-12)


def half_bars(bars, price):
    """A bar of one price; the share of a bar's signal is held from the next bar's open on."""
    step = pl.duration(seconds=30 if price == "close" else 0)
    wanted = pl.col("signal").shift(1, fill_value=0.0)
    prices = [pl.col(price).alias(name) for name in ("open", "high", "low", "close")]
    time = (pl.col("timestamp") + step).cast(pl.Datetime("ms", "UTC"))
    return bars.select(time, "symbol", *prices, "volume", wanted.alias("signal"))


def test_two_symbols_by_weight(crossing):
    """Half the account each: the screen's weights are the shares that house keeps."""
    other = minutes("ETHUSDT").with_columns(signal=crossing["signal"].reverse())
    bars = pl.concat([crossing, other])
    own = screened(bars, "close")
    halved = bars.with_columns(pl.col("signal") / 2)
    result = kept_at(halved, "close")
    assert own == pytest.approx(result.equity["equity"].to_numpy() / CASH, rel=1e-12)


@pytest.mark.parametrize("fee", [0.0002, 0.001])
def test_costs_of_going_all_in_part_them_by_the_square_of_a_cost(crossing, fee):
    """House pays the fee of buying out of what it buys for, 1 / (1 + f); the screen pays it out of
    the bar's return, 1 - f. Selling, house pays f of what the position is worth by then, the screen
    f of the bar before: both differ by f times a bar's move. So each fill parts them by at most
    f x (f + the largest move of a bar)."""
    result = in_and_out(crossing, "next_open", commission=fee)
    own = screened(crossing, "next_open", fee=fee)
    house = result.equity["equity"].to_numpy() / CASH
    apart = np.abs(own / house - 1.0)
    moves = crossing.select(
        pl.max_horizontal(
            (pl.col("close") / pl.col("open") - 1).abs(),
            (pl.col("open") / pl.col("close").shift() - 1).abs(),
        ).max()
    ).item()
    fills = np.searchsorted(result.fills["timestamp"], result.equity["timestamp"], side="right")
    assert (apart <= fills * fee * (fee + 2.5 * moves) + 1e-12).all()
    assert apart[-1] > 1e-8


def test_keeping_a_share_costs_house_what_the_screen_takes_for_free(crossing):
    """Half the equity, brought back on every bar: the trades that takes cost money only in house.
    The screen charges changes of the wish; house charges every unit it trades."""
    bars = crossing.with_columns(pl.col("signal") / 2)
    fee = 0.001
    result = kept_at(bars, "close", commission=fee)
    free = kept_at(bars, "close")
    wished = screened(bars, "close", fee=fee)[-1]
    house = result.equity["equity"].to_numpy()[-1] / CASH
    each = free.fills.join(free.equity, on="timestamp")
    traded = (each["quantity"].abs() * each["price"] / each["equity"]).sum()
    asked = bars["signal"].diff().abs().sum()
    assert wished > house
    # To first order the difference is the fee of the turnover that was not wished for.
    assert np.log(wished / house) == pytest.approx(fee * (traded - asked), rel=0.05)

"""The strategies that ship, each on a handful of bars."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from engine.errors import InputError, StrategyError
from engine.lookahead import check_lookahead
from engine.strategies import SHIPPED, build_strategy
from engine.strategies.kama import Kama
from engine.strategies.regime_sizing import RegimeSizing
from engine.strategies.sma_cross import SmaCross
from engine.strategies.supertrend import SuperTrend
from engine.strategies.trailing_stop import TrailingStop
from parity.environments import PROJECT

START = datetime(2024, 1, 1, tzinfo=UTC)
STORED = PROJECT / "reference_data" / "bars"


def bars(closes, symbol="A", spread=0.0):
    """Days whose high and low are ``spread`` away from the close."""
    return pl.DataFrame(
        {
            "timestamp": [START + timedelta(days=day) for day in range(len(closes))],
            "symbol": symbol,
            "high": [float(close) + spread for close in closes],
            "low": [float(close) - spread for close in closes],
            "close": [float(close) for close in closes],
        }
    )


def play(strategy, closes, spread=0.0, column="signal"):
    frame = strategy.run(bars(closes, spread=spread).lazy(), debug=True).collect()
    return frame[column].to_list()


def test_sma_cross():
    closes = [1, 2, 3, 4, 1, 1]
    assert play(SmaCross(1, 2), closes) == [0, 1, 1, 1, 0, 0]
    # where both are equal it is flat, on either setting
    assert play(SmaCross(1, 2, short=-1.0), closes) == [0, 1, 1, 1, -1, 0]


def test_a_trailing_stop_lets_profits_run_and_then_ends():
    # 12 is above the highs 10 and 11; the best is 20, a tenth below is 18; 17 ends it
    closes = [10, 11, 12, 20, 19, 17, 18, 19, 21]
    # 18 and 19 are no breakout above 19 and 17; 21 is
    found = play(TrailingStop(2, 0.1), closes)
    assert found == [0, 0, 1, 1, 1, 0, 0, 1, 1]
    assert play(TrailingStop(2, 0.1), closes, column="breakout")[7] == 18.0


def test_a_stop_that_is_touched_ends_it():
    assert play(TrailingStop(1, 0.5), [1, 2, 1, 1]) == [0, 1, 0, 0]


def test_supertrend():
    # as in its indicator's own story: down at 5, up again at 14
    closes = [10, 10, 10, 5, 14]
    assert play(SuperTrend(1, 1.0), closes, 1.0) == [0, 1, 1, 0, 1]
    assert play(SuperTrend(1, 1.0, short=-1.0), closes, 1.0) == [0, 1, 1, -1, 1]


def test_kama_holds_its_side_inside_the_band():
    # straight moves: efficiency 1, so the average goes (2/3)^2 = 4/9 of the way
    closes = [100, 110, 110, 90]
    average = play(Kama(1, band=0.05), closes, column="average")
    assert average[1] == pytest.approx(100 + 10 * 4 / 9)
    assert average[2] == pytest.approx(110 - 10 * 25 / 81)
    # 110 is 5.3 % above 104.4, then 2.9 % above 106.9: inside the band, so still long
    assert play(Kama(1, band=0.05), closes) == [0, 1, 1, 0]
    assert play(Kama(1, band=0.05, short=-1.0), closes) == [0, 1, 1, -1]


def test_regime_sizing_is_small_in_a_storm():
    strategy = RegimeSizing(
        trend=2, fast=2, slow=4, target=0.01, enter=1.2, leave=0.5, storm=0.5, step=0.001
    )
    closes = [100, 101, 102, 103, 104, 120, 130, 131, 132, 133]
    stormy = play(strategy, closes, column="stormy")
    ratio = play(strategy, closes, column="ratio")
    signal = play(strategy, closes)
    # 1 % then 15 %: 10.2 against 7.2; then 15 % and 8 %: 5.0 against 6.9, which goes on
    assert ratio[5] == pytest.approx(1.41, abs=0.01)
    assert ratio[6] == pytest.approx(0.72, abs=0.01)
    assert stormy[4:] == [0, 1, 1, 1, 0, 0]
    assert signal[4] == 1.0, "calm days allow more than all of it"
    volatility = play(strategy, closes, column="volatility")[5]
    assert signal[5] == pytest.approx(0.01 / volatility * 0.5, abs=5e-4)
    assert signal[:4] == [0, 0, 0, 0], "4 returns need 5 bars"


@pytest.mark.parametrize("name", SHIPPED)
def test_symbols_do_not_mix(name):
    own = [pl.read_parquet(STORED / "equity_1d_sp500" / f"{s}.parquet") for s in ("AAPL", "GE")]
    strategy = build_strategy(name)
    alone = pl.concat([strategy.run(one.lazy()).collect() for one in own])
    for mixed in (pl.concat(own[::-1]), pl.concat(own).sort("timestamp", maintain_order=True)):
        found = strategy.run(mixed.lazy()).collect()
        assert found.sort("symbol", "timestamp").equals(alone.sort("symbol", "timestamp"))


@pytest.mark.parametrize("name", SHIPPED)
def test_no_future_and_a_signal_on_minutes(name):
    minutes = pl.read_parquet(STORED / "crypto_1m_binance_perp" / "ETHUSDT.parquet").head(3000)
    strategy = build_strategy(name)
    check_lookahead(strategy, minutes, cuts=5)
    signal = strategy.run(minutes.lazy()).collect()["signal"]
    assert set(signal.head(strategy.warmup)) == {0.0}
    assert signal.abs().max() <= 1.0
    assert 0.01 < (signal != 0).mean() < 0.99


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("sma_cross", {"fast": 5, "slow": 5}, "1 <= fast < slow"),
        ("trailing_stop", {"stop": 1.5}, "share between 0 and 1"),
        ("kama", {"band": -0.1}, "at least 0"),
        ("regime_sizing", {"enter": 0.5}, "above enter"),
        ("regime_sizing", {"step": 0.0}, "both above 0"),
    ],
)
def test_settings_that_make_no_sense(name, params, words):
    with pytest.raises(StrategyError, match=words):
        build_strategy(name, params)


def test_a_length_that_is_none():
    with pytest.raises(InputError, match="supertrend: length is 0"):
        build_strategy("supertrend", {"length": 0})

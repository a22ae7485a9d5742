"""Shared columns by hand, and that they are computed once."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from engine.prepared import Prepared, basic_features, cost_inputs
from engine.store.cache import Cache

START = datetime(2024, 1, 1, tzinfo=UTC)


def bars(symbol="A", closes=(100.0, 110.0, None, 99.0), volume=10.0):
    count = len(closes)
    return pl.DataFrame(
        {
            "timestamp": [START + timedelta(days=day) for day in range(count)],
            "symbol": [symbol] * count,
            "open": closes,
            "high": [None if close is None else close * 1.02 for close in closes],
            "low": closes,
            "close": closes,
            "volume": [volume] * count,
        },
        schema_overrides={"timestamp": pl.Datetime("ms", "UTC")},
    )


@pytest.fixture
def prepared(tmp_path):
    both = pl.concat([bars("A"), bars("B", (10.0, 5.0), volume=0.0)])
    calls = []

    def read():
        calls.append(1)
        return both

    return Prepared(read, "da7a", ("A", "B"), "1d", Cache(tmp_path)), calls


def test_returns_do_not_cross_symbols_or_gaps(prepared):
    returns = prepared[0].asset_returns()
    assert returns["return"].to_list() == pytest.approx([0.0, 0.1, 0.0, -0.1, 0.0, -0.5])


def test_masks(prepared):
    masks = prepared[0].masks()
    assert masks["priced"].to_list() == [True, True, False, True, True, True]
    assert masks["traded"].to_list() == [True] * 4 + [False] * 2
    assert masks["first"].to_list() == [True, False, False, False, True, False]


def test_bars_are_read_once_for_each_kind(prepared):
    own, calls = prepared
    for _ in range(2):
        for read in (own.asset_returns, own.features, own.masks, own.costs):
            read()
    assert len(calls) == 4


def test_features_of_the_month():
    closes = tuple(100.0 * 1.01**day for day in range(30))
    features = basic_features(bars(closes=closes).lazy()).collect()
    assert features["momentum"][21] == pytest.approx(1.01**21 - 1)
    assert features["volatility"][25] == pytest.approx(0.0, abs=1e-12)
    assert features["range"][0] == pytest.approx(0.02)
    assert features["value"][1] == pytest.approx(1010.0)


def test_a_bounce_between_bid_and_ask_is_the_spread():
    """Nothing moves but trades at 99.5 and 100.5: high and low are the two quotes, 1 % apart."""
    flat = bars(closes=(100.0,) * 5).with_columns(high=pl.lit(100.5), low=pl.lit(99.5))
    half = cost_inputs(flat.lazy()).collect()["half_spread"]
    assert half[0] == 0.0
    assert half[1:].to_list() == pytest.approx([0.005] * 4, rel=1e-3)

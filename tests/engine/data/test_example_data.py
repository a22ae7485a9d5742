"""The example dataset is what its page says: hours made of the stored minutes."""

from datetime import date

import polars as pl
import pytest

from engine.data_loader import DataSpec, ParquetLoader, resample_data
from parity.environments import PROJECT

STORED = PROJECT / "reference_data" / "bars" / "crypto_1m_binance_perp"
SPAN = (date(2025, 5, 1), date(2025, 7, 1))


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_the_hours_are_those_of_the_minutes(symbol):
    spec = DataSpec(PROJECT / "examples" / "data", SPAN, (symbol,), precision="float64")
    ParquetLoader().verify(spec, step="1h")
    hours = ParquetLoader().load(spec).collect()
    minutes = pl.read_parquet(STORED / f"{symbol}.parquet")
    made = resample_data(minutes.lazy(), "1h", way="down").collect()
    assert hours.height == 719
    # the first and the last hour of the minutes are not whole
    assert hours.equals(made.slice(1, 719))

"""Real minutes, and strategies that go wrong in known ways."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from engine.strategy import StrategyBase

FILE = Path("reference_data/bars/crypto_1m_binance_perp/BTCUSDT.parquet")


def minutes(count=3000, start=0):
    return pl.read_parquet(FILE).slice(start, count)


def days(closes, symbol="A"):
    first = datetime(2024, 1, 1, tzinfo=UTC)
    times = [first + timedelta(days=day) for day in range(len(closes))]
    return pl.DataFrame(
        {
            "timestamp": pl.Series(times).cast(pl.Datetime("ms", "UTC")),
            "symbol": [symbol] * len(closes),
            "open": closes,
            "high": closes,
            "low": closes,
            "close": closes,
            "volume": [1.0] * len(closes),
        },
        schema_overrides={name: pl.Float64() for name in ("open", "high", "low", "close")},
    )


class Above(StrategyBase):
    """Long while the close is above a level; a level of 0 cannot be."""

    name = "above"

    def __init__(self, level=100.0, share=1.0):
        if level == 0:
            raise ValueError("a level of 0")
        self.level, self.share = level, share

    def signal(self):
        return pl.when(pl.col("close") > self.level).then(self.share).otherwise(0.0)

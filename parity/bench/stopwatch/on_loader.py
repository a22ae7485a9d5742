"""Our loader on its own: one month of one symbol, or hours made of minutes.

``python -m parity.bench.stopwatch.on_loader load|hours|polars|truncate``: the last two are what a
user of polars would write by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from engine.data_loader import ParquetLoader
from engine.resample import resample_data
from parity.bench.stopwatch.loop import Arrays, serve
from parity.bench.stopwatch.rows import PRICES, rows_of

RULES = (
    pl.col("open").first(),
    pl.col("high").max(),
    pl.col("low").min(),
    pl.col("close").last(),
    pl.col("volume").sum(),
)


def load(_arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], pl.DataFrame]:
    """From nothing but the folder's name, every time; all symbols if none is told.

    From the second call on the loader knows the footers of files that have not changed.
    """
    start, end = (datetime.fromisoformat(settings[name]) for name in ("start", "end"))
    symbols = (settings["symbol"],) if settings["symbol"] else None

    def call() -> pl.DataFrame:
        loader = ParquetLoader()
        lazy = loader.load_dataset(settings["hive"], (start, end), symbols)
        return lazy.collect()

    return call


def minutes(_arrays: Arrays, settings: Mapping[str, Any]) -> pl.DataFrame:
    """The bars of the file, in memory."""
    return pl.read_parquet(settings["minutes"])


def hours(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], pl.DataFrame]:
    """``resample_data``."""
    bars = minutes(arrays, settings).lazy()
    return lambda: resample_data(bars, "1h").collect()


def polars(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], pl.DataFrame]:
    """Windows of polars, for its only symbol."""
    bars = minutes(arrays, settings).lazy()
    return lambda: bars.group_by_dynamic("timestamp", every="1h").agg(RULES).collect()


def truncate(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], pl.DataFrame]:
    """Times cut to the hour, and a group of each."""
    bars = minutes(arrays, settings).lazy()
    hour = pl.col("timestamp").dt.truncate("1h")
    return lambda: bars.group_by(hour, maintain_order=True).agg(RULES).collect()


def read(bars: pl.DataFrame) -> np.ndarray:
    """Times and prices."""
    return rows_of(bars["timestamp"].to_numpy(), (bars[name].to_numpy() for name in PRICES))


if __name__ == "__main__":
    ways = {"load": load, "hours": hours, "polars": polars, "truncate": truncate}
    serve(ways[sys.argv[1]], read)

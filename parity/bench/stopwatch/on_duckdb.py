"""DuckDB and pandas: one month of one symbol from hive folders, and hours made of minutes.

``on_duckdb.py load|hours|pandas``; the types of the folders are given, so that symbols are text.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

# In the rivals' environment nothing of ours is installed; these modules need numpy only.
sys.path.append(str(Path(__file__).resolve().parents[3]))

from parity.bench.stopwatch.loop import Arrays, serve
from parity.bench.stopwatch.rows import PRICES, rows_of

LOAD = """
    select timestamp, symbol, open, high, low, close, volume
    from read_parquet('{hive}/*/*/*/*.parquet', hive_partitioning = true,
        hive_types = {{'symbol': varchar, 'year': smallint, 'month': tinyint}})
    where symbol = '{symbol}' and year = {year} and month = {month}
    order by timestamp
"""
HOURS = """
    select time_bucket(interval '1 hour', timestamp) as timestamp, first(open order by timestamp)
        as open, max(high) as high, min(low) as low, last(close order by timestamp) as close,
        sum(volume) as volume
    from minutes group by all order by 1
"""
# The rows are in time already, and one thread reads them in order: nothing needs to be sorted.
PLAIN = HOURS.replace(" order by timestamp)", ")")


def month_of(settings: Mapping[str, Any]) -> datetime:
    """The month asked for."""
    return datetime.fromisoformat(settings["start"])


def load(_arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], pa.Table]:
    """By the folders, which DuckDB prunes by their names."""
    month = month_of(settings)
    query = LOAD.format(**settings, year=month.year, month=month.month)
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    return lambda: connection.execute(query).to_arrow_table()


def pandas(_arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """By the folders, which pyarrow prunes by their names."""
    import pandas as pd

    month = month_of(settings)
    schema = pa.schema([("symbol", pa.string()), ("year", pa.int16()), ("month", pa.int8())])
    filters = [
        ("symbol", "==", settings["symbol"]),
        ("year", "==", month.year),
        ("month", "==", month.month),
    ]
    return lambda: pd.read_parquet(
        settings["hive"],
        partitioning=ds.partitioning(schema, flavor="hive"),
        filters=filters,
        columns=["timestamp", "symbol", *PRICES],
    ).sort_values("timestamp")


def hours(query: str) -> Callable[[Arrays, Mapping[str, Any]], Callable[[], pa.Table]]:
    """On a table of its own, in memory."""

    def prepare(_arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], pa.Table]:
        connection = duckdb.connect()
        connection.execute("set timezone = 'UTC'")
        given = pq.read_table(settings["minutes"])
        connection.register("given", given)
        connection.execute("create table minutes as select * from given")
        if query is PLAIN:
            connection.execute("set threads = 1")
        return lambda: connection.execute(query).to_arrow_table()

    return prepare


def read(bars: Any) -> np.ndarray:
    """Times and prices."""
    if isinstance(bars, pa.Table):
        times = bars["timestamp"].cast(pa.timestamp("ms", "UTC")).to_numpy()
        return rows_of(times, (bars[name].to_numpy() for name in PRICES))
    return rows_of(bars["timestamp"].to_numpy(), (bars[name].to_numpy() for name in PRICES))


if __name__ == "__main__":
    ways = {"load": load, "pandas": pandas, "hours": hours(HOURS), "plain": hours(PLAIN)}
    serve(ways[sys.argv[1]], read)

"""What was played, as tables: the account bar by bar, every symbol's bars, and trades."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from engine.execution.records import Ints
from engine.legs.loop import Trips
from engine.legs.rows import Rows
from engine.schema import F64, TEXT

SUMS: Final = ("exposure", "turnover", "gross", "cost", "net")
LINES: Final = ("position", "asset_return", "gross", "cost", "net", "equity")


def account_schema(bars: pl.Schema) -> pl.Schema:
    """Columns of ``account_of``."""
    return pl.Schema({"timestamp": bars["timestamp"], **dict.fromkeys((*SUMS, "equity"), F64)})


def account_of(bars: pl.DataFrame, rows: Rows) -> tuple[pl.DataFrame, Trips]:
    """Symbols by weight, added up bar by bar; and all trades."""
    if rows.alone:
        lines, trips = rows.play(*SUMS, "equity")
        return pl.DataFrame([bars["timestamp"], *lines]), trips
    lines, trips = rows.play(*SUMS)
    account = (
        pl.DataFrame([bars["timestamp"], *lines])
        .group_by("timestamp")
        .agg(pl.col(SUMS).sum())
        .sort("timestamp")
        .with_columns((1.0 + pl.col("net")).cum_prod().alias("equity"))
    )
    return account, trips


def frame_schema(bars: pl.Schema) -> pl.Schema:
    """Columns of ``frame_of``."""
    keys = {name: bars[name] for name in ("timestamp", "symbol")}
    return pl.Schema({**keys, **dict.fromkeys(("signal", *LINES), F64)})


def frame_of(bars: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    """Every symbol as an account of its own, row by row."""
    lines, _ = rows.play(*LINES, weighted=False)
    signal = pl.col("signal").cast(F64).fill_nan(None).fill_null(0.0)
    return bars.select("timestamp", "symbol", signal).with_columns(lines)


def trades_schema(bars: pl.Schema) -> pl.Schema:
    """Columns of ``trades_of``."""
    time = pl.Series(dtype=bars["timestamp"])
    return pl.Schema(
        {
            "symbol": bars["symbol"],
            "entry_time": time.dtype,
            "exit_time": time.dtype,
            "bars": pl.UInt32(),
            "entry_signal": F64,
            "return": F64,
            "status": TEXT,
            "duration": (time - time).dtype,
        }
    )


def trades_of(bars: pl.DataFrame, trips: Trips) -> pl.DataFrame:
    """One row per trade, in the order of the rows on which they are first held."""
    order = np.argsort(trips.first, kind="stable")
    trips = Trips._make(values[order] for values in trips)
    entered, left = (_times(bars["timestamp"], rows) for rows in (trips.entry, trips.exit))
    told = {
        "symbol": bars["symbol"].gather(trips.first),
        "entry_time": entered,
        "exit_time": left,
        "bars": pl.Series(trips.bars, dtype=pl.UInt32()),
        "entry_signal": trips.signal,
        "return": trips.worth - 1.0,
        "status": pl.Series(trips.exit < 0).replace_strict({True: "open", False: "closed"}),
        "duration": left - entered,
    }
    return pl.DataFrame(told, schema=trades_schema(bars.schema))


def _times(clock: pl.Series, rows: Ints) -> pl.Series:
    """The times of rows; none for -1."""
    places = pl.Series(rows)
    return clock.gather(places.set(places < 0, None))

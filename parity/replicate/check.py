"""A batch without signals or params cannot be replayed; what its files say of each other can be."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from engine.execution.records import Ints
from engine.execution.vectorbt.exits import Exits
from parity.replicate.layout import METRICS, TRADES, Batch
from parity.replicate.ledger import FIELDS, Ledger, read_trades
from parity.replicate.metrics import compare_metrics, empty, trade_metrics
from parity.replicate.names import find_column
from parity.replicate.settings import Settings
from parity.replicate.store import Place
from parity.replicate.tables import ids_of, named_columns, need, read_parquet, time_values


def check_alone(
    place: Place, batch: Batch, settings: Settings
) -> tuple[dict[str, Any], pl.DataFrame]:
    """Their metrics against what their own trades say: counts, win rate, profit factor, fees."""
    if TRADES not in batch.files or METRICS not in batch.files:
        return {"checked": []}, empty()
    address = place.at(f"{batch.name}/{METRICS}")
    frame = read_parquet(address)
    names = named_columns("metrics", frame, settings.columns)
    need(address, names, ["strategy"], frame.columns)
    strategies = ids_of(frame, names["strategy"])
    times = trade_times(place, batch, settings)
    ledger = read_trades(place, batch, settings, strategies, times)
    told = compare_metrics(place, batch, settings, strategies, trade_metrics(exits_from(ledger)))
    rows = told.rows
    sums = {
        "compared": rows.height,
        "exact": int(rows["exact"].sum()),
        "near": int(rows["near"].sum()),
    }
    return {"strategies": len(strategies), "metrics": sums, "checked": ["metrics by trades"]}, rows


def trade_times(place: Place, batch: Batch, settings: Settings) -> Ints:
    """All times at which a trade begins or ends, rising: there may be no bars to ask."""
    address = place.at(f"{batch.name}/{TRADES}")
    frame = read_parquet(address)
    found = [
        find_column("trades", name, frame.columns, settings.columns)
        for name in ("entry_time", "exit_time")
    ]
    columns = [frame[name] for name in found if name is not None]
    if any(column.dtype.is_integer() for column in columns):
        highest: Any = max(column.max() or 0 for column in columns)
        return np.arange(int(highest) + 1, dtype=np.int64)
    times = [time_values(column, address) for column in columns]
    return np.unique(np.concatenate([*times, np.empty(0, dtype=np.int64)]))


def exits_from(ledger: Ledger) -> Exits:
    """Their trades in the form in which ours are measured; those of no status are closed."""
    rows = ledger.rows.copy()
    if "open" not in ledger.fields:
        rows[FIELDS.index("open")] = 0.0
    return Exits(rows, ledger.first)

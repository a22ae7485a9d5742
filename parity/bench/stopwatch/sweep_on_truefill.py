"""A search on our side: compiled signals, or signals by Polars; on so many threads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from engine.optimizer import ParamOptimizer, Scores
from engine.strategies.sma_cross import SmaCross
from engine.strategy import Batch
from engine.vectorized import VectorizedEngine
from parity.bench.stopwatch.loop import FILL, Arrays, serve

START = datetime(2020, 1, 1, tzinfo=UTC)


class Expressions(SmaCross):
    """The same cross, its signal by Polars in every trial."""

    def batch_kernel(self) -> Batch | None:
        """None, so that the expressions are used."""
        return None


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """The table of bars is made beforehand; the call is the whole search."""
    count = len(arrays["close"])
    end = START + timedelta(minutes=count - 1)
    clock = pl.datetime_range(START, end, "1m", time_unit="ms", eager=True)
    prices = {name: arrays[name] for name in ("open", "high", "low", "close")}
    bars = pl.DataFrame({"timestamp": clock, "symbol": ["BTC"] * count, **prices})
    sets = pl.DataFrame({"fast": arrays[f"{NAME}_fast"], "slow": arrays[f"{NAME}_slow"]})
    optimizer = ParamOptimizer(VectorizedEngine("close"), jobs=JOBS)
    return lambda: optimizer.run_parallel(bars, KIND, sets)


def read(scores: Scores) -> Any:
    """Final equity and closed trades of each set, of money that was 1."""
    table = scores.table
    rows = np.zeros(table.height, dtype=FILL)
    rows["column"] = np.arange(table.height)
    rows["quantity"] = table["trade_count"].to_numpy() + table["open_trade_count"].to_numpy()
    rows["bar"] = table["trade_count"].to_numpy()
    rows["price"] = table["end_equity"].to_numpy()
    return rows


if __name__ == "__main__":
    NAME, JOBS = sys.argv[1], int(sys.argv[2])
    KIND: type[SmaCross] = Expressions if NAME == "polars" else SmaCross
    serve(prepare, read)

"""The crossing on our side: from a frame of bars to signals, equity, trades and all metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from engine.indicators import sma
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from parity.bench.stopwatch.crossing import CLEAR, FAST, SLOW, trips_of
from parity.bench.stopwatch.loop import Arrays, serve

PRICES = ("open", "high", "low", "close")


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """The frame is made beforehand; the call ends with equity, trades and metrics in hand."""
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    last = begin + timedelta(minutes=len(arrays["close"]) - 1)
    clock = pl.datetime_range(begin, last, "1m", time_unit="ms", eager=True)
    bars = pl.DataFrame({"timestamp": clock, **{name: arrays[name] for name in PRICES}})
    bars = bars.with_columns(symbol=pl.lit("BTCUSDT"))
    engine = VectorizedEngine("close")
    return lambda: play(bars, engine)


class Crossing(StrategyBase):
    """In the market while the fast mean is above the slow one."""

    name = "crossing"
    warmup = SLOW - 1

    def indicators(self) -> Mapping[str, pl.Expr]:
        """The two means of the close."""
        return {
            "fast": sma("close", FAST).over("symbol"),
            "slow": sma("close", SLOW).over("symbol"),
        }

    def signal(self) -> pl.Expr:
        """1 where the fast mean is clearly above the slow one."""
        return (pl.col("fast") > pl.col("slow") * CLEAR).cast(pl.Int8())


def play(bars: pl.DataFrame, engine: VectorizedEngine) -> tuple[Any, Any, Any]:
    """From bars to account, trades and metrics."""
    return engine.run(Crossing().run(bars, debug=True)).outcome


def read(outcome: Any) -> Any:
    """Closed trades by bar."""
    account, trades, _ = outcome
    closed = trades.filter(pl.col("status") == "closed")
    clock = account["timestamp"].to_physical().to_numpy()
    entry, leave = (
        np.searchsorted(clock, closed[name].to_physical().to_numpy())
        for name in ("entry_time", "exit_time")
    )
    return trips_of(entry, leave, closed["return"].to_numpy(), float(account["equity"][-1]))


if __name__ == "__main__":
    serve(prepare, read)

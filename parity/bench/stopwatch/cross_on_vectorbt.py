"""The crossing on vectorbt's side, as its users write it: indicators, portfolio, value, stats."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import vectorbt as vbt

# In vectorbt's environment nothing of ours is installed; these modules need numpy only.
sys.path.append(str(Path(__file__).resolve().parents[3]))

from parity.bench.stopwatch.crossing import CASH, CLEAR, FAST, SLOW, trips_of
from parity.bench.stopwatch.loop import Arrays, serve


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """The series is made beforehand."""
    clock = pd.date_range("2020-01-01", periods=len(arrays["close"]), freq="min", tz="UTC")
    close = pd.Series(arrays["close"], index=clock, name="BTCUSDT")
    return lambda: play(close)


def play(close: Any) -> tuple[Any, Any, Any]:
    """In the market while the fast mean is above the slow one."""
    fast, slow = vbt.MA.run(close, FAST).ma, vbt.MA.run(close, SLOW).ma
    above = fast.to_numpy() > slow.to_numpy() * CLEAR
    portfolio = vbt.Portfolio.from_signals(
        close, above, ~above, init_cash=CASH, freq="1min", engine=ENGINE
    )
    return portfolio, portfolio.value(), portfolio.stats()


def read(outcome: Any) -> Any:
    """Closed exit trades."""
    portfolio, value, _ = outcome
    trades = portfolio.exit_trades.values
    closed = trades[trades["status"] == 1]
    return trips_of(
        closed["entry_idx"], closed["exit_idx"], closed["return"], value.iloc[-1] / CASH
    )


if __name__ == "__main__":
    ENGINE = sys.argv[1]
    serve(prepare, read)

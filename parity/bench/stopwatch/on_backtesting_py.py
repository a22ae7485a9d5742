"""The race of tapes on the side of backtesting.py: the run its users start, statistics included."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

# In the platform's environment nothing of ours is installed; this module needs numpy only.
sys.path.append(str(Path(__file__).resolve().parents[3]))

from parity.bench.stopwatch.loop import FILL, Arrays, serve

COSTS: dict[str, float] = {}


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """The data frame is made beforehand; the call is the whole backtest."""
    COSTS.update(settings)
    clock = pd.date_range("2020-01-01", periods=len(arrays["close"]), freq="min")
    names = ("open", "high", "low", "close")
    bars = pd.DataFrame({name.capitalize(): arrays[name] for name in names}, index=clock)
    Tape.rows = rows_of(arrays["tape"])
    backtest = Backtest(
        bars,
        Tape,
        cash=settings["cash"],
        commission=(settings["fixed"], settings["commission"]),
        spread=settings["slippage"],
    )
    return lambda: backtest.run()


def rows_of(tape: np.ndarray) -> dict[int, list[tuple[float, dict[str, float]]]]:
    """Entries by bar, each with the sl and tp that hang on it."""
    prices: dict[int, dict[str, float]] = {}
    for row in tape[tape["parent_id"] >= 0]:
        slot, name = ("sl", "stop_price") if row["kind"] == "stop" else ("tp", "limit_price")
        prices.setdefault(int(row["parent_id"]), {})[slot] = float(row[name])
    rows: dict[int, list[tuple[float, dict[str, float]]]] = {}
    for row in tape[tape["parent_id"] < 0]:
        entry = float(row["quantity"]), prices.get(int(row["order_id"]), {})
        rows.setdefault(int(row["bar"]), []).append(entry)
    return rows


class Tape(Strategy):  # type: ignore[misc]
    """Sends what the tape says at the close of each bar."""

    rows: Mapping[int, Any] = {}

    def init(self) -> None:
        """Nothing is computed beforehand."""
        self.by_bar = self.rows

    def next(self) -> None:
        """One bar."""
        for quantity, prices in self.by_bar.get(len(self.data) - 1, ()):
            if quantity > 0:
                self.buy(size=quantity, **prices)
            else:
                self.sell(size=-quantity, **prices)


def read(stats: Any) -> np.ndarray:
    """Both ends of every closed trade, and the beginning of every open one."""
    trades = stats["_trades"]
    held = stats["_strategy"].trades
    ends = [
        (trades["EntryBar"], trades["Size"], trades["EntryPrice"]),
        (trades["ExitBar"], -trades["Size"], trades["ExitPrice"]),
        *((trade.entry_bar, trade.size, trade.entry_price) for trade in held),
    ]
    bar, size, price = (
        np.concatenate([np.atleast_1d(end[part]) for end in ends]) for part in range(3)
    )
    rows = np.zeros(len(bar), dtype=FILL)
    rows["bar"], rows["quantity"], rows["price"] = bar, size, price
    rows["commission"] = COSTS["fixed"] + np.abs(rows["quantity"]) * price * COSTS["commission"]
    return np.sort(rows, order=("bar", "quantity", "price"))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(prepare, read)

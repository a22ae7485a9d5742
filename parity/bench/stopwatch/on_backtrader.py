"""The race of tapes on the side of backtrader: one Cerebro run, feed and broker set up included."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import backtrader as bt
import numpy as np

# In the platform's environment nothing of ours is installed; this module needs numpy only.
sys.path.append(str(Path(__file__).resolve().parents[3]))

from parity.bench.stopwatch.loop import FILL, Arrays, serve

Fill = tuple[int, float, float, float]


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """Rows and times are made beforehand; the call is the whole backtest."""
    start, count = datetime(2020, 1, 1), len(arrays["close"])
    times = [bt.date2num(start + timedelta(minutes=bar)) for bar in range(count)]
    prices = [arrays[name].tolist() for name in ("open", "high", "low", "close")]
    rows = list(zip(times, *prices, strict=True))
    orders = rows_of(arrays["tape"])

    def call() -> list[Fill]:
        cerebro = bt.Cerebro(stdstats=False)
        cerebro.broker.setcash(settings["cash"])
        cerebro.broker.setcommission(commission=settings["commission"])
        cerebro.adddata(Bars(rows=rows))
        cerebro.addstrategy(Tape, orders=orders)
        fills: list[Fill] = cerebro.run()[0].fills
        return fills

    return call


def rows_of(tape: np.ndarray) -> dict[int, list[tuple[float, float | None, float | None]]]:
    """Entries by bar: quantity, and the stop and the limit that hang on it."""
    prices: dict[int, dict[str, float]] = {}
    for row in tape[tape["parent_id"] >= 0]:
        name = "stop" if row["kind"] == "stop" else "limit"
        prices.setdefault(int(row["parent_id"]), {})[name] = float(row[f"{name}_price"])
    rows: dict[int, list[tuple[float, float | None, float | None]]] = {}
    for row in tape[tape["parent_id"] < 0]:
        ends = prices.get(int(row["order_id"]), {})
        entry = float(row["quantity"]), ends.get("stop"), ends.get("limit")
        rows.setdefault(int(row["bar"]), []).append(entry)
    return rows


class Bars(bt.feed.DataBase):  # type: ignore[misc]
    """Rows of (time, open, high, low, close) as they are."""

    params: Any = (("rows", ()), ("timeframe", bt.TimeFrame.Minutes))

    def start(self) -> None:
        """Begin at the first row."""
        super().start()
        self._left = iter(self.p.rows)

    def _load(self) -> bool:
        row = next(self._left, None)
        if row is None:
            return False
        lines = self.lines
        lines.datetime[0], lines.open[0], lines.high[0], lines.low[0], lines.close[0] = row
        lines.volume[0] = lines.openinterest[0] = 0.0
        return True


class Tape(bt.Strategy):  # type: ignore[misc]
    """Sends what the tape says at the close of each bar, and notes what was filled."""

    params: Any = (("orders", {}),)

    def __init__(self) -> None:
        self.fills: list[Fill] = []

    def notify_order(self, order: Any) -> None:
        """An execution, on the bar that is being played."""
        if order.status == order.Completed:
            # The order's own price is an average, which rounds; its one execution has the price.
            done = order.executed
            self.fills.append((len(self) - 1, done.size, done.exbits[-1].price, done.comm))

    def next(self) -> None:
        """One bar."""
        for quantity, stop, limit in self.p.orders.get(len(self) - 1, ()):
            if stop is not None:
                self.buy_bracket(
                    size=quantity, exectype=bt.Order.Market, stopprice=stop, limitprice=limit
                )
            elif quantity > 0:
                self.buy(size=quantity)
            else:
                self.sell(size=-quantity)


def read(fills: list[Fill]) -> np.ndarray:
    """Fills in the fields both sides share, by bar, quantity and price."""
    rows = np.zeros(len(fills), dtype=FILL)
    names = ("bar", "quantity", "price", "commission")
    for name, values in zip(names, zip(*fills, strict=True), strict=True):
        rows[name] = values
    return np.sort(rows, order=("bar", "quantity", "price"))


if __name__ == "__main__":
    serve(prepare, read)

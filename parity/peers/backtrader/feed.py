"""A panel column as a backtrader feed: the bars that are there, in time order."""

from __future__ import annotations

from datetime import UTC, datetime

import backtrader as bt
import numpy as np
from tape import naive, present
from wire import PRICES, Request


class Bars(bt.feed.DataBase):
    """Rows of (time, open, high, low, close, volume); prices are handed on as they are."""

    params = (("rows", ()), ("timeframe", bt.TimeFrame.Minutes))

    def start(self) -> None:
        """Begin at the first row."""
        super().start()
        self._left = iter(self.p.rows)

    def _load(self) -> bool:
        row = next(self._left, None)
        if row is None:
            return False
        self.lines.datetime[0] = row[0]
        for line, price in zip(
            (self.lines.open, self.lines.high, self.lines.low, self.lines.close, self.lines.volume),
            row[1:],
            strict=True,
        ):
            line[0] = price
        self.lines.openinterest[0] = 0.0
        return True


def times(request: Request) -> list[float]:
    """The clock in backtrader's own days."""
    return [bt.date2num(naive(moment(tick))) for tick in request.clock.tolist()]


def moment(tick: int) -> datetime:
    """UTC milliseconds as a time."""
    return datetime.fromtimestamp(tick // 1000, UTC).replace(microsecond=tick % 1000 * 1000)


def feeds(request: Request, clock: list[float]) -> dict[int, Bars]:
    """One feed per column that has any bar."""
    there = present(request)
    stamps = np.array(clock)
    made = {}
    for column in range(len(request.symbols)):
        rows = np.flatnonzero(there[:, column])
        if len(rows):
            prices = [request.market[name][rows, column].tolist() for name in PRICES]
            made[column] = Bars(rows=list(zip(stamps[rows].tolist(), *prices, strict=True)))
    return made

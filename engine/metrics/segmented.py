"""Metrics of a screen whose exposure is -1, 0 or 1, without a table of its bars."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from engine.execution.records import Floats
from engine.metrics.accounts import Room, make_room, walk
from engine.metrics.convention import Convention
from engine.metrics.kernels import Falls, Spread, Tally
from engine.metrics.outcome import Costs, Outcomes, Trades, make_outcomes
from engine.metrics.returns import ratio, summed_metrics
from engine.metrics.segments import Clock, Moves, empty_side, fill_side
from engine.metrics.trades import DAY_MS, summed_trades

Row = tuple[Any, ...]


class Span(NamedTuple):
    """Bars from ``start`` to before ``stop``, and how rates are quoted there."""

    start: int
    stop: int
    convention: Convention


class Ground:
    """What every account walks on: moves of one symbol, and the clock."""

    def __init__(self, moves: Moves, clock: Clock) -> None:
        self.moves, self.clock = moves, clock
        self._shorts, self._lock = False, threading.Lock()

    @property
    def bars(self) -> int:
        """How many bars there are."""
        return len(self.clock.time)

    def walk(self, room: Room, outcomes: Outcomes, sets: int, span: Span) -> None:
        """All signals of a room over a span that begins flat; short sides once one is short."""
        told = (room, sets, self.moves, self.clock, span.start, span.stop)
        if not walk(*told, self._shorts, outcomes):
            with self._lock:
                if not self._shorts:
                    fill_side(self.moves, self.moves.short, -1.0)
                self._shorts = True
            walk(*told, True, outcomes)


class Scratch:
    """Room for so many sets at a time; each thread has its own, whatever the number of sets."""

    def __init__(self, sets: int, bars: int) -> None:
        self.room, self.outcomes = make_room(sets, bars), make_outcomes(sets)
        self.signals = self.room.signals[:, :bars]


def ground_of(
    times: pl.Series, moves: tuple[Floats, Floats, Floats], *, delay: int, lead: int, target: float
) -> Ground:
    """What can be known before any signal is: ``moves`` before and after a trade, and the rate."""
    found = Moves(*moves, target, empty_side(len(times)), empty_side(len(times)))
    fill_side(found, found.long, 1.0)
    day = times.dt.date().to_physical().to_numpy().astype(np.int64)
    numbered = np.cumsum(np.diff(day, prepend=day[:1]) != 0)
    time = times.dt.epoch("ms").to_numpy()
    return Ground(found, Clock(time, numbered, delay, lead))


def segmented_metrics(
    ground: Ground, scratch: Scratch, sets: int, span: Span
) -> list[dict[str, float] | None]:
    """Metrics of the first signals in ``scratch`` over a span that begins flat.

    By catalogue names, all those of a screen but quantiles of returns and stability. None where a
    signal has a value that is none of -1, 0 and 1.
    """
    ground.walk(scratch.room, scratch.outcomes, sets, span)
    odd = scratch.room.accounts["odd"][:sets].tolist()
    rows = zip(*(part[:sets].tolist() for part in scratch.outcomes), strict=True)
    return [None if bad else _metrics(span, *row) for bad, row in zip(odd, rows, strict=True)]


def _metrics(
    span: Span, sums: Row, falls: Row, far: Row, paid: Row, traded: Row, earned: Row
) -> dict[str, float]:
    tally, costs, trades = Tally(*sums), Costs(*paid), Trades(*traded)
    bars, convention = tally.observed, span.convention
    return {
        "start_equity": 1.0,
        "end_equity": tally.growth,
        **summed_metrics(bars, tally, Falls(*falls), Spread(*far), convention),
        "turnover": costs.traded,
        "annual_turnover": ratio(costs.traded * convention.year, bars),
        "commission": costs.paid,
        "cost_share": costs.paid / costs.gross if costs.gross > 0 else float("nan"),
        "exposure": ratio(float(costs.held), bars),
        "n_days_in_market": float(costs.days),
        "open_trade_count": float(trades.begun - trades.closed),
        "pnl": trades.total,
        **_closed(trades, Tally(*earned)),
    }


def _closed(trades: Trades, earned: Tally) -> dict[str, float]:
    told = summed_trades(trades.closed, earned, earned, trades.square)
    if trades.closed:
        told["mean_trade_days"] = trades.lasted / trades.closed / DAY_MS
        told["longest_trade_days"] = trades.longest / DAY_MS
    return told


__all__ = ["Ground", "Scratch", "Span", "ground_of", "segmented_metrics"]

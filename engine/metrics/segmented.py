"""Metrics of a screen whose exposure is -1, 0 or 1, without a table of its bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from engine.errors import StrategyError
from engine.execution.records import Floats, Ints
from engine.metrics.convention import Convention
from engine.metrics.returns import ratio, summed_metrics
from engine.metrics.segments import (
    COLUMNS,
    Changes,
    Moves,
    Side,
    Sides,
    Trades,
    add_up,
    days_held,
    fill_side,
    find_changes,
    time_held,
)
from engine.metrics.trades import DAY_MS, earned_metrics
from engine.metrics.walk import walk


class Span(NamedTuple):
    """Bars from ``start`` to before ``stop``, and how rates are quoted there."""

    start: int
    stop: int
    convention: Convention


@dataclass(frozen=True, slots=True)
class Ground:
    """What every trial walks on: moves of one symbol, the day and the time of each bar.

    ``delay`` is after how many bars a signal is a position; a trade begins ``lead`` bars before the
    first bar it is held on, at whose close it was entered.
    """

    moves: Moves
    day: Ints
    time: Ints
    delay: int
    lead: int

    @property
    def bars(self) -> int:
        """How many bars there are."""
        return len(self.time)


class Scratch:
    """Room for one trial at a time; each thread has its own, whatever the number of trials."""

    def __init__(self, bars: int) -> None:
        padded = np.zeros(bars + 8 - bars % 8, dtype=np.int8)
        self.signal: Sides = padded[:bars]
        self.words: Ints = padded.view(np.int64)
        self.changes = Changes(np.zeros(bars + 1, np.int64), np.zeros(bars + 1, np.int8))
        self.trades = Trades(np.zeros(bars), np.zeros(bars, np.int64), np.zeros(bars, np.int64))


def ground_of(
    times: pl.Series, moves: tuple[Floats, Floats, Floats], *, delay: int, lead: int, target: float
) -> Ground:
    """What can be known before any signal is: ``moves`` before and after a trade, and the rate.

    The short side is known once a signal needs it (``allow_shorts``).
    """
    bars = len(times)
    sides = [Side(np.empty(bars), np.empty(bars), np.empty((bars, COLUMNS))) for _ in range(2)]
    found = Moves(*moves, target, *sides)
    fill_side(found, found.long, 1.0)
    day = times.dt.date().to_physical().to_numpy().astype(np.int64)
    numbered = np.cumsum(np.diff(day, prepend=day[:1]) != 0)
    time = times.dt.epoch("ms").to_numpy()
    return Ground(found, numbered, time, delay, lead)


def allow_shorts(ground: Ground) -> None:
    """Make what is known of the short side."""
    fill_side(ground.moves, ground.moves.short, -1.0)


def segmented_metrics(ground: Ground, scratch: Scratch, span: Span) -> dict[str, float]:
    """Metrics of the signal in ``scratch`` over a span that begins flat, by catalogue names.

    All those of a screen but quantiles of returns and stability.
    """
    start, stop, convention = span
    moves, changes = ground.moves, scratch.changes
    count = find_changes(scratch.signal, scratch.words, ground.delay, start, stop, changes)
    if count < 0:
        raise StrategyError("the signal has values that are none of -1, 0 and 1")
    way = walk(moves, changes, count, start, stop, scratch.trades)
    sums, far, costs = add_up(moves, changes, count, start, stop, way)
    bars = stop - start
    return {
        "start_equity": 1.0,
        "end_equity": way.growth,
        **summed_metrics(bars, sums, way.falls, far, convention),
        "turnover": costs.traded,
        "annual_turnover": ratio(costs.traded * convention.year, bars),
        "commission": costs.paid,
        "cost_share": costs.paid / costs.gross if costs.gross > 0 else float("nan"),
        "exposure": ratio(float(costs.held), bars),
        "n_days_in_market": float(days_held(ground.day, changes, count)),
        **_traded(ground, scratch.trades, way.trades, stop),
    }


def _traded(ground: Ground, trades: Trades, found: int, stop: int) -> dict[str, float]:
    closed = found - bool(found and trades.exits[found - 1] == stop)
    returns = trades.returns[:closed]
    told = {
        "open_trade_count": float(found - closed),
        "pnl": float(trades.returns[:found].sum()),
        **earned_metrics(returns, returns),
    }
    if closed:
        mean, longest = time_held(trades, closed, ground.time, ground.lead)
        told |= {"mean_trade_days": mean / DAY_MS, "longest_trade_days": longest / DAY_MS}
    return told


__all__ = ["Ground", "Scratch", "Span", "allow_shorts", "ground_of", "segmented_metrics"]

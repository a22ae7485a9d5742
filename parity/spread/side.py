"""What one platform makes of a script, laid on one clock so that platforms can be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from parity.outcome import Outcome, Recorded
from parity.platforms import Platform
from parity.replay import replay
from parity.tolerance import Floats
from scenarios import Scenario

Play = Callable[[Scenario, Platform], Outcome]
Step = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Side:
    """A platform that played: its orders and fills, each with ``bar``, its cash and its equity.

    ``cash`` and ``equity`` hold one number per bar, the sum over its accounts. ``start`` is the
    money before the first bar. ``trades`` counts rows, None where the platform has no such table.
    """

    platform: Platform
    orders: pl.DataFrame
    fills: pl.DataFrame
    trades: int | None
    cash: Floats
    equity: Floats
    start: float

    @property
    def end(self) -> float:
        """Equity at the close of the last bar."""
        return float(self.equity[-1])


def play_all(
    scenario: Scenario,
    platforms: Iterable[Platform],
    *,
    play: Play = replay,
    step: Step = lambda _what, _done, _total: None,
) -> list[tuple[Platform, Outcome]]:
    """The outcome of the script on every platform, under the model that replays it."""
    peers = tuple(platforms)
    played = []
    for done, platform in enumerate(peers, 1):
        played.append((platform, play(scenario, platform)))
        step(platform.id, done, len(peers))
    return played


def side_of(scenario: Scenario, platform: Platform, outcome: Recorded) -> Side:
    """Put a ledger on the clock of the scenario's bars."""
    tables = outcome.tables
    clock = clock_of(scenario)
    held = tables["equity"].group_by("timestamp").agg(pl.col("cash", "equity").sum())
    held = held.sort("timestamp")
    fills = tables["fills"].with_columns(bar=_bars(tables["fills"], clock))
    return Side(
        platform=platform,
        orders=tables["orders"].with_columns(bar=_bars(tables["orders"], clock)),
        fills=fills,
        trades=tables["trades"].height if "trades" in tables else None,
        cash=held["cash"].to_numpy(),
        equity=held["equity"].to_numpy(),
        start=_start(held, fills),
    )


def _start(held: pl.DataFrame, fills: pl.DataFrame) -> float:
    """The money before the first bar: its cash, and what was spent on it."""
    first = fills.filter(pl.col("bar") == 0)
    spent = (first["quantity"] * first["price"] + first["commission"]).sum()
    return float(held["cash"][0] + spent)


def clock_of(scenario: Scenario) -> pl.Series:
    """The times of all bars, rising."""
    return scenario.bars["timestamp"].unique().sort()


def _bars(rows: pl.DataFrame, clock: pl.Series) -> pl.Series:
    ticks = clock.to_physical().to_numpy()
    found = np.searchsorted(ticks, rows["timestamp"].to_physical().to_numpy())
    return pl.Series("bar", found, dtype=pl.Int64())

"""The two clocks of stored backtests: UTC, and a local wall clock moved by whole or part hours.

Some stored backtests carry times that were taken from UTC to US/Central wall time, stripped of
their zone and moved by seven hours: UTC+1 in winter, UTC+2 in summer. Twice a year that clock is
not a clock: in spring it skips an hour, in autumn it shows an hour twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from engine.errors import BarsError

Repeated = Literal["raise", "first", "last"]
Skipped = Literal["raise", "drop"]


@dataclass(frozen=True, slots=True)
class WallClock:
    """A zone's wall time moved by some hours, written as if it were UTC.

    ``repeated`` says which bar stands for a label the clock shows twice (the autumn hour), and
    ``skipped`` what becomes of a label it never shows (the spring hour).
    """

    zone: str
    plus_hours: float = 0.0
    repeated: Repeated = "raise"
    skipped: Skipped = "raise"

    def __post_init__(self) -> None:
        """Polars carries its own time zones, so the machine needs none."""
        try:
            pl.select(pl.datetime(2000, 1, 1, time_zone=self.zone))
        except (pl.exceptions.ComputeError, pl.exceptions.InvalidOperationError) as error:
            raise BarsError(f"clock: {self.zone!r} is not a time zone: {error}") from error


def to_wall(bars: pl.DataFrame, clock: WallClock, *, where: str = "bars") -> pl.DataFrame:
    """Relabel bars from UTC to the wall clock; of bars that share a label one is kept."""
    local = pl.col("timestamp").dt.convert_time_zone(clock.zone).dt.replace_time_zone(None)
    moved = _relabel(bars, _moved(local, clock.plus_hours).dt.replace_time_zone("UTC"))
    twice = moved.filter(moved.select("symbol", "timestamp").is_duplicated())
    if twice.is_empty():
        return moved
    if clock.repeated == "raise":
        raise BarsError(
            f"{where}: the wall clock of {clock.zone} shows {twice['timestamp'][0]} twice; "
            'say which bar to keep with repeated = "first" or "last"'
        )
    kept = moved.unique(["symbol", "timestamp"], keep=clock.repeated, maintain_order=True)
    # The last bar of a repeated label arrives after the bars it now precedes.
    return kept.sort(["symbol", "timestamp"], maintain_order=True)


def to_utc(bars: pl.DataFrame, clock: WallClock, *, where: str = "bars") -> pl.DataFrame:
    """Relabel bars from the wall clock back to UTC; labels the clock never shows have no UTC."""
    label = _moved(pl.col("timestamp").dt.replace_time_zone(None), -clock.plus_hours)
    first, last = (
        label.dt.replace_time_zone(clock.zone, ambiguous=pick, non_existent="null")
        for pick in ("earliest", "latest")
    )
    both = bars.select(first.alias("first"), last.alias("last"), "timestamp")
    _refuse(bars, both["first"].is_null(), clock.skipped == "raise", clock, where, "never shows")
    twice = both["first"] != both["last"]
    _refuse(bars, twice, clock.repeated == "raise", clock, where, "shows twice")
    chosen = last if clock.repeated == "last" else first
    return _relabel(bars, chosen.dt.convert_time_zone("UTC")).drop_nulls("timestamp")


def _moved(time: pl.Expr, hours: float) -> pl.Expr:
    return time + pl.duration(milliseconds=round(hours * 3_600_000))


def _relabel(bars: pl.DataFrame, time: pl.Expr) -> pl.DataFrame:
    return bars.with_columns(time.cast(pl.Datetime("ms", "UTC")).alias("timestamp"))


def _refuse(
    bars: pl.DataFrame, odd: pl.Series, strict: bool, clock: WallClock, where: str, what: str
) -> None:
    if not strict or not odd.any():
        return
    row = odd.arg_true()[0]
    raise BarsError(
        f"{where}: row {row}: the wall clock of {clock.zone} {what} {bars['timestamp'][row]}; "
        'set repeated = "first" or "last" and skipped = "drop", or mend the time'
    )

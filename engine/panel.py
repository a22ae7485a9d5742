"""Bars of several symbols on one shared clock, as (bar, symbol) arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from engine.errors import BarsError
from engine.execution.records import Floats, Ints, Market
from engine.schema import BARS, conform

PRICES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Panel:
    """``clock`` is the rising union of all times; a bar a symbol lacks is NaN in market."""

    clock: pl.Series
    symbols: tuple[str, ...]
    market: Market

    def rows_of(self, times: pl.Series) -> Ints:
        """The row of each time on the clock, -1 where the clock has no such time."""
        clock = self.clock.to_physical().to_numpy()
        wanted = times.to_physical().to_numpy()
        rows = np.searchsorted(clock, wanted)
        found = (rows < len(clock)) & (clock[np.minimum(rows, len(clock) - 1)] == wanted)
        return np.where(found, rows, -1).astype(np.int64)


def build_panel(bars: pl.DataFrame, symbols: tuple[str, ...] | None = None) -> Panel:
    """Check the bars, then put them on one clock."""
    bars = conform(bars, BARS, where="bars")
    check_bars(bars)
    names = symbols or tuple(bars["symbol"].unique(maintain_order=True))
    have = set(bars["symbol"].unique())
    for name in names:
        if name not in have:
            raise BarsError(f"bars: symbol {name!r} has no bar; the symbols are {sorted(have)}")
    strangers = sorted(have - set(names))
    if strangers:
        raise BarsError(f"bars: symbols {strangers} are not among the declared {list(names)}")
    clock = bars["timestamp"].unique().sort()
    if len(names) == 1:
        columns = [np.ascontiguousarray(bars[name].to_numpy())[:, None] for name in PRICES]
    else:
        columns = _spread(bars, clock, names)
    return Panel(clock, names, Market(*columns))


def _spread(bars: pl.DataFrame, clock: pl.Series, names: tuple[str, ...]) -> list[Floats]:
    ticks = clock.to_physical().to_numpy()
    shape = (len(ticks), len(names))
    columns = [np.full(shape, np.nan) for _ in PRICES]
    for position, name in enumerate(names):
        own = bars.filter(pl.col("symbol") == name)
        rows = np.searchsorted(ticks, own["timestamp"].to_physical().to_numpy())
        for column, price in zip(columns, PRICES, strict=True):
            column[rows, position] = own[price].to_numpy()
    return columns


def check_bars(bars: pl.DataFrame) -> None:
    """Bars have a time and a symbol, rise strictly in time per symbol, and high is not below low.

    NaN and null prices are allowed: a platform has its own rule for a bar without a price.
    """
    if bars.is_empty():
        raise BarsError("bars: there is no row; give at least one bar")
    checks = (
        (pl.col("timestamp").is_null(), "timestamp is missing; every bar needs a UTC time"),
        (pl.col("symbol").is_null(), "symbol is missing; every bar needs one"),
        (_inverted(), "high {high} is below low {low}; swap or mend them"),
        (_earlier(), "timestamp is not later than the bar before it; sort by symbol and time"),
        (_same(), "timestamp occurs twice for this symbol; keep one of the two bars"),
        (pl.col("volume") < 0, "volume {volume} is negative"),
    )
    broken = bars.with_row_index("row").with_columns(
        pl.when(test.fill_null(value=False)).then(pl.lit(number)).alias(f"check{number}")
        for number, (test, _) in enumerate(checks)
    )
    verdict = pl.coalesce(f"check{number}" for number in range(len(checks)))
    first = broken.filter(verdict.is_not_null()).with_columns(verdict.alias("check")).head(1)
    if first.height:
        row = first.row(0, named=True)
        text = checks[row["check"]][1].format(**row)
        raise BarsError(f"bars: row {row['row']} ({row['symbol']}, {row['timestamp']}): {text}")


def _inverted() -> pl.Expr:
    # Polars orders NaN above every number, so a NaN low must be kept out of the comparison.
    return (pl.col("high") < pl.col("low")) & pl.col("low").is_not_nan()


def _gap() -> pl.Expr:
    return pl.col("timestamp").diff().over("symbol").dt.total_milliseconds()


def _earlier() -> pl.Expr:
    return _gap() < 0


def _same() -> pl.Expr:
    return _gap() == 0

"""A strategy must not know the future: cut it off and see whether the past changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import polars as pl

from engine.errors import LookaheadError, StrategyError
from engine.strategy import KEYS, StrategyBase

# Windows may add up in another order on a shorter series; a leak changes more than last digits.
RELATIVE = 1e-6
Step = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Probe:
    """What was compared without finding a leak."""

    strategy: str
    bars: int
    symbols: int
    cuts: tuple[datetime, ...]
    columns: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a report."""
        return {**asdict(self), "cuts": [end.isoformat() for end in self.cuts]}

    def __str__(self) -> str:
        """One sentence for people."""
        return (
            f"{self.strategy} does not look ahead: {', '.join(self.columns)} of {self.bars:,} bars "
            f"({self.symbols} symbols) are the same when bars end at {len(self.cuts)} earlier times"
        )


def check_lookahead(
    strategy: StrategyBase,
    bars: pl.DataFrame,
    *,
    cuts: int = 8,
    step: Step = lambda _what, _done, _total: None,
) -> Probe:
    """Run on bars that end at ``cuts`` times and compare every column with the run on all of them.

    Raises LookaheadError for the first column, in the order they were added, whose past changes
    when its future is taken away; names symbol, time and both values. A leak shorter than a bar
    cannot be seen; one that needs a bar that no cut falls on may be missed, so give more cuts.
    ``step`` hears of each cut.
    """
    clock = bars["timestamp"].unique().sort()
    if len(clock) < 3:
        raise StrategyError("a look-ahead cannot be found in fewer than 3 bars")
    places = _places(len(clock), cuts)
    step("all bars", 0, len(places) + 1)
    whole = strategy.run(bars, debug=True)
    for number, place in enumerate(places, start=1):
        end = clock[place]
        step(f"bars until {end:%Y-%m-%d %H:%M}", number, len(places) + 1)
        before = bars.filter(pl.col("timestamp") <= end)
        alone = strategy.run(before, debug=True)
        _compare(strategy, alone, whole, str(end))
    own = tuple(name for name in whole.columns if name not in bars.columns)
    ends = tuple(clock[place] for place in places)
    return Probe(strategy.name, bars.height, bars["symbol"].n_unique(), ends, own)


def _places(count: int, cuts: int) -> list[int]:
    """Where to cut: evenly, but each a bar further, so that they fall all over longer bars."""
    places = {count * (number + 1) // (cuts + 1) + number for number in range(cuts)}
    return sorted({min(max(1, place), count - 2) for place in places})


def _compare(strategy: StrategyBase, alone: pl.DataFrame, whole: pl.DataFrame, end: str) -> None:
    joined = alone.join(whole, on=list(KEYS), how="left", suffix=" later", maintain_order="left")
    for name in (column for column in alone.columns if column not in KEYS):
        changed = joined.filter(_differs(name, alone.schema[name])).sort("timestamp", "symbol")
        if changed.height:
            row = changed.row(0, named=True)
            raise LookaheadError(
                f"{strategy.name}: {name} of {row['symbol']} at {row['timestamp']} is {row[name]} "
                f"while bars end at {end}, and {row[f'{name} later']} once later bars are known"
            )


def _differs(name: str, dtype: pl.DataType) -> pl.Expr:
    now, later = pl.col(name), pl.col(f"{name} later")
    if not dtype.is_float():
        return now.ne_missing(later)
    now, later = now.fill_nan(None), later.fill_nan(None)
    apart = (now - later).abs() > RELATIVE * pl.max_horizontal(now.abs(), later.abs())
    return (now.is_null() != later.is_null()) | apart.fill_null(value=False)

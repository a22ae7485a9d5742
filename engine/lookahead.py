"""A strategy must not know the future: cut it off and see whether the past changes."""

from __future__ import annotations

import polars as pl

from engine.errors import LookaheadError, StrategyError
from engine.strategy import KEYS, StrategyBase

# Windows may add up in another order on a shorter series; a leak changes more than last digits.
RELATIVE = 1e-6


def check_lookahead(strategy: StrategyBase, bars: pl.DataFrame, *, cuts: int = 8) -> None:
    """Run on bars that end at ``cuts`` times and compare every column with the run on all of them.

    Raises LookaheadError for the first column, in the order they were added, whose past changes
    when its future is taken away; names symbol, time and both values. A leak shorter than a bar
    cannot be seen; one that needs a bar that no cut falls on may be missed, so give more cuts.
    """
    clock = bars["timestamp"].unique().sort()
    if len(clock) < 3:
        raise StrategyError("a look-ahead cannot be found in fewer than 3 bars")
    whole = strategy.run(bars.lazy(), debug=True).collect()
    places = {max(1, len(clock) * (number + 1) // (cuts + 1)) for number in range(cuts)}
    for place in sorted(places):
        end = clock[place]
        before = bars.filter(pl.col("timestamp") <= end)
        alone = strategy.run(before.lazy(), debug=True).collect()
        _compare(strategy, alone, whole, str(end))


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

"""Parameters as classes of neighbouring values, where single values would leave a map empty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import polars as pl

MOST: Final = 12


def in_classes(table: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The same rows; where sets fill less than half of the cells that the named columns span, a
    number with many values gets up to 12 classes of them, each named by its lowest one.

    Sets of a grid stay as they are; those drawn at random, or proposed, rarely share a value.
    """
    sets = table.select(names).n_unique()
    if 2 * sets >= math.prod(table[name].n_unique() for name in names):
        return table
    # About as many cells as sets.
    most = min(MOST, max(2, math.isqrt(sets)))
    return table.with_columns(_classes(table[name], most) for name in names)


def _classes(column: pl.Series, most: int) -> pl.Series:
    count = column.drop_nulls().n_unique()
    if not column.dtype.is_numeric() or count <= most:
        return column
    rank = column.rank("dense").cast(pl.Int64()) - 1
    frame = pl.DataFrame({"value": column, "class": rank * most // count})
    low = frame.select(pl.col("value").min().over("class")).to_series()
    if column.dtype.is_float():
        low = low.round_sig_figs(3)
    return low.alias(column.name)


__all__ = ["in_classes"]

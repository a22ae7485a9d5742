"""Two tables laid side by side: rows paired, times and bars known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from parity.divergence import DIVERGENCES, layer_of
from parity.match import SHAPES, Class, Shape, match
from parity.tolerance import Ints


@dataclass(frozen=True, slots=True)
class Aligned:
    """One table of both ledgers and the pairing of its rows.

    ``one`` holds the row numbers of pairs, ``missing`` and ``extra`` those of lone rows, ``cut``
    those of rows that one side executed in pieces (an ALIGNMENT).
    """

    table: str
    reference: pl.DataFrame
    replay: pl.DataFrame
    one: pl.DataFrame
    missing: pl.Series
    extra: pl.Series
    cut: pl.DataFrame
    clock: pl.Series | None

    @property
    def shape(self) -> Shape:
        """Which columns of this table are times, prices and so on."""
        return SHAPES[self.table]

    @property
    def uneven(self) -> bool:
        """Whether the sides have different rows."""
        return bool(len(self.missing) or len(self.extra) or self.cut.height)

    def bars(self, times: pl.Series) -> pl.Series:
        """The number of the bar of each time; null without a clock."""
        if self.clock is None:
            return pl.Series([None], dtype=pl.Int64()).new_from_index(0, len(times))
        ticks: Ints = self.clock.to_physical().to_numpy()
        known = times.is_not_null()
        bars = np.searchsorted(ticks, times.to_physical().fill_null(0).to_numpy())
        return pl.select(pl.when(known).then(pl.Series(bars, dtype=pl.Int64()))).to_series()

    def found(
        self, rows: pl.DataFrame, columns: Mapping[str, Any], *, field: str = ""
    ) -> pl.DataFrame:
        """A DIVERGENCES frame: where and when ``rows`` are, and what ``columns`` say of them.

        ``columns`` may give a ``timestamp`` of its own; what it leaves out is null.
        """
        times = columns.get("timestamp", known_at(rows, self.shape))
        told = {
            "layer": layer_of(self.table, field).value,
            "table": self.table,
            "bar": self.bars(times),
            "timestamp": times,
            "symbol": rows[self.shape.place],
            "field": field,
            **columns,
        }
        series = {name: value for name, value in told.items() if isinstance(value, pl.Series)}
        return pl.DataFrame(series).select(
            (pl.col(name) if name in series else pl.lit(told.get(name))).cast(dtype).alias(name)
            for name, dtype in DIVERGENCES.items()
        )


def align(
    table: str, reference: pl.DataFrame, replay: pl.DataFrame, clock: pl.Series | None
) -> Aligned:
    """Pair the rows of one table of two ledgers."""
    rows = match(reference, replay, SHAPES[table], clock=clock)
    word = pl.col("class")
    cut = word.is_in([Class.SPLIT.value, Class.MERGED.value])
    missing, extra = word == Class.MISSING.value, word == Class.EXTRA.value
    return Aligned(
        table=table,
        reference=reference,
        replay=replay,
        one=rows.filter(~cut & ~missing & ~extra),
        missing=rows.filter(missing)["reference"],
        extra=rows.filter(extra)["replay"],
        cut=rows.filter(cut),
        clock=clock,
    )


def known_at(rows: pl.DataFrame, shape: Shape) -> pl.Series:
    """When a row could first be seen: a trade is known when it ends, all else at its time."""
    return rows.select(pl.coalesce(*reversed(shape.times)).alias("timestamp")).to_series()

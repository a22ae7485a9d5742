"""Long while a fast mean is above a slow one: the example everyone knows."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.errors import StrategyError
from engine.execution.kernel import entry_of
from engine.execution.records import Floats, Ints
from engine.strategy import Batch, StrategyBase

entry = entry_of(Path(__file__).parent)

# So many bars of all means that are looked at fit a core's own cache.
PIECE = 2048


class SmaCross(StrategyBase):
    """Long while the mean of ``fast`` closes is above that of ``slow``, flat or short while not.

    ``short`` is the exposure while it is below: 0 flat, -1 short.
    """

    name = "sma_cross"
    one_by_one = True

    def __init__(self, fast: int = 20, slow: int = 100, short: float = 0.0) -> None:
        if not 1 <= fast < slow:
            raise StrategyError(f"sma_cross: fast is {fast} and slow {slow}; give 1 <= fast < slow")
        self.fast, self.slow, self.short = fast, slow, short
        self.warmup = slow - 1

    def indicators(self) -> Mapping[str, pl.Expr]:
        """The two means of the close."""
        return {"fast": mean_close(self.fast), "slow": mean_close(self.slow)}

    def signal(self) -> pl.Expr:
        """1 above, ``short`` below, 0 where they are equal."""
        fast, slow = pl.col("fast"), pl.col("slow")
        return pl.when(fast > slow).then(1.0).when(fast < slow).then(self.short).otherwise(0.0)

    def batch_kernel(self) -> Batch | None:
        """The same, compiled, unless ``short`` is a share."""
        if self.short not in (-1, 0, 1):
            return None
        return Batch(cross, ("fast", "slow"), (int(self.short),), crosses)


@functools.cache
def mean_close(length: int) -> pl.Expr:
    """The mean of so many closes; kept, for a search asks for it thousands of times."""
    return pl.col("close").cast(pl.Float64()).rolling_mean(length).over("symbol")


@entry
def cross(fast: Floats, slow: Floats, short: int, out: NDArray[np.int8]) -> None:
    """1 above, ``short`` below, 0 where they are equal or one is missing."""
    below = np.int8(short)
    for t in range(len(fast)):
        out[t] = np.int8(fast[t] > slow[t]) + (below & -np.int8(fast[t] < slow[t]))


@entry
def crosses(
    fast: tuple[Floats, ...], slow: tuple[Floats, ...], short: Ints, out: NDArray[np.int8]
) -> None:
    """The same for several sets, piece by piece: sets that are near share most of their means."""
    bars = len(fast[0])
    for start in range(0, bars, PIECE):
        stop = min(start + PIECE, bars)
        for place in range(len(fast)):
            row = out[place, start:stop]
            cross(fast[place][start:stop], slow[place][start:stop], short[place], row)


__all__ = ["SmaCross"]

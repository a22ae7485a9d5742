"""Whether a score stands on a plateau: a lone peak between bad neighbours is rarely more than luck.

The plateau score of a set is the median of its neighbourhood, itself included. On a grid these are
the sets at most one step away in every parameter that has an order; other parameters (texts, truth
values) must be the same. Sets drawn at random have the eight nearest ones, each parameter measured
by rank. A neighbour without a score counts as the worst one there is.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.execution.records import Floats, Ints

NEAREST: Final = 8
# A grid with more empty cells than this for each set is no grid.
SPARSE: Final = 4
MOST_SCATTERED: Final = 20_000


def plateau_scores(
    table: pl.DataFrame, params: Sequence[str], metric: str, *, descending: bool = True
) -> Floats:
    """The plateau score of every row, NaN where the row itself has no score.

    NaN everywhere for more than 20,000 sets that form no grid.
    """
    own = table[metric].cast(pl.Float64()).to_numpy().copy()
    own[~np.isfinite(own)] = np.nan
    known = own[~np.isnan(own)]
    if not len(known):
        return own
    scores = np.where(np.isnan(own), known.min() if descending else known.max(), own)
    places = np.stack([_places(table[name]) for name in params], axis=1)
    steps = [1 if table[name].dtype.is_numeric() else 0 for name in params]
    shape = places.max(axis=0) + 1
    if np.prod(shape.astype(float)) <= SPARSE * len(scores):
        found = _on_grid(scores, places, shape, steps)
    elif len(scores) <= MOST_SCATTERED:
        found = _scattered(scores, places, shape)
    else:
        found = np.full(len(scores), np.nan)
    found[np.isnan(own)] = np.nan
    return found


def _places(column: pl.Series) -> Ints:
    """The rank of each value among the different ones."""
    ranks: Ints = column.rank("dense").fill_null(0).cast(pl.Int64()).to_numpy()
    found: Ints = ranks - ranks.min()
    return found


def _on_grid(scores: Floats, places: Ints, shape: Ints, steps: Sequence[int]) -> Floats:
    """Median over the neighbouring cells; a set that was not tried is no neighbour."""
    grid = np.full(tuple(shape + 2), np.nan)
    inside = tuple((places + 1).T)
    grid[inside] = scores
    offsets = itertools.product(*(range(-step, step + 1) for step in steps))
    around = [grid[tuple((places + 1 + np.array(offset)).T)] for offset in offsets]
    median: Floats = np.nanmedian(np.stack(around), axis=0)
    return median


def _scattered(scores: Floats, places: Ints, shape: Ints) -> Floats:
    unit = places / np.maximum(shape - 1, 1)
    count = min(NEAREST + 1, len(scores))
    found = np.empty(len(scores))
    for start in range(0, len(scores), 256):
        some = unit[start : start + 256]
        far: NDArray[np.float64] = ((some[:, None, :] - unit[None, :, :]) ** 2).sum(axis=2)
        near = np.argpartition(far, count - 1, axis=1)[:, :count]
        found[start : start + 256] = np.median(scores[near], axis=1)
    return found


__all__ = ["plateau_scores"]

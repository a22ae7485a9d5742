"""A line of a million points as the few thousand that a screen can show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST = 2_000


def decimate(values: Floats, most: int = MOST) -> NDArray[np.int64]:
    """Which points to draw: of each stretch its first, lowest, highest and last, in their order.

    No spike is lost: every minimum and maximum of a stretch stays, and so do the first and the last
    point of the line. Where all of a stretch is NaN one such point stays, so that a gap is still a
    gap. At most ``most`` points (at least 4); a line that short already comes back whole.
    """
    count = len(values)
    if count <= most:
        return np.arange(count)
    edges = np.linspace(0, count, max(most // 4, 1) + 1).astype(np.int64)
    starts, ends = edges[:-1], edges[1:] - 1
    known = np.where(np.isnan(values), np.inf, values)
    lows = _places(known, starts, edges, np.minimum)
    known = np.where(np.isnan(values), -np.inf, values)
    highs = _places(known, starts, edges, np.maximum)
    return np.unique(np.concatenate([starts, lows, highs, ends]))


def _places(
    values: Floats, starts: NDArray[np.int64], edges: NDArray[np.int64], extreme: np.ufunc
) -> NDArray[np.int64]:
    """Where each stretch first has its extreme."""
    best = extreme.reduceat(values, starts)
    same = np.flatnonzero(values == np.repeat(best, np.diff(edges)))
    stretch = np.searchsorted(edges, same, side="right") - 1
    first = np.unique(stretch, return_index=True)[1]
    return same[first]


__all__ = ["MOST", "decimate"]

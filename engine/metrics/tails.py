"""The ends of a series of returns: quantiles, and the mean of what lies below."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from engine.execution.kernel import entry_of
from engine.execution.records import Floats
from engine.metrics.kernels import add, settle

entry = entry_of(Path(__file__).parent)


NAN: Final = float("nan")
# Below this a whole sort is quicker than two splits.
SHORT: Final = 4096


class Tails(NamedTuple):
    """Quantiles of the observed returns, and the mean of the lowest."""

    low: float
    high: float
    mean_of_lowest: float


class Lowest(NamedTuple):
    """Of the returns in the lower tail."""

    total: float
    most: float


def tails_of(returns: Floats, observed: int, tail: float) -> Tails:
    """Quantiles at ``tail`` and 1 - ``tail``, linear between neighbours.

    Only what lies beyond them need be known, so long series are split there and not sorted; one
    pivot per split, because numpy's partition by several is twenty times slower.
    """
    if observed < 2:
        only = float(np.nanmax(returns)) if observed else NAN
        return Tails(only, only, only)
    place, back = (observed - 1) * tail, (observed - 1) * (1.0 - tail)
    rank, above = int(place), min(int(back), observed - 2)
    if len(returns) < SHORT:
        lower = upper = np.sort(returns)[:observed]  # missing ones come last
        above -= observed
    else:
        lower, upper = ends_of(returns, rank + 2, observed - above)
        lower = np.partition(lower, rank + 1)
        above -= observed
        upper = np.partition(upper, len(upper) + above)
    bottom, top = lowest(lower[: rank + 1]), least(upper[len(upper) + above + 1 :])
    low = between(bottom.most, float(lower[rank + 1]), place - rank)
    high = between(float(upper[above]), top, back - (observed + above))
    return Tails(low, high, bottom.total / (rank + 1))


def ends_of(returns: Floats, lowest: int, highest: int) -> tuple[Floats, Floats]:
    """At least so many of the lowest returns, and so many of the highest, but few of the others.

    A sample says where to cut; where it misleads, all observed returns are given.
    """
    sample = np.sort(returns[:: len(returns) // SHORT])
    known = sample[~np.isnan(sample)]
    below, above = (int(len(known) * 1.25 * end / len(returns)) + 64 for end in (lowest, highest))
    low = known[below] if below < len(known) else np.inf
    high = known[-1 - above] if above < len(known) else -np.inf
    ends = np.empty(len(returns)), np.empty(len(returns))
    found = cut(returns, low, high, *ends)
    lower, upper = (
        end[:count] if count >= wanted else returns[~np.isnan(returns)]
        for end, count, wanted in zip(ends, found, (lowest, highest), strict=True)
    )
    return lower, upper


def between(low: float, high: float, share: float) -> float:
    """So far on the way from one number to another, from the nearer end as numpy goes."""
    gap = high - low
    return low + gap * share if share < 0.5 else high - gap * (1.0 - share)


@entry
def cut(returns: Floats, low: float, high: float, lower: Floats, upper: Floats) -> tuple[int, int]:
    """Write the returns up to ``low`` and those from ``high`` on; how many there are of both."""
    below = above = 0
    for r in returns:
        lower[below] = r
        below += r <= low
        upper[above] = r
        above += r >= high
    return below, above


@entry
def lowest(values: Floats) -> Lowest:
    """Sum and maximum of the part of returns below a split."""
    most, total, off = -math.inf, 0.0, 0.0
    for value in values:
        most = value if value > most else most
        total, off = add(total, off, value)
    return Lowest(settle(total, off), most)


@entry
def least(values: Floats) -> float:
    """The minimum of the part of returns above a split."""
    low = math.inf
    for value in values:
        low = value if value < low else low
    return low

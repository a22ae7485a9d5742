"""A plan names one level for every factor of a random case; the plans of a seed meet all pairs.

Errors live where two features meet, so each plan is, of several drawn, the one that meets the most
pairs of levels no earlier plan met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

Factors = Mapping[str, Mapping[str, int]]
Plan = Mapping[str, str]

DRAWS = 12


def plans(factors: Factors, rng: np.random.Generator) -> Iterator[Plan]:
    """Plans without end; the first n are the same whatever n is."""
    levels = [level for choices in factors.values() for level in choices]
    bounds, firsts = _bounds(factors)
    met = np.zeros((len(levels), len(levels)), dtype=bool)
    while True:
        chances = rng.random((DRAWS, len(factors), 1))
        drawn = firsts + (chances >= bounds).sum(axis=2)
        unmet = (~met[drawn[:, :, None], drawn[:, None, :]]).sum(axis=(1, 2))
        best = drawn[int(np.argmax(unmet))]
        met[np.ix_(best, best)] = True
        yield {name: levels[code] for name, code in zip(factors, best, strict=True)}


def _bounds(factors: Factors) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Per factor the chances at which one level ends and the next starts, and its first code."""
    counts = np.array([len(levels) for levels in factors.values()])
    bounds = np.ones((len(factors), counts.max()))
    for row, levels in zip(bounds, factors.values(), strict=True):
        weights = np.array(list(levels.values()), dtype=np.float64)
        row[: len(weights) - 1] = np.cumsum(weights / weights.sum())[:-1]
    return bounds, np.cumsum(counts) - counts


def pick(rng: np.random.Generator, weights: Mapping[str, int]) -> str:
    """One word, each as likely as its weight says."""
    shares = np.array(list(weights.values()), dtype=np.float64)
    return list(weights)[int(rng.choice(len(shares), p=shares / shares.sum()))]

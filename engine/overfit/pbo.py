"""The probability that the best trial in sample is a poor one out of sample.

Combinatorially symmetric cross-validation: cut time into an even number of blocks; for every way to
choose half of them, take the trial that is best on one half and see where it ranks on the other.
Bailey, Borwein, Lopez de Prado and Zhu, The Probability of Backtest Overfitting (2017).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from engine.errors import OverfitError
from engine.execution.records import Floats, Ints
from engine.overfit.kernels import symmetric_splits

Score = Literal["sharpe", "mean"]
MOST_BLOCKS: Final = 24


@dataclass(frozen=True, slots=True)
class Blocks:
    """Returns of all trials summed per block of bars: bars, sum, and sum of squares.

    ``bars`` has one number a block, the others have the shape (blocks, trials).
    """

    bars: Floats
    sums: Floats
    squares: Floats

    @classmethod
    def of(cls, returns: Floats, blocks: int) -> Blocks:
        """Cut returns (bars, trials) into blocks; the first ones are a bar longer if need be."""
        table = trials_of(returns)
        if not blocks <= len(table):
            raise OverfitError(f"{len(table)} bars cannot fill {blocks} blocks; take fewer")
        parts = np.array_split(table, blocks)
        return cls(
            np.array([float(len(part)) for part in parts]),
            np.stack([part.sum(axis=0) for part in parts]),
            np.stack([np.einsum("tn,tn->n", part, part) for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class Overfitting:
    """Every split, and what they say together.

    ``probability`` (PBO): the share of splits whose chosen trial ranks in the lower half out of
    sample (logit at most 0). ``logits`` are log(w / (1 - w)) of its rank w among (trials + 1);
    ``chosen`` is its score in sample and ``found`` out of sample. ``slope`` of the line from the
    one to the other; ``loss``: the share of splits on which the chosen trial scores below 0 out of
    sample. Splits are ordered by the blocks they test on.
    """

    probability: float
    loss: float
    slope: float
    logits: Floats
    chosen: Floats
    found: Floats
    trials: int
    blocks: int


def backtest_overfitting(
    returns: Floats, *, blocks: int = 16, score: Score = "sharpe"
) -> Overfitting:
    """The probability of backtest overfitting of a search.

    ``returns`` has a row a bar and a column a trial, all known. Raises OverfitError for fewer than
    two trials, a missing return, or blocks that are not an even number from 2 to 24.
    """
    check_blocks(blocks)
    return overfitting_of(Blocks.of(returns, blocks), score=score)


def overfitting_of(parts: Blocks, *, score: Score = "sharpe") -> Overfitting:
    """The same from sums per block, which cost no memory per bar."""
    if score not in ("sharpe", "mean"):
        raise OverfitError(f"score is {score!r}; it is sharpe or mean")
    blocks, trials = parts.sums.shape
    check_blocks(blocks)
    if trials < 2:
        raise OverfitError(f"{trials} trials leave nothing to choose; give at least two")
    halves = half_of(blocks)
    half = len(halves) // 2
    tested, trained = halves[:half], np.ascontiguousarray(halves[::-1][:half])
    out = np.empty((len(halves), 3))
    work, ones, twos = np.empty((3, trials))
    symmetric_splits(
        tested,
        trained,
        parts.bars,
        parts.sums,
        parts.squares,
        score == "sharpe",
        work,
        ones,
        twos,
        out,
    )
    return _told(out, trials, blocks)


def half_of(blocks: int) -> Ints:
    """Every choice of half the blocks; the i-th from the end takes what the i-th leaves."""
    choices = itertools.chain.from_iterable(itertools.combinations(range(blocks), blocks // 2))
    return np.fromiter(choices, np.int64).reshape(-1, blocks // 2)


def trials_of(returns: Floats) -> Floats:
    """Returns as (bars, trials), every one of them a number."""
    table = np.ascontiguousarray(returns, dtype=np.float64)
    if table.ndim != 2:
        raise OverfitError(f"returns have the shape {table.shape}; give (bars, trials)")
    if not math.isfinite(table.sum()):
        bar, trial = (int(found[0]) for found in np.nonzero(~np.isfinite(table)))
        raise OverfitError(
            f"trial {trial} has {table[bar, trial]} on bar {bar}; leave out trials that failed and "
            "write 0 where nothing was held"
        )
    return table


def check_blocks(blocks: int) -> None:
    """An even number that leaves a split to make and the splits countable."""
    if blocks % 2 or not 2 <= blocks <= MOST_BLOCKS:
        raise OverfitError(
            f"{blocks} blocks: give an even number from 2 to {MOST_BLOCKS}, for example 16"
        )


def _told(out: Floats, trials: int, blocks: int) -> Overfitting:
    place = out[:, 0] / (trials + 1.0)
    logits = np.log(place / (1.0 - place))
    chosen, found = np.ascontiguousarray(out[:, 1]), np.ascontiguousarray(out[:, 2])
    away = chosen - chosen.mean()
    square = float(away @ away)
    slope = float(away @ (found - found.mean())) / square if square > 0 else math.nan
    overfit, loss = float((logits <= 0).mean()), float((found < 0).mean())
    return Overfitting(overfit, loss, slope, logits, chosen, found, trials, blocks)

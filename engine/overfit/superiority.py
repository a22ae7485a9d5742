"""Is the best of many trials better than a benchmark, once luck has had as many tries?

White's reality check (2000) bootstraps the highest mean of all trials. Hansen's test of superior
predictive ability (2005) measures each mean in its own deviations and does not let hopeless trials
hide a good one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.errors import OverfitError
from engine.execution.records import Floats, Ints
from engine.overfit.bootstrap import block_length, check_count, stationary_bars
from engine.overfit.pbo import trials_of

# Counts of drawn bars are multiplied as one matrix; this many cells of it at a time.
CELLS: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class Superiority:
    """P-values: how often luck alone does as well as the best trial did.

    ``white`` is the reality check. ``lower``, ``consistent`` and ``upper`` are Hansen's: means of
    trials worse than the benchmark are taken as they are, as they are where they are hopeless
    (below -sqrt(2 log log n) deviations), or as good as the benchmark. ``consistent`` is the one to
    read. ``best`` is the column with the highest statistic, ``block`` the mean block in bars.
    """

    white: float
    lower: float
    consistent: float
    upper: float
    statistic: float
    best: int
    block: float
    resamples: int


@dataclass(frozen=True, slots=True)
class Draws:
    """Which bars each resample has: literal, shape (resamples, bars), or drawn from a seed."""

    resamples: int = 1000
    seed: int = 0
    given: Ints | None = None

    def means(self, table: Floats, block: float) -> Floats:
        """The mean of every trial in every resample, shape (resamples, trials)."""
        bars = len(table)
        count = self.resamples if self.given is None else len(self.given)
        check_count(count)
        at_once = max(1, CELLS // bars)
        parts = [
            _counts(self._some(first, min(at_once, count - first), bars, block), bars) @ table
            for first in range(0, count, at_once)
        ]
        return np.concatenate(parts) / bars

    def _some(self, first: int, count: int, bars: int, block: float) -> Ints:
        if self.given is not None:
            return self.given[first : first + count]
        return stationary_bars(bars, count, block, seed=self.seed, first=first)


def reality_check(
    returns: Floats,
    benchmark: Floats | float = 0.0,
    *,
    block: float | None = None,
    draws: Draws | None = None,
    studentize: bool = True,
) -> Superiority:
    """Whether any trial beats the benchmark by more than the luckiest of so many would.

    ``returns`` (bars, trials) are gains, not losses; ``benchmark`` one return per bar or for all.
    ``block`` is the mean block of the stationary bootstrap; None takes the median over trials of
    ``block_length``. Without ``studentize`` Hansen's p-values compare plain means.
    """
    table = trials_of(returns)
    rival = np.asarray(benchmark, dtype=np.float64)
    if rival.ndim and rival.shape != (len(table),):
        raise OverfitError(f"the benchmark has the shape {rival.shape}; give {len(table)} returns")
    table = table - (rival[:, None] if rival.ndim else rival)
    if len(table) < 3:
        raise OverfitError(f"{len(table)} bars cannot be resampled; give at least 3")
    length = _usual_block(table) if block is None else block
    draws = draws or Draws()
    means = table.mean(axis=0)
    away = draws.means(table, length) - means
    deviations = np.sqrt(long_run_variance(table, length))
    hopeless = means < -deviations / math.sqrt(len(table)) * math.sqrt(
        2.0 * math.log(math.log(len(table)))
    )
    scale = _scale(deviations) if studentize else np.ones_like(deviations)
    highest = float((means * scale).max())
    shifts = {
        "lower": np.minimum(means, 0.0),
        "consistent": np.where(hopeless, means, 0.0),
        "upper": np.zeros_like(means),
    }
    found = {
        name: float((((away + shift) * scale).max(axis=1) >= highest).mean())
        for name, shift in shifts.items()
    }
    white = float((away.max(axis=1) >= means.max()).mean())
    best = int(np.argmax(means * scale))
    statistic = highest * math.sqrt(len(table))
    return Superiority(
        white, **found, statistic=statistic, best=best, block=length, resamples=len(away)
    )


def long_run_variance(table: Floats, block: float) -> Floats:
    """The variance of sqrt(bars) x mean under the stationary bootstrap, of each column.

    Autocovariances around the circle, weighted by the chance that two bars stay together (Politis
    and Romano 1994); taken from the spectrum, which needs no loop over lags.
    """
    bars = len(table)
    lags = np.arange(bars)
    chance = (1.0 - 1.0 / block) ** lags if block > 1 else (lags == 0).astype(np.float64)
    weights = (1.0 - lags / bars) * chance
    weights[1:] += weights[:0:-1].copy()
    spectrum = np.fft.rfft(weights).real
    twice = np.full(len(spectrum), 2.0)
    twice[0] = 1.0
    if bars % 2 == 0:
        twice[-1] = 1.0
    found = np.empty(table.shape[1])
    for column in range(table.shape[1]):
        power = np.abs(np.fft.rfft(table[:, column] - table[:, column].mean())) ** 2
        found[column] = float((twice * spectrum) @ power) / bars**2
    return np.maximum(found, 0.0)


def _scale(deviations: Floats) -> Floats:
    """1 / deviation; a trial that never moves is no better and no worse than the benchmark."""
    moves = deviations > 0
    return np.where(moves, 1.0 / np.where(moves, deviations, 1.0), 0.0)


def _usual_block(table: Floats) -> float:
    """The median of the columns' own lengths; of 25 of them at most, spread over all."""
    columns = np.unique(np.linspace(0, table.shape[1] - 1, 25).astype(int))
    return float(np.median([block_length(table[:, column]) for column in columns]))


def _counts(drawn: Ints, bars: int) -> Floats:
    """How often each resample has each bar."""
    rows = len(drawn)
    flat = (drawn + np.arange(rows)[:, None] * bars).ravel()
    return np.bincount(flat, minlength=rows * bars).reshape(rows, bars).astype(np.float64)

"""How much of a walk-forward is luck: the statistics of overfitting over all its trials."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.execution.records import Floats, Ints
from engine.metrics import Convention
from engine.overfit import (
    Blocks,
    Deflated,
    Draws,
    Overfitting,
    Superiority,
    Track,
    deflate,
    independent_trials,
    min_backtest_years,
    min_track_record,
    overfitting_of,
    probabilistic_sharpe,
    reality_check,
)
from engine.wfa.segments import PLACE, Segments

SURE: Final = 0.95
HALF: Final = 0.5
SIGNS: Final[Mapping[bool | None, str]] = {True: "+", False: "-", None: "?"}


@dataclass(frozen=True, slots=True)
class Luck:
    """Figures of overfitting; ``best`` is the trial with the highest Sharpe ratio over all bars.

    ``deflated``: the deflated Sharpe ratio of the trial that is best over all bars, among
    ``trials`` of which ``independent`` are worth counting; ``lucky`` is the annual Sharpe ratio
    that luck alone would reach. ``probabilistic``: the chance that the stitched, out-of-sample
    Sharpe ratio is above 0. ``record_years`` is the track record that it would take to be 95 % sure
    of that, beside ``years`` there are; ``backtest_years`` the span in which luck alone shows a
    best Sharpe ratio like this one. None where there is too little to tell. ``shared``: every
    window tried the same sets; without that there is no probability of overfitting.
    """

    deflated: float
    lucky: float
    best_sharpe: float
    probabilistic: float
    record_years: float
    backtest_years: float
    years: float
    trials: int
    independent: float
    best: int
    overfitting: Overfitting | None
    superiority: Superiority | None
    shared: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """In plain words: ``holds up``, ``looks overfit`` or ``not proven``; and why: reasons begin
    with ``+`` for a question passed, ``-`` for one failed, ``?`` for one that cannot be asked.
    """

    word: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.word}: {'; '.join(self.reasons)}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What luck is judged by: segments of all trials that were scored, a coarse series of their
    returns (spans, trials), and the stitched returns. ``spans`` are the edges of the coarse series.
    ``shared``: every window tried the same sets; else the first ``blind`` trials were tried before
    anything was known.
    """

    segments: Segments
    blocks: Ints
    coarse: Floats
    spans: Ints
    net: Floats
    convention: Convention
    shared: bool = True
    blind: int | None = None

    @property
    def year(self) -> float:
        """Bars per year."""
        return self.convention.year


def deflated_of(table: pl.DataFrame, year: float, blind: int | None = None) -> Deflated:
    """The deflated Sharpe ratio of every set of a score table, which has sharpe, skew, kurtosis and
    n_bars; among as many trials as have a Sharpe ratio, of which the first so many are ``blind``.
    """
    ratios = table["sharpe"].to_numpy() / math.sqrt(year)
    return deflate(
        np.where(np.isfinite(ratios), ratios, np.nan),
        table["n_bars"].to_numpy(),
        table["skew"].to_numpy(),
        table["kurtosis"].to_numpy(),
        blind=blind,
    )


def luck_of(
    table: pl.DataFrame, evidence: Evidence, *, resamples: int = 1000, seed: int = 0
) -> tuple[pl.DataFrame, Luck]:
    """The table of all trials with ``probabilistic_sharpe`` and ``deflated_sharpe``; and the luck.

    ``table`` is of the whole span and has sharpe, skew, kurtosis and n_bars.
    """
    root, scored = math.sqrt(evidence.year), table["status"] == "scored"
    ratios = table["sharpe"].to_numpy() / root
    told = deflated_of(table, evidence.year, evidence.blind)
    table = table.with_columns(
        pl.Series("probabilistic_sharpe", told.probabilistic),
        pl.Series("deflated_sharpe", told.deflated),
    )
    known = scored.to_numpy() & np.isfinite(ratios)
    best = int(np.nanargmax(np.where(known, ratios, -np.inf)))
    free = evidence.convention.risk_free * np.diff(evidence.spans)[:, None]
    coarse = np.ascontiguousarray(evidence.coarse[:, known] - free)
    count = independent_trials(coarse.shape[1], mean_correlation(coarse))
    track = Track.of(evidence.net, evidence.convention.risk_free)
    return table, Luck(
        deflated=float(told.deflated[best]),
        lucky=told.benchmark * root,
        best_sharpe=float(ratios[best]) * root,
        probabilistic=probabilistic_sharpe(track),
        record_years=min_track_record(track) / evidence.year,
        backtest_years=_years(known.sum(), float(ratios[best]) * root),
        years=len(evidence.net) / evidence.year,
        trials=int(known.sum()),
        independent=count,
        best=best,
        overfitting=_overfitting(evidence, known),
        superiority=_superiority(coarse, resamples, seed),
        shared=evidence.shared,
    )


def judge(
    luck: Luck, efficiency: float, profitable: float, metrics: Mapping[str, float]
) -> Verdict:
    """Four questions; two that fail, or a loss out of sample, and it looks overfit; all passed, it
    holds up.
    """
    asked: list[tuple[bool | None, str]] = [
        (
            luck.deflated >= SURE,
            f"the best of {luck.trials:,} trials has a Sharpe of {luck.best_sharpe:.2f} where luck "
            f"alone reaches {luck.lucky:.2f}: deflated Sharpe {luck.deflated:.3f}",
        ),
        (
            luck.probabilistic >= SURE,
            f"out of sample the Sharpe is {metrics['sharpe']:.2f}: above 0 with probability "
            f"{luck.probabilistic:.3f}",
        ),
        _split_question(luck),
        (
            efficiency >= HALF,
            f"walk-forward efficiency {efficiency:.2f}, {profitable:.0%} of windows gain",
        ),
    ]
    failed = sum(passed is False for passed, _ in asked)
    reasons = tuple(f"{SIGNS[passed]} {text}" for passed, text in asked)
    if failed == 0:
        return Verdict("holds up", reasons)
    overfit = failed >= 2 or not metrics["total_return"] > 0
    return Verdict("looks overfit" if overfit else "not proven", reasons)


def _split_question(luck: Luck) -> tuple[bool | None, str]:
    told = luck.overfitting
    if not luck.shared:
        return None, (
            "no probability of overfitting (PBO): every window searched sets of its own, so no "
            "table has the same sets in all of them; walk a grid or random sets to have one"
        )
    if told is None:
        return None, "no probability of overfitting (PBO): it takes two sets and two bars a block"
    text = (
        "what is best in sample is in the lower half out of sample in "
        f"{told.probability:.0%} of {len(told.logits):,} splits (PBO) and loses in {told.loss:.0%}"
    )
    # Where all sets gain alike, any of them may be the best, and being below the median is no harm.
    return told.probability < HALF or told.loss <= 1.0 - SURE, text


def mean_correlation(coarse: Floats) -> float:
    """The mean correlation between any two trials; those that never move do not count."""
    spread = coarse.std(axis=0)
    moving = coarse[:, spread > 0]
    count = moving.shape[1]
    if count < 2:
        return 1.0
    unit = (moving - moving.mean(axis=0)) / spread[spread > 0]
    together = float(unit.sum(axis=1).var())
    return float((together / count - 1.0) / (count - 1.0))


def _years(trials: float, sharpe: float) -> float:
    return min_backtest_years(max(trials, 1.0), sharpe) if sharpe > 0 else math.nan


def _overfitting(evidence: Evidence, known: NDArray[np.bool_]) -> Overfitting | None:
    if not evidence.shared or known.sum() < 2 or len(evidence.blocks) < 3:
        return None
    parts = [
        evidence.segments.window(int(low), int(high))[known]
        for low, high in zip(evidence.blocks[:-1], evidence.blocks[1:], strict=True)
    ]
    bars, mean, square = (
        np.stack([part[:, PLACE[name]] for part in parts]) for name in ("bars", "mean", "square")
    )
    mean = mean - evidence.convention.risk_free
    sums = bars * mean
    return overfitting_of(
        Blocks(np.ascontiguousarray(bars[:, 0]), sums, square + sums * mean), score="sharpe"
    )


def _superiority(coarse: Floats, resamples: int, seed: int) -> Superiority | None:
    if len(coarse) < 30 or not coarse.size:
        return None
    return reality_check(coarse, draws=Draws(resamples, seed))

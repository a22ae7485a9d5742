"""The probability that the best set of a search is a poor one out of sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from engine.metrics.convention import chosen_for
from engine.optimizer.dataset import Dataset, collect
from engine.optimizer.scores import Scores
from engine.overfit import Blocks, Overfitting, overfitting_of
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from engine.wfa.pool import Memory, Pool, score_all
from engine.wfa.scoring import Scoring, plan_of
from engine.wfa.segments import PLACE, cut
from engine.wfa.tape import Course

# More sets than these say no more of a search, and each has to be followed bar by bar.
MOST: Final = 1_000


def overfitting_of_search(
    scores: Scores,
    dataset: Dataset,
    kind: type[StrategyBase],
    engine: VectorizedEngine,
    *,
    fixed: Mapping[str, Any] | None = None,
    blocks: int = 16,
    jobs: int | None = None,
) -> Overfitting | None:
    """Combinatorially symmetric cross-validation over the sets of a search that were scored.

    Of more than 1,000 sets as many are taken, evenly. None for fewer than two sets, or fewer than
    two bars a block.
    """
    sets = scores.table.filter(pl.col("status") == "scored").select(scores.params)
    if sets.height > MOST:
        sets = sets[np.linspace(0, sets.height - 1, MOST).round().astype(int).tolist()]
    course = Course.of(collect(dataset), engine)
    bars = len(course.clock)
    if sets.height < 2 or bars < 2 * blocks:
        return None
    convention = chosen_for(course.clock, engine.convention)
    plan = plan_of([], bars, cut(0, bars, blocks), cut(0, bars, 1), [], convention)
    scoring = Scoring(course, engine, plan, kind, dict(fixed or {}))
    parts = score_all(Pool(scoring, course.bars, jobs), sets, Memory())
    found = np.concatenate([part.segments for part in parts])
    size, mean, square = (found[:, :, PLACE[name]].T for name in ("bars", "mean", "square"))
    sums = size * mean
    together = Blocks(np.ascontiguousarray(size[:, 0]), sums, square + sums * mean)
    return overfitting_of(together)


__all__ = ["overfitting_of_search"]

"""Search the parameters of a strategy: score many sets on the same bars, on all cores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import joblib
import numpy as np
import polars as pl

from engine.execution.records import Floats
from engine.optimizer.dataset import Dataset, Window, collect
from engine.optimizer.grid import ParamGrid, check_names, generate_grid, random_grid, table_of
from engine.optimizer.objective import Objective
from engine.optimizer.scores import Scores
from engine.optimizer.trial import Scorer
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine

Progress = Callable[[int, int, int], None]
"""Hears how many sets are done, of how many, and how many of them failed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some sets of a search: their numbers and their parameters."""

    trials: Sequence[int]
    sets: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Their metrics, (sets, windows, metrics), NaN where a set failed; errors by trial."""

    trials: Sequence[int]
    values: Floats
    errors: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class ParamOptimizer:
    """Scores parameter sets on a vectorized engine and ranks them by an objective.

    ``jobs`` threads share the bars, read only; as many as there are cores if None.
    """

    engine: VectorizedEngine = field(default_factory=VectorizedEngine)
    objective: Objective = field(default_factory=Objective)
    jobs: int | None = None
    progress: Progress = lambda _done, _total, _failed: None

    generate_grid = staticmethod(generate_grid)
    random_grid = staticmethod(random_grid)

    def run_parallel(
        self,
        dataset: Dataset,
        strategy_class: type[StrategyBase],
        param_grid: ParamGrid,
    ) -> Scores:
        """Score every set of a grid.

        A set that cannot be scored is a row with its error. Raises SearchError for a grid that is
        empty or names what the strategy does not have.
        """
        sets, scorer = table_of(param_grid), Scorer(collect(dataset), self.engine)
        answers = list(self._answers(scorer, strategy_class, sets))
        table = _table(sets, scorer.metrics, answers)
        return Scores(table, tuple(sets.columns), self.objective)

    def run_windows(
        self,
        dataset: Dataset,
        strategy_class: type[StrategyBase],
        param_grid: ParamGrid,
        windows: Sequence[Window],
    ) -> pl.DataFrame:
        """Score every set in every window: rows by window, then trial, as in a score table.

        A signal is made once, on all bars; each window is scored as if its first bar were the
        account's first, flat, with indicators that know the bars before it. Columns: ``window``
        (its place in ``windows``), then those of ``Scores.table``.
        """
        sets, scorer = table_of(param_grid), Scorer(collect(dataset), self.engine, windows)
        answers = list(self._answers(scorer, strategy_class, sets))
        return pl.concat(
            _table(sets, scorer.metrics, answers, place).select(
                pl.lit(place, pl.UInt32()).alias("window"), pl.all()
            )
            for place in range(len(windows))
        )

    def _answers(
        self, scorer: Scorer, kind: type[StrategyBase], sets: pl.DataFrame
    ) -> Iterator[Answer]:
        check_names(kind, sets.columns)
        tasks = (joblib.delayed(answer)(scorer, kind, batch) for batch in batches(sets, 32))
        pool = joblib.Parallel(
            n_jobs=self.jobs or joblib.cpu_count(),
            backend="threading",
            return_as="generator_unordered",
        )
        done = failed = 0
        for told in pool(tasks):
            done, failed = done + len(told.trials), failed + len(told.errors)
            self.progress(done, sets.height, failed)
            yield told


def batches(sets: pl.DataFrame, size: int) -> Iterator[Batch]:
    """The sets in order, so many at once."""
    for start in range(0, sets.height, size):
        rows = sets.slice(start, size).to_dicts()
        yield Batch(range(start, start + len(rows)), rows)


def answer(scorer: Scorer, kind: type[StrategyBase], batch: Batch) -> Answer:
    """Score some sets; whatever goes wrong with one is its own error."""
    values = np.full((len(batch.sets), max(len(scorer.windows), 1), len(scorer.metrics)), np.nan)
    errors = {}
    for place, (trial, params) in enumerate(zip(batch.trials, batch.sets, strict=True)):
        try:
            values[place] = scorer.score(kind(**params))
        except Exception as error:
            errors[trial] = f"{type(error).__name__}: {error}"
    return Answer(batch.trials, values, errors)


def _table(
    sets: pl.DataFrame, metrics: Sequence[str], answers: Iterable[Answer], window: int = 0
) -> pl.DataFrame:
    """Sets, metrics, status and error, in the order of the sets."""
    parts = []
    for told in answers:
        trials = pl.Series("trial", told.trials, pl.UInt32())
        errors = [told.errors.get(trial) for trial in told.trials]
        numbers = pl.DataFrame(told.values[:, window, :], schema=list(metrics))
        error = pl.Series("error", errors, pl.String())
        status = pl.Series(["scored" if one is None else "failed" for one in errors])
        parts.append(
            sets[list(told.trials)]
            .select(trials, pl.all())
            .hstack(numbers)
            .with_columns(status.alias("status"), error)
        )
    return pl.concat(parts).sort("trial")


__all__ = ["ParamOptimizer", "Progress"]

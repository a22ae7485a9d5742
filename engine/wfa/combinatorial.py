"""Combinatorial purged cross-validation: many ways through the same history, none of them seen.

Cut time into groups; each choice of ``tested`` groups is tested, the others train, before and after
it. Every group is tested several times, by different trainings, so the tests can be put together to
several whole paths. Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 12.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from engine.errors import SearchError, WindowError
from engine.execution.records import Floats, Ints
from engine.metrics import Convention
from engine.metrics.convention import chosen_for
from engine.optimizer.dataset import Dataset
from engine.optimizer.grid import ParamGrid, check_names, table_of
from engine.optimizer.objective import Objective
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from engine.wfa.choice import errors_of, params_of, trial_table
from engine.wfa.pool import Memory, Pool, read_for, score_all
from engine.wfa.scoring import Plan, Progress, Scoring
from engine.wfa.segments import KNOWN, Segments, cut, edges_of, measured, together
from engine.wfa.tape import Course

Span = tuple[int, int]
MOST_SPLITS: Final = 10_000
SHOWN: Final = ("total_return", "cagr", "sharpe", "max_drawdown", "trade_count")
# Columns of the tables that are neither parameters nor a score table's own.
TAKEN: Final = ("groups", *(f"{side}_{name}" for side in ("train", "test") for name in SHOWN))


@dataclass(frozen=True, slots=True)
class Split:
    """Spans of bars to train and to test on, each [start, end); the groups that are tested."""

    groups: tuple[int, ...]
    train: tuple[Span, ...]
    test: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Combinatorial:
    """How many groups time is cut into, and how many of them are tested at a time.

    ``purge`` bars are left out of training on both sides of a test, ``embargo`` more of them after
    it. The first groups are a bar longer if need be.
    """

    groups: int = 10
    tested: int = 2
    purge: int = 0
    embargo: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.tested < self.groups:
            raise WindowError(
                f"{self.tested} of {self.groups} groups tested: give 1 to {self.groups - 1}"
            )
        if min(self.purge, self.embargo) < 0:
            raise WindowError(f"purge {self.purge} and embargo {self.embargo} must not be negative")
        if self.split_count > MOST_SPLITS:
            raise WindowError(
                f"{self.tested} of {self.groups} groups make {self.split_count:,} splits; up to "
                f"{MOST_SPLITS:,} can be walked"
            )

    @property
    def split_count(self) -> int:
        """All choices of tested groups."""
        return math.comb(self.groups, self.tested)

    @property
    def path_count(self) -> int:
        """How often each group is tested, which is how many whole paths there are."""
        return math.comb(self.groups - 1, self.tested - 1)

    def splits(self, bars: int) -> list[Split]:
        """Every split, the tested groups in order. Raises WindowError if one has no training."""
        if bars < self.groups:
            raise WindowError(f"{bars} bars cannot fill {self.groups} groups; take fewer")
        edges = cut(0, bars, self.groups)
        found = [
            self._split(edges, groups)
            for groups in itertools.combinations(range(self.groups), self.tested)
        ]
        for one in found:
            if sum(end - start for start, end in one.train) < 2:
                raise WindowError(
                    f"testing groups {one.groups} leaves fewer than two bars to train on; purge "
                    "less or take fewer groups"
                )
        return found

    def paths(self) -> Ints:
        """The split that tests each group on each path, shape (paths, groups).

        The k-th path takes, of every group, the k-th split that tests it.
        """
        choices = list(itertools.combinations(range(self.groups), self.tested))
        return np.array(
            [
                [number for number, groups in enumerate(choices) if group in groups]
                for group in range(self.groups)
            ],
            dtype=np.int64,
        ).T

    def _split(self, edges: Ints, groups: tuple[int, ...]) -> Split:
        test = tuple((int(edges[group]), int(edges[group + 1])) for group in groups)
        allowed = np.ones(int(edges[-1]), dtype=bool)
        for start, end in test:
            allowed[max(0, start - self.purge) : end + self.purge + self.embargo] = False
        return Split(groups, _runs(allowed), test)


@dataclass(frozen=True)
class Combined:
    """``splits``: a row a split, with its tested groups, its choice and scores of both sides.
    ``paths``: a row a path, with its metrics out of sample: a distribution, not one number.
    """

    splits: pl.DataFrame
    paths: pl.DataFrame
    params: tuple[str, ...]
    objective: Objective

    @property
    def loss(self) -> float:
        """The share of paths that lose."""
        return int((self.paths["total_return"] < 0).sum()) / self.paths.height

    def summary(self) -> dict[str, float]:
        """How many paths there are, how many of them lose, and how far their Sharpe ratios lie."""
        sharpes = self.paths["sharpe"].fill_nan(None).drop_nulls().to_numpy()
        low, middle, high = np.quantile(sharpes, (0.0, 0.5, 1.0)) if len(sharpes) else [np.nan] * 3
        return {
            "splits": float(self.splits.height),
            "paths": float(self.paths.height),
            "loss": self.loss,
            "sharpe_lowest": float(low),
            "sharpe_median": float(middle),
            "sharpe_highest": float(high),
        }


@dataclass(frozen=True)
class CombinatorialValidator:
    """Chooses on the training of every split and tests the choice, as ``WalkForwardValidator``.

    Every trial is run once on all bars, and its returns are cut into groups; by ``jobs`` threads or
    the workers of a ``cluster``.
    """

    combinatorial: Combinatorial = field(default_factory=Combinatorial)
    engine: VectorizedEngine = field(default_factory=VectorizedEngine)
    objective: Objective = field(default_factory=Objective)
    jobs: int | None = None
    cluster: str | None = None
    progress: Progress = lambda _done, _total, _failed: None

    def run(
        self,
        dataset: Dataset,
        strategy_class: type[StrategyBase],
        param_grid: ParamGrid,
        *,
        fixed: Mapping[str, Any] | None = None,
    ) -> Combined:
        """Cross-validate a grid, with ``fixed`` as further parameters of all sets.

        Raises WindowError or SearchError as a walk-forward does.
        """
        if self.objective.metric not in KNOWN:
            raise WindowError(
                f"{self.objective.metric} cannot be put together from groups; rank by one of "
                f"{list(KNOWN)}"
            )
        sets, more = table_of(param_grid), dict(fixed or {})
        check_names(strategy_class, [*sets.columns, *more], TAKEN)
        bars, dataset = read_for(dataset, self.cluster, self.jobs)
        course = Course.of(bars, self.engine)
        splits = self.combinatorial.splits(len(course.clock))
        spans = [span for one in splits for span in (*one.train, *one.test)]
        edges = edges_of([*spans, (0, len(course.clock))])
        convention = chosen_for(course.clock, self.engine.convention)
        plan = Plan((), edges, edges[[0, -1]], (), convention)
        scoring = Scoring(course, self.engine, plan, strategy_class, more)
        pool = Pool(scoring, dataset, self.jobs, self.cluster)
        parts = score_all(pool, sets, Memory(progress=self.progress))
        segments = Segments(edges, np.concatenate([part.segments for part in parts]))
        return self._combined(sets, splits, segments, convention, errors_of(parts))

    def _combined(
        self,
        sets: pl.DataFrame,
        splits: Sequence[Split],
        segments: Segments,
        convention: Convention,
        errors: dict[int, str],
    ) -> Combined:
        trials, rows = [], []
        for one in splits:
            metrics = measured(joined(segments, one.train), convention)
            best = self.objective.ranked(trial_table(sets, metrics, errors))
            if best.is_empty():
                raise SearchError(
                    f"no set has a {self.objective.metric} to rank when groups {one.groups} are "
                    "tested; loosen the rules or take fewer groups"
                )
            trial = int(best["trial"][0])
            trials.append(trial)
            test = measured(joined(segments, one.test), convention)
            rows.append(
                {
                    "groups": list(one.groups),
                    "trial": trial,
                    **params_of(sets, trial),
                    **{f"train_{name}": float(metrics[name][trial]) for name in SHOWN},
                    **{f"test_{name}": float(test[name][trial]) for name in SHOWN},
                }
            )
        paths = [self._path(path, trials, splits, segments, convention) for path in self._paths()]
        return Combined(
            pl.DataFrame(rows), pl.DataFrame(paths), tuple(sets.columns), self.objective
        )

    def _paths(self) -> list[list[int]]:
        return self.combinatorial.paths().tolist()  # type: ignore[no-any-return]

    def _path(
        self,
        path: Sequence[int],
        trials: Sequence[int],
        splits: Sequence[Split],
        segments: Segments,
        convention: Convention,
    ) -> dict[str, float]:
        spans = [
            splits[split].test[splits[split].groups.index(group)]
            for group, split in enumerate(path)
        ]
        parts = [
            segments.window(*span)[trials[split]] for span, split in zip(spans, path, strict=True)
        ]
        metrics = measured(together(np.stack(parts)[None]), convention)
        return {name: float(metrics[name][0]) for name in SHOWN}


def joined(segments: Segments, spans: Sequence[Span]) -> Floats:
    """The sums of several spans as one after another."""
    return together(np.stack([segments.window(*span) for span in spans], axis=1))


def _runs(allowed: Floats) -> tuple[Span, ...]:
    """Where a truth is true, as spans."""
    steps = np.flatnonzero(np.diff(np.concatenate([[0], allowed.astype(np.int8), [0]])))
    return tuple((int(low), int(high)) for low, high in steps.reshape(-1, 2))

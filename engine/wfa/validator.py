"""Walk-forward analysis: choose on the past, trade the future, move on; then ask what was luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from engine.errors import SearchError, WindowError
from engine.metrics.catalogue import RETURNS
from engine.metrics.convention import chosen_for
from engine.optimizer.dataset import Dataset
from engine.optimizer.grid import (
    ParamGrid,
    Rules,
    check_names,
    generate_grid,
    random_grid,
    rules_of,
    table_of,
)
from engine.optimizer.objective import Objective
from engine.optimizer.optimizer import Method
from engine.optimizer.space import Ranges, spaces_of
from engine.optimizer.study import METHODS
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from engine.wfa.choice import By
from engine.wfa.guided import Guide
from engine.wfa.pool import Pool, read_for
from engine.wfa.result import WalkForward
from engine.wfa.scoring import Plan, Progress, Scoring, plan_of
from engine.wfa.segments import KNOWN, cut
from engine.wfa.tape import Course
from engine.wfa.walk import TAKEN, Walk
from engine.wfa.windows import Rolling, Window, checked_windows

# The coarse series of all trials together: at most so many spans, and so many cells.
SPANS: Final = 2000
CELLS: Final = 20_000_000


@dataclass(frozen=True)
class WalkForwardValidator:
    """How to walk: windows, the engine that trades, the objective that chooses in each training.

    ``by`` the score of a set itself, or of its neighbourhood, the best of a training is taken. A
    strategy without loops is run once per trial on all bars and windows are put together from
    segments; one with loops is run anew in every window (``afresh``; None decides so), after
    ``warmup`` bars that are cut from the result (if None: its own warm-up, the delay until a signal
    is held, and one). ``blocks`` are those of the probability of overfitting, ``resamples`` of the
    reality check; ``seed`` is of both and of searches. Sets are scored on ``jobs`` threads, or by
    the workers of a ``cluster`` (``dask://host:port``, ``ray://host:port``), who read files where
    they are; the result is the same. With a ``folder`` results are kept there, and a killed run
    goes on; ``force`` replaces another one in it.
    """

    windows: Rolling | Sequence[Window]
    engine: VectorizedEngine = field(default_factory=VectorizedEngine)
    objective: Objective = field(default_factory=Objective)
    by: By = "score"
    jobs: int | None = None
    cluster: str | None = None
    afresh: bool | None = None
    warmup: int | None = None
    blocks: int = 16
    resamples: int = 1000
    seed: int = 0
    folder: Path | None = None
    force: bool = False
    progress: Progress = lambda _done, _total, _failed: None

    def run(
        self,
        dataset: Dataset,
        strategy_class: type[StrategyBase],
        param_grid: ParamGrid,
        *,
        fixed: Mapping[str, Any] | None = None,
    ) -> WalkForward:
        """Walk a grid of parameter sets forward, with ``fixed`` as further parameters of all.

        Raises WindowError for windows that do not fit, SearchError if no set can be chosen in any
        training, ClusterError if nobody answers. A set that fails is a row with its error.
        """
        sets = table_of(param_grid)
        return self._walk(dataset, strategy_class, sets.columns, fixed, sets)

    def search(
        self,
        dataset: Dataset,
        strategy_class: type[StrategyBase],
        ranges: Ranges,
        trials: int = 100,
        *,
        method: Method = "tpe",
        where: Rules = (),
        fixed: Mapping[str, Any] | None = None,
    ) -> WalkForward:
        """Walk a search of ranges forward: a ``grid``, sets at ``random``, or guided by Optuna.

        ``tpe`` and ``cmaes`` search the training of every window anew, by a study of its own that
        is told nothing else: ``trials`` proposals in each. Windows then have different sets, so
        there is no probability of overfitting; the deflated Sharpe ratio counts all sets that any
        window tried, and ``train_deflated_sharpe`` those of its own. ``where`` has rules on
        parameters. Raises as ``run`` does, ExtraMissing without optuna.
        """
        if method == "grid":
            return self.run(
                dataset, strategy_class, generate_grid(ranges, where=where), fixed=fixed
            )
        if method == "random":
            sets = random_grid(ranges, trials, seed=self.seed, where=where)
            return self.run(dataset, strategy_class, sets, fixed=fixed)
        if method not in METHODS:
            raise SearchError(f"method is {method!r}; it is grid, random, tpe or cmaes")
        if trials < 1:
            raise SearchError(f"{trials} trials: give at least one")
        guide = Guide(spaces_of(ranges), method, trials, self.seed, tuple(rules_of(where)))
        return self._walk(dataset, strategy_class, list(guide.spaces), fixed, guide)

    def _walk(
        self,
        dataset: Dataset,
        kind: type[StrategyBase],
        names: Sequence[str],
        fixed: Mapping[str, Any] | None,
        searched: pl.DataFrame | Guide,
    ) -> WalkForward:
        more = dict(fixed or {})
        check_names(kind, [*names, *more], TAKEN)
        twice = sorted({*names} & {*more})
        if twice:
            raise SearchError(f"{twice} are searched and fixed at once; give them one way")
        bars, dataset = read_for(dataset, self.cluster, self.jobs)
        course = Course.of(bars, self.engine)
        windows = self._windows(course)
        count = searched.height if isinstance(searched, pl.DataFrame) else searched.trials
        shared = isinstance(searched, pl.DataFrame)
        trials = count if shared else count * len(windows)
        plan = self._plan(course, windows, kind, names, trials)
        scoring = Scoring(course, self.engine, plan, kind, more)
        return Walk(self, Pool(scoring, dataset, self.jobs, self.cluster), searched).run()

    def _windows(self, course: Course) -> list[Window]:
        """The windows. What is traded at the next close is ordered a bar before a test begins, so
        that bar is no training.
        """
        if not isinstance(self.windows, Rolling):
            return checked_windows(self.windows, len(course.clock))
        purge = max(self.windows.purge, course.delay - 1)
        return replace(self.windows, purge=purge).plan(course.clock)

    def _plan(
        self,
        course: Course,
        windows: Sequence[Window],
        kind: type[StrategyBase],
        names: Sequence[str],
        trials: int,
    ) -> Plan:
        span = windows[0].train_start, windows[-1].test_end
        afresh = kind.loops is not StrategyBase.loops if self.afresh is None else self.afresh
        known = {metric.name for metric in RETURNS}
        metrics = sorted(known & {self.objective.metric, *self.objective.named()})
        if self.objective.metric not in {*KNOWN, *metrics}:
            raise WindowError(
                f"{self.objective.metric} cannot be measured window by window; rank by one of "
                f"{sorted({*KNOWN, *known})}"
            )
        self.objective.check([*names, *KNOWN, *known])
        most = max(1, min(SPANS, CELLS // trials, span[1] - span[0]))
        return plan_of(
            windows,
            len(course.clock),
            cut(*span, self.blocks) if span[1] - span[0] >= 2 * self.blocks else cut(*span, 1),
            cut(*span, most),
            metrics,
            chosen_for(course.clock, self.engine.convention),
            afresh=afresh,
            warmup=self.warmup,
        )


__all__ = ["WalkForwardValidator"]

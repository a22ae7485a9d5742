"""Walk-forward analysis: choose on the past, trade the future, move on; then ask what was luck."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from engine.errors import SearchError, WindowError
from engine.metrics import measure_returns
from engine.metrics.catalogue import RETURNS
from engine.metrics.convention import chosen_for
from engine.optimizer.dataset import Dataset, collect
from engine.optimizer.grid import ParamGrid, check_names, table_of
from engine.optimizer.objective import Objective
from engine.store.digest import frame_digest
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine
from engine.wfa.choice import (
    By,
    choose,
    errors_of,
    long_scores,
    params_of,
    trial_table,
    window_tables,
)
from engine.wfa.luck import Evidence, luck_of
from engine.wfa.result import WalkForward
from engine.wfa.scoring import Part, Plan, Progress, Scoring, plan_of, score_all
from engine.wfa.segments import KNOWN, Segments, cut, measured
from engine.wfa.stitch import Stitched, stitch, with_hindsight
from engine.wfa.store import Store, identity_of
from engine.wfa.tape import Course
from engine.wfa.windows import Rolling, Window, checked_windows

# The coarse series of all trials together: at most so many spans, and so many cells.
SPANS: Final = 2000
CELLS: Final = 20_000_000
TIMES: Final = ("train_start", "train_end", "test_start", "test_end")
SHOWN: Final = ("total_return", "mean_return", "sharpe", "max_drawdown", "trade_count")


@dataclass(frozen=True)
class WalkForwardValidator:
    """How to walk: windows, the engine that trades, the objective that chooses in each training.

    ``by`` the score of a set itself, or of its neighbourhood, the best of a training is taken. A
    strategy without loops is run once per trial on all bars and windows are put together from
    segments; one with loops is run anew in every window (``afresh``; None decides so), after
    ``warmup`` bars that are cut from the result (if None: its own warm-up, the delay until a signal
    is held, and one). ``blocks`` are those of the probability of overfitting, ``resamples`` of the
    reality check. With a ``folder`` results are kept there, and a killed run goes on;
    ``force`` replaces another one in it.
    """

    windows: Rolling | Sequence[Window]
    engine: VectorizedEngine = field(default_factory=VectorizedEngine)
    objective: Objective = field(default_factory=Objective)
    by: By = "score"
    jobs: int | None = None
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
        training. A set that fails is a row with its error.
        """
        sets, more = table_of(param_grid), dict(fixed or {})
        check_names(strategy_class, [*sets.columns, *more])
        twice = sorted({*sets.columns} & {*more})
        if twice:
            raise SearchError(f"{twice} are searched and fixed at once; give them one way")
        course = Course.of(collect(dataset), self.engine)
        windows = self._plan(course)
        plan = self._scored(course, windows, strategy_class, sets)
        store = self._store(course, strategy_class, sets, plan, more)
        parts = self._parts(course, strategy_class, sets, plan, store, more)
        tables = window_tables(sets, parts, plan)
        scores = long_scores(tables)
        if store is not None:
            store.write_table("scores", scores)
        trials = choose(tables, tuple(sets.columns), self.objective, self.by)
        chosen = [
            None if trial is None else strategy_class(**params_of(sets, trial), **more)
            for trial in trials
        ]
        stitched = stitch(
            course, self.engine, windows, chosen, warmup=self.warmup, afresh=plan.afresh
        )
        table = _window_table(course, plan, sets, trials, tables, stitched)
        whole, luck = self._luck(sets, parts, plan, stitched)
        best = strategy_class(**params_of(sets, luck.best), **more)
        stitched = with_hindsight(stitched, course, best, windows)
        found = WalkForward(
            table,
            scores,
            whole,
            stitched,
            tuple(sets.columns),
            self.objective,
            luck,
            windows,
            plan.convention.year,
        )
        if store is not None:
            _write(store, found)
        return found

    def _plan(self, course: Course) -> list[Window]:
        """The windows. What is traded at the next close is ordered a bar before a test begins, so
        that bar is no training.
        """
        if not isinstance(self.windows, Rolling):
            return checked_windows(self.windows, len(course.clock))
        purge = max(self.windows.purge, course.delay - 1)
        return replace(self.windows, purge=purge).plan(course.clock)

    def _scored(
        self,
        course: Course,
        windows: Sequence[Window],
        kind: type[StrategyBase],
        sets: pl.DataFrame,
    ) -> Plan:
        span = windows[0].train_start, windows[-1].test_end
        afresh = kind.loops is not StrategyBase.loops if self.afresh is None else self.afresh
        asked = {self.objective.metric, *_named(self.objective.where)}
        metrics = [name for name in asked if name in {metric.name for metric in RETURNS}]
        if self.objective.metric not in {*KNOWN, *metrics}:
            raise WindowError(
                f"{self.objective.metric} cannot be measured window by window; rank by one of "
                f"{sorted({*KNOWN, *(metric.name for metric in RETURNS)})}"
            )
        most = max(1, min(SPANS, CELLS // sets.height, span[1] - span[0]))
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

    def _store(
        self,
        course: Course,
        kind: type[StrategyBase],
        sets: pl.DataFrame,
        plan: Plan,
        fixed: Mapping[str, Any],
    ) -> Store | None:
        if self.folder is None:
            return None
        known = f"{frame_digest(course.bars)} {sorted(fixed.items())!r}"
        digest = identity_of(known, kind, sets, plan, self.engine)
        store = Store(self.folder, digest)
        told = {"strategy": kind.name, "trials": sets.height, "windows": len(plan.windows)}
        store.begin(told, force=self.force)
        return store

    def _parts(
        self,
        course: Course,
        kind: type[StrategyBase],
        sets: pl.DataFrame,
        plan: Plan,
        store: Store | None,
        fixed: Mapping[str, Any],
    ) -> list[Part]:
        return score_all(
            Scoring(course, self.engine, plan, functools.partial(kind, **fixed)),
            sets,
            jobs=self.jobs,
            known={} if store is None else store.known(),
            keep=(lambda _part: None) if store is None else store.keep,
            progress=self.progress,
        )

    def _luck(
        self, sets: pl.DataFrame, parts: Sequence[Part], plan: Plan, stitched: Stitched
    ) -> tuple[pl.DataFrame, Any]:
        first, last = int(plan.spans[0]), int(plan.spans[-1])
        segments = Segments(plan.edges, np.concatenate([part.segments for part in parts]))
        metrics = measured(segments.window(first, last), plan.convention)
        blocks = (
            cut(first, last, self.blocks) if last - first >= 2 * self.blocks else plan.edges[:1]
        )
        evidence = Evidence(
            segments,
            blocks,
            np.concatenate([part.coarse for part in parts]).T,
            stitched.account["net"].to_numpy(),
            plan.convention.year,
        )
        table = trial_table(sets, metrics, errors_of(parts))
        return luck_of(table, evidence, resamples=self.resamples, seed=self.seed)


def _named(where: Any) -> set[str]:
    """Metrics that rules name."""
    rules = [where] if isinstance(where, str | pl.Expr) or callable(where) else list(where)
    found = set[str]()
    for rule in rules:
        expr = pl.sql_expr(rule) if isinstance(rule, str) else rule
        if isinstance(expr, pl.Expr):
            found |= set(expr.meta.root_names())
    return found


def _window_table(
    course: Course,
    plan: Plan,
    sets: pl.DataFrame,
    trials: Sequence[int | None],
    tables: Sequence[Mapping[str, pl.DataFrame]],
    stitched: Stitched,
) -> pl.DataFrame:
    clock, rows = course.clock, []
    first = plan.windows[0].test_start
    for number, (one, trial, sides) in enumerate(zip(plan.windows, trials, tables, strict=True)):
        own = stitched.account.slice(one.test_start - first, one.test_end - one.test_start)
        told = dict(measure_returns(own["net"].to_numpy(), convention=plan.convention).iter_rows())
        begun = stitched.trades.filter(
            pl.col("entry_time") >= clock[one.test_start],
            pl.col("entry_time") <= clock[one.test_end - 1],
        )
        told["trade_count"] = float(begun.height)
        train = sides["train"].row(trial, named=True) if trial is not None else {}
        rows.append(
            {
                "window": number,
                **dict.fromkeys(TIMES),
                "trial": trial,
                **params_of(sets, trial),
                **{f"train_{name}": train.get(name) for name in SHOWN},
                **{f"test_{name}": told[name] for name in SHOWN},
                "joined": float(own["turnover"][0]),
            }
        )
    edges = [
        clock.gather([getattr(one, name) - (name.endswith("end")) for one in plan.windows])
        for name in TIMES
    ]
    table = pl.DataFrame(rows, infer_schema_length=None)
    return table.with_columns(one.alias(name) for one, name in zip(edges, TIMES, strict=True))


def _write(store: Store, found: WalkForward) -> None:
    store.write_table("windows", found.windows)
    store.write_table("trials", found.trials)
    store.write_table("equity", found.equity)
    store.write_table("trades", found.stitched.trades)
    store.write_summary(found.summary())
    store.finish()


__all__ = ["WalkForwardValidator"]

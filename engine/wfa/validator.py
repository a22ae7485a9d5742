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
from engine.wfa.luck import Evidence, Luck, luck_of
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
        plan = self._scored(course, self._plan(course), strategy_class, sets)
        return _Walk(self, course, strategy_class, sets, more, plan).run()

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


@dataclass(frozen=True)
class _Walk:
    """One call: the sets of one strategy on one course."""

    how: WalkForwardValidator
    course: Course
    kind: type[StrategyBase]
    sets: pl.DataFrame
    fixed: Mapping[str, Any]
    plan: Plan

    def run(self) -> WalkForward:
        """Score, choose, stitch, judge; and keep what there is as soon as it is there."""
        store, windows = self._store(), self.plan.windows
        parts = self._parts(store)
        tables = window_tables(self.sets, parts, self.plan)
        scores = long_scores(tables)
        if store is not None:
            store.write_table("scores", scores)
        trials = choose(tables, tuple(self.sets.columns), self.how.objective, self.how.by)
        stitched = self._stitched([None if one is None else self._made(one) for one in trials])
        table = _window_table(self, trials, tables, stitched)
        whole, luck = self._luck(parts, stitched)
        found = WalkForward(
            table,
            scores,
            whole,
            with_hindsight(stitched, self.course, self._made(luck.best), windows),
            tuple(self.sets.columns),
            self.how.objective,
            luck,
            windows,
            self.plan.convention.year,
        )
        if store is not None:
            _write(store, found)
        return found

    def _made(self, trial: int) -> StrategyBase:
        return self.kind(**params_of(self.sets, trial), **self.fixed)

    def _store(self) -> Store | None:
        if self.how.folder is None:
            return None
        known = f"{frame_digest(self.course.bars)} {sorted(self.fixed.items())!r}"
        digest = identity_of(known, self.kind, self.sets, self.plan, self.how.engine)
        store = Store(self.how.folder, digest)
        counts = {"trials": self.sets.height, "windows": len(self.plan.windows)}
        store.begin({"strategy": self.kind.name, **counts}, force=self.how.force)
        return store

    def _parts(self, store: Store | None) -> list[Part]:
        kind = functools.partial(self.kind, **self.fixed)
        return score_all(
            Scoring(self.course, self.how.engine, self.plan, kind),
            self.sets,
            jobs=self.how.jobs,
            known={} if store is None else store.known(),
            keep=(lambda _part: None) if store is None else store.keep,
            progress=self.how.progress,
        )

    def _stitched(self, chosen: Sequence[StrategyBase | None]) -> Stitched:
        return stitch(self.course, self.how.engine, self.plan, chosen)

    def _luck(self, parts: Sequence[Part], stitched: Stitched) -> tuple[pl.DataFrame, Luck]:
        plan, blocks = self.plan, self.how.blocks
        first, last = int(plan.spans[0]), int(plan.spans[-1])
        segments = Segments(plan.edges, np.concatenate([part.segments for part in parts]))
        metrics = measured(segments.window(first, last), plan.convention)
        evidence = Evidence(
            segments,
            cut(first, last, blocks) if last - first >= 2 * blocks else plan.edges[:1],
            np.concatenate([part.coarse for part in parts]).T,
            plan.spans,
            stitched.account["net"].to_numpy(),
            plan.convention,
        )
        table = trial_table(self.sets, metrics, errors_of(parts))
        return luck_of(table, evidence, resamples=self.how.resamples, seed=self.how.seed)


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
    walk: _Walk,
    trials: Sequence[int | None],
    tables: Sequence[Mapping[str, pl.DataFrame]],
    stitched: Stitched,
) -> pl.DataFrame:
    windows, rows = walk.plan.windows, []
    for number, (one, trial, sides) in enumerate(zip(windows, trials, tables, strict=True)):
        train = sides["train"].row(trial, named=True) if trial is not None else {}
        tested = _tested(walk, one, stitched)
        rows.append(
            {
                "window": number,
                **dict.fromkeys(TIMES),
                "trial": trial,
                **params_of(walk.sets, trial),
                **{f"train_{name}": train.get(name) for name in SHOWN},
                **{f"test_{name}": tested[name] for name in SHOWN},
                "joined": tested["joined"],
            }
        )
    edges = [
        walk.course.clock.gather([getattr(one, name) - name.endswith("end") for one in windows])
        for name in TIMES
    ]
    table = pl.DataFrame(rows, infer_schema_length=None)
    return table.with_columns(one.alias(name) for one, name in zip(edges, TIMES, strict=True))


def _tested(walk: _Walk, window: Window, stitched: Stitched) -> dict[str, float]:
    """Metrics of the stitched account in one window, and what was turned over on its first bar."""
    clock, first = walk.course.clock, walk.plan.windows[0].test_start
    length = window.test_end - window.test_start
    own = stitched.account.slice(window.test_start - first, length)
    metrics = measure_returns(own["net"].to_numpy(), convention=walk.plan.convention)
    entry = pl.col("entry_time")
    begun = stitched.trades.filter(
        entry >= clock[window.test_start], entry <= clock[window.test_end - 1]
    )
    return {
        **dict(metrics.iter_rows()),
        "trade_count": float(begun.height),
        "joined": float(own["turnover"][0]),
    }


def _write(store: Store, found: WalkForward) -> None:
    store.write_table("windows", found.windows)
    store.write_table("trials", found.trials)
    store.write_table("equity", found.equity)
    store.write_table("trades", found.stitched.trades)
    store.write_summary(found.summary())
    store.finish()


__all__ = ["WalkForwardValidator"]

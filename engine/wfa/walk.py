"""One walk: score or search all windows, choose, stitch, judge; and keep what there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from engine.metrics import measure_returns
from engine.optimizer.batch import WINDOW
from engine.store.digest import frame_digest
from engine.wfa.choice import Trials, all_trials, choose, long_scores, params_of, trial_table
from engine.wfa.guided import Guide, search_windows
from engine.wfa.luck import Evidence, Luck, deflated_of, luck_of
from engine.wfa.pool import Memory, Pool, score_all
from engine.wfa.result import WalkForward
from engine.wfa.scoring import SIDES
from engine.wfa.segments import Segments, cut, measured
from engine.wfa.stitch import Stitched, stitch, with_hindsight
from engine.wfa.store import Store, identity_of
from engine.wfa.windows import Window

if TYPE_CHECKING:
    from engine.strategy import StrategyBase
    from engine.wfa.validator import WalkForwardValidator

TIMES: Final = ("train_start", "train_end", "test_start", "test_end")
SHOWN: Final = ("total_return", "mean_return", "sharpe", "max_drawdown", "trade_count")
# Columns of the tables that are neither parameters nor a score table's own.
TAKEN: Final = (
    *(WINDOW, "side", "tried", "joined", *TIMES, "train_deflated_sharpe"),
    *(f"{side}_{name}" for side in SIDES for name in SHOWN),
)


@dataclass(frozen=True)
class Walk:
    """One call: how, where sets are scored, and which: given ones, or those a guide asks for."""

    how: WalkForwardValidator
    pool: Pool
    searched: pl.DataFrame | Guide

    def run(self) -> WalkForward:
        """Score, choose, stitch, judge; and keep what there is as soon as it is there."""
        store, plan, objective = self._store(), self.pool.scoring.plan, self.how.objective
        tried = self._tried(store)
        scores = long_scores(tried.tables)
        if store is not None:
            store.write_table("scores", scores)
        params = tuple(tried.sets.columns)
        chosen = choose(tried.tables, params, objective, self.how.by)
        made = [None if one is None else self._made(tried, one) for one in chosen]
        course = self.pool.scoring.course
        stitched = stitch(course, self.how.engine, plan, made)
        table = self._window_table(tried, chosen, stitched)
        whole, luck = self._luck(tried, stitched)
        found = WalkForward(
            table,
            scores,
            whole,
            with_hindsight(stitched, course, self._made(tried, luck.best), plan.windows),
            params,
            objective,
            luck,
            plan.windows,
            plan.convention.year,
        )
        if store is not None:
            _write(store, found)
        return found

    def _made(self, tried: Trials, trial: int) -> StrategyBase:
        return self.pool.scoring.made(params_of(tried.sets, trial))

    def _store(self) -> Store | None:
        if self.how.folder is None:
            return None
        scoring, searched = self.pool.scoring, self.searched
        known = f"{frame_digest(scoring.course.bars)} {sorted(scoring.fixed.items())!r}"
        if isinstance(searched, Guide):
            sets, trials = searched.told(self.how.objective), searched.trials
        else:
            sets, trials = [frame_digest(searched)], searched.height
        digest = identity_of(known, scoring.kind, sets, scoring.plan, self.how.engine)
        store = Store(self.how.folder, digest)
        counts = {"trials": trials, "windows": len(scoring.plan.windows)}
        store.begin({"strategy": scoring.kind.name, **counts}, force=self.how.force)
        return store

    def _tried(self, store: Store | None) -> Trials:
        progress = self.how.progress
        memory = (
            Memory(progress=progress)
            if store is None
            else Memory(store.known(), store.keep, progress)
        )
        if isinstance(self.searched, Guide):
            return search_windows(self.pool, self.searched, self.how.objective, memory)
        parts = score_all(self.pool, self.searched, memory)
        return all_trials(self.searched, parts, self.pool.scoring.plan)

    def _luck(self, tried: Trials, stitched: Stitched) -> tuple[pl.DataFrame, Luck]:
        plan, blocks = self.pool.scoring.plan, self.how.blocks
        first, last = int(plan.spans[0]), int(plan.spans[-1])
        segments = Segments(plan.edges, tried.segments)
        metrics = measured(segments.window(first, last), plan.convention)
        evidence = Evidence(
            segments,
            cut(first, last, blocks) if last - first >= 2 * blocks else plan.edges[:1],
            tried.coarse.T,
            plan.spans,
            stitched.account["net"].to_numpy(),
            plan.convention,
            tried.shared,
            tried.blind,
        )
        table = trial_table(tried.sets, metrics, tried.errors)
        return luck_of(table, evidence, resamples=self.how.resamples, seed=self.how.seed)

    def _window_table(
        self, tried: Trials, chosen: Sequence[int | None], stitched: Stitched
    ) -> pl.DataFrame:
        plan, clock = self.pool.scoring.plan, self.pool.scoring.course.clock
        rows = []
        for number, (one, trial) in enumerate(zip(plan.windows, chosen, strict=True)):
            tested = self._tested(one, stitched)
            rows.append(
                {
                    WINDOW: number,
                    **dict.fromkeys(TIMES),
                    "trial": trial,
                    **params_of(tried.sets, trial),
                    **self._trained(tried, number, trial),
                    **{f"test_{name}": tested[name] for name in SHOWN},
                    "joined": tested["joined"],
                }
            )
        edges = [
            clock.gather([getattr(one, name) - name.endswith("end") for one in plan.windows])
            for name in TIMES
        ]
        table = pl.DataFrame(rows, infer_schema_length=None)
        return table.with_columns(one.alias(name) for one, name in zip(edges, TIMES, strict=True))

    def _trained(
        self, tried: Trials, window: int, trial: int | None
    ) -> dict[str, float | int | None]:
        """How many sets a training scored, the metrics of its choice, and what luck says of it."""
        table, row = tried.tables[window]["train"], dict[str, float]()
        if trial is not None:
            blind = None if tried.shared else tried.blind_in[window]
            told = deflated_of(table, self.pool.scoring.plan.convention.year, blind)
            luck = pl.Series("deflated_sharpe", told.deflated)
            row = table.with_columns(luck).row(by_predicate=pl.col("trial") == trial, named=True)
        return {
            "tried": int((table["status"] == "scored").sum()),
            **{f"train_{name}": row.get(name) for name in (*SHOWN, "deflated_sharpe")},
        }

    def _tested(self, window: Window, stitched: Stitched) -> dict[str, float]:
        """Metrics of the stitched account in one window, and what was turned over on its first
        bar.
        """
        plan, clock = self.pool.scoring.plan, self.pool.scoring.course.clock
        length = window.test_end - window.test_start
        own = stitched.account.slice(window.test_start - plan.windows[0].test_start, length)
        metrics = measure_returns(own["net"].to_numpy(), convention=plan.convention)
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


__all__ = ["TAKEN", "Walk"]

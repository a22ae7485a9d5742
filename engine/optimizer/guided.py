"""Searches that learn from what they found: TPE and CMA-ES, with successive halving.

Sets are proposed eight at a time, scored on all cores, and told in order, so that the result does
not depend on how many threads there are. With a folder everything is kept: proposals in Optuna's
journal, scores in parts; a search that was killed proposes what it would have proposed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from engine.errors import SearchError
from engine.optimizer.batch import Batch, batches
from engine.optimizer.batch import table_of as scores_of
from engine.optimizer.dataset import Dataset, collect, named
from engine.optimizer.grid import Rules, filtered
from engine.optimizer.ledger import Ledger
from engine.optimizer.pool import Job, Pool
from engine.optimizer.scores import Scores
from engine.optimizer.search import Search
from engine.optimizer.space import Space
from engine.optimizer.study import AT_ONCE, Asked, Sampler, Study, table_of
from engine.strategy import StrategyBase

if TYPE_CHECKING:
    from engine.optimizer.optimizer import ParamOptimizer

# Shares of time a set must survive, and the steps at which Optuna's halving looks at them.
RUNGS: Final = ((0.25, 1), (0.5, 2))


@dataclass(frozen=True, slots=True)
class Guided:
    """One guided search: where, of what, how; rules in ``where`` are on parameters."""

    optimizer: ParamOptimizer
    kind: type[StrategyBase]
    spaces: Mapping[str, Space]
    fixed: Mapping[str, Any]
    method: Sampler
    seed: int = 0
    where: Rules = ()
    prune: bool = False

    def run(self, dataset: Dataset, trials: int, folder: Path | None, *, resume: bool) -> Scores:
        """Propose, score and tell until there are so many trials."""
        search = Search(self.optimizer, self.kind, table_of(self.spaces, []), self.fixed, ())
        search.check()
        dataset = named(dataset)
        dataset = collect(dataset) if self.optimizer.cluster is None else dataset
        ledger = None
        if folder is not None:
            ledger = Ledger(folder, {**search.told(dataset), **self._told()}, resume=resume)
        study = Study(
            self.spaces,
            self.method,
            self.seed,
            descending=self.optimizer.objective.descending,
            halving=self.prune,
            journal=folder and folder / "study.log",
        )
        walk = _Walk(self, study, search.pool(), search.job(), dataset, ledger)
        complete = walk.run(trials)
        return Scores(walk.table(), tuple(self.spaces), self.optimizer.objective, complete, AT_ONCE)

    def _told(self) -> dict[str, Any]:
        return {
            "method": f"{self.method}, seed {self.seed}" + (", halving" if self.prune else ""),
            "spaces": {name: repr(space) for name, space in self.spaces.items()},
            "where": repr(self.where),
            "objective": repr(self.optimizer.objective),
        }


@dataclass(slots=True)
class _Walk:
    """A study and the rows it has so far."""

    guided: Guided
    study: Study
    pool: Pool
    job: Job
    dataset: Dataset
    ledger: Ledger | None
    rows: dict[int, pl.DataFrame] = field(default_factory=dict)
    first: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def run(self, trials: int) -> bool:
        for part in self.ledger.done() if self.ledger else []:
            for row in part.iter_slices(1):
                self._take(row)
        hear = self.guided.optimizer.progress
        try:
            while (done := self.study.finished) < trials:
                hear(done, trials, self._count("failed"))
                self._round(min(AT_ONCE - done % AT_ONCE, trials - done))
        except KeyboardInterrupt:
            return False
        finally:
            if self.ledger:
                self.ledger.flush()
        hear(done, trials, self._count("failed"))
        return True

    def table(self) -> pl.DataFrame:
        if not self.rows:
            raise SearchError("the search was stopped before a set was scored")
        return pl.concat([self.rows[trial] for trial in sorted(self.rows)])

    def _count(self, status: str) -> int:
        return sum(row["status"][0] == status for row in self.rows.values())

    def _round(self, count: int) -> None:
        """Ask for the rest of a round, score it, keep it, tell it."""
        asked = self.study.ask(count)
        for row in self._score([one for one in asked if one.number not in self.rows]):
            self._take(row)
            if self.ledger:
                self.ledger.add(row)
        if self.ledger:
            self.ledger.flush()
        for one in asked:
            row = self.rows[self.first[self._key(self.rows[one.number])]]
            self.study.tell(one.number, self._value(row), failed=row["status"][0] == "failed")

    def _take(self, row: pl.DataFrame) -> None:
        number = int(row["trial"][0])
        self.rows[number] = row
        key = self._key(row)
        self.first[key] = min(self.first.get(key, number), number)

    def _key(self, row: pl.DataFrame) -> tuple[Any, ...]:
        return row.select(*self.guided.spaces).row(0)

    def _value(self, row: pl.DataFrame) -> float | None:
        objective = self.guided.optimizer.objective
        ranked = objective.ranked(row)
        return None if ranked.is_empty() else float(ranked[objective.metric][0])

    def _score(self, asked: Sequence[Asked]) -> list[pl.DataFrame]:
        """A row for each: dropped by a rule, as a repetition or on its way, failed, or scored."""
        numbers = [one.number for one in asked]
        sets = self.study.table([one.params for one in asked])
        sets = sets.with_columns(pl.Series("trial", numbers, pl.UInt32()))
        kept = filtered(sets, self.guided.where)
        rows = dict.fromkeys(set(numbers) - set(kept["trial"]), "breaks a rule")
        again = self._again(kept)
        alive = [number for number in kept["trial"] if number not in again]
        for share, rung in RUNGS if self.guided.prune else ():
            dropped = self._halve(sets, alive, share, rung)
            rows |= dict.fromkeys(dropped, f"behind after {share:.0%} of time")
            alive = [number for number in alive if number not in dropped]
        found = self._scored(self.job, sets, alive)
        blank = dict.fromkeys(self.job.metrics, math.nan)
        for number, why in (rows | again).items():
            own = sets.filter(pl.col("trial") == number).select("trial", *self.guided.spaces)
            found[number] = own.with_columns(
                *(pl.lit(value).alias(name) for name, value in blank.items()),
                pl.lit("repeated" if number in again else "pruned").alias("status"),
                pl.lit(why).alias("error"),
            )
        return [found[number] for number in sorted(found)]

    def _again(self, sets: pl.DataFrame) -> dict[int, str]:
        """Sets that were tried before; the words name the first."""
        first, found = dict(self.first), {}
        for *key, number in sets.iter_rows():
            if first.setdefault(tuple(key), number) != number:
                found[number] = f"the same as trial {first[tuple(key)]}"
        return found

    def _halve(
        self, sets: pl.DataFrame, alive: Sequence[int], share: float, rung: int
    ) -> list[int]:
        """Score on the first part of time; those that Optuna's halving drops."""
        metric, dropped = self.guided.optimizer.objective.metric, []
        for number, row in self._scored(self._first(share), sets, alive).items():
            value = row[metric][0]
            known = value is not None and math.isfinite(value)
            if known and self.study.behind(number, value, rung):
                dropped.append(number)
        return dropped

    def _first(self, share: float) -> Job:
        times = collect(self.dataset)["timestamp"]
        start, end = times.min(), times.max()
        assert start is not None and end is not None
        until = start + (end - start) * share  # type: ignore[operator]
        job = self.job
        return Job(job.kind, job.engine, ((start, until),), job.metrics, job.fixed)  # type: ignore[arg-type]

    def _scored(
        self, job: Job, sets: pl.DataFrame, numbers: Sequence[int]
    ) -> dict[int, pl.DataFrame]:
        some = sets.filter(pl.col("trial").is_in(numbers)).drop("trial")
        found: dict[int, pl.DataFrame] = {}
        each = max(1, -(-len(numbers) // 8))
        parts = (
            Batch(tuple(numbers[place] for place in part.trials), part.sets)
            for part in batches(some, range(len(numbers)), lambda _left: each)
        )
        for told in self.pool.answers(job, self.dataset, parts):
            table = scores_of(told, job.metrics, windowed=False)
            found |= {int(one["trial"][0]): one for one in table.iter_slices(1)}
        return dict(sorted(found.items()))


__all__ = ["Guided"]

"""Searches that learn from what they found, by Optuna: TPE and CMA-ES, with successive halving.

Sets are proposed eight at a time, scored on all cores, and told in order, so that the result does
not depend on how many threads there are. With a folder everything is kept: proposals in Optuna's
journal, scores in parts; a search that was killed proposes what it would have proposed.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import polars as pl

from engine.errors import SearchError
from engine.extras import load
from engine.optimizer.batch import Batch, batches, table_of
from engine.optimizer.dataset import Dataset, collect, named
from engine.optimizer.grid import Rules, column_of, filtered
from engine.optimizer.ledger import Ledger
from engine.optimizer.pool import Job, Pool
from engine.optimizer.scores import Scores
from engine.optimizer.search import Search
from engine.optimizer.space import Choice, Integers, Space
from engine.strategy import StrategyBase

if TYPE_CHECKING:
    from engine.optimizer.optimizer import ParamOptimizer

AT_ONCE: Final = 8
# Shares of time a set must survive, and the steps at which Optuna's halving looks at them.
RUNGS: Final = ((0.25, 1), (0.5, 2))
FULL: Final = 4


@dataclass(frozen=True, slots=True)
class Guided:
    """One guided search: where, of what, how; rules in ``where`` are on parameters."""

    optimizer: ParamOptimizer
    kind: type[StrategyBase]
    spaces: Mapping[str, Space]
    fixed: Mapping[str, Any]
    method: Literal["tpe", "cmaes"]
    seed: int = 0
    where: Rules = ()
    prune: bool = False

    def run(self, dataset: Dataset, trials: int, folder: Path | None, *, resume: bool) -> Scores:
        """Propose, score and tell until there are so many trials."""
        optuna = load("optuna", extra="opt", purpose=f"A {self.method} search")
        if self.method == "cmaes":
            load("cmaes", extra="opt", purpose="A cmaes search")
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        search = Search(self.optimizer, self.kind, self._table([]), self.fixed, ())
        search.check()
        dataset = named(dataset)
        dataset = collect(dataset) if self.optimizer.cluster is None else dataset
        ledger = None
        if folder is not None:
            ledger = Ledger(folder, {**search.told(dataset), **self._told()}, resume=resume)
        study = self._study(optuna, folder)
        walk = _Walk(self, optuna, study, search.pool(), search.job(), dataset, ledger)
        complete = walk.run(trials)
        return Scores(walk.table(), tuple(self.spaces), self.optimizer.objective, complete)

    def _told(self) -> dict[str, Any]:
        return {
            "method": f"{self.method}, seed {self.seed}" + (", halving" if self.prune else ""),
            "spaces": {name: repr(space) for name, space in self.spaces.items()},
            "where": repr(self.where),
            "objective": repr(self.optimizer.objective),
        }

    def _study(self, optuna: Any, folder: Path | None) -> Any:
        storage = None
        if folder is not None:
            backend = optuna.storages.journal.JournalFileBackend(str(folder / "study.log"))
            storage = optuna.storages.JournalStorage(backend)
        direction = "maximize" if self.optimizer.objective.descending else "minimize"
        halving = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2)
        return optuna.create_study(
            study_name="search",
            storage=storage,
            direction=direction,
            pruner=halving if self.prune else optuna.pruners.NopPruner(),
            load_if_exists=True,
        )

    def sampler(self, optuna: Any, number: int) -> Any:
        """A sampler of its own for each trial, so that a resumed search goes on as it would."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if self.method == "cmaes":
                return optuna.samplers.CmaEsSampler(
                    seed=self.seed + number, warn_independent_sampling=False
                )
            return optuna.samplers.TPESampler(seed=self.seed + number, multivariate=True)

    def _table(self, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        columns = []
        for name, space in self.spaces.items():
            values = [row[name] for row in rows]
            if isinstance(space, Choice):
                columns.append(column_of(name, values, like=space.values()))
            else:
                kind = pl.Int64() if isinstance(space, Integers) else pl.Float64()
                columns.append(pl.Series(name, values, dtype=kind))
        return pl.DataFrame(columns)

    def sets(self, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """Proposed sets as a table."""
        return self._table(rows)


@dataclass(slots=True)
class _Walk:
    """A study and the rows it has so far."""

    guided: Guided
    optuna: Any
    study: Any
    pool: Pool
    job: Job
    dataset: Dataset
    ledger: Ledger | None
    rows: dict[int, pl.DataFrame] = field(default_factory=dict)

    def run(self, trials: int) -> bool:
        for part in self.ledger.done() if self.ledger else []:
            self.rows |= {int(one["trial"][0]): one for one in part.iter_slices(1)}
        hear = self.guided.optimizer.progress
        try:
            while (done := self._finished()) < trials:
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

    def _finished(self) -> int:
        return sum(one.state.is_finished() for one in self.study.get_trials(deepcopy=False))

    def _round(self, count: int) -> None:
        """Ask for the rest of a round, score it, keep it, tell it."""
        running = self.optuna.trial.TrialState.RUNNING
        asked = [one.number for one in self.study.get_trials(deepcopy=False, states=(running,))]
        while len(asked) < count:
            asked.append(self._ask())
        trials = [self.study.get_trials(deepcopy=False)[number] for number in sorted(asked)]
        new = [one for one in trials if one.number not in self.rows]
        for row in self._score([one.number for one in new], [one.params for one in new]):
            self.rows[int(row["trial"][0])] = row
            if self.ledger:
                self.ledger.add(row)
        if self.ledger:
            self.ledger.flush()
        for one in trials:
            self._tell(one.number)

    def _ask(self) -> int:
        number = len(self.study.get_trials(deepcopy=False))
        self.study.sampler = self.guided.sampler(self.optuna, number)
        spaces = {
            name: _distribution(self.optuna, space) for name, space in self.guided.spaces.items()
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return int(self.study.ask(spaces).number)

    def _tell(self, number: int) -> None:
        """A set that is not ranked is one that was pruned: samplers keep away from there."""
        states, row = self.optuna.trial.TrialState, self.rows[number]
        if row["status"][0] == "failed":
            self.study.tell(number, state=states.FAIL)
            return
        value = self._value(row)
        if value is None:
            self.study.tell(number, state=states.PRUNED)
        else:
            self.study.tell(number, value)

    def _value(self, row: pl.DataFrame) -> float | None:
        objective = self.guided.optimizer.objective
        ranked = objective.ranked(row)
        return None if ranked.is_empty() else float(ranked[objective.metric][0])

    def _score(
        self, numbers: Sequence[int], params: Sequence[Mapping[str, Any]]
    ) -> list[pl.DataFrame]:
        """A row for each: dropped by a rule, dropped on its way, failed, or scored."""
        sets = self.guided.sets(params).with_columns(pl.Series("trial", numbers, pl.UInt32()))
        kept = filtered(sets, self.guided.where)
        rows = dict.fromkeys(set(numbers) - set(kept["trial"]), "breaks a rule")
        alive = kept["trial"].to_list()
        for share, rung in RUNGS if self.guided.prune else ():
            dropped = self._halve(sets, alive, share, rung)
            rows |= dict.fromkeys(dropped, f"behind after {share:.0%} of time")
            alive = [number for number in alive if number not in dropped]
        found = self._scored(self.job, sets, alive)
        blank = dict.fromkeys(self.job.metrics, math.nan)
        for number, why in rows.items():
            own = sets.filter(pl.col("trial") == number).select("trial", *self.guided.spaces)
            found[number] = own.with_columns(
                *(pl.lit(value).alias(name) for name, value in blank.items()),
                pl.lit("pruned").alias("status"),
                pl.lit(why).alias("error"),
            )
        return [found[number] for number in sorted(found)]

    def _halve(
        self, sets: pl.DataFrame, alive: Sequence[int], share: float, rung: int
    ) -> list[int]:
        """Score on the first part of time; those that Optuna's halving drops."""
        metric, dropped = self.guided.optimizer.objective.metric, []
        for number, row in self._scored(self._first(share), sets, alive).items():
            value = row[metric][0]
            trial = self.optuna.trial.Trial(self.study, self._identity(number))
            if value is None or not math.isfinite(value):
                continue
            trial.report(value, rung)
            if trial.should_prune():
                dropped.append(number)
        return dropped

    def _first(self, share: float) -> Job:
        times = collect(self.dataset)["timestamp"]
        start, end = times.min(), times.max()
        assert start is not None and end is not None
        until = start + (end - start) * share  # type: ignore[operator]
        job = self.job
        return Job(job.kind, job.engine, ((start, until),), job.metrics, job.fixed)  # type: ignore[arg-type]

    def _identity(self, number: int) -> int:
        return int(self.study.get_trials(deepcopy=False)[number]._trial_id)

    def _scored(
        self, job: Job, sets: pl.DataFrame, numbers: Sequence[int]
    ) -> dict[int, pl.DataFrame]:
        some = sets.filter(pl.col("trial").is_in(numbers)).drop("trial")
        found: dict[int, pl.DataFrame] = {}
        each = max(1, -(-len(numbers) // 8))
        parts = (
            Batch(tuple(numbers[place] for place in part.trials), part.sets)
            for part in batches(some, range(len(numbers)), each)
        )
        for told in self.pool.answers(job, self.dataset, parts):
            table = table_of(told, job.metrics, windowed=False)
            found |= {int(one["trial"][0]): one for one in table.iter_slices(1)}
        return dict(sorted(found.items()))


def _distribution(optuna: Any, space: Space) -> Any:
    kinds = optuna.distributions
    if isinstance(space, Choice):
        return kinds.CategoricalDistribution(space.options)
    if isinstance(space, Integers):
        return kinds.IntDistribution(space.low, space.high, log=space.log, step=space.step)
    return kinds.FloatDistribution(space.low, space.high, log=space.log, step=space.step)


__all__ = ["Guided"]

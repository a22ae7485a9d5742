"""Search the parameters of a strategy: score many sets on the same bars, on all cores."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from engine.errors import SearchError
from engine.optimizer.batch import Kind, batches, near_first, table_of
from engine.optimizer.dataset import Dataset, Window, named, opened, version_of
from engine.optimizer.grid import (
    ParamGrid,
    Rules,
    check_names,
    generate_grid,
    random_grid,
)
from engine.optimizer.grid import table_of as sets_of
from engine.optimizer.ledger import Ledger
from engine.optimizer.objective import Objective
from engine.optimizer.pool import Job, Pool, Threads
from engine.optimizer.progress import Heard
from engine.optimizer.scores import Scores
from engine.optimizer.space import Ranges, spaces_of
from engine.optimizer.trial import QUICK, SCREENED
from engine.store.digest import frame_digest, json_digest
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine

# What ranking and the deflated Sharpe ratio are computed from.
NEEDED: Final = ("trade_count", "sharpe", "periods_per_year", "n_bars", "skew", "kurtosis")
Method = Literal["grid", "random", "tpe", "cmaes"]


@dataclass(frozen=True, slots=True)
class ParamOptimizer:
    """Scores parameter sets on a vectorized engine and ranks them by an objective.

    ``jobs`` threads share the bars, read only; as many as there are cores if None. ``cluster`` is
    the address of another machine's scheduler (``dask://host:port``, ``ray://host:port``); its
    connection is kept for later calls. ``metrics`` are the columns of scores; all that a screen has
    are in ``SCREENED``, those of the default are the quick ones. ``progress`` hears each step.
    """

    engine: VectorizedEngine = field(default_factory=VectorizedEngine)
    objective: Objective = field(default_factory=Objective)
    jobs: int | None = None
    cluster: str | None = None
    metrics: Sequence[str] = QUICK
    progress: Heard = lambda _done, _total, _failed: None

    generate_grid = staticmethod(generate_grid)
    random_grid = staticmethod(random_grid)

    def run_parallel(
        self,
        dataset: Dataset,
        strategy_class: type[StrategyBase],
        param_grid: ParamGrid,
        *,
        fixed: Mapping[str, Any] | None = None,
        out: Path | str | None = None,
        resume: bool = False,
    ) -> Scores:
        """Score every set of a grid, with ``fixed`` as further parameters of all of them.

        A set that cannot be scored is a row with its error. In the folder ``out`` what is done is
        kept, and a search that was killed goes on with ``resume``. After Ctrl-C what was done comes
        back, marked as not complete. The result does not depend on threads or machines. Raises
        SearchError for a grid that is empty or names what the strategy does not have.
        """
        search = Search(self, strategy_class, sets_of(param_grid), dict(fixed or {}), ())
        table, complete = search.run(dataset, _folder(out), resume=resume)
        return Scores(table, tuple(search.sets.columns), self.objective, complete)

    def run_windows(
        self,
        dataset: Dataset,
        strategy_class: type[StrategyBase],
        param_grid: ParamGrid,
        windows: Sequence[Window],
        *,
        fixed: Mapping[str, Any] | None = None,
        out: Path | str | None = None,
        resume: bool = False,
    ) -> pl.DataFrame:
        """Score every set in every window: rows by window, then trial, as in a score table.

        A signal is made once, on all bars; each window is scored as if its first bar were the
        account's first, flat, with indicators that know the bars before it. Columns: ``window``
        (its place in ``windows``), then those of ``Scores.table``.
        """
        if not windows:
            raise SearchError("there is no window to score; give at least one")
        search = Search(
            self, strategy_class, sets_of(param_grid), dict(fixed or {}), tuple(windows)
        )
        return search.run(dataset, _folder(out), resume=resume)[0]

    def search(
        self,
        dataset: Dataset,
        strategy_class: type[StrategyBase],
        ranges: Ranges,
        trials: int = 100,
        *,
        method: Method = "random",
        seed: int = 0,
        where: Rules = (),
        prune: bool = False,
        fixed: Mapping[str, Any] | None = None,
        out: Path | str | None = None,
        resume: bool = False,
    ) -> Scores:
        """Search ranges: all of a ``grid``, so many at ``random``, or guided by what was found.

        ``tpe`` and ``cmaes`` are Optuna's and need the extra ``opt``; a proposal costs them some
        milliseconds, so they pay where one trial costs more, or parameters are many. With ``prune``
        they score a set on a quarter and a half of time first and drop the worse ones (successive
        halving). The same seed gives the same sets. ``where`` has rules on parameters. ``trials``
        is not used by ``grid``.
        """
        if method in ("grid", "random"):
            sets = (
                generate_grid(ranges, where=where)
                if method == "grid"
                else random_grid(ranges, trials, seed=seed, where=where)
            )
            return self.run_parallel(
                dataset, strategy_class, sets, fixed=fixed, out=out, resume=resume
            )
        # Loaded here: it is the only search that needs Optuna.
        from engine.optimizer.guided import Guided

        if method not in ("tpe", "cmaes"):
            raise SearchError(f"method is {method!r}; it is grid, random, tpe or cmaes")
        guided = Guided(self, strategy_class, spaces_of(ranges), dict(fixed or {}), method)
        guided = replace(guided, seed=seed, where=where, prune=prune)
        return guided.run(dataset, trials, _folder(out), resume=resume)

    def with_objective(self, **changes: Any) -> ParamOptimizer:
        """The same with another objective."""
        return replace(self, objective=replace(self.objective, **changes))


@dataclass(frozen=True, slots=True)
class Search:
    """One call: all sets of one strategy."""

    optimizer: ParamOptimizer
    kind: Kind
    sets: pl.DataFrame
    fixed: Mapping[str, Any]
    windows: tuple[Window, ...]

    def run(
        self, dataset: Dataset, folder: Path | None, *, resume: bool
    ) -> tuple[pl.DataFrame, bool]:
        """All rows, and whether they are all there are."""
        self.check()
        dataset = named(dataset)
        ledger = None
        if folder is not None:
            dataset = opened(dataset) if self.optimizer.cluster is None else dataset
            ledger = Ledger(folder, self.told(dataset), resume=resume)
        rows = ledger.done() if ledger else []
        complete = self._score(dataset, rows, ledger)
        if not rows:
            raise SearchError("the search was stopped before a set was scored")
        order = ["window", "trial"] if self.windows else ["trial"]
        return pl.concat(rows).unique(order, keep="first").sort(order), complete

    def _score(self, dataset: Dataset, rows: list[pl.DataFrame], ledger: Ledger | None) -> bool:
        done = {trial for part in rows for trial in part["trial"]}
        failed = sum(part.filter(pl.col("status") == "failed").height for part in rows)
        trials = [trial for trial in near_first(self.sets) if trial not in done]
        pool, job, count = self.pool(), self.job(), len(done)
        hear = self.optimizer.progress
        hear(count, self.sets.height, failed)
        try:
            for told in pool.answers(job, dataset, batches(self.sets, trials, pool.size)):
                part = table_of(told, job.metrics, windowed=bool(self.windows))
                rows.append(part)
                if ledger:
                    ledger.add(part)
                count, failed = count + len(told.batch.trials), failed + len(told.errors)
                hear(count, self.sets.height, failed)
        except KeyboardInterrupt:
            return False
        finally:
            if ledger:
                ledger.flush()
        return True

    def job(self) -> Job:
        """What all its batches have in common."""
        optimizer = self.optimizer
        wanted = {*optimizer.metrics, optimizer.objective.metric, *NEEDED}
        metrics = tuple(name for name in SCREENED if name in wanted)
        return Job(self.kind, optimizer.engine, self.windows, metrics, self.fixed)

    def pool(self) -> Pool:
        """Where they are scored."""
        if self.optimizer.cluster is None:
            return Threads(self.optimizer.jobs)
        # Loaded here: few searches leave the machine.
        from engine.optimizer.cluster import connect

        return connect(self.optimizer.cluster, self.optimizer.jobs)

    def check(self) -> None:
        """Names are those of the strategy and of metrics, each told once."""
        check_names(self.kind, [*self.sets.columns, *self.fixed])
        twice = sorted(set(self.sets.columns) & set(self.fixed))
        if twice:
            raise SearchError(f"{twice} are searched and fixed at once; give them one way")
        strange = [name for name in self.optimizer.metrics if name not in SCREENED]
        if strange:
            raise SearchError(f"a screen has no metrics {strange}; it has {list(SCREENED)}")

    def told(self, dataset: Dataset) -> dict[str, Any]:
        """What makes this search another than all others."""
        engine = {name: repr(value) for name, value in asdict(self.optimizer.engine).items()}
        return {
            "strategy": f"{self.kind.name} {self.kind.version}",
            "source": source_digest(self.kind),
            "data": version_of(opened(dataset)),
            "engine": engine,
            "parameters": self.sets.columns,
            "sets": frame_digest(self.sets),
            "fixed": {name: repr(value) for name, value in self.fixed.items()},
            "windows": [[str(start), str(end)] for start, end in self.windows],
            "metrics": list(self.job().metrics),
        }


def source_digest(kind: Kind) -> str:
    """A digest of the file a strategy is written in; of its name where there is none."""
    try:
        text = inspect.getsource(sys.modules[kind.__module__])
    except (OSError, TypeError, KeyError):
        text = f"{kind.__module__}.{kind.__qualname__}"
    return json_digest(text)


def _folder(out: Path | str | None) -> Path | None:
    return None if out is None else Path(out)


__all__ = ["ParamOptimizer"]

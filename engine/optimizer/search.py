"""One search: its sets scored by a pool, kept in a ledger, put together in order."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from engine.errors import SearchError
from engine.optimizer.batch import (
    WINDOW,
    Answer,
    Kind,
    batches,
    near_first,
    table_of,
    together,
)
from engine.optimizer.dataset import Dataset, Window, named, opened, version_of
from engine.optimizer.grid import check_names
from engine.optimizer.ledger import Ledger
from engine.optimizer.pool import Job, Pool, Threads
from engine.optimizer.trial import SCREENED
from engine.store.digest import frame_digest, json_digest

if TYPE_CHECKING:
    from engine.optimizer.optimizer import ParamOptimizer

# What ranking and the deflated Sharpe ratio are computed from.
NEEDED: Final = ("trade_count", "sharpe", "periods_per_year", "n_bars", "skew", "kurtosis")
# So many sets become rows at once where nothing is kept on disk.
ROWS: Final = 4096


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
        order = [WINDOW, "trial"] if self.windows else ["trial"]
        return pl.concat(rows).unique(order, keep="first").sort(order), complete

    def _score(self, dataset: Dataset, rows: list[pl.DataFrame], ledger: Ledger | None) -> bool:
        done = {trial for part in rows for trial in part["trial"]}
        failed = sum(part.filter(pl.col("status") == "failed").height for part in rows)
        trials = [trial for trial in near_first(self.sets) if trial not in done]
        pool, job, count = self.pool(), self.job(), len(done)
        hear = self.optimizer.progress
        hear(count, self.sets.height, failed)
        waiting: list[Answer] = []
        try:
            some = batches(self.sets, trials, lambda left: pool.size(job, left))
            for told in pool.answers(job, dataset, some):
                waiting.append(told)
                if ledger or sum(len(one.batch.trials) for one in waiting) >= ROWS:
                    self._keep(waiting, rows, ledger)
                count, failed = count + len(told.batch.trials), failed + len(told.errors)
                hear(count, self.sets.height, failed)
        except KeyboardInterrupt:
            return False
        finally:
            self._keep(waiting, rows, ledger)
            if ledger:
                ledger.flush()
        return True

    def _keep(self, waiting: list[Answer], rows: list[pl.DataFrame], ledger: Ledger | None) -> None:
        """What waits becomes rows: few large tables cost less than many small ones."""
        if waiting:
            whole = table_of(together(waiting), self.job().metrics, windowed=bool(self.windows))
            rows.append(whole)
            if ledger:
                ledger.add(whole)
            waiting.clear()

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
        self.optimizer.objective.check([*self.sets.columns, *self.job().metrics])

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


__all__ = ["Search"]

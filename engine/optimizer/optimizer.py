"""Search the parameters of a strategy: score many sets on the same bars, on all cores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import polars as pl

from engine.errors import SearchError
from engine.optimizer.dataset import Dataset, Window
from engine.optimizer.grid import (
    ParamGrid,
    Rules,
    generate_grid,
    random_grid,
)
from engine.optimizer.grid import table_of as sets_of
from engine.optimizer.objective import Objective
from engine.optimizer.progress import Heard
from engine.optimizer.scores import Scores
from engine.optimizer.search import Search
from engine.optimizer.space import Ranges, spaces_of
from engine.optimizer.trial import QUICK
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine

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


def _folder(out: Path | str | None) -> Path | None:
    return None if out is None else Path(out)


__all__ = ["ParamOptimizer"]

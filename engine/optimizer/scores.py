"""What a search found: one row a parameter set, and everything read off that table."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import polars as pl

from engine.errors import SearchError
from engine.optimizer.objective import Objective


@dataclass(frozen=True)
class Scores:
    """The score table of a search.

    ``table`` has one row a set, in the order of the grid: ``trial``, the parameters, the metrics of
    the catalogue, ``status`` (scored, failed, pruned) and ``error``. ``complete`` is False where a
    search was stopped; its table then has what was done.
    """

    table: pl.DataFrame
    params: tuple[str, ...]
    objective: Objective
    complete: bool = True

    @functools.cached_property
    def ranked(self) -> pl.DataFrame:
        """The sets that count, the best first."""
        return self.objective.ranked(self.table)

    @property
    def failures(self) -> pl.DataFrame:
        """The sets that could not be scored, with their errors."""
        return self.table.filter(pl.col("status") == "failed").select(
            "trial", *self.params, "error"
        )

    @property
    def best(self) -> dict[str, Any]:
        """The best row. Raises SearchError if no set counts, and says why."""
        if self.ranked.is_empty():
            raise SearchError(self.why_none())
        return self.ranked.row(0, named=True)

    @property
    def best_params(self) -> dict[str, Any]:
        """The parameters of the best row."""
        row = self.best
        return {name: row[name] for name in self.params}

    def top(self, count: int = 10) -> pl.DataFrame:
        """The best rows."""
        return self.ranked.head(count)

    def why_none(self) -> str:
        """What became of all sets, in one sentence."""
        table, metric = self.table, self.objective.metric
        failed = table.filter(pl.col("status") == "failed")
        scored = table.filter(pl.col("status") == "scored")
        blank = scored.filter(~pl.col(metric).is_finite()).height
        text = f"none of {table.height:,} sets has a {metric} to rank: {failed.height:,} failed"
        if failed.height:
            text += f" (the first: {failed['error'][0]})"
        rest = scored.height - blank
        return f"{text}, {blank:,} have none, {rest:,} break a rule or trade too little"


__all__ = ["Scores"]

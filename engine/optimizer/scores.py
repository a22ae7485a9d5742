"""What a search found: one row a parameter set, and everything read off that table."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from engine.errors import SearchError
from engine.metrics.catalogue import WIDE
from engine.optimizer.objective import Objective
from engine.optimizer.plateau import plateau_scores
from engine.overfit import Deflated, deflate


@dataclass(frozen=True)
class Scores:
    """The score table of a search.

    ``table`` has one row a set, in the order they were tried: ``trial``, the parameters, metrics of
    the catalogue, ``status`` (scored, failed, pruned, repeated) and ``error``. ``complete`` is
    False where a search was stopped; its table then has what was done. ``blind``: in a guided
    search, how many of the first sets were proposed before any was scored.
    """

    table: pl.DataFrame
    params: tuple[str, ...]
    objective: Objective
    complete: bool = True
    blind: int | None = None

    @functools.cached_property
    def ranked(self) -> pl.DataFrame:
        """The sets that count, the best first, beside what luck and their neighbours say of them.

        ``deflated_sharpe`` is the probability that a set is better than the luckiest of so many
        worthless ones would be, ``plateau`` the median score of its neighbourhood.
        """
        return self.objective.ranked(self.told)

    @functools.cached_property
    def told(self) -> pl.DataFrame:
        """The table with ``deflated_sharpe`` and ``plateau``, see ``ranked``."""
        metric, descending = self.objective.metric, self.objective.descending
        # A set that came again is no neighbour without a score.
        once = self.table.filter(pl.col("status") != "repeated")
        near = plateau_scores(once, self.params, metric, descending=descending)
        known = once.select("trial", plateau=pl.Series(near))
        told = self.table.with_columns(pl.Series("deflated_sharpe", self.luck.deflated))
        return told.join(known, on="trial", how="left", maintain_order="left")

    @functools.cached_property
    def luck(self) -> Deflated:
        """The Sharpe ratios of all sets against that of pure luck, see ``engine.overfit``."""
        columns = ("sharpe", "periods_per_year", "n_bars", "skew", "kurtosis")
        sharpe, year, bars, skew, kurtosis = (self.table[name].to_numpy() for name in columns)
        return deflate(sharpe / np.sqrt(year), bars, skew, kurtosis, blind=self.blind)

    @property
    def lucky_sharpe(self) -> float:
        """The annual Sharpe ratio that the luckiest of so many worthless sets would show."""
        years = self.table["periods_per_year"].drop_nans().to_numpy()
        return self.luck.benchmark * math.sqrt(years.max(initial=0.0))

    @property
    def failures(self) -> pl.DataFrame:
        """The sets that could not be scored, with their errors."""
        failed = self.table.filter(pl.col("status") == "failed")
        return failed.select("trial", *self.params, "error")

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

    def top(self, count: int = 10, *, by: Literal["score", "plateau"] = "score") -> pl.DataFrame:
        """The best rows, by their own score or by that of their neighbourhood."""
        if by == "score":
            return self.ranked.head(count)
        ordered = self.ranked.sort(
            "plateau",
            "trial",
            descending=[self.objective.descending, False],
            nulls_last=True,
            maintain_order=True,
        )
        return ordered.head(count)

    def heat(
        self,
        rows: str,
        columns: str,
        *,
        metric: str | None = None,
        how: Literal["best", "median"] = "best",
    ) -> pl.DataFrame:
        """A metric over two parameters: the first column has the values of ``rows``.

        Every other column is one value of ``columns``. Where several sets share a cell it has the
        best of them, or their median. Raises SearchError for a name that is not there.
        """
        shown = metric or self.objective.metric
        for name in (rows, columns):
            if name not in self.params:
                raise SearchError(f"{name!r} is no parameter; the parameters are {self.params}")
        if shown not in self.table.columns or shown not in WIDE:
            raise SearchError(f"there is no metric {shown!r} in these scores")
        value = pl.col(shown).filter(pl.col(shown).is_finite())
        best = value.max() if self.objective.descending else value.min()
        cells = self.table.group_by(rows, columns).agg(value.median() if how == "median" else best)
        return cells.sort(columns, rows).pivot(columns, index=rows, values=shown).sort(rows)

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

"""What makes one parameter set better than another, and which sets do not count."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from engine.errors import SearchError
from engine.metrics.catalogue import WIDE
from engine.optimizer.grid import Rules, filtered, names_in

# Metrics of which less is better; of losses, which are negative, more is better.
LESS: Final = frozenset(
    {
        "volatility",
        "downside_risk",
        "max_drawdown_bars",
        "longest_drawdown_bars",
        "drawdown_count",
        "time_under_water",
        "ulcer_index",
        "turnover",
        "annual_turnover",
        "commission",
        "cost_share",
        "loss_run",
        "bar_loss_run",
    }
)


def _hint(name: str, known: Iterable[str]) -> str:
    """The names that a misspelt one may have meant, or all there are."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3)
    return f"did you mean {' or '.join(near)}?" if near else f"there are {names}"


@dataclass(frozen=True, slots=True)
class Objective:
    """The metric to rank by, and what a set must keep to be ranked.

    ``maximize`` None: less is better where it is for everybody (volatility, costs, durations of
    drawdowns). ``min_trades`` closed trades; ``where`` has rules on metrics and parameters, such as
    ``max_drawdown > -0.2``. A set whose metric is NaN or infinite is not ranked.
    """

    metric: str = "sharpe"
    maximize: bool | None = None
    min_trades: int = 0
    where: Rules = ()

    def __post_init__(self) -> None:
        if self.metric not in WIDE:
            raise SearchError(f"there is no metric {self.metric!r}; {_hint(self.metric, WIDE)}")

    @property
    def descending(self) -> bool:
        """Whether the most is the best."""
        return self.metric not in LESS if self.maximize is None else self.maximize

    def named(self) -> set[str]:
        """Columns that its rules name."""
        return names_in(self.where)

    def check(self, columns: Collection[str]) -> None:
        """Raises SearchError for a rule on a column that scores will not have."""
        for name in sorted(self.named() - set(columns)):
            hint = _hint(name, sorted(columns))
            raise SearchError(f"a rule names {name!r}, which these scores do not have; {hint}")

    def ranked(self, scores: pl.DataFrame) -> pl.DataFrame:
        """The sets that count, the best first; equal ones in the order they were tried."""
        counted = scores.filter(
            pl.col("status") == "scored",
            pl.col(self.metric).is_finite(),
            pl.col("trade_count") >= self.min_trades,
        )
        return filtered(counted, self.where).sort(
            self.metric, "trial", descending=[self.descending, False]
        )


__all__ = ["Objective"]

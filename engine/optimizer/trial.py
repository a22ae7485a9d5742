"""One parameter set -> its metrics; what all sets share is made once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from engine.errors import SearchError
from engine.execution.records import Floats
from engine.metrics.catalogue import ACCOUNT, RETURNS, TRADES
from engine.optimizer.dataset import Window
from engine.optimizer.shared import SharedIndicators
from engine.strategy import StrategyBase
from engine.vectorized import VectorizedEngine

ACTIVE: Final = (
    "turnover",
    "annual_turnover",
    "commission",
    "cost_share",
    "exposure",
    "n_days_in_market",
)
SCREENED: Final = (
    *(metric.name for metric in (*ACCOUNT, *RETURNS)),
    *ACTIVE,
    *(metric.name for metric in TRADES),
)
"""Every metric that a screen has."""
TAILS: Final = (
    "value_at_risk",
    "conditional_value_at_risk",
    "tail_ratio",
    "common_sense_ratio",
    "stability",
)
"""Those that need every single return at once, which costs more than all others together."""
QUICK: Final = tuple(name for name in SCREENED if name not in TAILS)


class Scorer:
    """Scores strategies on one table of bars; threads may share it.

    ``windows`` are scored one by one, each as if its first bar were the account's first: the signal
    knows all bars before it, the position starts flat.
    """

    def __init__(
        self,
        bars: pl.DataFrame,
        engine: VectorizedEngine,
        windows: Sequence[Window] = (),
        metrics: Sequence[str] = QUICK,
    ) -> None:
        self.bars, self.engine = bars, engine
        self.windows, self.metrics = tuple(windows), tuple(metrics)
        self.shared = SharedIndicators(bars)

    def score(self, strategy: StrategyBase) -> Floats:
        """Metrics, (windows, metrics); one row of all bars where no window is given."""
        return self._screened(strategy)

    def _screened(self, strategy: StrategyBase) -> Floats:
        """By the engine itself, whatever the strategy."""
        frame = strategy.signals(self.shared.features(strategy)).collect()
        parts = [self._part(frame, window) for window in self.windows] or [frame]
        return np.stack([self._metrics(part) for part in parts])

    def _metrics(self, frame: pl.DataFrame) -> Floats:
        metrics = self.engine.run(frame).metrics
        known = dict(metrics.iter_rows())
        return np.array([known[name] for name in self.metrics])

    def _part(self, frame: pl.DataFrame, window: Window) -> pl.DataFrame:
        start, end = window
        part = frame.filter(pl.col("timestamp") >= start, pl.col("timestamp") < end)
        if part.is_empty():
            raise SearchError(f"no bar lies between {start} and {end}; move the window")
        return part


__all__ = ["QUICK", "SCREENED", "TAILS", "Scorer"]

"""What a walk-forward found."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from engine.execution.records import Floats
from engine.optimizer.objective import Objective
from engine.overfit import (
    Overfitting,
    Resampled,
    Shuffled,
    Superiority,
    bootstrap_returns,
    shuffle_trades,
)
from engine.wfa.luck import Luck, Verdict, judge
from engine.wfa.stitch import Stitched
from engine.wfa.windows import Window


@dataclass(frozen=True)
class WalkForward:
    """Windows, scores, the stitched account and its luck.

    ``windows`` has a row a window: times of both sides, the chosen trial with its parameters,
    ``train_*`` metrics of the choice and ``test_*`` metrics of the stitched account in that window,
    ``joined`` what was turned over on its first bar. ``scores`` has every trial in every window on
    both sides, ``trials`` every trial over all bars, with its probabilistic and deflated Sharpe.
    """

    windows: pl.DataFrame
    scores: pl.DataFrame
    trials: pl.DataFrame
    stitched: Stitched
    params: tuple[str, ...]
    objective: Objective
    luck: Luck
    spans: Sequence[Window]
    year: float
    complete: bool = True

    @property
    def net(self) -> Floats:
        """Stitched returns per bar, out of sample."""
        return self.stitched.account["net"].to_numpy()

    @property
    def equity(self) -> pl.DataFrame:
        """The stitched account, bar by bar."""
        return self.stitched.account

    @property
    def metrics(self) -> dict[str, float]:
        """The catalogue of the stitched account, by name."""
        return dict(self.stitched.metrics.iter_rows())

    @property
    def failures(self) -> pl.DataFrame:
        """Trials that could not be scored, with their errors."""
        failed = self.trials.filter(pl.col("status") == "failed")
        return failed.select("trial", *self.params, "error")

    @property
    def efficiency(self) -> float:
        """Mean return out of sample / mean return in sample of the same choices, both per bar.

        Windows count by their test's bars (Pardo's walk-forward efficiency). NaN where the choices
        did not even gain in sample.
        """
        return self._efficiency("mean_return")

    @property
    def sharpe_efficiency(self) -> float:
        """The same of Sharpe ratios."""
        return self._efficiency("sharpe")

    @property
    def profitable(self) -> float:
        """The share of windows that gain out of sample."""
        return int((self.windows["test_total_return"] > 0).sum()) / self.windows.height

    @property
    def sharpe_deviation(self) -> float:
        """The standard deviation of the windows' Sharpe ratios out of sample (ddof 1)."""
        known = self.windows["test_sharpe"].fill_nan(None).drop_nulls()
        found = known.std() if len(known) > 1 else None
        return float(found) if isinstance(found, float) else math.nan

    @functools.cached_property
    def verdict(self) -> Verdict:
        """In plain words."""
        return judge(self.luck, self.efficiency, self.profitable, self.metrics)

    @functools.cached_property
    def resampled(self) -> Resampled:
        """Stitched returns, bootstrapped in blocks: how else it could have gone."""
        return bootstrap_returns(self.net, resamples=_affordable(len(self.net)))

    @functools.cached_property
    def shuffled(self) -> Shuffled | None:
        """Stitched trades in other orders: how deep it could have fallen; None without trades."""
        trades = self.stitched.trades.filter(pl.col("status") == "closed").sort("exit_time")
        if trades.is_empty():
            return None
        returns = (trades["return"] * trades["weight"]).to_numpy()
        return shuffle_trades(returns, shuffles=_affordable(len(returns)))

    def _efficiency(self, metric: str) -> float:
        weights = np.array([one.test_end - one.test_start for one in self.spans], dtype=float)
        inside, outside = (
            self.windows[f"{side}_{metric}"].fill_null(float("nan")).to_numpy()
            for side in ("train", "test")
        )
        known = np.isfinite(inside) & np.isfinite(outside)
        before = float((inside[known] * weights[known]).sum())
        return float((outside[known] * weights[known]).sum()) / before if before > 0 else math.nan

    @property
    def overfitting(self) -> Overfitting | None:
        """The probability of backtest overfitting, over all trials and bars."""
        return self.luck.overfitting

    @property
    def superiority(self) -> Superiority | None:
        """White's reality check and Hansen's test, over all trials and bars."""
        return self.luck.superiority

    def summary(self) -> dict[str, Any]:
        """The figures as plain values."""
        pbo, spa, luck = self.luck.overfitting, self.luck.superiority, self.luck
        return {
            "complete": self.complete,
            "verdict": self.verdict.word,
            "reasons": list(self.verdict.reasons),
            "windows": self.windows.height,
            "trials": self.trials.height,
            "failed": self.failures.height,
            "efficiency": self.efficiency,
            "sharpe_efficiency": self.sharpe_efficiency,
            "profitable_windows": self.profitable,
            "sharpe_deviation": self.sharpe_deviation,
            "probabilistic_sharpe": luck.probabilistic,
            "deflated_sharpe": luck.deflated,
            "best_sharpe": luck.best_sharpe,
            "lucky_sharpe": luck.lucky,
            "independent_trials": luck.independent,
            "min_track_record_years": luck.record_years,
            "min_backtest_years": luck.backtest_years,
            "years": luck.years,
            "pbo": None if pbo is None else pbo.probability,
            "pbo_loss": None if pbo is None else pbo.loss,
            "reality_check": None if spa is None else spa.white,
            "superior_ability": None if spa is None else spa.consistent,
            "metrics": self.metrics,
        }


def _affordable(length: int) -> int:
    """As many resamples as a second allows, 100 to 10,000."""
    return int(min(10_000, max(100, 50_000_000 // max(length, 1))))

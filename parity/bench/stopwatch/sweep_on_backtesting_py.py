"""A search on the side of backtesting.py: one run per set, statistics included."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

# In the platform's environment nothing of ours is installed; this module needs numpy only.
sys.path.append(str(Path(__file__).resolve().parents[3]))

from parity.bench.stopwatch.loop import FILL, Arrays, serve


class Cross(Strategy):  # type: ignore[misc]
    """Long while the fast mean is above the slow one."""

    fast, slow = 10, 50

    def init(self) -> None:
        """A mean that is not known yet is on the side that buys nothing; so no bar is skipped."""
        close = pd.Series(self.data.Close)
        self.low = self.I(lambda: close.rolling(self.fast).mean().fillna(0.0))
        self.high = self.I(lambda: close.rolling(self.slow).mean().fillna(np.inf))

    def next(self) -> None:
        """One bar; orders are filled at its close."""
        above = self.low[-1] > self.high[-1]
        if above and not self.position:
            self.buy()
        elif not above and self.position:
            self.position.close()


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """The data frame is made beforehand; the call is one backtest after the other."""
    clock = pd.date_range("2020-01-01", periods=len(arrays["close"]), freq="min")
    names = ("open", "high", "low", "close")
    bars = pd.DataFrame({name.capitalize(): arrays[name] for name in names}, index=clock)
    backtest = Backtest(bars, Cross, cash=settings["cash"], trade_on_close=True)
    sets = list(zip(arrays["fast"].tolist(), arrays["slow"].tolist(), strict=True))
    few = sets[: settings["few"]]
    return lambda: [backtest.run(fast=fast, slow=slow) for fast, slow in few]


def read(told: Any) -> Any:
    """Final equity and closed trades of each set."""
    rows = np.zeros(len(told), dtype=FILL)
    rows["column"] = np.arange(len(rows))
    rows["quantity"] = [stats["# Trades"] for stats in told]
    rows["price"] = [stats["Equity Final [$]"] for stats in told]
    return rows


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(prepare, read)

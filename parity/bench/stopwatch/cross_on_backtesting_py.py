"""The crossing on the side of backtesting.py: the run its users start, statistics included."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

# In the platform's environment nothing of ours is installed; these modules need numpy only.
sys.path.append(str(Path(__file__).resolve().parents[3]))

from parity.bench.stopwatch.crossing import CASH, CLEAR, FAST, SLOW, trips_of
from parity.bench.stopwatch.loop import Arrays, serve


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """The data frame is made beforehand; the call is the whole backtest."""
    clock = pd.date_range("2020-01-01", periods=len(arrays["close"]), freq="min")
    names = ("open", "high", "low", "close")
    bars = pd.DataFrame({name.capitalize(): arrays[name] for name in names}, index=clock)
    backtest = Backtest(bars, Crossing, cash=CASH, trade_on_close=True)
    return lambda: backtest.run()


class Crossing(Strategy):  # type: ignore[misc]
    """In the market while the fast mean is above the slow one."""

    def init(self) -> None:
        """Both means, and whether one is above the other."""
        close = pd.Series(self.data.Close)
        above = close.rolling(FAST).mean() > close.rolling(SLOW).mean() * CLEAR
        self.above = self.I(lambda: above.to_numpy(dtype=float), plot=False)

    def next(self) -> None:
        """One bar."""
        if self.above[-1] > 0:
            if not self.position:
                self.buy()
        elif self.position:
            self.position.close()


def read(stats: Any) -> np.ndarray:
    """Its trades; on the close they are stamped with the bar that was decided on."""
    trades = stats["_trades"]
    growth = stats["Equity Final [$]"] / CASH
    return trips_of(trades["EntryBar"], trades["ExitBar"], trades["ReturnPct"], growth)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(prepare, read)

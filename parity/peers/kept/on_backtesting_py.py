"""Ask backtesting.py for the same, where it is all or nothing of one symbol.

Run by its own Python: ``on_backtesting_py.py CASES ANSWERS``. It trades whole units, of which the
account has thousands of millions.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pandas as pd
from backtesting import Backtest, Strategy

sys.path.append(str(Path(__file__).resolve().parents[1] / "kept"))

from told import Case, main

CASH = 1e14


class Kept(Strategy):  # type: ignore[misc]
    """In the market while the exposure is above zero."""

    wanted: tuple[float, ...] = ()

    def init(self) -> None:
        """Nothing is computed beforehand."""

    def next(self) -> None:
        """One bar."""
        inside = self.wanted[len(self.data) - 1] > 0
        if inside and not self.position:
            self.buy()
        elif self.position and not inside:
            self.position.close()


def equity_of(case: Case) -> list[float]:
    """Equity at each close, of one unit of money."""
    (close,), (wanted,) = case["close"].values(), case["exposure"].values()
    clock = pd.date_range("2020-01-01", periods=len(close), freq="D")
    bars = pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), close), index=clock)
    Kept.wanted = tuple(wanted)
    stats = Backtest(bars, Kept, cash=CASH, trade_on_close=True).run()
    return [float(value) / CASH for value in stats["_equity_curve"]["Equity"]]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main("backtesting_py", "backtesting", equity_of)

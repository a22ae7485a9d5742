"""Ask bt what becomes of money that is kept at given shares: ``recorder.py CASES ANSWERS``.

Run by bt's own Python. It trades the close of a bar by that bar's weights, whole units not needed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import bt
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[1] / "kept"))

from told import Case, main

CASH = 1e6


def equity_of(case: Case) -> list[float]:
    """Equity at each close, of one unit of money."""
    bars = len(next(iter(case["close"].values())))
    clock = pd.date_range("2020-01-01", periods=bars, freq="D")
    prices, weights = (pd.DataFrame(case[name], index=clock) for name in ("close", "exposure"))
    algos = [bt.algos.WeighTarget(weights), bt.algos.Rebalance()]
    test = bt.Backtest(
        bt.Strategy("kept", algos), prices, initial_capital=CASH, integer_positions=False,
        progress_bar=False,
    )  # fmt: skip
    bt.run(test)
    return [float(value) / CASH for value in test.strategy.values.loc[clock]]


if __name__ == "__main__":
    main("bt", "bt", equity_of)

"""A search on vectorbt's side: means, signals, simulation and metrics of all sets at once."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt

# In vectorbt's environment nothing of ours is installed; these modules need numpy only.
sys.path.append(str(Path(__file__).resolve().parents[3]))

from parity.bench.stopwatch.loop import FILL, Arrays, serve

METRICS = (
    "total_return", "annualized_return", "annualized_volatility", "sharpe_ratio", "sortino_ratio",
    "calmar_ratio", "omega_ratio", "max_drawdown", "final_value",
)  # fmt: skip
OF_TRADES = ("count", "win_rate", "profit_factor", "expectancy", "sqn")


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """The series is made beforehand; the call is the whole search."""
    clock = pd.date_range("2020-01-01", periods=len(arrays["close"]), freq="min")
    close = pd.Series(arrays["close"], index=clock)
    fast, slow = arrays["fast"].tolist(), arrays["slow"].tolist()

    def search() -> Any:
        above = vbt.MA.run(close, fast, short_name="fast").ma_above(
            vbt.MA.run(close, slow, short_name="slow")
        )
        portfolio = vbt.Portfolio.from_signals(
            close, above, ~above, init_cash=settings["cash"], freq="1min", direction="longonly"
        )
        told = {name: getattr(portfolio, name)() for name in METRICS}
        trades = portfolio.trades
        told |= {name: getattr(trades, name)() for name in OF_TRADES}
        return told

    return search


def read(told: Any) -> Any:
    """Final equity and trades of each set."""
    rows = np.zeros(len(told["final_value"]), dtype=FILL)
    rows["column"] = np.arange(len(rows))
    rows["quantity"] = told["count"].to_numpy()
    rows["price"] = told["final_value"].to_numpy()
    return rows


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    vbt.settings.caching["enabled"] = True
    serve(prepare, read)

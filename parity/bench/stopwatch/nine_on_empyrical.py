"""Nine figures of returns on empyrical's side: nine of its functions on the plain array.

A Series would take longer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import empyrical as ep
import numpy as np

# In empyrical's environment nothing of ours is installed; these modules need numpy only.
sys.path.append(str(Path(__file__).resolve().parents[3]))

from parity.bench.stopwatch.loop import Arrays, serve
from parity.bench.stopwatch.nine import YEAR, many


def prepare(arrays: Arrays, settings: Mapping[str, Any]) -> Callable[[], Any]:
    """The array is in memory."""
    returns = arrays["returns"]
    return many(lambda: nine(returns), settings)


def nine(returns: Any) -> tuple[float, ...]:
    """In the order of our ``Summary``."""
    return (
        ep.cum_returns_final(returns),
        ep.annual_return(returns, annualization=YEAR),
        ep.annual_volatility(returns, annualization=YEAR),
        ep.sharpe_ratio(returns, annualization=YEAR),
        ep.sortino_ratio(returns, annualization=YEAR),
        ep.calmar_ratio(returns, annualization=YEAR),
        ep.omega_ratio(returns, annualization=YEAR),
        ep.stability_of_timeseries(returns),
        ep.max_drawdown(returns),
    )


if __name__ == "__main__":
    serve(prepare, lambda figures: np.array(figures, dtype=np.float64))

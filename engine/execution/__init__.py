"""Execution models: the rules by which each platform turns a script and bars into fills."""

from __future__ import annotations

from engine.execution import backtesting_py, backtrader, vectorbt, zipline

MODELS = {
    "backtesting_py": backtesting_py,
    "backtrader": backtrader,
    "vectorbt": vectorbt,
    "zipline": zipline,
}

__all__ = ["MODELS"]

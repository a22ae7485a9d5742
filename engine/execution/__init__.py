"""Execution models: the rules by which a script and bars become fills, each platform's and ours."""

from __future__ import annotations

from engine.execution import backtesting_py, backtrader, house, vectorbt, zipline

MODELS = {
    "backtesting_py": backtesting_py,
    "backtrader": backtrader,
    "house": house,
    "vectorbt": vectorbt,
    "zipline": zipline,
}

__all__ = ["MODELS"]

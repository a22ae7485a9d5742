"""Execution models: the rules by which a script and bars become fills, each platform's and ours."""

from __future__ import annotations

from engine.execution import backtesting_py, backtrader, house, vectorbt, vectorbt_pro, zipline
from engine.execution.memory import keep_freed

keep_freed()

MODELS = {
    "backtesting_py": backtesting_py,
    "backtrader": backtrader,
    "house": house,
    "vectorbt": vectorbt,
    "vectorbt_pro": vectorbt_pro,
    "zipline": zipline,
}

UNPROVEN = "unproven against the platform"


def caveat(model: str) -> str:
    """What to say wherever a model is shown; "" if recordings of its platform stand behind it."""
    return "" if MODELS[model].PROVEN else UNPROVEN


__all__ = ["MODELS", "UNPROVEN", "caveat"]

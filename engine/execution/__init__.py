"""Execution models: the rules by which each platform turns a script and bars into fills."""

from __future__ import annotations

from engine.execution import backtesting_py, backtrader, vectorbt, vectorbt_pro, zipline

MODELS = {
    "backtesting_py": backtesting_py,
    "backtrader": backtrader,
    "vectorbt": vectorbt,
    "vectorbt_pro": vectorbt_pro,
    "zipline": zipline,
}

UNPROVEN = "unproven against the platform"


def caveat(model: str) -> str:
    """What to say wherever a model is shown; "" if recordings of its platform stand behind it."""
    return "" if MODELS[model].PROVEN else UNPROVEN


__all__ = ["MODELS", "UNPROVEN", "caveat"]

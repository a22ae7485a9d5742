"""Execution models: the rules by which each platform turns a script and bars into fills."""

from __future__ import annotations

from engine.execution import backtrader, vectorbt

MODELS = {
    "backtrader": backtrader,
    "vectorbt": vectorbt,
}

__all__ = ["MODELS"]

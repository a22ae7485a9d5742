"""Execution models: the rules by which each platform turns a script and bars into fills."""

from __future__ import annotations

from engine.execution import vectorbt, zipline

MODELS = {"vectorbt": vectorbt, "zipline": zipline}

__all__ = ["MODELS"]

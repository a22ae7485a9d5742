"""Truefill: a backtest engine whose fills are proven true.

``simulate`` plays a ``Script`` on bars with an ``Account`` under one execution model and returns a
``Result``. Errors are the types of ``engine.errors``.
"""

from engine.errors import PlatformRefusal, TruefillError
from engine.execution import MODELS
from engine.result import Result
from engine.script import Account, Script
from engine.simulate import UnsupportedScript, simulate

__all__ = [
    "MODELS",
    "Account",
    "PlatformRefusal",
    "Result",
    "Script",
    "TruefillError",
    "UnsupportedScript",
    "simulate",
]

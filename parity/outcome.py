"""What came of asking a platform, or our engine, to play a scenario. Every case is a type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Recorded:
    """It played: tables by name, each in its schema of ``engine.schema.TABLES``."""

    tables: Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The platform cannot express the scenario; the reason says what is missing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform's own rules stopped the run; the reason is a short stable word."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It crashed or answered nonsense; this can never look like agreement."""

    message: str


@dataclass(frozen=True, slots=True)
class Missing:
    """There is nothing to compare with: no reference, or no peer."""

    what: str
    message: str


Outcome = Recorded | Unsupported | Refused | Failed | Missing

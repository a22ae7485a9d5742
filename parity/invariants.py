"""The second oracle: every run of every model is audited, whether or not it agrees with a peer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from parity.allowance import Allowance
from parity.audit import BROKEN, RULES, open_ledger


@dataclass(frozen=True, slots=True)
class Violation:
    """The first row that breaks a rule: what was found there, and what should have been."""

    rule: str
    timestamp: datetime
    bar: int
    place: str
    found: float | None
    should: float | None
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a report."""
        return {
            "rule": self.rule,
            "timestamp": self.timestamp.isoformat(),
            "bar": self.bar,
            "place": self.place,
            "found": self.found,
            "should": self.should,
            "message": self.message,
        }


def find_violations(
    tables: Mapping[str, pl.DataFrame], bars: pl.DataFrame, allowance: Allowance
) -> tuple[Violation, ...]:
    """Check a run's orders, fills and equity by every rule not set aside; the first row of each."""
    ledger = open_ledger(tables, bars, allowance)
    clock = bars["timestamp"].unique().sort()
    rules = {name: rule for name, rule in RULES.items() if name not in allowance.set_aside}
    broken = ((name, rule(ledger), text) for name, (rule, text) in rules.items())
    found = (_first(name, rows, text, clock) for name, rows, text in broken if rows.height)
    return tuple(sorted(found, key=lambda violation: violation.bar))


def _first(rule: str, rows: pl.DataFrame, text: str, clock: pl.Series) -> Violation:
    row = rows.sort("timestamp", "place").row(0, named=True)
    when, place, found, should = (row[name] for name in BROKEN)
    bar = int(clock.search_sorted(when))
    more = f" ({rows.height - 1} more)" if rows.height > 1 else ""
    told = text.format(found=found, should=should)
    message = f"bar {bar} ({when:%Y-%m-%d %H:%M:%S} UTC, {place}): {told}{more}"
    return Violation(rule, when, bar, place, found, should, message)

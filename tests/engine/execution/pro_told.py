"""A short way to tell a story of VectorBT Pro's model, and to read what it filled."""

from __future__ import annotations

from typing import Any

from engine.execution.records import Ledger

FLAT = (10, 10, 10, 10)


def fills(ledger: Ledger) -> list[tuple[int, float, float]]:
    """(bar, signed quantity, price) of every fill, to ten digits."""
    return [
        (int(row["bar"]), round(float(row["quantity"]), 10), round(float(row["price"]), 10))
        for row in ledger.fills
    ]


def after_entry(ledger: Ledger) -> list[tuple[int, float]]:
    """The fills that follow the entry, as (bar, price)."""
    return [(bar, price) for bar, _, price in fills(ledger)[1:]]


def bought(pro_story: Any, bars: Any, options: Any = None, **told: Any) -> Ledger:
    """One unit bought on bar 0."""
    ledger: Ledger = pro_story(bars, entry=[0], **{"size": 1.0, **told}, options=options or {})
    return ledger

"""A short way to tell the house model a story; jumping and scanning must agree on its ledger."""

from __future__ import annotations

from typing import Any

import numpy as np
import tapes
import told

from engine.execution.house import run
from engine.execution.records import Ledger, Request

FLAT = (100.0, 101.0, 99.0, 100.0)


def played(bars: Any, **story: Any) -> Ledger:
    """Signals on one symbol: bars are (open, high, low, close); what is no signal is an option."""
    known = ("entry", "exit", "short_entry", "short_exit", "cash", "fees", "fixed", "slippage")
    values = ("size", "stop_loss", "take_profit", "trailing_stop")
    plain = {name: value for name, value in story.items() if name in known + values}
    options = {name: value for name, value in story.items() if name not in plain}
    return twice(told.request_of(bars, **{"cash": 1000.0, **plain}, options=options))


def traded(bars: Any, *orders: Any, **story: Any) -> Ledger:
    """An order tape: ``bars`` of one symbol, or a tuple of several."""
    return twice(tapes.request_of(bars, *orders, **story))


def twice(request: Request) -> Ledger:
    """Play a request both ways."""
    ledger, scanned = run(request), run(request, skip=False)
    for one, other in zip(ledger, scanned, strict=True):
        if isinstance(one, np.ndarray):
            assert one.tobytes() == other.tobytes()
    return ledger


def fills(ledger: Ledger) -> list[tuple[int, float, float]]:
    """Bar, quantity and price of every fill."""
    return [(int(row["bar"]), float(row["quantity"]), float(row["price"])) for row in ledger.fills]


def ends(ledger: Ledger) -> list[str]:
    """Status and reason of every order."""
    return [
        f"{ledger.statuses[row['status']]} {ledger.reasons[row['reason']]}".strip()
        for row in ledger.orders
    ]

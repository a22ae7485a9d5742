"""zipline-reloaded's daily simulation, fill for fill."""

from __future__ import annotations

from engine.execution.records import Ledger, Request
from engine.execution.zipline.ledger import ledger_of
from engine.execution.zipline.options import ACCOUNT, DEFAULTS, OPTIONS
from engine.execution.zipline.play import played

__all__ = ["ACCOUNT", "DEFAULTS", "OPTIONS", "run"]


def run(request: Request, *, skip: bool = True) -> Ledger:
    """Play a request as zipline would."""
    return ledger_of(request, played(request, skip=skip))

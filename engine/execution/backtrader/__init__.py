"""backtrader's ``Cerebro`` and its simulated broker, fill for fill."""

from __future__ import annotations

import numpy as np

from engine.execution.backtrader.codes import REFUSALS
from engine.execution.backtrader.ledger import ledger_of
from engine.execution.backtrader.loop import play
from engine.execution.backtrader.options import ACCOUNT, DEFAULTS, OPTIONS
from engine.execution.backtrader.prepare import prepare
from engine.execution.records import Ledger, Refused, Request

__all__ = ["ACCOUNT", "DEFAULTS", "OPTIONS", "run"]


def run(request: Request, *, skip: bool = True) -> Ledger:
    """Play a request as backtrader would.

    ``skip`` jumps over bars on which the broker has nothing to do but to value the account; the
    ledger is the same. Raises BadOption for an option or value that backtrader does not have,
    Unsupported for a script it cannot express, Refused where Python's arithmetic stops its run.
    """
    bars, settings, broker = prepare(request)
    while True:
        play(bars, settings, broker, skip)
        desk = broker.desk[0]
        if desk["fault"]:
            reason, message = REFUSALS[int(desk["fault"])]
            raise Refused(reason, message, int(desk["bar"]), int(desk["column"]))
        if desk["bar"] == len(broker.cash):
            return ledger_of(broker, request.symbols)
        broker = broker._replace(
            executions=np.concatenate((broker.executions, np.empty_like(broker.executions)))
        )

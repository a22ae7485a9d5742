"""Running the loop, with as much room as it turns out to need."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import frozen
from engine.execution.backtesting_py.codes import REASONS, REFUSALS, STATUSES
from engine.execution.backtesting_py.loop import play
from engine.execution.backtesting_py.options import rules_of
from engine.execution.backtesting_py.state import (
    ACCOUNT_ROW,
    HELD_ROW,
    QUEUED_ROW,
    Bars,
    Work,
)
from engine.execution.backtesting_py.tape import endings_of, plan_of
from engine.execution.records import (
    FILL_ROW,
    ORDER_ROW,
    TRADE_ROW,
    Ledger,
    Refused,
    Request,
    Unsupported,
)

GROWING = ("queue", "orders", "fills", "trades")


def ledger_of(request: Request, *, skip: bool) -> Ledger:
    """Play a request and put what was written into a ledger."""
    work = played(request, skip=skip)
    account = work.account[0]
    return Ledger(
        orders=work.orders[: account["ordered"]],
        fills=work.fills[: account["filled"]],
        trades=work.trades[: account["closed"]],
        entry_trades=None,
        positions=None,
        accounts=request.symbols,
        cash=work.cash[:, None],
        equity=work.equity[:, None],
        statuses=STATUSES,
        reasons=REASONS,
    )


def played(request: Request, *, skip: bool) -> Work:
    """Play a request to its end; raises Unsupported, BadOption and Refused."""
    if request.tape is None:
        raise Unsupported("signals are for vectorbt; give an order tape")
    if len(request.symbols) > 1:
        raise Unsupported("backtesting.py trades one symbol in a run")
    work = work_of(request)
    rules = rules_of(request)
    bars = Bars(*(frozen(prices[:, 0]) for prices in request.market[:4]))
    while True:
        play(bars, rules, work, skip)
        account = work.account[0]
        if account["fault"]:
            raise Refused(*REFUSALS[int(account["fault"])], int(account["bar"]), 0)
        if account["finished"] or account["ruined"]:
            return work
        longer = {name: double(getattr(work, name)) for name in GROWING}
        work = work._replace(**longer)


def double(rows: NDArray[Any]) -> NDArray[Any]:
    """The same rows with room for as many again."""
    return np.concatenate((rows, np.empty_like(rows)))


def work_of(request: Request) -> Work:
    """Cash in hand, nothing held or waiting, the whole tape still to come."""
    tape = request.tape
    assert tape is not None
    account = np.zeros(1, dtype=ACCOUNT_ROW)
    account["cash"] = request.cash
    for name in ("head", "tail", "oldest", "newest"):
        account[name] = -1
    plan = plan_of(tape)
    ending, last = endings_of(tape)
    room = 2 * len(tape) + 64
    bars = len(request.market.close)
    return Work(
        account,
        plan,
        ending,
        last,
        np.empty(room, dtype=QUEUED_ROW),
        np.empty(len(tape), dtype=HELD_ROW),
        np.empty(room, dtype=ORDER_ROW),
        np.empty(room, dtype=FILL_ROW),
        np.empty(room, dtype=TRADE_ROW),
        np.empty(bars),
        np.empty(bars),
    )

"""Executing a column's wish and booking what came of it."""

from __future__ import annotations

from typing import Any

from engine.execution.kernel import step
from engine.execution.vectorbt.arithmetic import snap
from engine.execution.vectorbt.codes import FAULT, FILLED, REJECTED_RAISED
from engine.execution.vectorbt.decide import option_at
from engine.execution.vectorbt.order import Deal, Purse, execute, status_of, unfilled
from engine.execution.vectorbt.state import Bars, Settings, Work
from engine.execution.vectorbt.stops import renew_stops


@step
def trade(t: int, column: int, account: Any, bars: Bars, settings: Settings, work: Work) -> Deal:
    """Execute the wish; cash and position are snapped even when nothing is filled."""
    option = option_at(t, column, settings, work)
    holding, wish = work.holdings[column], work.wishes[column]
    before = holding["position"]
    purse = Purse(snap(account["cash"]), snap(before), snap(holding["debt"]), snap(account["free"]))
    deal = execute(
        option, purse, holding["valuation"], wish["quantity"], wish["unit"], wish["direction"],
        wish["price"], wish["slippage"],
    )  # fmt: skip
    if deal.code >= FAULT:
        return deal
    if option["raise_reject"] != 0 and status_of(deal.code) == 2:
        return unfilled(REJECTED_RAISED, purse)
    account["cash"] = deal.purse.cash
    account["free"] = deal.purse.free
    holding["position"] = deal.purse.position
    holding["debt"] = deal.purse.debt
    if deal.code == FILLED:
        if option["update_value"] != 0:
            holding["valuation"] = deal.price
        close = bars.close[settings.symbol[column], t]
        renew_stops(option, holding, before, close, wish["price"], deal.price)
    return deal

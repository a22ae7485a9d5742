"""Our own model: the next bar's open, honest costs, no look-ahead; every rule a choice by name.

There is no platform behind it. The rules are ours: proven by hand on small stories, and by
agreement with the models of platforms where their rules coincide.

The rules in plain words
    One account for all symbols. A bar lacking one of its four prices is absent, though its close is
    still what a position is worth; a range holds its open and its close. What is decided at the
    close of a bar is executed from the next bar on that its symbol has. A bar: first its open, then
    its range, then its close; then the account is valued, cash and all that is held at the last
    close known.

    Timing. Market orders and signals are executed at the next open; or at the close that decides
    them; or at the next close. What is sold pays for what is bought: on signals every symbol first
    leaves, then every symbol enters, in the order of the symbols.

    Signals. An entry and an exit of one side on one bar drop each other, then entries of both sides
    do. An entry against the position reverses it, which is two orders; or closes it; or does
    nothing. An entry of the side already held does nothing. Signals are read against the position
    at the moment they are executed.

    Stops of signals. Fractions are those of the bar that decided the entry. They are measured from
    the fill, slippage included; or from the close of the deciding bar; or from the close of the
    entry bar. Of a fixed and a trailing stop the nearer counts. The trailing one follows the best
    price of bars that were looked at, after the look. The entry bar is looked at if the entry was
    at its open. A stop is executed at its level, or at the open that passed it; or at the close of
    the bar that reached it; or at the next open.

    A bar that reaches both. What the open has passed comes first, for sure. Inside the bar the stop
    comes first; or the target; or, worst, the stop even before a target that the open has passed.

    Orders. A limit, stop, stop-limit or trailing stop waits from the bar after it was decided until
    it is executed, cancelled or expired. A limit fills at its price or at a better open, a stop at
    its price or at a worse open. A stop-limit triggered inside a bar fills at its stop if its limit
    allows that, else it is a limit from the next bar on. A trailing stop follows highs (a buyer's:
    lows) after each bar. A child wakes when its parent is executed, on that bar: if that was inside
    the bar, a stop may fill on it and a limit only if the parent was a stop that moved toward it.
    A child of another symbol waits for the next bar then: where it stood is not known.
    Children of a parent that was cut down are cut down alike. The first fill of an OCO group
    cancels the others, those sent later as well.

    Sizes. Units; money; a share of equity; all the cash, costs included, which is also what a
    missing size means. Money and shares are turned into units at the price of the execution,
    slippage included, and everything else valued at the prices of that moment.

    Cash. What opens may cost as much as buying power: equity times leverage less all that is held,
    shorts counted as positive, so that without leverage a short ties up its own value. What costs
    more is cut down; or rejected; or done all the same. Closing always happens.

    Costs. A share of the value and a fixed amount for every fill. Slippage moves the price of what
    is executed at the market: signals, market orders, stops; not of limits and targets.

Where invariants end
    Slippage may move a price out of the bar. A position within 1e-12 of what was traded is none.
    Costs of closing may take cash below zero; so may rule ``margin``.

Told of an order: why it was made (entry, exit, reversal, stop_loss, trailing_stop, take_profit), or
why it ended; a filled one with reason no_cash was cut down.
"""

from __future__ import annotations

import numpy as np

from engine.execution.house.ledger import ledger_of
from engine.execution.house.options import ACCOUNT, DEFAULTS, OPTIONS
from engine.execution.house.orders import play_orders
from engine.execution.house.prepare import bars_of, costs_in, rules_of, signals_of, work_of
from engine.execution.house.signals import play_signals
from engine.execution.house.state import ORDER, Work
from engine.execution.house.tape import orders_of
from engine.execution.records import Ledger, Request

__all__ = ["ACCOUNT", "DEFAULTS", "OPTIONS", "PROVEN", "run"]

# There is no platform it could fail to equal; what stands behind its rules is told above.
PROVEN = True


def run(request: Request, *, skip: bool = True) -> Ledger:
    """Play a request by the rules its options choose.

    ``skip`` jumps over bars on which nothing can happen but that prices move; the ledger is the
    same. Raises BadOption for an option or value there is not, Unsupported for a script the model
    cannot express, Refused for a price that is not above zero.
    """
    rules, costs = rules_of(request.options), costs_in(request)
    bars = bars_of(request.market, len(request.symbols))
    if request.tape is not None:
        work = work_of(request, None, orders_of(request.tape, bars.there), len(request.tape) + 1)
        play_orders(bars, rules, costs, work, skip)
        return ledger_of(work, bars.worth, request.symbols)
    signals = signals_of(request, bars, rules.timing)
    work = work_of(request, signals, np.empty(0, dtype=ORDER), 2 * len(signals.due) + 64)
    while True:
        play_signals(bars, signals, rules, costs, work, skip)
        if work.desk[0]["bar"] == len(work.cash):
            return ledger_of(work, bars.worth, request.symbols)
        work = with_room(work)


def with_room(work: Work) -> Work:
    """The same with room for as many orders and fills again, and some."""
    return work._replace(
        orders=np.concatenate((work.orders, np.zeros_like(work.orders))),
        fills=np.concatenate((work.fills, np.zeros_like(work.fills))),
    )

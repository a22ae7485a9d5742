"""The bar loop. Its order of phases is the specification.

Bar by bar: the queue is passed over, equity is written down, a ruined account stops the run, and
then the tape's rows of the bar are sent. At the end, if so asked, all trades are closed in another
pass over the last bar.
"""

from __future__ import annotations

import math

from engine.execution.backtesting_py.codes import ENTRY, FILLED, RUIN
from engine.execution.backtesting_py.orders import play_orders
from engine.execution.backtesting_py.queue import make_order
from engine.execution.backtesting_py.state import Bars, Rules, Work
from engine.execution.backtesting_py.submit import close_part, play_rows
from engine.execution.backtesting_py.trades import close_trade, worth
from engine.execution.kernel import entry, rule, step


@entry
def play(bars: Bars, rules: Rules, work: Work, skip: bool) -> None:
    """Play on from where the account stands, until all is played or room is out.

    With ``skip`` bars on which nothing can happen are only valued; both ways give the same.
    """
    account = work.account[0]
    count = len(bars.close)
    while account["bar"] < count:
        if skip:
            pass_quiet_bars(bars, work)
        t = account["bar"]
        if t == count:
            break
        if lacks_room(t, work):
            return
        opened = account["opened"]
        play_bar(t, bars, rules, work)
        if account["fault"] != 0 or account["ruined"] != 0:
            return
        play_rows(t, opened, bars, rules, work)
        account["bar"] = t + 1
    if rules.finalize:
        if lacks_room(count, work):
            return
        close_at_the_end(count - 1, bars, rules, work)
    account["finished"] = 1


@step
def play_bar(t: int, bars: Bars, rules: Rules, work: Work) -> None:
    """One bar of the broker."""
    account = work.account[0]
    play_orders(t, bars, rules, work)
    if account["fault"] != 0:
        return
    equity = account["cash"] + worth(bars.close[t], work)
    work.equity[t] = equity
    work.cash[t] = account["cash"]
    if equity <= 0:
        ruin(t, bars, rules, work)


@rule
def ruin(t: int, bars: Bars, rules: Rules, work: Work) -> None:
    """No equity is left: trades are closed at the close, and the account is empty for ever.

    The platform deletes from the list it walks, so every second trade stays open.
    """
    account = work.account[0]
    held = account["oldest"]
    while held >= 0:
        trade = work.held[held]
        number = make_order(t, ENTRY, -1, -trade["size"], -1, work)
        close_trade(t, t, number, held, bars.close[t], bars, rules, work)
        work.orders[number]["status"] = FILLED
        work.orders[number]["reason"] = RUIN
        held = trade["after"]
        if held >= 0:
            held = work.held[held]["after"]
    account["ruined"] = 1
    for bar in range(t, len(bars.close)):
        work.equity[bar] = 0.0
        work.cash[bar] = 0.0


@rule
def close_at_the_end(t: int, bars: Bars, rules: Rules, work: Work) -> None:
    """Queue the close of every trade, the newest first, and pass over the last bar again."""
    held = work.account[0]["newest"]
    while held >= 0:
        close_part(t, held, 1.0, work)
        held = work.held[held]["before"]
    play_bar(t, bars, rules, work)


@step
def pass_quiet_bars(bars: Bars, work: Work) -> None:
    """Value the account on every bar before the next that reaches an order, a row or ruin."""
    account = work.account[0]
    below, above = -math.inf, math.inf
    number = account["head"]
    while number >= 0:
        order = work.queue[number]
        long, level = order["size"] > 0, order["stop"]
        if level != 0:
            rising = long
        elif order["limit"] != 0:
            rising, level = not long, order["limit"]
        else:
            return
        if rising:
            above = min(above, level)
        else:
            below = max(below, level)
        number = order["after"]
    account["bar"] = value_until(next_bar(len(bars.close), work), below, above, bars, work)


@step
def next_bar(count: int, work: Work) -> int:
    """The bar of the tape's next row or expiry."""
    account = work.account[0]
    if account["row"] < len(work.plan):
        count = min(count, work.plan[account["row"]]["bar"])
    if account["ended"] < len(work.ending):
        count = min(count, work.last[account["ended"]])
    return count


@step
def value_until(end: int, below: float, above: float, bars: Bars, work: Work) -> int:
    """Write cash and equity bar by bar; returns the first bar that is more than that."""
    account = work.account[0]
    cash, position, t = account["cash"], account["position"], account["bar"]
    paid = -worth(0.0, work) if account["trades"] else 0.0
    while t < end:
        if bars.low[t] <= below or bars.high[t] >= above:
            return t
        equity = cash + (bars.close[t] * position - paid)
        if equity <= 0:
            return t
        work.equity[t] = equity
        work.cash[t] = cash
        t += 1
    return t


@step
def lacks_room(t: int, work: Work) -> bool:
    """Whether a bar, and the end of the run after it, could write more rows than there is room for.

    A row of the tape may close every open trade; every entry makes three orders and a trade.
    """
    account = work.account[0]
    rows = 0
    while account["row"] + rows < len(work.plan) and work.plan[account["row"] + rows]["bar"] == t:
        rows += 1
    trades = account["trades"] + account["waiting"]
    orders = account["ordered"] + 2 * account["waiting"] + (rows + 3) * (trades + 3)
    fills = account["filled"] + 4 * (account["waiting"] + trades) + 8
    return orders > len(work.orders) or fills > len(work.fills)

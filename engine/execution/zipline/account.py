"""Cash, positions and what they are worth, added up in zipline's order."""

from __future__ import annotations

from typing import Any

from engine.execution.kernel import rule, step
from engine.execution.zipline.state import Bars, Work

# A share of the first cash above which no rounding can make an account worth nothing.
SAFE = 1e-3


@rule
def trade(column: int, shares: int, price: float, work: Work) -> None:
    """Pay for shares, and average the position's cost unless the trade reduces it."""
    state, progress = work.columns[column], work.progress[0]
    progress["cash"] += -(price * shares)
    held = state["position"]
    total = held + shares
    if held == 0:
        work.held[progress["held"]] = column
        progress["held"] += 1
    state["cost_basis"] = basis_after(state["cost_basis"], held, shares, price)
    state["position"] = total
    if total == 0:
        forget(column, work)


@rule
def basis_after(basis: float, held: int, shares: int, price: float) -> float:
    """What a share costs on average; a trade against the position leaves it, a reversal resets it.

    A short position that is opened counts as a reversal.
    """
    total = held + shares
    if total == 0:
        return 0.0
    if (held >= 0) != (shares > 0):
        return price if abs(shares) > abs(held) else basis
    return (basis * held + shares * price) / total


@rule
def charge(column: int, fee: float, work: Work) -> None:
    """Pay a commission; it raises what the shares still held have cost."""
    state, progress = work.columns[column], work.progress[0]
    if state["position"] != 0:
        state["cost_basis"] = (state["cost_basis"] * state["position"] + fee) / state["position"]
    progress["cash"] += -fee


@rule
def forget(column: int, work: Work) -> None:
    """A position that is closed loses its place; opened again it comes last."""
    progress = work.progress[0]
    kept = 0
    for place in range(progress["held"]):
        if work.held[place] != column:
            work.held[kept] = work.held[place]
            kept += 1
    progress["held"] = kept
    work.columns[column]["cost_basis"] = 0.0


@rule
def worth(t: int, bars: Bars, work: Work) -> float:
    """Cash and positions at the last price each symbol had: longs first, then shorts."""
    progress = work.progress[0]
    longs = shorts = 0.0
    for place in range(progress["held"]):
        column = work.held[place]
        value = work.columns[column]["position"] * bars.worth[column, t]
        if value > 0:
            longs += value
        elif value < 0:
            shorts += value
    return progress["cash"] + (longs + shorts)


@step
def mark(first: int, until: int, bars: Bars, work: Work, account: Any) -> bool:
    """Write cash and worth of bars on which nothing changes but prices; false where zipline stops.

    It can only stop once the account has lost nearly all, so till then returns are not followed.
    """
    progress = work.progress[0]
    cash = progress["cash"]
    enough = SAFE * progress["start"]
    thin = progress["thin"] == 1
    if progress["held"] <= 1:
        column = work.held[0]
        shares = work.columns[column]["position"] if progress["held"] == 1 else 0
        prices = bars.worth[column]
        for t in range(first, until):
            value = cash + (shares * prices[t] + 0.0) if shares != 0 else cash + 0.0
            account.cash[t] = cash
            account.equity[t] = value
            thin |= not value > enough
    else:
        for t in range(first, until):
            account.cash[t] = cash
            account.equity[t] = worth(t, bars, work)
            thin |= not account.equity[t] > enough
    progress["thin"] = thin
    return not thin or chain(until, bars, work, account)


@rule
def chain(until: int, bars: Bars, work: Work, account: Any) -> bool:
    """Follow the returns up to a bar, as zipline chains them; false on the bar where it stops.

    When a session ends zipline divides by what was left when it began, which it cannot once the
    account was worth nothing.
    """
    progress = work.progress[0]
    for t in range(progress["chained"], until):
        value = account.equity[t]
        if t > bars.ends[progress["closed"]]:
            progress["closed"] += 1
            progress["lost"] = progress["returned"] == -1.0
        if progress["lost"] == 1 and t == bars.ends[progress["closed"]]:
            progress["bar"] = t
            return False
        if value != progress["worth"]:
            before = progress["worth"]
            change = (value - before) / before if before != 0 else 0.0
            progress["returned"] = (1 + progress["returned"]) * (1 + change) - 1
            progress["worth"] = value
    progress["chained"] = until
    return True

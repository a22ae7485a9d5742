"""VectorBT Pro's ``Portfolio.from_signals`` as far as public sources tell its rules.

UNPROVEN. No recording of the platform is stored, so nothing here has been compared with it. What
public pages leave open is an option of the model; docs/vectorbt-pro.md lists each with its values,
its default and the evidence, and docs/pro-captures.md how a user of the platform can close them.

The rules in plain words
    Every column is an account of its own that holds at most one position, bought with all its cash
    (costs inside) or sold short with all its free cash. A signal's order fills at the open of its
    bar (or the close, or the next open) plus slippage.

    Three stops at once, each a fraction of the entry: a stop-loss, a trailing stop that may start
    to work at a threshold, and a take-profit. They are looked at from the bar after the entry on:
    at the open when the bar opens beyond one, else at the level when the bar's range holds it;
    stop-loss, trailing stop, take-profit in this order. A trailing stop is measured from the peak
    of earlier bars; then its peak moves and the close of the same bar is looked at once more. A
    stop closes the whole position, with slippage.

    A bar whose stop is hit hears no signal; entries are heard from the next bar on. An entry of the
    other side reverses the position in one order. An entry of the side held does nothing.

    Cash, fees, conflicts of signals, trades and equity are those of the open edition, whose model
    is proven.

Where the two editions have the same features, this model and that one give the same fills to the
bit under the options that say so; tests hold them together on random cases.

Written from public pages, reports of users, and experiments with the open edition.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from engine.execution.records import Ledger, Request
from engine.execution.vectorbt_pro.ledger import ledger_of
from engine.execution.vectorbt_pro.options import (
    ACCOUNT,
    DEFAULTS,
    OPEN_EDITION,
    OPEN_RULES,
    OPTIONS,
)
from engine.execution.vectorbt_pro.play import filled, played
from engine.execution.vectorbt_pro.prepare import prepare

__all__ = ["ACCOUNT", "DEFAULTS", "OPEN_EDITION", "OPEN_RULES", "OPTIONS", "PROVEN", "run"]

PROVEN = False


def run(request: Request, *, skip: bool = True) -> Ledger:
    """Play a request as VectorBT Pro is said to.

    ``skip`` jumps over bars on which nothing can happen; without it every bar is looked at. The
    ledger is the same. Raises BadOption for an option or value that does not exist, Unsupported
    for a script that cannot be expressed, Refused where the rules stop the run.
    """
    prepared = prepare(request)
    return ledger_of(prepared, played(prepared, skip=skip))


def fill(request: Request, *, skip: bool = True) -> NDArray[Any]:
    """The fills alone, SMALL_FILL_ROW, by column and then by bar: for many strategies at once.

    Each symbol names a strategy; a market of one symbol serves them all and is not copied. Orders
    are not logged and nothing is derived. Raises what ``run`` raises.
    """
    return filled(prepare(request), skip=skip)

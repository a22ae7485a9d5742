"""vectorbt's ``Portfolio.from_signals``, fill for fill.

The rules in plain words
    At most one order per bar and symbol. A bar is valued, then its stops are checked, then its
    signals read, then one order executed, by default at the close.

    Stops. A stop-loss or target is a fraction of the entry bar's close and is looked at from the
    next bar on: at the open when the bar opens beyond it, else at its level when the bar's range
    holds it; the stop-loss first. A trailing base moves after the check. A stop that is hit
    discards the signals of its bar, fills without slippage, and stays armed when its order fails.

    Signals. An entry against an exit or against the other side's entry is dropped unless an option
    says which counts. An entry against the position reverses it. An entry of the side already held
    does nothing unless it accumulates.

    Cash. A buy is cut down to the cash there is. A finite short is not checked against cash unless
    ``lock_cash`` is set; an infinite one is as large as free cash allows. Cash and position snap to
    zero within 1e-9 relative or 1e-12 absolute, which is part of every fill.

    Refusals. A price that is not positive, a negative size or stop and the like stop the whole run.

Proven for vectorbt 1.2.0, engines Numba and Rust; the fills did not change since 0.26. The Rust
engine differs in three places: lots are floored after rounding the quotient, an automatic call
sequence takes NaN for zero, and a division by zero is infinite where the Numba engine stops.

Learned by experiments with the platform and from its documentation and source; written from the
rules, none of its code is here.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from engine.execution.records import Ledger, Request
from engine.execution.vectorbt.ledger import ledger_of
from engine.execution.vectorbt.options import ACCOUNT, DEFAULTS, OPTIONS
from engine.execution.vectorbt.play import filled, played
from engine.execution.vectorbt.prepare import prepare

__all__ = ["ACCOUNT", "DEFAULTS", "OPTIONS", "PROVEN", "run"]

PROVEN = True


def run(request: Request, *, skip: bool = True) -> Ledger:
    """Play a request as vectorbt would.

    ``skip`` jumps over bars on which nothing can happen; without it every bar is looked at. The
    ledger is the same. Raises BadOption for an option or value vectorbt does not have, Unsupported
    for a script it cannot express, Refused where its own rules stop the run.
    """
    prepared = prepare(request)
    return ledger_of(prepared, played(prepared, skip=skip))


def fill(request: Request, *, skip: bool = True) -> NDArray[Any]:
    """The fills alone, SMALL_FILL_ROW, by column and then by bar: for many strategies at once.

    Each symbol names a strategy; a market of one symbol serves them all and is not copied. Orders
    are not logged and nothing is derived. Raises what ``run`` raises.
    """
    return filled(prepare(request), skip=skip)

"""backtrader's ``Cerebro`` and its simulated broker, fill for fill.

The rules in plain words
    A step is a time at which some feed has a bar. Feeds that have one move to it, the others keep
    their last. Then the broker makes one pass, then the strategy hears of it and sends orders,
    which the broker sees on the next step. Nothing happens after the last bar.

    The pass. Children of native brackets filled on the pass before wake up. Orders sent since are
    checked for cash, one after another on one copy of the account, each at the price it was made
    with; what a refused one took from the copy is not given back. Then every waiting order is
    tried once, the oldest first, on the last bar of its feed, however old: only a market order
    waits for a bar newer than itself. Futures are settled at the close, and the account is valued,
    symbols in the order in which their positions were first asked for.

    Prices. Market orders fill at the open. A stop that the open has passed fills there, else at
    its price; a limit fills at a better open, else at its price. A stop-limit that a bar triggers
    inside fills at the stop if its limit allows that, else at the limit if the bar turned and
    closed beyond it, else it is a limit from the next bar on. Trailing stops follow closes, after
    they were tried. Slippage is cut off at the bar's high or low; limits slip only from an open. A
    seller's limit may slip to its own price below the low.

    Cash. An execution closes first, then opens. If the opening part would leave cash below zero it
    does not happen and the order ends with Margin; the closed part stands. Short sales bring cash
    without end, unless ``shortcash`` is off. There is no margin call.

    Ties. Of an OCO group any execution, even of a part, and any other end of a member cancels those
    that wait. Children of a native bracket sleep until their parent is complete, are never tried on
    its bar, and end together. In idiom "siblings" a child is an order of its own, sent when the
    parent is reported complete, so it can fill on the next step as well.

    What Python cannot divide or cut to a whole number stops the run.

Sizes and positions are plain floats: an order through zero may leave a residue that fills a step
later, of either sign, and a trade is closed only when its size is exactly zero.

Told of an order: the bar of its last change, its mean price, its own status as the reason, and the
position after it where it is complete; cash is not told (NaN). With cheat-on-close an execution is
dated by the bar its order was made on, while its money moves a step later.

Where invariants end
    Orders are listed as they were made, so positions told beside them do not follow one another
    (bt_close_cheat_and_bracket), and their cash is not told. A fill is dated by the last bar of its
    feed while its money moves on the step after: with cheat-on-close (bt_close_cheat) and over
    missing bars (tape_limit_over_a_missing_bar). Margins, multipliers and leverage move other money
    than price times quantity (bt_futures_by_margin), and without short cash a short costs what it
    brings in (bt_short_needs_cash). At a price that is not there the account is lost
    (bt_close_is_missing), and so is a fee (bt_market_at_no_price). A reversal in fractions may
    leave a residue of the other sign (bt_residue_of_a_reversal); one that was overfilled is
    overfilled further by a filler, twice as far on every bar (bt_residue_that_doubles).

Not modelled: orders at the close of a session and interest, which need the calendar; custom sizers,
fillers and commission schemes, which are the user's code (a fixed fee is the one exception).

Proven for backtrader 1.9.78.123 under Python 3.11. Learned by experiments with the platform and
from its documentation and source; written from the rules, none of its code is here.
"""

from __future__ import annotations

import numpy as np

from engine.execution.backtrader.codes import REFUSALS
from engine.execution.backtrader.ledger import ledger_of
from engine.execution.backtrader.loop import play
from engine.execution.backtrader.options import ACCOUNT, DEFAULTS, OPTIONS
from engine.execution.backtrader.prepare import prepare
from engine.execution.records import Ledger, Refused, Request

__all__ = ["ACCOUNT", "DEFAULTS", "OPTIONS", "PROVEN", "run"]

PROVEN = True


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

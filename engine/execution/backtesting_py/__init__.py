"""backtesting.py's ``Backtest``, fill for fill.

The rules in plain words
    One symbol, one account. An order sent at the close of a bar is looked at from the next bar on,
    and waits until it is filled or cancelled.

    A bar. The queue of orders is passed over once: stops and limits against the bar's high and low,
    a gap at the open. A stop that is touched is a market order, or a limit order, for good. When a
    market entry with an sl or tp was filled, the whole queue is passed over again on the same bar,
    so that such an entry may be closed on it; a stop entry asks for the same only when its tp was
    reached and its sl was not; a limit entry never. Entries stand at the queue's end, an sl and an
    order that closes a trade at its head, a tp at its end: so an sl comes before a tp.

    Sizes. Whole units, or a share of what equity can still carry, cut to whole units. Equity and
    margin are taken at the close of the bar, although the fill is at its open. A fixed commission
    is divided by the share, so it counts as a cost per unit. What cannot be carried is cancelled,
    after it has closed what stood against it. Cash is checked nowhere else: buying spends nothing,
    cash is the balance that closed trades and commissions leave.

    Trades. Every entry that is filled opens a trade of its own; unless hedging, it first closes
    trades of the other side, the oldest first. The spread moves the price of entries only, limits
    included. An exit pays the commission again.

    Trading on close. Market entries and closings take the close of the bar on which they were sent
    and are stamped with it, though the money moves a bar later; an sl or tp does not. A stop entry
    takes the worse of that close and its stop, which may lie outside the bar.

    Exclusive orders. Every new entry first cancels waiting entries and closings, then closes all
    trades. The list is cut while it is walked, so every second order survives.

    Ruin. When no equity is left at a close, trades are closed there, every second one, and the
    account stays empty. Nothing happens inside the bar.

    The end. Trades stay open unless they are to be finalized: then the queue is passed over again
    on the last bar, whose orders are filled at that bar's open.

What the tables hold
    ``orders``: cash is the platform's balance and position its size after the order's last change;
    the bar is that of the last fill, as the platform stamps it. A share is told as the units it
    became once it is filled. Reasons: wrong_side (an sl or tp on the wrong side of its entry),
    no_whole_unit and insufficient_margin (the broker's two cancellations; after an entry closed
    trades it counts as filled, with the reason), trade_closed, exclusive_orders, ruin (closed by
    the broker without an order). ``trades``: the rows of ``_trades``, so closed ones only;
    ``position_id`` counts the trades as they were opened, and parts of one share it.

Where invariants end
    Orders are listed as they were made, so positions told beside them do not follow one another
    (close_then_sl). Cash does not fall by what is bought (buy_and_hold_leaves_cash_alone); equity
    is still the money at the start less all that was spent, and what is held at the close. On the
    close, fills are stamped a bar before money moves (market_at_the_close). Prices may lie outside
    the bar (spread_on_a_limit, sell_stop_limit_gapped), and a ruined account forgets what it held
    (ruin_of_two_shorts).

Proven for backtesting.py 0.6.6 on Python 3.11. From Python 3.12 on ``sum`` rounds differently, so
last bits of equity may differ with several open trades. Sizes are whole numbers below 2**53.

Learned by experiments with the platform and from its documentation and source (class ``_Broker``);
written from the rules, none of its code is here.
"""

from __future__ import annotations

from engine.execution.backtesting_py.options import ACCOUNT, DEFAULTS
from engine.execution.backtesting_py.play import ledger_of
from engine.execution.records import Ledger, Request

__all__ = ["ACCOUNT", "DEFAULTS", "run"]


def run(request: Request, *, skip: bool = True) -> Ledger:
    """Play a request as backtesting.py would.

    ``skip`` passes over bars on which nothing can happen; the ledger is the same. Raises BadOption
    for an option or value the platform does not have, Unsupported for a script it cannot express,
    Refused where its own rules stop the run.
    """
    return ledger_of(request, skip=skip)

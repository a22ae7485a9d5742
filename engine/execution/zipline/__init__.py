"""zipline-reloaded's daily simulation, fill for fill.

The rules in plain words
    One price a bar. Every test and every fill looks at a bar's close; open, high and low do not
    matter. An order is placed at the close of its bar and looked at from the next bar on. A bar
    without a close or without volume fills nothing, and orders wait, for ever if need be.

    Triggers. A limit to buy waits for a close at or below it, a stop to buy for one at or above it;
    to sell the other way round. What was reached stays reached. A stop-limit forgets its stop once
    that was reached. Limits and stops are put on whole cents when the order is placed.

    Shares are whole. Sizes within a ten-thousandth of a whole number are that number, others are
    cut toward zero; what comes to none is no order. Values and percents are sized at the close at
    which they are decided; targets count the shares held and not those on order.

    Slippage decides price and volume. By basis points: a tenth of the volume, price moved by a
    share of it, beyond a limit if need be. By share of volume: a fortieth of it, price moved with
    the square of the share taken, never beyond a limit. Fixed spread and none: all shares at once.
    Orders of one symbol share its volume in the order of their placing, whatever their side; the
    first that finds none left ends the bar for those behind it. The rest of an order is carried on.

    Order of fills. Symbol by symbol, in the order in which they came into the book of open orders.

    Money is never checked: cash goes below zero and shorts are free. All shares of a bar are paid
    for before any commission is. A commission is by share with a least amount per order, by trade,
    or by dollar; one that is not above zero is not charged. Worth is cash plus longs plus shorts,
    each at the last close it had, scaled by the splits and dividends since.

    Cancel policy. At the end of a day the oldest order of each symbol with several is cancelled.

    Before a bar dividends are earned on what is held and paid on their day, then splits cut open
    orders and positions to whole shares, and prices to cents; a position's fraction is paid out.

    Orders that wait for a parent, cancel each other, expire or are cancelled are the work of the
    user's algorithm: after a bar's fills it cancels rivals of what has traded and what expires on
    this bar, places the children of orders filled whole, then the orders of the bar.

    Refusals. A buy of more than 100 billion shares, a value without a price, a size that is not
    finite, no money to start with, and the day after the account was worth exactly nothing.

Where invariants end
    Cash and position after an order are not told (001_simple_market_orders). Dividends and the
    fractions of a split are paid without an order (dividend_of_a_short), and over a bar without a
    close the last one is scaled by them (dividend_without_a_close). A split resizes an order that
    is filled in part (split_of_a_part); one left with no share counts as filled
    (split_leaves_nothing). A bundle's thousandths lie outside the bar and value the position
    beside its close (thousandths_half_to_even).

Not told by zipline, and so NaN: cash and position after an order. It keeps no trades. An order's
bar is that of its last change, which may be the one on which its stop was reached. Left out: minute
bars, stock dividends, mergers, delisting.

Proven for zipline-reloaded 3.2.1 in two idioms: ``exact`` reads prices from memory as they are,
``bundle`` reads them as its bundles store them, in whole thousandths.

Learned by experiments with the platform and from its source; written from the rules, none of its
code is here.
"""

from __future__ import annotations

from engine.execution.records import Ledger, Request
from engine.execution.zipline.ledger import ledger_of
from engine.execution.zipline.options import ACCOUNT, DEFAULTS, OPTIONS
from engine.execution.zipline.play import played

__all__ = ["ACCOUNT", "DEFAULTS", "OPTIONS", "run"]


def run(request: Request, *, skip: bool = True) -> Ledger:
    """Play a request as zipline would.

    ``skip`` jumps over bars on which nothing can happen; without it every bar is looked at. The
    ledger is the same. Raises BadOption for an option or value zipline does not have, Unsupported
    for a script it cannot express, Refused where its own rules stop the run.
    """
    return ledger_of(request, played(request, skip=skip))

"""Where two platforms part and by which rule, on orders that can be followed by hand."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from toys import AT_CLOSE, AT_OPEN, SAME_BAR, Fill, Order, document, played, rule, story, tape

from parity.outcome import Recorded

BUY, SELL = Fill(1, 2.0, 10.0), Fill(3, -2.0, 12.0)


def test_the_open_against_the_close():
    told = rule(alpha=AT_OPEN, beta=AT_CLOSE)
    assert (told["bar"], told["kind"]) == (1, "price")
    assert told["rule"] == "The same order at another price: the close against the open"
    assert (told["first"]["did"], told["second"]["did"]) == ("10, the open", "11, the close")


def test_one_bar_later():
    # The first bar opens and closes at 10; what is decided at its close cannot have its open.
    told = rule(alpha=SAME_BAR, beta=AT_OPEN)
    assert (told["bar"], told["kind"]) == (0, "later")
    assert told["rule"] == (
        "The same order, one bar later: at the close of bar 0 or at the open of bar 1"
    )
    assert told["first"]["did"] == "buy 2 at 10, the close, on bar 0"
    assert told["second"]["did"] == "buy 2 at 10, the open, on bar 1"


def test_who_is_later_does_not_hang_on_the_order_of_the_platforms():
    told = rule(beta=AT_OPEN, alpha=SAME_BAR)
    assert told["first"]["did"] == "buy 2 at 10, the open, on bar 1"
    assert told["second"]["did"] == "buy 2 at 10, the close, on bar 0"


def test_an_order_that_one_platform_rejects():
    refuses = played(BUY, unfilled=[Order(3, -2.0, "rejected", "not_enough_cash")])
    told = rule(alpha=AT_OPEN, beta=refuses)
    assert (told["bar"], told["kind"]) == (3, "rejected")
    assert told["first"]["did"] == "sell 2 at 12, the open, on bar 3"
    assert told["second"]["did"] == "rejected on bar 3: not_enough_cash"


def test_an_order_turned_down_when_it_was_sent_counts_on_the_next_bar():
    told = rule(alpha=AT_OPEN, beta=played(BUY, unfilled=[Order(2, -2.0, "rejected", "margin")]))
    assert (told["bar"], told["second"]["did"]) == (3, "rejected on bar 2: margin")


@pytest.mark.parametrize(
    ("order", "fate"),
    [
        (Order(4, -2.0, "cancelled", "end_of_day"), "cancelled on bar 4: end_of_day"),
        (Order(5, -2.0, "expired"), "expired on bar 5"),
        (Order(3, -2.0, "open"), "waits to the end"),
    ],
)
def test_an_order_that_one_platform_never_fills(order, fate):
    told = rule(alpha=AT_OPEN, beta=played(BUY, unfilled=[order]))
    assert (told["kind"], told["second"]["did"]) == ("not_filled", fate)


def test_an_order_of_which_nothing_is_left():
    told = rule(alpha=AT_OPEN, beta=played(BUY))
    assert (told["kind"], told["second"]["did"]) == ("not_filled", "no such fill")


def test_a_second_fill_of_its_own_is_not_the_first_one_late():
    # Both sell on bar 3; only the first one bought on bar 1 as well as on bar 2.
    twice = played(BUY, Fill(2, 2.0, 11.0))
    once = played(Fill(2, 2.0, 11.0))
    assert rule(alpha=twice, beta=once)["kind"] == "not_filled"


def test_a_fill_in_parts():
    parts = played(BUY, Fill(3, -0.5, 12.0), Fill(4, -1.5, 11.0, order=1))
    told = rule(alpha=AT_OPEN, beta=parts)
    assert (told["bar"], told["kind"]) == (3, "quantity")
    assert told["rule"] == "One platform fills the order in parts: 0.5 now, 1.5 later"


def test_parts_within_one_bar_are_no_difference():
    parts = played(BUY, Fill(3, -0.5, 12.0), Fill(3, -1.5, 12.0, order=1))
    assert document(alpha=AT_OPEN, beta=parts)["partings"] == []


def test_whole_units():
    asks = tape({"timestamp": 0, "quantity": 2.5})
    told = rule(asks, alpha=played(Fill(1, 2.5, 10.0)), beta=played(Fill(1, 2.0, 10.0)))
    assert (told["first"]["did"], told["second"]["did"]) == ("2.5", "2")
    assert told["rule"] == "One platform fills whole units only"


def test_as_much_as_the_cash_pays_for():
    # 12.5 units cost 125; the second platform buys 9.75 for 97.5 and pays 2.5 of commission.
    asks = tape({"timestamp": 0, "quantity": 12.5})
    cut = played(Fill(1, 9.75, 10.0, 2.5))
    told = rule(asks, alpha=played(Fill(1, 12.5, 10.0)), beta=cut)
    assert told["rule"] == "One platform cuts the order down to what its cash pays for"


def test_slippage_on_one_side():
    dear = played(Fill(1, 2.0, 10.1), Fill(3, -2.0, 12.0))
    told = rule(story(slippage=0.01), alpha=AT_OPEN, beta=dear)
    assert told["rule"] == "The same price, with slippage on one side only"
    assert told["second"]["did"] == "10.1, the open with slippage"


def test_a_price_that_is_nowhere_on_the_bar():
    told = rule(alpha=AT_OPEN, beta=played(Fill(1, 2.0, 10.35), SELL))
    assert told["rule"] == "The same order at another price, 3.382 % apart"
    assert told["second"]["did"] == "10.35"


def test_a_limit_is_known_by_its_price():
    asks = tape({"timestamp": 0, "quantity": 2.0, "kind": "limit", "limit_price": 10.25})
    told = rule(asks, alpha=AT_OPEN, beta=played(Fill(1, 2.0, 10.25), SELL))
    assert told["rule"] == "The same order at another price: its limit against the open"


def test_no_commission():
    pays = played(BUY._replace(commission=0.2), SELL)
    told = rule(story(commission=0.01), alpha=AT_OPEN, beta=pays)
    assert (told["bar"], told["kind"]) == (1, "commission")
    assert told["rule"] == "One platform charges no commission for the same fill"
    assert (told["first"]["did"], told["second"]["did"]) == ("commission 0", "commission 0.2")


def test_another_commission_than_the_account_asks_for():
    # 1 % of 20 is 0.2; a minimum of 1 per order is another platform's own rule.
    pays = [played(BUY._replace(commission=fee), SELL) for fee in (0.2, 1.0)]
    told = rule(story(commission=0.01), alpha=pays[0], beta=pays[1])
    assert told["rule"] == "The same fill with another commission than the account asks for, 1"


def test_the_same_fills_and_another_valuation():
    # The second platform knows only the close before: after bar 1, 2 units are worth 10 each.
    stale = played(BUY, SELL, worth=(10.0, 10.0, 11.0, 12.0, 11.0, 9.0))
    told = rule(alpha=AT_OPEN, beta=stale)
    assert (told["bar"], told["kind"]) == (1, "equity")
    assert told["rule"].startswith("The same fills, but another equity: the position is")
    assert told["first"]["did"] == "equity 102, 11 a unit (the close)"
    assert told["second"]["did"] == "equity 100, 10 a unit (the open)"


def test_another_sum_to_start_with():
    told = rule(alpha=AT_OPEN, beta=played(BUY, SELL, cash=99.0))
    assert (told["bar"], told["kind"]) == (0, "start")
    assert (told["first"]["did"], told["second"]["did"]) == ("100", "99")


def test_cash_that_is_counted_otherwise():
    # The second platform pays 1 of interest on bar 2, where nobody trades.
    charged = AT_OPEN.tables["equity"].with_columns(
        pl.col("cash", "equity") - pl.int_range(6).ge(2).cast(pl.Float64)
    )
    told = rule(alpha=AT_OPEN, beta=Recorded({**AT_OPEN.tables, "equity": charged}))
    assert (told["bar"], told["kind"]) == (2, "cash")
    assert told["rule"] == "Money comes or goes without a fill"
    assert (told["first"]["did"], told["second"]["did"]) == (
        "cash 80",
        "cash 79, -1 of it on this bar",
    )


def test_rounding_is_no_difference():
    # 0.1 + 0.2 is not 0.3 in the last digit.
    odd = played(Fill(1, 0.1 + 0.2, 10.0))
    assert document(alpha=played(Fill(1, 0.3, 10.0)), beta=odd)["partings"] == []


def test_cash_that_is_booked_when_a_position_closes_is_no_parting():
    # The second platform books nothing until the sale: cash 100 while 2 units are held at 10.
    late = AT_OPEN.tables["equity"].with_columns(cash=pl.Series([100.0] * 3 + [104.0] * 3))
    books = Recorded({**AT_OPEN.tables, "equity": late})
    told = document(alpha=books, beta__x=AT_OPEN, beta__y=AT_OPEN)
    assert told["partings"] == []
    (one,) = told["other_cash"]
    assert (one["names"], one["than"]) == (["alpha"], ["beta"])
    assert (one["bar"], one["cash"]) == (1, [100.0, 80.0])


def test_a_platform_that_waits_for_volume():
    # Volume comes on bar 2 only: the second platform fills there what the first filled before.
    quiet = story()
    bars = quiet.bars.with_columns(volume=pl.when(pl.int_range(6) == 2).then(9.0).otherwise(0.0))
    late = played(Fill(2, 2.0, 12.0))
    told = rule(replace(quiet, bars=bars), alpha=AT_OPEN, beta=late)
    assert (told["bar"], told["kind"]) == (1, "not_filled")
    assert told["rule"].endswith("never fills on a bar without volume")
    assert told["second"]["did"] == "no fill; the bar's volume is 0"

"""Stories of order tapes under the rules of the house; each number can be worked out by hand."""

import pytest
from house_told import FLAT, ends, fills, traded
from tapes import cancel, limit, market, request_of, stop, stop_limit, trail

from engine.execution.house import run
from engine.execution.records import Unsupported

RISE = (102.0, 103.0, 101.0, 102.5)
DIP = (100.0, 101.0, 94.0, 97.0)
BOTH = (100.0, 106.0, 94.0, 101.0)
HOLE = ()


def bracket(bar=0, quantity=10.0, low=95.0, high=105.0):
    """A market order with a stop and a target that cancel each other; the target stands first."""
    tie = {"parent_id": 0, "oco_id": 1}
    return [
        market(bar, quantity),
        limit(bar, -quantity, high, **tie),
        stop(bar, -quantity, low, **tie),
    ]


# --- orders without a price


@pytest.mark.parametrize(
    ("timing", "bar", "price"),
    [("next_open", 1, 102.0), ("close", 0, 100.0), ("next_close", 1, 102.5)],
)
def test_when_a_market_order_is_executed(timing, bar, price):
    assert fills(traded([FLAT, RISE], market(0, 2), timing=timing)) == [(bar, 2, price)]


@pytest.mark.parametrize(
    ("unit", "quantity", "units"),
    [
        ("units", 4, 4), ("value", 510, 5), ("percent", 0.5, 1020 / 2 / 102),
        ("target_units", 6, -4), ("target_value", 204, -8), ("target_percent", 0.0, -10),
        ("target_percent", 1.0, 0.0),
    ],
)  # fmt: skip
def test_what_the_second_order_asks_for(unit, quantity, units):
    """Ten are held from 100 on, all the money there is; at 102 equity is 1,020."""
    orders = [market(0, 10), market(1, quantity, unit=unit)]
    ledger = traded([FLAT, FLAT, RISE], *orders, cash=1000.0, cash_rule="margin")
    assert sum(fill[1] for fill in fills(ledger)[1:]) == pytest.approx(units)
    if units == 0:
        assert ends(ledger)[1] == "ignored nothing_to_do"


def test_an_order_waits_for_a_bar_of_its_symbol():
    bars = ([FLAT, HOLE, HOLE, RISE], [FLAT, FLAT, FLAT, FLAT])
    assert fills(traded(bars, market(0, 1, column=0))) == [(3, 1, 102)]


def test_symbols_share_the_cash():
    bars = ([FLAT, FLAT], [FLAT, FLAT])
    ledger = traded(bars, market(0, 7), market(0, 7, column=1), cash=1000.0)
    assert fills(ledger) == [(1, 7, 100), (1, 3, 100)]
    assert ends(ledger) == ["filled", "filled no_cash"]


# --- orders that wait for a price


@pytest.mark.parametrize(
    ("bar", "price"),
    [(DIP, 95.0), ((94.0, 96.0, 93.0, 95.0), 94.0), ((100.0, 101.0, 95.5, 97.0), None)],
)
def test_a_limit_fills_at_its_price_or_at_a_better_open(bar, price):
    ledger = traded([FLAT, bar], limit(0, 1, 95), costs=(0.0, 0.0, 0.5))
    assert fills(ledger) == ([(1, 1, price)] if price else [])
    assert ends(ledger) == ["filled" if price else "open"]


@pytest.mark.parametrize(("bar", "price"), [(DIP, 95.0), ((93.0, 94.0, 92.0, 93.5), 93.0)])
def test_a_stop_fills_at_its_price_or_at_a_worse_open_and_slips(bar, price):
    ledger = traded([FLAT, FLAT, bar], market(0, 1), stop(0, -1, 95), costs=(0.0, 0.0, 0.01))
    assert fills(ledger)[1] == (2, -1, pytest.approx(price * 0.99))


@pytest.mark.parametrize(
    ("bars", "filled"),
    [
        ([(100.0, 106.0, 99.0, 101.0)], [(1, 1, 105)]),  # triggered inside: at the stop
        ([(107.0, 108.0, 104.0, 105.0)], [(1, 1, 106)]),  # at the open, above the limit: a limit
        ([(107.0, 108.0, 106.5, 107.0), FLAT], [(2, 1, 100)]),  # the same, met a bar later
    ],
)
def test_a_stop_limit_with_a_limit_beyond_its_stop(bars, filled):
    assert fills(traded([FLAT, *bars], stop_limit(0, 1, 105, 106))) == filled


def test_a_stop_limit_that_must_come_back_waits_for_the_next_bar():
    """Nobody knows whether the bar came back to 104 after it had reached 105."""
    bars = [FLAT, (100.0, 106.0, 99.0, 105.0), (105.0, 106.0, 103.0, 104.0)]
    assert fills(traded(bars, stop_limit(0, 1, 105, 104))) == [(2, 1, 104)]


@pytest.mark.parametrize(
    ("told", "price"), [({"trail_percent": 0.1}, 99.0), ({"trail_amount": 8.0}, 102.0)]
)
def test_a_trailing_stop_follows_the_highs(told, price):
    bars = [FLAT, FLAT, (100.0, 110.0, 100.0, 109.0), (109.0, 109.5, 98.0, 99.0)]
    ledger = traded(bars, market(0, 1), trail(0, -1, **told))
    assert fills(ledger)[1] == (3, -1, pytest.approx(price))


def test_a_buyers_trail_follows_the_lows():
    bars = [FLAT, (100.0, 101.0, 90.0, 92.0), (92.0, 96.0, 91.0, 95.0)]
    assert fills(traded(bars, trail(0, 1, trail_amount=5.0))) == [(2, 1, 95)]


def test_an_order_expires_after_its_last_bar():
    ledger = traded([FLAT, FLAT, DIP], limit(0, 1, 95, expires_bar=1))
    assert (fills(ledger), ends(ledger)) == ([], ["expired"])
    assert fills(traded([FLAT, FLAT, DIP], limit(0, 1, 95, expires_bar=2))) == [(2, 1, 95)]


def test_a_cancel_takes_an_order_back_from_the_next_bar_on():
    assert ends(traded([FLAT, FLAT, DIP], limit(0, 1, 95), cancel(1, 0))) == ["cancelled withdrawn"]
    assert ends(traded([FLAT, DIP, DIP], limit(0, 1, 95), cancel(1, 0))) == ["filled"]


# --- brackets and groups


@pytest.mark.parametrize(("rule", "bar"), [("check", 1), ("skip", 2)])
def test_children_on_the_bar_of_their_parent(rule, bar):
    ledger = traded([FLAT, DIP, DIP], *bracket(), entry_bar=rule)
    assert fills(ledger) == [(1, 10, 100), (bar, -10, 95)]
    assert ends(ledger) == ["filled", "cancelled oco", "filled"]


@pytest.mark.parametrize(
    ("rule", "inside", "gapped"),
    [("stop_first", 95.0, 107.0), ("target_first", 105.0, 107.0), ("worst", 95.0, 95.0)],
)
def test_a_bar_that_reaches_both_children(rule, inside, gapped):
    assert fills(traded([FLAT, FLAT, BOTH], *bracket(), same_bar=rule))[1][2] == inside
    beyond = (107.0, 108.0, 94.0, 100.0)
    assert fills(traded([FLAT, FLAT, beyond], *bracket(), same_bar=rule))[1][2] == gapped


def test_a_parent_filled_inside_the_bar_leaves_only_what_is_certain():
    """Bought at a limit of 98: the high of 106 may have come before, the low of 94 came after."""
    entry = limit(0, 10, 98)
    target = traded([FLAT, BOTH], entry, limit(0, -10, 105, parent_id=0))
    assert fills(target) == [(1, 10, 98)]
    protected = traded([FLAT, BOTH], entry, stop(0, -10, 95, parent_id=0))
    assert fills(protected) == [(1, 10, 98), (1, -10, 95)]


def test_a_stop_entry_was_on_its_way_to_its_target():
    """Bought at 103 on the way up to 106."""
    ledger = traded([FLAT, BOTH], stop(0, 10, 103), limit(0, -10, 105, parent_id=0))
    assert fills(ledger) == [(1, 10, 103), (1, -10, 105)]


def test_the_bar_begins_for_a_child_where_its_parent_was_filled():
    """The stop at 99 lies above the limit of 98 that bought: it goes at 98, not at the open."""
    ledger = traded([FLAT, DIP], limit(0, 10, 98), stop(0, -10, 99, parent_id=0))
    assert fills(ledger) == [(1, 10, 98), (1, -10, 98)]


def test_a_child_of_another_symbol_waits_for_its_next_bar():
    """Where that symbol stood when the parent was filled inside the bar is not known."""
    half = (50.0, 51.0, 49.0, 50.0)
    bars = ([FLAT, DIP, FLAT], [half, half, (52.0, 53.0, 51.0, 52.0)])
    orders = [stop(0, -1, 95, column=0), limit(0, 2, 60, column=1, parent_id=0)]
    assert fills(traded(bars, *orders)) == [(1, -1, 95), (2, 2, 52)]


def test_a_child_of_another_symbol_is_looked_at_from_the_same_open():
    half = (50.0, 51.0, 49.0, 50.0)
    bars = ([FLAT, DIP, FLAT], [half, half, half])
    orders = [market(0, 1, column=0), limit(0, 2, 49.5, column=1, parent_id=0)]
    assert fills(traded(bars, *orders)) == [(1, 1, 100), (1, 2, 49.5)]


def test_children_end_with_a_parent_that_was_never_filled():
    ledger = traded([FLAT, FLAT, FLAT], limit(0, 10, 90, expires_bar=1), *bracket()[1:])
    assert ends(ledger) == ["expired", "cancelled parent_ended", "cancelled parent_ended"]
    assert ledger.orders["bar"].tolist() == [1, 1, 1]


def test_children_of_a_parent_that_was_cut_down_are_cut_alike():
    ledger = traded([FLAT, FLAT, DIP], *bracket(quantity=20.0), cash=1000.0)
    assert fills(ledger) == [(1, 10, 100), (2, -10, 95)]
    assert ledger.trades["open"].tolist() == [0]


def test_a_child_decided_after_its_parent_was_filled_is_an_order_like_any_other():
    late = limit(2, -10, 105, parent_id=0)
    assert fills(traded([FLAT, BOTH, BOTH, BOTH], market(0, 10), late))[1:] == [(3, -10, 105)]


def test_a_market_child_comes_a_bar_after_its_parent():
    ledger = traded([FLAT, FLAT, RISE], market(0, 10), market(0, -10, parent_id=0))
    assert fills(ledger) == [(1, 10, 100), (2, -10, 102)]


def test_the_first_fill_of_a_group_cancels_those_still_to_come_as_well():
    orders = [limit(0, 1, 95, oco_id=7), stop(0, 1, 105, oco_id=7), market(2, 5, oco_id=7)]
    ledger = traded([FLAT, BOTH, FLAT, FLAT], *orders)
    assert fills(ledger) == [(1, 1, 105)]  # of two entries the stop comes first
    assert ends(ledger) == ["cancelled oco", "filled", "cancelled oco"]


# --- what opens and what closes


def test_an_order_through_zero_is_one_fill_and_two_trades():
    ledger = traded([FLAT, FLAT, RISE], market(0, 5), market(1, -8), costs=(0.01, 0.0, 0.0))
    assert fills(ledger) == [(1, 5, 100), (2, -8, 102)]
    first, second = ledger.trades
    assert (first["quantity"], second["quantity"]) == (5, -3)
    assert first["exit_commission"] == pytest.approx(5 * 1.02)
    assert first["pnl"] == pytest.approx(10 - 5 - 5.1)
    assert (second["open"], second["entry_price"], second["exit_price"]) == (1, 102, 102.5)


def test_what_closes_always_happens_and_what_opens_is_checked():
    ledger = traded([FLAT] * 3, market(0, 5), market(1, -500), cash=1000.0, cash_rule="reject")
    assert fills(ledger) == [(1, 5, 100), (2, -5, 100)]
    assert ends(ledger) == ["filled", "filled no_cash"]


def test_an_order_that_nothing_is_left_for_is_rejected():
    ledger = traded([FLAT] * 3, market(0, 10), market(1, 1), cash=1000.0)
    assert ends(ledger) == ["filled", "rejected no_cash"]


def test_a_trailing_stop_limit_is_not_here():
    with pytest.raises(Unsupported, match="no trailing stop-limit"):
        run(request_of([FLAT, FLAT], trail(0, 1, trail_amount=1.0, limit_price=99.0)))

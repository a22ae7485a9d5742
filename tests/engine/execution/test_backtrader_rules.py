"""backtrader's rules, one table each: numbers in, numbers out."""

import math

import numpy as np
import pytest
from tapes import request_of

from engine.execution.backtrader.costs import fee_of, margin_of, settled, update, value_of, worth_of
from engine.execution.backtrader.match import (
    limit_price,
    slip_down,
    slip_up,
    stop_limit_price,
    stop_price,
    trail,
)
from engine.execution.backtrader.prepare import settings_of
from engine.execution.backtrader.sizing import size_for
from engine.execution.backtrader.state import ORDER, SCHEME

NAN = math.nan
STOCK = {"mult": 1.0, "leverage": 1.0, "stock": 1}
FUTURE = {"mult": 5.0, "leverage": 1.0, "margin": 200.0, "per_unit": 1}


def settings(**options):
    return settings_of(request_of([(1, 1, 1, 1)], **options))


def scheme(**told):
    row = np.zeros(1, dtype=SCHEME)[0]
    for name, value in told.items():
        row[name] = value
    return row


def order(**told):
    row = np.zeros(1, dtype=ORDER)[0]
    for name, value in told.items():
        row[name] = value
    return row


@pytest.mark.parametrize(
    ("held", "mean", "size", "price", "after"),
    [
        (0.0, 0.0, 10.0, 5.0, (10.0, 5.0, 10.0, 0.0)),  # opened
        (10.0, 5.0, 10.0, 7.0, (20.0, 6.0, 10.0, 0.0)),  # added to
        (10.0, 5.0, -4.0, 7.0, (6.0, 5.0, 0.0, -4.0)),  # reduced
        (10.0, 5.0, -10.0, 7.0, (0.0, 0.0, 0.0, -10.0)),  # closed
        (10.0, 5.0, -15.0, 7.0, (-5.0, 7.0, -5.0, -10.0)),  # turned over
        (-10.0, 5.0, -10.0, 7.0, (-20.0, 6.0, -10.0, 0.0)),
        (-10.0, 5.0, 15.0, 7.0, (5.0, 7.0, 5.0, 10.0)),
    ],
)
def test_a_position_after_a_deal(held, mean, size, price, after):
    assert update(held, mean, size, price) == after


@pytest.mark.parametrize(
    ("cap", "options", "found"),
    [
        (103.0, {"slip_perc": 0.02}, (True, 102.0)),
        (101.0, {"slip_perc": 0.02}, (True, 101.0)),
        (101.0, {"slip_perc": 0.02, "slip_out": True}, (True, 102.0)),
        (101.0, {"slip_perc": 0.02, "slip_match": False}, (False, 0.0)),
        (103.0, {"slip_fixed": 1.5}, (True, 101.5)),
        (103.0, {"slip_perc": 0.02, "slip_fixed": 1.5}, (True, 102.0)),
        (99.0, {}, (True, 100.0)),
    ],
)
def test_a_buyer_slips_up_to_the_cap(cap, options, found):
    assert slip_up(cap, 100.0, True, False, settings(**options)) == found


def test_a_limit_slips_where_a_market_order_may_not():
    strict = settings(slip_perc=0.02, slip_match=False)
    assert slip_down(99.0, 100.0, True, False, strict) == (False, 0.0)
    assert slip_down(99.0, 100.0, True, True, strict) == (True, 99.0)
    none = settings(slip_perc=0.02, slip_match=False, slip_limit=False)
    assert slip_down(99.0, 100.0, True, True, none) == (False, 0.0)


@pytest.mark.parametrize(
    ("buys", "limit", "found"),
    [
        (True, 100.0, (True, 100.0)),
        (True, 105.0, (True, 100.0)),  # a better open
        (True, 95.0, (True, 95.0)),  # the low, touched
        (True, 94.9, (False, 94.9)),
        (False, 100.0, (True, 100.0)),
        (False, 98.0, (True, 100.0)),
        (False, 105.0, (True, 105.0)),
        (False, 105.1, (False, 105.1)),
    ],
)
def test_a_limit_on_a_bar(buys, limit, found):
    assert limit_price(buys, limit, 100.0, 105.0, 95.0, settings()) == found


@pytest.mark.parametrize(
    ("buys", "price", "found"),
    [
        (True, 100.0, (True, 100.0)),
        (True, 99.0, (True, 100.0)),  # jumped over
        (True, 105.0, (True, 105.0)),
        (True, 105.1, (False, 0.0)),
        (False, 101.0, (True, 100.0)),
        (False, 95.0, (True, 95.0)),
        (False, 94.9, (False, 0.0)),
        (True, NAN, (False, 0.0)),
    ],
)
def test_a_stop_on_a_bar(buys, price, found):
    assert stop_price(buys, price, 100.0, 105.0, 95.0, settings()) == found


@pytest.mark.parametrize(
    ("buys", "stop", "limit", "close", "found"),
    [
        (1, 103.0, 104.0, 104.0, (True, 103.0)),  # the limit allows the stop's price
        (1, 103.0, 102.0, 104.0, (False, 0.0)),  # closed above the open: unknown
        (1, 103.0, 99.0, 98.0, (True, 99.0)),  # turned, and closed below the limit
        (1, 103.0, 97.0, 98.0, (False, 0.0)),
        (0, 97.0, 98.0, 100.0, (True, 98.0)),  # level counts as turned, for sellers only
        (1, 103.0, 102.0, 100.0, (False, 0.0)),
    ],
)
def test_a_stop_limit_triggered_inside_a_bar(buys, stop, limit, close, found):
    row = order(buys=buys, price=stop, limit=limit)
    assert stop_limit_price(row, 100.0, 105.0, 95.0, close, settings()) == found
    assert row["triggered"] == 1


def test_a_trail_moves_after_the_market_only():
    sells = order(buys=0, price=-math.inf, amount=3.0, limit=98.0, offset=2.0)
    trail(sells, 100.0)
    assert (sells["price"], sells["limit"]) == (97.0, 95.0)
    trail(sells, 90.0)
    assert sells["price"] == 97.0
    buys = order(buys=1, price=math.inf, percent=0.1)
    trail(buys, 100.0)
    trail(buys, 50.0)
    trail(buys, 80.0)
    assert buys["price"] == 55.0


def test_values_fees_and_margins():
    stock, future = scheme(**STOCK, rate=0.001, fee=2.0), scheme(**FUTURE, rate=1.5)
    assert value_of(stock, -10.0, 5.0, True) == -50.0
    assert value_of(stock, -10.0, 5.0, False) == 50.0
    assert value_of(future, -10.0, 5.0, True) == 2000.0
    assert worth_of(stock, -10.0, 5.0, 4.0, False) == -40.0 - 20.0 + 0.0
    assert fee_of(stock, -10.0, 100.0) == 3.0
    assert fee_of(future, -10.0, 100.0) == 15.0
    assert settled(future, 2.0, 100.0, 103.0) == 30.0
    assert settled(stock, 2.0, 100.0, 103.0) == 0.0
    assert margin_of(scheme(**FUTURE, automargin=-1.0), 30.0) == 150.0
    assert margin_of(scheme(**FUTURE, automargin=0.5), 30.0) == 15.0


@pytest.mark.parametrize(
    ("money", "price", "told", "found"),
    [
        (1000.0, 7.0, STOCK, (0, 142.0)),
        (1000.0, 7.0, {**STOCK, "leverage": 1.5}, (0, 213.0)),
        (-10.0, 7.0, STOCK, (0, -2.0)),  # floored, not cut
        (1000.0, 7.0, FUTURE, (0, 5.0)),
        (1000.0, 0.0, STOCK, (1, 0.0)),
        (math.inf, 7.0, {**STOCK, "leverage": math.inf}, (3, 0.0)),
        (NAN, 7.0, STOCK, (3, 0.0)),
        (1000.0, 7.0, {**STOCK, "leverage": math.inf}, (2, 0.0)),
    ],
)
def test_whole_units_that_money_buys(money, price, told, found):
    assert size_for(scheme(**told), price, money) == found

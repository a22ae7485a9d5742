"""zipline's roundings, rule by rule; numbers from its own functions, or worked by hand."""

import math

import numpy as np
import pytest

from engine.execution.zipline.account import basis_after
from engine.execution.zipline.bars import stored_prices, stored_volumes
from engine.execution.zipline.fills import fee_of
from engine.execution.zipline.sizing import half_up, is_zero, tick_price, whole_shares
from engine.execution.zipline.state import ORDER_STATE, SETTINGS_ROW


@pytest.mark.parametrize(
    ("amount", "shares"),
    [
        (4.0, 4),
        (3.99991, 4),
        (3.9999, 3),
        (3.99985, 3),
        (4.0001, 4),
        (0.9, 0),
        (-0.9, 0),
        (-2.5, -2),
        (1e15, 1e15),
    ],
)
def test_shares_are_cut_toward_zero_unless_they_are_nearly_whole(amount, shares):
    assert whole_shares(amount) == shares


@pytest.mark.parametrize(
    ("price", "down", "up"),
    [
        (9.9951, 9.99, 10.0), (9.9995, 10.0, 10.0), (9.9905, 9.99, 9.99), (9.991, 9.99, 10.0),
        (0.004, 0.0, 0.01), (10.0, 10.0, 10.0),
    ],
)  # fmt: skip
def test_prices_go_to_the_better_cent_but_for_a_twentieth(price, down, up):
    assert tick_price(price, True) == pytest.approx(down, abs=1e-12)
    assert tick_price(price, False) == pytest.approx(up, abs=1e-12)


def test_no_price_stays_none():
    assert math.isnan(tick_price(math.nan, True))


@pytest.mark.parametrize(("number", "nearest"), [(2.5, 3), (2.4, 2), (-2.5, -2), (-2.6, -3)])
def test_halves_go_up(number, nearest):
    assert half_up(number) == nearest


def test_a_price_below_a_millionth_is_zero():
    assert is_zero(1e-6)
    assert not is_zero(1.1e-6)


@pytest.mark.parametrize(
    ("basis", "held", "shares", "price", "after"),
    [
        (0.0, 0, 100, 11.0, 11.0),  # opened
        (11.0, 100, 100, 13.0, 12.0),  # averaged
        (12.0, 200, -50, 20.0, 12.0),  # reduced
        (12.0, 150, -200, 20.0, 20.0),  # reversed
        (0.0, 0, -10, 9.0, 9.0),  # opened short
        (20.0, -50, -50, 10.0, 15.0),  # averaged short
        (15.0, -100, 100, 1.0, 0.0),  # closed
    ],
)
def test_the_cost_of_a_share(basis, held, shares, price, after):
    assert basis_after(basis, held, shares, price) == after


def test_stored_prices_read_back_as_thousandths():
    close = np.array([[10.1235, 0.0004, 5e9, np.nan, 3.0]])
    stored = stored_prices(close)[0]
    assert stored[0] == 10124 * 0.001
    assert np.isnan(stored[1:4]).all()
    assert stored[4] == 3000 * 0.001
    assert stored_volumes(np.array([9.9, 4294967296.0])).tolist() == [9.0, 0.0]


@pytest.mark.parametrize(
    ("paid", "filled", "fee"), [(0.0, 0, 1.5), (1.5, 100, 0.0), (1.5, 140, 0.4)]
)
def test_a_least_commission_counts_the_shares_before(paid, filled, fee):
    settings, order = np.zeros(1, SETTINGS_ROW)[0], np.zeros(1, ORDER_STATE)[0]
    settings["cost"], settings["least_cost"] = 0.01, 1.5
    order["commission"], order["filled"] = paid, filled
    assert fee_of(order, settings, 50 if filled != 100 else 40, 10.0) == pytest.approx(fee)

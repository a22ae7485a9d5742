"""backtrader's trades: from flat to flat, with the fees of what made them larger and smaller."""

import numpy as np
from tapes import FLAT, market, played


def bars(*opens):
    return [(price, price + 1, price - 1, price) for price in opens]


def rows(ledger, *names):
    return [tuple(float(trade[name]) for name in names) for trade in ledger.trades]


def test_adding_moves_the_mean_price_and_selling_does_not():
    orders = market(0, 10), market(1, 30), market(2, -20), market(3, -20)
    ledger = played(bars(100, 100, 104, 110, 90, 90), *orders, costs=(0.001,))
    assert rows(ledger, "quantity", "entry_price", "exit_price") == [(40, 103, 100)]
    # 20 x (110 - 103) + 20 x (90 - 103), less a thousandth of 1,000 + 3,120 + 2,200 + 1,800.
    assert np.isclose(ledger.trades["pnl"][0], 140 - 260 - 8.12)
    assert np.isclose(ledger.trades["entry_commission"][0], 4.12)
    assert np.isclose(ledger.trades["exit_commission"][0], 4.0)
    assert np.isclose(ledger.trades["return"][0], -128.12 / (40 * 103))
    assert rows(ledger, "entry_bar", "exit_bar", "open") == [(1, 4, 0)]


def test_an_execution_through_zero_ends_one_trade_and_begins_the_next():
    ledger = played(bars(100, 100, 110, 105, 105), market(0, 10), market(1, -25))
    assert rows(ledger, "quantity", "entry_price", "pnl", "open") == [
        (10, 100, 100, 0),
        (-15, 110, 0, 1),
    ]
    assert ledger.trades["entry_bar"].tolist() == [1, 2]
    assert np.isnan(ledger.trades["exit_price"][1])
    assert ledger.trades["exit_bar"][1] == 4


def test_an_open_trade_tells_what_was_closed_of_it():
    ledger = played(bars(100, 100, 110, 110), market(0, 10), market(1, -4))
    assert rows(ledger, "quantity", "exit_price", "pnl", "open") == [(10, 110, 40, 1)]


def test_trades_are_numbered_as_they_began():
    two = (bars(10, 10, 10, 10, 10), bars(20, 20, 20, 20, 20))
    orders = market(0, 1, column=1), market(1, 1), market(2, -1, column=1), market(3, 1, column=1)
    ledger = played(two, *orders)
    assert ledger.trades["column"].tolist() == [1, 0, 1]
    assert ledger.trades["position"].tolist() == [0, 1, 2]


def test_a_multiplier_counts_in_the_profit():
    ledger = played(bars(100, 100, 103, 103), market(0, 2), market(1, -2), mult=10.0)
    assert ledger.trades["pnl"].tolist() == [60]


def test_no_execution_no_trade():
    assert len(played([FLAT] * 3).trades) == 0

"""Trades and positions from fills, worked by hand."""

import numpy as np
import pytest

from engine.execution.records import FILL_ROW
from engine.execution.vectorbt.trades import derive_trades


def derived(*fills, close=20.0):
    """The tables of one column; each fill is (bar, quantity, price, commission)."""
    rows = np.zeros(len(fills), dtype=FILL_ROW)
    for row, (bar, quantity, price, commission) in zip(rows, fills, strict=True):
        row["bar"], row["quantity"], row["price"] = bar, quantity, price
        row["commission"] = commission
    return derive_trades(rows, np.array([0, len(rows)]), np.array([close]), 9)


def told(trades, *names):
    return [tuple(row[name].item() for name in names) for row in trades]


ENTRY = ("quantity", "entry_bar", "entry_price", "entry_commission")
EXIT = ("exit_bar", "exit_price", "exit_commission", "pnl", "open")


def test_bought_in_two_and_sold_in_two():
    # 4 units cost 1*10 + 3*14 = 52, 13 each, and 4 in fees; 1 is sold at 15, 3 at 17.
    bought = (0, 1.0, 10.0, 1.0), (1, 3.0, 14.0, 3.0)
    tables = derived(*bought, (2, -1.0, 15.0, 0.5), (3, -3.0, 17.0, 1.5))
    assert told(tables.exits, *ENTRY) == [(1, 0, 13, 1), (3, 0, 13, 3)]
    assert told(tables.exits, *EXIT) == [(2, 15, 0.5, 0.5, 0), (3, 17, 1.5, 7.5, 0)]
    # Sold at (15 + 51) / 4 = 16.5 on average, with 2 in fees.
    assert told(tables.entries, *ENTRY) == [(1, 0, 10, 1), (3, 1, 14, 3)]
    assert told(tables.entries, *EXIT) == [(3, 16.5, 0.5, 5, 0), (3, 16.5, 1.5, 3, 0)]
    assert told(tables.positions, *ENTRY) == [(4, 0, 13, 4)]
    assert told(tables.positions, *EXIT) == [(3, 16.5, 2, 8, 0)]


def test_turning_closes_one_position_and_opens_the_other():
    # 2 long at 10, then 5 sold at 12 for a fee of 5: 2 close the long, 3 open the short.
    tables = derived((0, 2.0, 10.0, 1.0), (4, -5.0, 12.0, 5.0), close=11.0)
    assert told(tables.exits, "position", *ENTRY) == [(0, 2, 0, 10, 1), (1, -3, 4, 12, 3)]
    assert told(tables.exits, *EXIT) == [(4, 12, 2, 1, 0), (9, 11, 0, 0, 1)]
    assert told(tables.entries, "position", *ENTRY) == told(tables.exits, "position", *ENTRY)
    assert told(tables.positions, *ENTRY) == told(tables.exits, *ENTRY)


def test_what_is_held_at_the_end_is_open_at_the_last_close():
    tables = derived((0, 4.0, 10.0, 2.0), (1, -1.0, 12.0, 1.0))
    assert told(tables.exits, *ENTRY) == [(1, 0, 10, 0.5), (3, 0, 10, 1.5)]
    assert told(tables.exits, *EXIT) == [(1, 12, 1, 0.5, 0), (9, 20, 0, 28.5, 1)]
    # The entry trade exits 1 at 12 and 3 at 20: 18 on average.
    assert told(tables.entries, *EXIT) == [(9, 18, 1, 29, 1)]


def test_the_return_of_a_short_is_on_what_it_was_sold_for():
    tables = derived((0, -2.0, 10.0, 0.0), (1, 2.0, 8.0, 0.0))
    assert told(tables.exits, "pnl", "return") == [(4, 0.2)]


def test_a_hair_more_than_is_held_closes_it():
    tables = derived((0, 1.0, 10.0, 0.0), (1, -(1.0 + 1e-10), 11.0, 0.0))
    assert told(tables.exits, "quantity", "open") == [(1.0, 0)]


def test_positions_are_numbered_across_columns():
    rows = np.zeros(4, dtype=FILL_ROW)
    rows["column"] = [0, 0, 2, 2]
    rows["quantity"], rows["price"] = [1, -1, -1, 1], 10.0
    tables = derive_trades(rows, np.array([0, 2, 2, 4]), np.full(3, 10.0), 9)
    assert tables.exits["position"].tolist() == [0, 1]
    assert tables.exits["column"].tolist() == [0, 2]


@pytest.mark.parametrize("table", ["exits", "entries", "positions"])
def test_no_fills_no_trades(table):
    assert len(getattr(derived(), table)) == 0

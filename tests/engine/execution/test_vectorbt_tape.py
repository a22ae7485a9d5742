"""Order tapes as vectorbt users write them: next bar's open, children as stops."""

import numpy as np
import pytest

from engine.execution.records import TAPE_ROW, Market, Request, Unsupported
from engine.execution.vectorbt import run

NAN = np.nan
BARS = [(10, 10, 10, 10), (11, 11.5, 10.5, 11), (12, 13, 11, 12), (11, 11, 9, 9.5)]
NOTHING = {"limit_price": NAN, "stop_price": NAN, "trail_amount": NAN, "trail_percent": NAN}


def tape_of(orders):
    """Rows of a tape; what is not told is a market order of one unit on bar 0."""
    rows = np.zeros(len(orders), dtype=TAPE_ROW)
    for number, (row, told) in enumerate(zip(rows, orders, strict=True)):
        base = {
            "order_id": number, "kind": "market", "unit": "units", "quantity": 1.0, **NOTHING,
            "parent_id": -1, "oco_id": -1, "expires_bar": -1,
        }  # fmt: skip
        for name, value in {**base, **told}.items():
            row[name] = value
    return rows


def played(*orders, columns=1, **options):
    prices = np.repeat(np.array(BARS, dtype=float)[:, :, None], columns, axis=2)
    market = Market(*(prices[:, place] for place in range(4)), prices[:, 3])
    names = tuple("ABC"[:columns])
    return run(Request(market, names, 100.0, 0.0, 0.0, 0.0, tape=tape_of(orders), options=options))


def fills(ledger):
    return [(int(row["bar"]), row["quantity"].item(), row["price"].item()) for row in ledger.fills]


def test_an_order_fills_at_the_next_open_and_orders_add_up():
    ledger = played({"bar": 0, "quantity": 2.0}, {"bar": 1, "quantity": -3.0})
    assert fills(ledger) == [(1, 2, 11), (2, -3, 12)]


def test_an_order_of_the_last_bar_never_reaches_the_market():
    assert len(played({"bar": 3}).orders) == 0


def test_a_stop_and_a_limit_child_close_what_their_parent_opened():
    parent = {"quantity": 2.0}
    stop = {"kind": "stop", "quantity": -2.0, "stop_price": 9.9, "parent_id": 0}
    limit = {"kind": "limit", "quantity": -2.0, "limit_price": 12.1, "parent_id": 0}
    assert fills(played(parent, stop)) == [(1, 2, 11), (3, -2, pytest.approx(9.9))]
    assert fills(played(parent, limit)) == [(1, 2, 11), (2, -2, pytest.approx(12.1))]
    assert fills(played(parent, stop, limit))[1][0] == 2


def test_a_trailing_child_follows_the_high():
    child = {"kind": "trailing_stop", "quantity": -1.0, "trail_percent": 0.2, "parent_id": 0}
    assert fills(played({}, child)) == [(1, 1, 11), (3, -1, pytest.approx(13 * 0.8))]


def test_several_symbols_are_one_account():
    ledger = played({"quantity": 9.0}, {"column": 1, "quantity": 9.0}, columns=2)
    assert ledger.accounts == ("A+B",)
    assert [row["quantity"].item() for row in ledger.fills] == [9.0, pytest.approx(1 / 11)]


CHILD = {"kind": "stop", "quantity": -1.0, "stop_price": 9.0, "parent_id": 0}


@pytest.mark.parametrize(
    ("orders", "reason"),
    [
        ([{"kind": "limit", "limit_price": 9.0}], "no limit orders"),
        ([{"kind": "stop_limit"}], "no stop_limit orders"),
        ([{}, {}], "one order per column and bar"),
        ([{}, {"bar": 1}, CHILD | {"order_id": 7}], "one stop per position"),
        ([{}, CHILD, CHILD | {"kind": "trailing_stop", "trail_percent": 0.1}], "one stop-loss"),
        ([{}, CHILD | {"quantity": -2.0}], "fractions of an entry"),
        ([{"unit": "target_value"}], "not in target_value"),
        ([{"expires_bar": 2}], "expire"),
        ([{}, CHILD | {"trail_amount": 1.0}], "not by an amount"),
        ([{"oco_id": 1}, {"bar": 1, "oco_id": 0}], "cancel each other"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_tape_cannot_say(orders, reason):
    with pytest.raises(Unsupported, match=reason):
        played(*orders)

"""Cash that is shared, who gets it first, and the series of cash and value."""

import numpy as np
import pytest

from engine.execution.records import Market, Marks, Request
from engine.execution.vectorbt import run

NAN = np.nan


def two(closes, entries, *, exits=((), ()), values=None, cash=100.0, **options):
    """Symbols A and B; per symbol the bars of its entries and exits."""
    prices = np.array(closes, dtype=float)

    def marks(bars):
        start = np.cumsum([0, *map(len, bars)])
        return Marks(start, np.array([bar for own in bars for bar in own], dtype=np.int64))

    request = Request(
        Market(*(np.full(prices.shape, NAN) for _ in range(3)), prices, prices),
        ("A", "B"), cash, 0.0, 0.0, 0.0,
        marks={"entry": marks(entries), "exit": marks(exits)},
        values=values or {}, options={"cash_sharing": True, **options},
    )  # fmt: skip
    return run(request)


def asked(ledger):
    """(bar, column, quantity filled) in the order of calls."""
    filled = ledger.orders["status"] == 0
    quantities = iter(ledger.fills["quantity"])
    return [
        (int(row["bar"]), int(row["column"]), round(float(next(quantities)), 9) if ok else None)
        for row, ok in zip(ledger.orders, filled, strict=True)
    ]


def test_the_first_called_takes_all_the_cash():
    told = {"closes": [[10, 20]], "entries": ([0], [0])}
    assert asked(two(**told)) == [(0, 0, 10), (0, 1, None)]
    assert asked(two(**told, call_seq="reversed")) == [(0, 1, 5), (0, 0, None)]


def test_sales_come_first_when_the_sequence_is_automatic():
    told = {"closes": [[10, 20], [10, 20]], "entries": ([1], [0]), "exits": ((), (1,))}
    assert asked(two(**told)) == [(0, 1, 5), (1, 0, None), (1, 1, -5)]
    assert asked(two(**told, call_seq="auto")) == [(0, 1, 5), (1, 1, -5), (1, 0, 10)]


def test_an_order_without_a_price_is_called_last():
    values = {"size": np.array([[2.0, 1.0]])}
    told = {"closes": [[NAN, 20]], "entries": ([0], [0]), "values": values, "call_seq": "auto"}
    assert asked(two(**told)) == [(0, 1, 1), (0, 0, None)]


def test_an_accounts_value_is_its_cash_and_what_all_its_columns_hold():
    values = {"size": np.array([1.0, 2.0])}
    ledger = two([[10, 20], [11, 19], [NAN, 25]], ([0], [0]), values=values)
    assert ledger.accounts == ("A+B",)
    assert ledger.cash[:, 0].tolist() == [50, 50, 50]
    assert ledger.equity[:, 0].tolist() == [100, 50 + 11 + 38, 50 + 11 + 50]


@pytest.mark.parametrize(("mode", "start"), [("auto", [10.0, 40.0]), ("autoalign", [40.0, 40.0])])
def test_cash_is_found_for_each_account_or_the_same_for_all(mode, start):
    # A pays 10, B 2 * 20.
    told = {"closes": [[10, 20]], "entries": ([0], [0]), "values": {"size": np.array([1.0, 2.0])}}
    ledger = two(**told, cash_sharing=False, init_cash=mode)
    assert ledger.equity[0].tolist() == start
    assert ledger.cash[0].tolist() == [start[0] - 10, start[1] - 40]


def test_a_missing_first_close_is_valued_at_the_first_there_is():
    ledger = two([[NAN, 20], [12, 20]], ([0], []), values={"price": 10.0, "size": 1.0})
    assert ledger.equity[:, 0].tolist() == [102.0, 102.0]

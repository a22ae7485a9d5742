"""backtesting.py's rules as stories; every number can be checked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from one_symbol import ends_of, fills_of, request_of

from engine.execution.backtesting_py import run

FLAT = (100, 101, 99, 100)
BUY = {"quantity": 10.0}


def played(*orders: Any, bars: Any = (), lead: int = 1, **told: Any) -> Any:
    """Orders on the close of the last flat bar, then the bars of the story."""
    return run(request_of([FLAT] * lead + list(bars), orders, **told))


def stop(price: float, **more: Any) -> dict[str, Any]:
    return {"kind": "stop", "quantity": -10.0, "stop_price": price, "parent_id": 0, **more}


def limit(price: float, **more: Any) -> dict[str, Any]:
    return {"kind": "limit", "quantity": -10.0, "limit_price": price, "parent_id": 0, **more}


def test_a_market_order_fills_at_the_next_open_and_leaves_cash_alone():
    ledger = played(BUY, bars=[(102, 104, 101, 103), (104, 105, 103, 105)])
    assert fills_of(ledger) == [(1, 10, 102)]
    assert ledger.cash[:, 0].tolist() == [10_000, 10_000, 10_000]
    assert ledger.equity[:, 0].tolist() == [10_000, 10_010, 10_030]


@pytest.mark.parametrize(
    ("entry_bar", "out"),
    [
        ((100, 106, 94, 100), 95.0),  # both are touched: the stop-loss first
        ((100, 106, 96, 100), 105.0),
        ((90, 92, 88, 91), 90.0),  # the open lies beyond the stop already
        ((110, 112, 108, 111), 110.0),
    ],
)
def test_sl_and_tp_of_a_market_entry_are_live_on_its_own_bar(entry_bar: Any, out: float):
    ledger = played(BUY, stop(95.0), limit(105.0), bars=[entry_bar])
    assert fills_of(ledger) == [(1, 10, entry_bar[0]), (1, -10, out)]


LIMIT_ENTRY = {**BUY, "kind": "limit", "limit_price": 98.0}
SPARED = [(99, 100, 96, 99), (99, 100, 98, 99), (98, 99, 96, 97)]


def test_the_sl_of_a_limit_entry_waits_for_the_next_bar():
    ledger = played(LIMIT_ENTRY, stop(97.0), bars=SPARED)
    assert fills_of(ledger) == [(1, 10, 98), (3, -10, 97)]


def test_unless_a_market_entry_makes_the_broker_look_again():
    other = [{"quantity": 1.0}, stop(50.0, quantity=-1.0, parent_id=2)]
    ledger = played(LIMIT_ENTRY, stop(97.0), *other, bars=SPARED)
    assert fills_of(ledger) == [(1, 10, 98), (1, 1, 99), (1, -10, 97)]


STOP_ENTRY = {**BUY, "kind": "stop", "stop_price": 102.0}


@pytest.mark.parametrize(("sl", "exits"), [(98.0, [(1, -10, 104)]), (99.5, [])])
def test_a_stop_entry_takes_its_tp_at_once_only_if_the_sl_was_out_of_reach(sl: float, exits: Any):
    ledger = played(STOP_ENTRY, stop(sl), limit(104.0), bars=[(100, 105, 99, 101)])
    assert fills_of(ledger) == [(1, 10, 102), *exits]


STOP_LIMIT = {**BUY, "kind": "stop_limit", "stop_price": 102.0, "limit_price": 101.0}


def test_a_stop_limit_with_a_cheap_limit_waits_a_bar_and_stays_triggered():
    bars = [(100, 104, 99, 101), (101.5, 101.8, 101, 101.2)]
    assert fills_of(played(STOP_LIMIT, bars=bars)) == [(2, 10, 101)]


def test_a_sell_stop_limit_that_is_gapped_fills_above_its_bar():
    order = {**STOP_LIMIT, "quantity": -10.0, "stop_price": 98.0, "limit_price": 97.0}
    assert fills_of(played(order, bars=[(95, 97.5, 94, 95)])) == [(1, -10, 98)]


@pytest.mark.parametrize(("on_close", "price"), [(False, 105.0), (True, 102.0)])
def test_a_gapped_stop_fills_at_the_open_or_at_the_stop_on_close(on_close: bool, price: float):
    ledger = played(STOP_ENTRY, bars=[(105, 106, 104, 105)], trade_on_close=on_close)
    assert fills_of(ledger) == [(1, 10, price)]


def test_on_close_an_exit_may_be_stamped_before_its_entry():
    orders = [LIMIT_ENTRY, {"quantity": -1.0}]
    ledger = played(*orders, bars=[(99, 100, 97, 98)], trade_on_close=True)
    assert fills_of(ledger) == [(1, 10, 98), (0, -1, 100)]


ALL_IN = {"unit": "percent", "quantity": 1.0}


def test_all_in_at_an_exact_multiple_loses_a_unit():
    assert fills_of(played(ALL_IN, bars=[FLAT])) == [(1, 99, 100)]


def test_a_fixed_fee_counts_as_a_cost_per_unit_of_a_share():
    bars = [(12, 12, 12, 12)] * 2
    ledger = run(request_of(bars, [ALL_IN], fixed=100.0))  # 10,000 // (12 + 100) = 89
    assert fills_of(ledger) == [(1, 89, 12)]


@pytest.mark.parametrize(("close", "units"), [(90.0, 30.0), (100.0, 25.0), (110.0, 20.0)])
def test_a_share_is_sized_with_the_margin_of_a_later_close(close: float, units: float):
    # Short 50 at 100: equity 10,000 + 50 * (100 - close), of which 50 * close is tied up.
    half = {"bar": 1, "unit": "percent", "quantity": -0.5}
    ledger = played({"quantity": -50.0}, half, bars=[FLAT, (100, 120, 80, close)])
    assert fills_of(ledger)[1] == (2, -units, 100)


def test_the_spread_moves_entries_only_limits_included():
    order = {**BUY, "kind": "limit", "limit_price": 98.0}
    orders = [order, {"bar": 1, "quantity": -10.0}]
    ledger = played(*orders, bars=[(99, 100, 97, 98), FLAT], spread=0.01)
    assert fills_of(ledger) == [(1, 10, 98 * 1.01), (2, -10, 100)]


def test_slippage_of_the_account_is_the_spread():
    assert fills_of(played({"quantity": -10.0}, bars=[FLAT], slippage=0.02)) == [(1, -10, 98)]


def test_an_order_beyond_the_margin_is_cancelled_whole():
    ledger = played({"quantity": 101.0}, {"quantity": 100.0}, bars=[FLAT])
    assert fills_of(ledger) == [(1, 100, 100)]
    assert ends_of(ledger) == ["rejected insufficient_margin", "filled"]


def test_what_an_oversized_order_closed_stays_closed():
    ledger = played({"quantity": 50.0}, {"bar": 1, "quantity": -5000.0}, bars=[FLAT, FLAT])
    assert fills_of(ledger) == [(1, 50, 100), (2, -50, 100)]
    assert ends_of(ledger) == ["filled", "filled insufficient_margin"]


def test_hedged_trades_tie_up_margin_on_both_sides():
    orders = [{"quantity": 50.0}, {"quantity": -50.0}, {"bar": 1, "quantity": 1.0}]
    ledger = played(*orders, bars=[FLAT, FLAT], hedging=True)
    assert ends_of(ledger) == ["filled", "filled", "rejected insufficient_margin"]


def test_the_oldest_trade_closes_first_and_in_part():
    orders = [BUY, {"bar": 1, "quantity": 20.0}, {"bar": 2, "quantity": -15.0}]
    ledger = played(*orders, bars=[FLAT, (101, 102, 100, 101), (103, 104, 102, 103)])
    assert fills_of(ledger)[2:] == [(3, -10, 103), (3, -5, 103)]
    trades = [(t["position"], t["quantity"], t["entry_price"], t["pnl"]) for t in ledger.trades]
    assert trades == [(0, 10, 100, 30), (1, 5, 101, 10)]


def test_a_part_is_rounded_half_to_even():
    closes = [{"bar": 1 + n, "quantity": -q, "parent_id": 0} for n, q in enumerate([2.5, 1.5, 0.1])]
    ledger = played({"quantity": 5.0}, *closes, bars=[FLAT] * 4)
    assert [size for _, size, _ in fills_of(ledger)] == [5, -2, -2, -1]


def test_closing_a_position_closes_the_newest_trade_first():
    flat = {"bar": 2, "quantity": 0.0, "unit": "target_units"}
    ledger = played(BUY, {"bar": 1, "quantity": 20.0}, flat, bars=[FLAT] * 3)
    assert [size for _, size, _ in fills_of(ledger)] == [10, 20, -20, -10]


def test_the_fee_of_an_entry_is_counted_with_every_part():
    closes = [{"bar": bar, "quantity": -3.0, "parent_id": 0} for bar in (1, 2, 3)]
    ledger = played({"quantity": 9.0}, *closes, bars=[FLAT] * 4, fixed=7.0)
    assert ledger.trades["pnl"].sum() == -42
    assert ledger.equity[-1, 0] == 10_000 - 28


def test_whoever_is_sent_last_stands_first():
    close = {"bar": 1, "quantity": -10.0, "parent_id": 0}
    late = stop(95.0, bar=1)
    bars = [FLAT, (100, 100, 90, 95)]
    assert fills_of(played(BUY, close, late, bars=bars))[1] == (2, -10, 95)
    assert fills_of(played(BUY, late, close, bars=bars))[1] == (2, -10, 100)


def test_exclusive_orders_pass_over_every_second_order():
    # The sale queues the close of the trade; the purchase cancels that close and spares the sale.
    orders = [BUY, {"bar": 1, "quantity": -2.0}, {"bar": 1, "quantity": 3.0}]
    ledger = played(*orders, bars=[FLAT, FLAT], exclusive_orders=True)
    assert "cancelled exclusive_orders" in ends_of(ledger)
    assert [size for _, size, _ in fills_of(ledger)] == [10, -10, -2, 2, 1]


def test_a_far_exclusive_limit_closes_the_position_at_once():
    far = {"bar": 1, "kind": "limit", "quantity": 5.0, "limit_price": 50.0}
    ledger = played(BUY, far, bars=[FLAT, FLAT], exclusive_orders=True)
    assert fills_of(ledger) == [(1, 10, 100), (2, -10, 100)]


def test_ruin_closes_every_second_trade_and_empties_the_account():
    orders = [{"quantity": -40.0}, {"quantity": -30.0}, {"bar": 3, "quantity": 5.0}]
    bars = [FLAT, (100, 260, 99, 250), (250, 255, 90, 100)]
    ledger = played(*orders, bars=bars)
    assert fills_of(ledger)[2:] == [(2, 40, 250)]
    assert ends_of(ledger) == ["filled", "filled", "filled ruin"]
    assert ledger.equity[:, 0].tolist() == [10_000, 10_000, 0, 0]


def test_nothing_happens_inside_a_bar_that_would_ruin():
    ledger = played({"quantity": -90.0}, bars=[FLAT, (100, 1000, 99, 100)])
    assert ledger.equity[:, 0].tolist() == [10_000] * 3


def test_trades_are_finalized_at_the_last_open_with_the_last_orders():
    orders = [BUY, {"bar": 2, "quantity": 5.0}]
    bars = [(101, 102, 100, 101), (102, 104, 101, 103)]
    assert fills_of(played(*orders, bars=bars)) == [(1, 10, 101)]
    ledger = played(*orders, bars=bars, finalize_trades=True)
    assert fills_of(ledger)[1:] == [(2, -10, 102), (2, 5, 102)]
    assert ledger.equity[-1, 0] == 10_000 + 10 + 5


def test_a_price_of_exactly_zero_reads_as_the_close():
    assert fills_of(played(BUY, bars=[(0, 101, 0, 90)])) == [(1, 10, 90)]


def test_an_sl_on_the_wrong_side_makes_the_order_an_error():
    ledger = played(BUY, stop(100.0), bars=[FLAT])
    assert ends_of(ledger) == ["rejected wrong_side"]


def test_an_order_may_fill_on_its_last_bar_and_never_after():
    order = {**BUY, "kind": "limit", "limit_price": 97.0, "expires_bar": 2}
    late = (98, 99, 96, 97)
    assert fills_of(played(order, bars=[FLAT, late])) == [(2, 10, 97)]
    assert ends_of(played(order, bars=[FLAT, FLAT, late])) == ["cancelled"]


def test_room_is_made_when_one_order_closes_many_trades():
    many = [{"quantity": 1.0} for _ in range(60)]
    flats = [{"bar": 1, "quantity": 0.0, "unit": "target_units"} for _ in range(9)]
    ledger = played(*many, *flats, bars=[FLAT, FLAT])
    assert len(ledger.orders) == 60 + 9 * 60
    assert np.count_nonzero(ledger.fills["quantity"] < 0) == 60

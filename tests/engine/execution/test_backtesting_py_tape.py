"""Tapes in the words of backtesting.py: what hangs on what, and what it cannot say."""

from __future__ import annotations

from typing import Any

import pytest
from one_symbol import ends_of, fills_of, request_of

from engine.execution.backtesting_py import run
from engine.execution.records import BadOption, Refused, Request, Unsupported

FLAT = (100, 101, 99, 100)
DEEP = (99, 100, 90, 95)
ENTRY = {"quantity": 10.0}
WAITING = {"quantity": 10.0, "kind": "limit", "limit_price": 98.0}
STOP = {"kind": "stop", "quantity": -10.0, "stop_price": 95.0, "parent_id": 0}
LIMIT = {"kind": "limit", "quantity": -10.0, "limit_price": 105.0, "parent_id": 0}
CANCEL = {"kind": "cancel", "quantity": 0.0}


def played(*orders: Any, bars: Any = (FLAT,) * 5, **told: Any) -> Any:
    return run(request_of(bars, orders, **told))


def test_a_stop_decided_before_its_entry_fills_is_set_at_the_close_of_that_bar():
    bars = [FLAT, FLAT, (99, 100, 94, 99), DEEP]
    ledger = played(WAITING, {**STOP, "bar": 1}, bars=bars)
    assert fills_of(ledger) == [(2, 10, 98), (3, -10, 95)]


def test_a_stop_that_is_withdrawn_early_lives_for_the_bar_of_the_fill():
    cancel = {**CANCEL, "bar": 1, "parent_id": 1}
    ledger = played(WAITING, STOP, cancel, bars=[FLAT, FLAT, (99, 100, 97, 99), DEEP])
    assert fills_of(ledger) == [(2, 10, 98)]
    assert ends_of(ledger) == ["filled", "cancelled"]


def test_a_second_stop_takes_the_place_of_one_that_was_withdrawn():
    again = {**STOP, "bar": 1, "stop_price": 92.0}
    cancel = {**CANCEL, "bar": 1, "parent_id": 1}
    ledger = played(ENTRY, STOP, cancel, again, bars=[FLAT, FLAT, DEEP])
    assert fills_of(ledger)[1:] == [(2, -10, 92)]


def test_a_close_that_waits_is_withdrawn():
    close = {"bar": 1, "quantity": -10.0, "parent_id": 0}
    cancel = {**CANCEL, "bar": 1, "parent_id": 1}
    assert ends_of(played(ENTRY, close, cancel)) == ["filled", "cancelled"]


def test_children_of_an_entry_that_never_fills_are_never_sent():
    orders = [{**WAITING, "limit_price": 96.0}, STOP, {**LIMIT, "bar": 1}]
    assert ends_of(played(*orders)) == ["open"]


def test_an_expired_child_is_withdrawn_from_its_trade():
    assert ends_of(played(ENTRY, {**STOP, "expires_bar": 2})) == ["filled", "cancelled"]


@pytest.mark.parametrize(
    ("orders", "reason"),
    [
        ([{"kind": "trailing_stop"}], "trailing"),
        ([{"oco_id": 1}], "cancel each other"),
        ([{"unit": "target_units", "quantity": 5.0}], "one target"),
        ([{"unit": "value"}], "not in value"),
        ([{"unit": "percent", "quantity": 1.5}], "one at most"),
        ([{"quantity": 1.5}], "whole units"),
        ([ENTRY, STOP, {**LIMIT, "quantity": 10.0, "parent_id": 1}], "to entries only"),
        ([ENTRY, {**STOP, "kind": "stop_limit"}], "stop_limit order that waits"),
        ([ENTRY, {**STOP, "quantity": -5.0}], "closes that entry"),
        ([ENTRY, {"quantity": 5.0, "parent_id": 0}], "closes that entry"),
        ([ENTRY, STOP, {**STOP, "bar": 1}], "one sl and one tp"),
        (
            [ENTRY, ENTRY, {**STOP, "oco_id": 1}, {**LIMIT, "parent_id": 1, "oco_id": 1}],
            "of one entry cancel",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_backtesting_py_cannot_say(orders: Any, reason: str):
    with pytest.raises(Unsupported, match=reason):
        played(*orders)


def test_several_symbols_and_signals_are_not_its_own():
    with pytest.raises(Unsupported, match="one symbol"):
        played(ENTRY, columns=2)
    told = request_of([FLAT], [])
    with pytest.raises(Unsupported, match="give an order tape"):
        run(Request(told.market, ("A",), 100.0, 0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"cash": 0.0}, "cash_not_positive"),
        ({"margin": 0.0}, "margin_out_of_range"),
        ({"margin": 1.5}, "margin_out_of_range"),
        ({"fixed": -1.0}, "fixed_commission_negative"),
        ({"commission": 0.1}, "commission_out_of_range"),
        ({"commission": -0.11}, "commission_out_of_range"),
    ],
    ids=str,
)
def test_what_it_refuses(told: Any, reason: str):
    with pytest.raises(Refused) as refusal:
        played(ENTRY, **told)
    assert refusal.value.reason == reason


def test_a_bar_without_a_price_is_refused():
    with pytest.raises(Refused) as refusal:
        played(ENTRY, bars=[FLAT, (float("nan"), 101, 99, 100)])
    assert refusal.value.reason == "price_missing"


def test_a_share_of_boundless_money_is_refused():
    with pytest.raises(Refused) as refusal:
        played({"unit": "percent", "quantity": 0.5}, cash=float("inf"))
    assert refusal.value.reason == "size_not_a_number"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"leverage": 2.0}, "no option 'leverage'"),
        ({"hedging": 1}, "true or false"),
        ({"margin": "half"}, "one number"),
        ({"spread": True}, "one number"),
    ],
)
def test_options_are_its_own(options: Any, text: str):
    with pytest.raises(BadOption, match=text):
        played(ENTRY, **options)

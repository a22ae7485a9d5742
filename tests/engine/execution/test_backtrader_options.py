"""What a user may set and say is what backtrader has; anything else is an error that names it."""

import pytest
from tapes import FLAT, NAN, bracket, cancel, limit, market, played, request_of, stop

from engine.execution.backtrader import DEFAULTS, OPTIONS, run
from engine.execution.backtrader.options import WHOLE_RUN
from engine.execution.backtrader.prepare import RUN
from engine.execution.backtrader.state import Settings
from engine.execution.records import BadOption, Refused, Request, Unsupported

BARS = [FLAT] * 4
CHILD = {"parent_id": 0}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"slip_percent": 0.1}, ("slip_percent", "slip_perc")),
        ({"idiom": "pairs"}, ("idiom", "pairs", "siblings, bracket")),
        ({"filler": "half"}, ("filler", "half", "fixed_size")),
        ({"filler_perc": -1.0}, ("filler_perc", "not below 0")),
        ({"leverage": 0.0}, ("leverage", "above 0")),
        ({"leverage": [1.0, 2.0]}, ("leverage", "2 values", "1 symbols")),
        ({"slip_open": 1.0}, ("slip_open", "true or false")),
        ({"slip_perc": [0.1]}, ("slip_perc", "a number")),
        ({"mult": True}, ("mult", "a number")),
        ({"mult": NAN}, ("mult", "nan")),
        ({"commtype": "share"}, ("commtype", "auto, percent, fixed")),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_option_backtrader_does_not_have(options, words):
    with pytest.raises(BadOption) as error:
        run(request_of(BARS, market(0, 1), **options))
    for word in words:
        assert word in str(error.value)


def test_every_option_has_a_default_and_is_read():
    assert set(OPTIONS) < set(DEFAULTS)
    assert set(RUN) == set(WHOLE_RUN)
    assert len(RUN) == len(Settings._fields)


@pytest.mark.parametrize(
    ("orders", "reason"),
    [
        ([market(0, 1), stop(1, -1, 95, **CHILD)], "sent whole"),
        ([market(0, 1), stop(0, -1, 95, **CHILD), limit(0, -1, 105, **CHILD)], "one oco"),
        ([market(0, 1), stop(0, -1, 95, **CHILD), limit(0, 1, 95, parent_id=1)], "one level"),
        ([market(0, 1), market(0, 0, unit="target_units", **CHILD)], "in units"),
    ],
    ids=["later", "untied", "chain", "target"],
)
def test_what_a_native_bracket_cannot_say_separate_orders_can(orders, reason):
    with pytest.raises(Unsupported, match=reason):
        played(BARS, *orders, idiom="bracket")
    assert len(played(BARS, *orders).fills) > 0


def test_what_no_feed_can_say():
    late = [(), (), FLAT, FLAT]
    with pytest.raises(Unsupported, match="first bar of its feed"):
        played((BARS, late), market(0, 1, column=1))
    assert len(played((BARS, late), market(2, 1, column=1)).fills) == 1
    gap = [FLAT, (), FLAT, FLAT]
    with pytest.raises(Unsupported, match="no feed has a bar"):
        played((gap, gap), market(1, 1))
    with pytest.raises(Unsupported, match="needs a bar"):
        played([(), ()], market(0, 1))


def test_time_without_any_bar_leaves_the_account_as_it_was():
    gap = [FLAT, (), (101, 102, 100, 101), FLAT]
    ledger = played(gap, market(0, 10))
    assert ledger.equity[:, 0].tolist() == [10_000, 10_000, 10_000, 9_990]


def test_signals_are_for_others_and_each_symbol_has_its_bars():
    told = request_of(BARS)
    with pytest.raises(Unsupported, match="signals"):
        run(Request(told.market, ("A",), 1.0, 0.0, 0.0, 0.0))
    with pytest.raises(BadOption, match="bars of its own"):
        run(Request(told.market, ("A", "B"), 1.0, 0.0, 0.0, 0.0, tape=told.tape))


@pytest.mark.parametrize(
    ("bars", "order", "told", "reason"),
    [
        ([(1, 1, 1, NAN), (1, 1, 1, 1)], market(0, 5, unit="value"), {}, "size_not_a_number"),
        ([(1, 1, 1, 0.0), (1, 1, 1, 1)], market(0, 5, unit="value"), {}, "division_by_zero"),
        (BARS, market(0, 1), {"cash": 0.0}, "division_by_zero"),
        ([(1, 1, 1, 0.0), (1, 1, 1, 1)], market(0, 1), {"sizer": "all_in"}, "division_by_zero"),
    ],
)
def test_where_python_stops_the_run(bars, order, told, reason):
    with pytest.raises(Refused) as refusal:
        played(bars, order, **told)
    assert refusal.value.reason == reason


def test_room_is_made_when_an_order_is_filled_in_many_parts():
    ledger = played([(*FLAT, 1.0)] * 60, market(0, 50), filler="fixed_size")
    assert len(ledger.fills) == 50


def test_a_cancel_is_no_order_and_may_name_one_that_was_never_sent():
    family = bracket(0, 10, 95, 105)
    family[0] = limit(0, 10, 90)
    ledger = played(BARS, *family, cancel(1, 1))
    assert len(ledger.orders) == 1

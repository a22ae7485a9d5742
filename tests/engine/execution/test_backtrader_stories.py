"""Stories of backtrader's broker; each number can be worked out by hand."""

import numpy as np
import pytest
from tapes import (
    FLAT,
    NAN,
    WIDE,
    bracket,
    cancel,
    ends,
    fills,
    limit,
    market,
    played,
    stop,
    stop_limit,
    trail,
)

IDIOMS = pytest.mark.parametrize("idiom", ["siblings", "bracket"])


def test_a_market_order_fills_at_the_next_open_and_the_last_bar_sends_in_vain():
    ledger = played([FLAT, (102, 103, 101, 102), FLAT], market(0, 10), market(2, 5))
    assert fills(ledger) == [(1, 10, 102)]
    assert ends(ledger) == ["completed", "submitted"]
    assert ledger.cash[:, 0].tolist() == [10_000, 8_980, 8_980]
    assert ledger.equity[:, 0].tolist() == [10_000, 10_000, 9_980]


@IDIOMS
def test_the_entry_bar_is_blind_and_the_stop_made_first_wins(idiom):
    bars = [FLAT, FLAT, FLAT, WIDE, FLAT, WIDE, FLAT]
    ledger = played(bars, *bracket(2, 10, 95, 105), idiom=idiom)
    assert fills(ledger) == [(3, 10, 100), (5, -10, 95)]
    assert ends(ledger) == ["completed", "completed", "canceled"]


@IDIOMS
def test_the_stop_wins_even_where_the_bar_opens_beyond_the_target(idiom):
    bars = [FLAT, FLAT, (106, 107, 94, 100), FLAT]
    assert fills(played(bars, *bracket(0, 10, 95, 105), idiom=idiom))[1] == (2, -10, 95)


@IDIOMS
def test_a_bracket_built_with_its_target_first_takes_the_target(idiom):
    entry, below, above = bracket(0, 10, 95, 105)
    ledger = played([FLAT, FLAT, WIDE, FLAT], entry, above, below, idiom=idiom)
    assert fills(ledger)[1] == (2, -10, 105)


def test_two_exits_that_are_not_tied_both_fill():
    ledger = played([FLAT, FLAT, WIDE, FLAT], market(0, 1), stop(1, -1, 95), limit(1, -1, 105))
    assert fills(ledger) == [(1, 1, 100), (2, -1, 95), (2, -1, 105)]


def test_a_limit_fills_on_a_bar_that_is_past():
    idle = [(50, 51, 40, 50), (), (49, 50, 46, 47)]
    ledger = played(([FLAT] * 3, idle), limit(0, 10, 45, column=1))
    assert fills(ledger) == [(0, 10, 45)]
    assert ledger.cash[:, 0].tolist() == [10_000, 9_550, 9_550]


def test_a_market_order_waits_for_a_bar_newer_than_itself():
    late = [FLAT, (), (105, 106, 104, 105)]
    assert fills(played(([FLAT] * 3, late), market(0, 10, column=1))) == [(2, 10, 105)]


def test_what_a_refused_order_took_is_not_given_back_at_the_check():
    assert ends(played([FLAT] * 3, market(0, 200), market(0, 1))) == ["margin", "margin"]
    assert ends(played([FLAT] * 3, market(0, 1), market(0, 200))) == ["completed", "margin"]


def test_payable_at_the_close_and_not_at_the_open():
    bars = [(11, 12, 10, 11.25), (12, 13, 11, 12)]
    ledger = played(bars, market(0, 880))
    assert ends(ledger) == ["margin"]
    assert ledger.orders["bar"].tolist() == [1]
    assert fills(ledger) == []


def test_the_closed_part_stands_when_the_opening_cannot_be_paid():
    ledger = played([FLAT] * 4, market(0, -10), market(1, 1000), checksubmit=False)
    assert fills(ledger) == [(1, -10, 100), (2, 10, 100)]
    assert ends(ledger) == ["completed", "margin"]


def test_any_short_is_accepted_and_ruin_does_not_end_the_run():
    bars = [FLAT, FLAT, (100, 106, 99, 105.25), FLAT]
    ledger = played(bars, market(0, -1_000_000))
    assert ledger.equity[2, 0] == 10_000 - 1_000_000 * 5.25
    assert len(ledger.fills) == 1


def test_a_slipped_sell_limit_may_fill_below_the_low_and_a_buy_limit_not_above_the_high():
    bars = [FLAT] * 3
    assert fills(played(bars, limit(0, -10, 98), slip_perc=0.05)) == [(1, -10, 98)]
    assert fills(played(bars, limit(0, 10, 108), slip_perc=0.05)) == [(1, 10, 101)]


def test_a_cheat_on_the_close_is_dated_back_and_capped_by_the_bar_it_has_not_seen():
    bars = [FLAT, (99, 99.5, 98, 99), FLAT]
    ledger = played(bars, market(0, 10), cheat_on_close=True, slip_perc=0.005)
    assert fills(ledger) == [(0, 10, 99.5)]
    assert ledger.cash[:, 0].tolist() == [10_000, 9_005, 9_005]


def test_a_bracket_after_a_cheat_on_the_close_is_blind_for_a_bar_more():
    bars = [FLAT, FLAT, WIDE, FLAT, WIDE, FLAT]
    ledger = played(bars, *bracket(1, 10, 95, 105), cheat_on_close=True, idiom="bracket")
    assert fills(ledger) == [(1, 10, 100), (4, -10, 95)]


def test_a_stop_limit_inside_a_bar():
    rises, falls, level = (100, 104, 99, 103), (102, 104, 99, 100), (101.5, 104, 99, 101.2)
    after = (103, 104, 100, 101)
    orders = [
        stop_limit(0, 1, 102, 101),
        stop_limit(0, 1, 103, 101, column=1),
        stop_limit(0, 1, 103, 101, column=2),
    ]
    ledger = played(([FLAT, rises, after], [FLAT, falls, after], [FLAT, level, after]), *orders)
    assert fills(ledger) == [(1, 1, 101), (2, 1, 101), (2, 1, 101)]


def test_a_trailing_stop_follows_the_close_after_it_was_tried():
    bars = [FLAT, FLAT, (100, 110, 96.9, 109), FLAT]
    orders = market(0, 10), trail(1, -10, trail_amount=3)
    assert fills(played(bars, *orders)) == [(1, 10, 100), (2, -10, 97)]
    bars[2] = (100, 110, 97.1, 109)
    assert fills(played(bars, *orders)) == [(1, 10, 100), (3, -10, 100)]


def test_the_limit_of_a_trailing_stop_keeps_its_distance():
    bars = [FLAT, (101, 106, 100, 105), (105, 105, 101.5, 102), (102, 103, 101, 102)]
    order = trail(0, -10, trail_amount=3, limit_price=98)
    # The stop moves from 97 to 102 and its limit from 95 to 100; both let it go at 102.
    assert fills(played(bars, order)) == [(2, -10, 102)]


def test_an_order_is_good_on_its_last_bar_and_a_market_order_on_any():
    bars = [FLAT, FLAT, (98, 99, 94, 95), FLAT]
    ledger = played(
        bars, limit(0, 1, 95, expires_bar=2), limit(0, 1, 95, expires_bar=1),
        market(0, 1, expires_bar=0),
    )  # fmt: skip
    assert ends(ledger) == ["completed", "expired", "completed"]
    assert ledger.orders["bar"].tolist() == [2, 2, 1]


def test_a_cancel_reaches_an_order_only_once_it_is_accepted():
    bars = [FLAT, (98, 99, 94, 95), (98, 99, 94, 95)]
    assert ends(played(bars, limit(0, 10, 95), cancel(0, 0))) == ["completed"]
    assert ends(played(bars, limit(0, 10, 90), cancel(1, 0))) == ["canceled"]
    assert ends(played(bars, limit(0, 10, 95), cancel(0, 0), checksubmit=False)) == ["canceled"]


def test_closing_twice_turns_the_position_over():
    twice = [market(2, 0, unit="target_units")] * 2
    ledger = played([FLAT] * 5, market(0, 10), *twice)
    assert [quantity for _, quantity, _ in fills(ledger)] == [10, -10, -10]


def test_tenths_that_never_close():
    tenths = [market(bar, 0.1) for bar in range(3)]
    ledger = played([FLAT] * 6, *tenths, market(3, -0.3))
    assert ledger.orders["position"][-1] == 0.1 + 0.1 + 0.1 - 0.3 == 5.551115123125783e-17
    assert ledger.trades["open"].tolist() == [1]


def test_a_reversal_may_leave_a_residue_that_fills_a_bar_later():
    ledger = played([FLAT] * 5, market(0, 0.2), market(1, -0.9))
    asked, done = -0.9, -0.2 + (0.2 - 0.9)
    assert [quantity for _, quantity, _ in fills(ledger)] == [0.2, done, asked - done]
    assert asked != done


def test_part_of_a_leg_ends_the_other_leg():
    bars = [(*FLAT, 50), (*FLAT, 50), (100, 106, 99, 105, 4), (105, 107, 94, 95, 50), (*FLAT, 50)]
    tie = {"oco_id": 1}
    ledger = played(
        bars, market(0, 10), limit(1, -10, 105, **tie), stop(1, -10, 95, **tie),
        filler="fixed_size",
    )  # fmt: skip
    assert fills(ledger) == [(1, 10, 100), (2, -4, 105), (3, -6, 105)]
    assert ends(ledger) == ["completed", "completed", "canceled"]


def test_the_part_that_was_paid_for_stays():
    bars = [(*FLAT, 9), (*FLAT, 60), (250, 251, 249, 250, 99), (*FLAT, 9)]
    ledger = played(bars, market(0, 100), filler="fixed_size")
    assert fills(ledger) == [(1, 60, 100)]
    assert ends(ledger) == ["margin"]


def test_a_multiplied_stock_jumps_when_it_is_sold():
    bars = [FLAT, FLAT, (102, 103, 101, 102), (102.5, 103, 102, 102.5), FLAT]
    ledger = played(bars, market(0, 10), market(2, -10), mult=10.0)
    assert ledger.equity[:, 0].tolist() == [10_000, 10_000, 10_020, 10_250, 10_250]


def test_a_bar_without_an_open_loses_the_account():
    bars = [FLAT, (NAN, 101, 99, 100), FLAT]
    ledger = played(bars, market(0, 10))
    assert np.isnan(ledger.cash[1:, 0]).all()
    assert np.isnan(ledger.fills["price"]).all()


def test_cheating_on_the_open_sends_before_the_bar():
    bars = [FLAT, (100, 106, 99, 105), FLAT]
    ledger = played(bars, stop(0, 10, 104), market(2, 1), cheat_on_open=True)
    assert fills(ledger) == [(1, 10, 104)]
    assert len(ledger.orders) == 1


def test_a_native_family_ends_with_its_parent_and_separate_children_never_begin():
    entry, below, above = bracket(0, 200, 95, 105)
    bars = [FLAT, FLAT, FLAT]
    assert ends(played(bars, entry, below, above, idiom="bracket")) == [
        "margin", "rejected", "rejected",
    ]  # fmt: skip
    assert ends(played(bars, entry, below, above)) == ["margin"]


def test_a_group_that_ended_does_not_cancel_what_joins_later():
    bars = [FLAT, FLAT, (99, 99, 94, 95), FLAT, (100, 106, 99, 105), FLAT]
    tie = {"oco_id": 1}
    ledger = played(
        bars, limit(0, 10, 95, **tie), limit(0, 10, 90, **tie), limit(3, -10, 105, **tie)
    )
    assert ends(ledger) == ["completed", "canceled", "completed"]

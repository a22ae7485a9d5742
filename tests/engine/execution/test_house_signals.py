"""Stories of signals under every rule of the house; each number can be worked out by hand."""

import numpy as np
import pytest
from house_told import FLAT, ends, fills, played
from told import request_of

from engine.execution.house import run
from engine.execution.marks import marks_of
from engine.execution.records import BadOption, Market, Refused, Request, Unsupported

RISE = (102.0, 103.0, 101.0, 102.5)
DIP = (100.0, 101.0, 94.0, 97.0)
BOTH = (100.0, 106.0, 94.0, 101.0)


# --- timing


@pytest.mark.parametrize(
    ("timing", "bar", "price"),
    [("next_open", 1, 102.0), ("close", 0, 100.0), ("next_close", 1, 102.5)],
)
def test_when_a_signal_is_executed(timing, bar, price):
    ledger = played([FLAT, RISE, FLAT], entry=[0], size=2, timing=timing)
    assert fills(ledger) == [(bar, 2, price)]


def test_a_signal_of_the_last_bar_is_never_executed():
    assert fills(played([FLAT, FLAT], entry=[1], size=1)) == []


def test_the_next_bar_is_the_next_one_that_the_symbol_has():
    gone = (np.nan,) * 4
    assert fills(played([FLAT, gone, RISE], entry=[0], size=1)) == [(2, 1, 102)]


# --- money


def test_a_round_trip_pays_for_both_ends():
    ledger = played(
        [FLAT, FLAT, RISE, FLAT], entry=[0], exit=[1], size=5, fees=0.01, fixed=1.0, slippage=0.01
    )
    assert fills(ledger) == [(1, 5, 101.0), (2, -5, 102 * 0.99)]
    assert ledger.fills["commission"].tolist() == pytest.approx([6.05, 5.049 + 1])
    assert ledger.cash[:, 0].tolist() == pytest.approx([1000, 488.95, 488.95 + 498.851, 987.801])
    assert ledger.equity[1, 0] == pytest.approx(488.95 + 500)
    trade = ledger.trades[0]
    assert trade["pnl"] == pytest.approx(-12.199)
    assert trade["return"] == pytest.approx(-12.199 / 505)


def test_without_a_size_all_the_cash_is_spent_costs_included():
    ledger = played([FLAT, FLAT, FLAT], entry=[0], fees=0.25, fixed=10.0)
    assert fills(ledger) == [(1, (1000 - 10) / 1.25 / 100, 100)]
    assert ledger.cash[1, 0] == 0.0
    assert ledger.fills["commission"][0] == pytest.approx(208)


@pytest.mark.parametrize(
    ("sizing", "size", "units"),
    [("units", 3, 3), ("value", 300, 3), ("percent", 0.5, 5), ("all_cash", 0.1, 10)],
)
def test_what_a_size_counts(sizing, size, units):
    assert fills(played([FLAT, FLAT], entry=[0], size=size, sizing=sizing)) == [(1, units, 100)]


def test_a_share_is_one_of_equity_at_the_moment_of_execution():
    bars = [FLAT, FLAT, FLAT, (120.0, 121.0, 119.0, 120.0)]
    ledger = played(bars, entry=[0], short_entry=[2], size=0.5, sizing="percent")
    # long 5 at 100; at 120 equity is 1,100, so half of it is short 550 / 120 after selling the 5
    assert fills(ledger) == [(1, 5, 100), (3, -5, 120), (3, -550 / 120, 120)]


def test_lots_cut_down_what_is_computed():
    assert fills(played([FLAT, FLAT], entry=[0], size=250, sizing="value", lot=1.0))[0][1] == 2
    assert fills(played([FLAT, FLAT], entry=[0], cash=999.0, lot=1.0))[0][1] == 9


@pytest.mark.parametrize(
    ("rule", "units", "told"),
    [
        ("shrink", [10], ["filled no_cash"]),
        ("reject", [], ["rejected no_cash"]),
        ("margin", [12], ["filled entry"]),
    ],
)
def test_what_costs_more_than_there_is(rule, units, told):
    ledger = played([FLAT, FLAT], entry=[0], size=12, cash=1000.0, cash_rule=rule)
    assert [fill[1] for fill in fills(ledger)] == units
    assert ends(ledger) == told


def test_a_short_ties_up_its_own_value():
    ledger = played([FLAT, FLAT], short_entry=[0], size=12)
    assert fills(ledger) == [(1, -10, 100)]
    assert ledger.cash[1, 0] == 2000


def test_leverage_multiplies_what_equity_can_carry():
    assert fills(played([FLAT, FLAT], entry=[0], leverage=3.0)) == [(1, 30, 100)]
    assert fills(played([FLAT, FLAT], short_entry=[0], leverage=3.0)) == [(1, -30, 100)]


# --- what signals ask for


def test_an_entry_of_the_side_already_held_does_nothing():
    assert len(fills(played([FLAT] * 5, entry=[0, 1, 2], size=1))) == 1


@pytest.mark.parametrize(
    ("opposite", "traded"),
    [
        ("reverse", [(1, 3, 100), (3, -3, 100), (3, -3, 100)]),
        ("close", [(1, 3, 100), (3, -3, 100)]),
        ("ignore", [(1, 3, 100)]),
    ],
)
def test_an_entry_against_the_position(opposite, traded):
    ledger = played([FLAT] * 5, entry=[0], short_entry=[2], size=3, opposite=opposite)
    assert fills(ledger) == traded
    if opposite == "reverse":
        assert ends(ledger) == ["filled entry", "filled reversal", "filled entry"]


def test_an_entry_and_an_exit_on_one_bar_drop_each_other():
    assert fills(played([FLAT] * 4, entry=[0, 2], exit=[2], size=1)) == [(1, 1, 100)]
    assert fills(played([FLAT] * 4, entry=[0], exit=[0], size=1)) == []


def test_entries_of_both_sides_drop_each_other():
    assert fills(played([FLAT] * 4, entry=[0], short_entry=[0], size=1)) == []


def test_sold_first_then_bought_with_what_it_brought():
    """B comes before A, but A pays for B."""
    bars = np.tile(np.array(FLAT)[None, :, None], (5, 1, 2))
    market = Market(*(bars[:, place].copy() for place in range(4)), bars[:, 3].copy())
    told = request_of([FLAT] * 5, cash=1000.0)
    flags = {name: np.zeros((5, 2), dtype=bool) for name in ("entry", "exit")}
    flags["entry"][0, 1] = flags["exit"][2, 1] = flags["entry"][2, 0] = True
    marks = {name: marks_of(matrix) for name, matrix in flags.items()}
    ledger = run(Request(market, ("B", "A"), told.cash, 0.0, 0.0, 0.0, marks=marks))
    assert [(row["bar"], row["column"], row["quantity"]) for row in ledger.fills] == [
        (1, 1, 10), (3, 1, -10), (3, 0, 10),
    ]  # fmt: skip


# --- stops


@pytest.mark.parametrize(
    ("basis", "level"),
    [("fill", 102 * 1.01), ("signal_close", 100.0), ("bar_close", 102.5)],
)
def test_what_a_stop_is_measured_from(basis, level):
    bars = [FLAT, RISE, (101.9, 102.0, 80.0, 90.0)]
    ledger = played(bars, entry=[0], size=1, stop_loss=0.05, stop_basis=basis, slippage=0.01)
    assert fills(ledger)[1] == (2, -1, pytest.approx(level * 0.95 * 0.99))


@pytest.mark.parametrize(
    ("where", "bar", "price"), [("level", 2, 95.0), ("close", 2, 97.0), ("next_open", 3, 98.0)]
)
def test_where_a_stop_is_executed(where, bar, price):
    bars = [FLAT, FLAT, DIP, (98.0, 99.0, 97.0, 98.5)]
    ledger = played(bars, entry=[0], size=1, stop_loss=0.05, stop_fill=where)
    assert fills(ledger)[1] == (bar, -1, price)
    assert ends(ledger)[1] == "filled stop_loss"


def test_a_stop_that_the_open_has_passed_fills_there():
    gap = (90.0, 92.0, 88.0, 91.0)
    assert fills(played([FLAT, FLAT, gap], entry=[0], size=1, stop_loss=0.05))[1] == (2, -1, 90)


def test_a_target_does_not_slip_and_takes_a_better_open():
    up = (104.0, 106.0, 103.0, 104.0)
    story = {"entry": [0], "size": 1, "take_profit": 0.05, "slippage": 0.01}
    at_level = played([FLAT, FLAT, (101.0, 107.0, 100.0, 101.0)], **story)
    assert fills(at_level)[1] == (2, -1, pytest.approx(101 * 1.05))
    beyond = played([FLAT, FLAT, (110.0, 111.0, 104.0, 105.0)], **story)
    assert fills(beyond)[1] == (2, -1, 110)
    late = played([FLAT, FLAT, up, up], **{**story, "take_profit": 0.02}, stop_fill="next_open")
    assert fills(late)[1] == (3, -1, pytest.approx(104 * 0.99))


@pytest.mark.parametrize(
    ("rule", "inside", "gapped"),
    [("stop_first", 95.0, 107.0), ("target_first", 105.0, 107.0), ("worst", 95.0, 95.0)],
)
def test_a_bar_that_reaches_stop_and_target(rule, inside, gapped):
    story = {"entry": [0], "size": 1, "stop_loss": 0.05, "take_profit": 0.05, "same_bar": rule}
    assert fills(played([FLAT, FLAT, BOTH], **story))[1][2] == inside
    beyond = (107.0, 108.0, 94.0, 100.0)
    assert fills(played([FLAT, FLAT, beyond], **story))[1][2] == gapped


@pytest.mark.parametrize(("rule", "bar"), [("check", 1), ("skip", 2)])
def test_the_entry_bar(rule, bar):
    ledger = played([FLAT, DIP, DIP], entry=[0], size=1, stop_loss=0.05, entry_bar=rule)
    assert fills(ledger)[1] == (bar, -1, 95)


def test_nothing_is_left_of_the_bar_of_an_entry_at_its_close():
    ledger = played([DIP, FLAT, DIP], entry=[0], size=1, stop_loss=0.02, timing="close")
    # bought at 97; the low of 94 came before
    assert fills(ledger) == [(0, 1, 97), (2, -1, pytest.approx(97 * 0.98))]


def test_a_trailing_stop_follows_after_it_was_looked_at():
    bars = [FLAT, FLAT, (100.0, 110.0, 100.0, 109.0), (109.0, 109.5, 98.0, 99.0)]
    ledger = played(bars, entry=[0], size=1, trailing_stop=0.1)
    # 110 is the best; the low of 100 on that bar is above 101 x 0.9
    assert fills(ledger)[1] == (3, -1, pytest.approx(99))
    assert ends(ledger)[1] == "filled trailing_stop"


def test_of_a_fixed_and_a_trailing_stop_the_nearer_counts():
    bars = [FLAT, FLAT, (100.0, 110.0, 100.0, 109.0), (109.0, 109.5, 98.0, 99.0)]
    story = {"entry": [0], "size": 1, "trailing_stop": 0.1}
    assert fills(played(bars, **story, stop_loss=0.005))[1][2] == pytest.approx(99.5)
    assert fills(played(bars, **story, stop_loss=0.3))[1][2] == pytest.approx(99)


def test_a_short_has_its_stop_above_and_its_target_below():
    story = {"short_entry": [0], "size": 1, "stop_loss": 0.05, "take_profit": 0.05}
    assert fills(played([FLAT, FLAT, BOTH], **story))[1] == (2, 1, 105)
    assert fills(played([FLAT, FLAT, DIP], **story))[1] == (2, 1, 95)


@pytest.mark.parametrize(("rule", "again"), [("free", [3]), ("skip_bar", [4]), ("fresh", [7])])
def test_which_entries_count_after_a_stop(rule, again):
    """Wanted on bars 0 to 4 and from 6 on; stopped on bar 2."""
    bars = [FLAT, FLAT, DIP, *[FLAT] * 6]
    ledger = played(
        bars, entry=[0, 1, 2, 3, 4, 6, 7], size=1, stop_loss=[0.05, *[np.nan] * 8], reentry=rule
    )
    assert [fill[0] for fill in fills(ledger)] == [1, 2, *again]


def test_the_fractions_of_the_bar_that_decides_count():
    ledger = played([FLAT, FLAT, DIP], entry=[0], size=1, stop_loss=[0.05, 0.001, 0.001])
    assert fills(ledger)[1][2] == 95


# --- what cannot be


def test_a_price_cannot_be_chosen():
    with pytest.raises(Unsupported, match="leave price out and choose timing"):
        run(request_of([FLAT] * 3, entry=[0], price="open"))


def test_a_signal_needs_a_bar():
    with pytest.raises(Unsupported, match="A has none at bar 1"):
        run(request_of([FLAT, (np.nan,) * 4, FLAT], entry=[1]))


@pytest.mark.parametrize("price", [0.0, -1.0, np.inf])
def test_a_price_is_finite_and_above_zero(price):
    with pytest.raises(Refused) as refusal:
        run(request_of([FLAT, (100.0, 101.0, price, 100.0)], entry=[0]))
    assert (refusal.value.reason, refusal.value.bar) == ("price_not_positive", 1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"timing": "yesterday"}, "timing is 'yesterday'; it is one of next_open, close, next_"),
        ({"leverage": 0.5}, "leverage is 0.5; it is a number not below 1"),
        ({"slip": 1}, "house has no option 'slip' here; the options are timing"),
        ({"commission": -0.1}, "commission has a value below 0"),
        ({"commission": [0.1, 0.2]}, "commission has 2 values for 1 symbols"),
        ({"commission": "much"}, "commission is 'much'; it is a number"),
    ],
)
def test_options_that_are_none(options, told):
    with pytest.raises(BadOption, match=told):
        run(request_of([FLAT] * 3, entry=[0], options=options))

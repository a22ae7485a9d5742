"""Ledgers made under changed rules are traced back to those rules, and their money adds up."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from known_ledgers import NO_TRADES, case_of, eth_minutes, panel_of, under, waves

from engine.errors import InputError
from engine.script import Account
from parity.diagnose import diagnose
from parity.diagnose.replays import replay_sets
from parity.diagnose.rules import READINGS, changes_for

COSTS = Account(cash=100_000.0, commission=0.0002, slippage=0.0002)
STOPS = {"stop_loss": 0.02, "take_profit": 0.03, "trailing_stop": 0.025}


def found(diagnosis):
    return [(change.rule, change.value) for change in diagnosis.best.changes]


def waving(**told):
    """Every seventh bar asks for an entry, and so does the one after it."""
    entry = [bar for bar in range(600) if bar % 7 < 2]
    panel = panel_of(waves(gap=told.pop("gap", 0.0), wick=told.pop("wick", 0.002)))
    return case_of(panel, entry, **{"values": STOPS, "account": COSTS, **told})


@pytest.fixture(scope="module")
def diagnosis():
    case = eth_minutes()
    return diagnose(under(case, ("entry_price", "close"), ("reentry_signal", "fresh")))


class TestTheStoryOfTheLostTrades:
    """Close fills and a re-entry rule lose 117 of 579 trades on a month of real minutes."""

    def test_the_counts(self, diagnosis):
        assert (diagnosis.base.trades, diagnosis.reference_trades) == (579, 462)
        assert diagnosis.base.trades - diagnosis.reference_trades == 117

    def test_it_is_explained_by_exactly_those_two_rules(self, diagnosis):
        assert diagnosis.explained
        assert found(diagnosis) == [("entry_price", "close"), ("reentry_signal", "fresh")]
        assert diagnosis.others == ()

    def test_neither_rule_alone_does(self, diagnosis):
        alone = {
            (one.changes[0].rule, one.changes[0].value): one.score.differing
            for one in diagnosis.tried
            if len(one.changes) == 1
        }
        assert alone["entry_price", "close"] > 0
        assert alone["reentry_signal", "fresh"] > 0
        assert min(alone.values()) > 0

    def test_the_money_adds_up_exactly(self, diagnosis):
        told = sum((step.money for step in diagnosis.steps), Fraction(0))
        ours, theirs = Fraction(diagnosis.base.pnl), Fraction(diagnosis.reference_pnl)
        assert told == ours - theirs
        assert len(diagnosis.steps) == 2

    def test_it_says_where_they_part(self, diagnosis):
        parting = diagnosis.parting
        bars = eth_minutes().panel.market
        first = min(diagnosis.aligned.reference["entry_time"][0], eth_minutes().panel.clock[-1])
        assert parting.time in f"{first:%Y-%m-%d %H:%M}"
        assert f"at {bars.close[parting.bar, 0] * 1.0002:.8g}" in parting.reference
        assert f"at {bars.open[parting.bar, 0] * 1.0002:.8g}" in parting.replay

    def test_rows_are_aligned(self, diagnosis):
        aligned = diagnosis.aligned
        assert aligned.one.height + len(aligned.missing) == 462
        assert aligned.one.height + len(aligned.extra) == 579


def test_the_same_ledger_needs_no_explanation():
    diagnosis = diagnose(under(waving()))
    assert diagnosis.same
    assert diagnosis.explained
    assert (diagnosis.best.changes, diagnosis.parting, diagnosis.steps) == ((), None, ())
    assert diagnosis.replays == 1


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("entry_price", "close"),
        ("entry_price", "nextopen"),
        ("stop_entry_price", "fillprice"),
        ("stop_fill", "close"),
        ("stop_slippage", "none"),
        ("stop_slippage", "losses"),
        ("stop_first", "trailing"),
        ("entry_bar_stops", "range"),
        ("trail_start", "extreme"),
        ("reentry_bars", 0),
        ("reentry_bars", 3),
        ("reentry_signal", "fresh"),
        ("sizing", "fees_outside"),
        ("sizing", "initial_cash"),
        ("fees", 0.0),
        ("slippage", 0.0),
        ("trailing_stop", float("nan")),
        ("take_profit", float("nan")),
        ("signals", 1),
    ],
)
def test_one_rule_is_found(rule, value):
    diagnosis = diagnose(under(waving(gap=0.001), (rule, value)))
    assert diagnosis.explained
    same = [(one.changes[0].rule, str(one.changes[0].value)) for one in diagnosis.others]
    own = [(change.rule, str(change.value)) for change in diagnosis.best.changes]
    assert len(own) == 1
    assert (rule, str(value)) in [*own, *same]
    assert diagnosis.base.differing > 0


@pytest.mark.parametrize("reading", ["lagged", "intrabar"])
def test_when_the_peak_of_a_trailing_stop_moves(reading):
    # A bar rises to 103 and closes at 100.5, below 2 % less than 103: out at the close, at that
    # level, or on the next bar, which opens below it.
    flat, spike, after = (100, 100, 100, 100), (100, 103, 100, 100.5), (100.2, 100.3, 100, 100)
    panel = panel_of([flat, spike, after, flat, flat] * 20)
    case = case_of(panel, range(0, 100, 5), values={"trailing_stop": 0.02})
    diagnosis = diagnose(under(case, ("trail_check", reading)))
    alike = [[(one.rule, one.value) for one in other.changes] for other in diagnosis.others]
    assert [("trail_check", reading)] in [found(diagnosis), *alike]
    assert diagnosis.explained


def test_levels_passed_at_the_open_are_told_apart():
    gappy = waving(gap=0.03, values={"stop_loss": 0.02, "take_profit": 0.02})
    for rule, value in (("gap_fill", "level"), ("target_first", True)):
        diagnosis = diagnose(under(gappy, (rule, value)))
        assert found(diagnosis) == [(rule, value)]


def test_a_short_side_and_what_an_opposite_entry_does():
    bars = range(600)
    case = waving(short_entry=[bar for bar in bars if bar % 11 == 5], values={"stop_loss": 0.05})
    diagnosis = diagnose(under(case, ("upon_opposite_entry", "close")))
    assert found(diagnosis) == [("upon_opposite_entry", "close")]


class TestClocks:
    def shifted(self, **told):
        """The ledger's times moved by some time."""
        case = under(waving())
        moved = [pl.col(name) + timedelta(**told) for name in ("entry_time", "exit_time")]
        return replace(case, trades=case.trades.with_columns(moved))

    def test_times_that_are_off_by_an_hour(self):
        # What is an hour late must be taken an hour back.
        diagnosis = diagnose(self.shifted(hours=1))
        assert diagnosis.explained
        assert found(diagnosis) == [("trade times", -3_600_000)]

    def test_times_that_are_off_by_a_bar(self):
        diagnosis = diagnose(self.shifted(minutes=1))
        assert diagnosis.explained
        assert ("trade times", -60_000) in found(diagnosis)

    def test_bars_and_ledger_on_clocks_that_are_two_hours_apart(self):
        case = waving()
        # Their signals and their ledger say 2 hours less than the bars they were made on.
        entry = case.marks["entry"].bars
        early = case_of(case.panel, entry[entry >= 120] - 120, values=STOPS, account=COSTS)
        theirs = under(case_of(case.panel, entry[entry >= 120], values=STOPS, account=COSTS))
        moved = [pl.col(name) - timedelta(hours=2) for name in ("entry_time", "exit_time")]
        diagnosis = diagnose(replace(early, trades=theirs.trades.with_columns(moved)))
        assert diagnosis.explained
        assert found(diagnosis) == [("clock", 7_200_000)]

    def test_trades_of_another_time_are_refused(self):
        case = self.shifted(days=9000)
        with pytest.raises(InputError, match="reference trades enters at a time"):
            diagnose(case)


class TestWhatCannotBeExplained:
    def test_the_rest_is_said(self):
        case = under(waving(), ("entry_price", "close"))
        broken = case.trades.with_columns(
            exit_price=pl.when(pl.col("trade_id") == 5)
            .then(pl.col("exit_price") + 1)
            .otherwise("exit_price"),
            pnl=pl.when(pl.col("trade_id") == 5).then(pl.col("pnl") + 100.0).otherwise("pnl"),
        )
        diagnosis = diagnose(replace(case, trades=broken))
        assert not diagnosis.explained
        assert found(diagnosis) == [("entry_price", "close")]
        assert diagnosis.best.score.misplaced == 2
        rest = diagnosis.steps[0]
        assert (rest.label, float(rest.money)) == ("not explained", pytest.approx(-100.0))
        total = sum((step.money for step in diagnosis.steps), Fraction(0))
        assert total == Fraction(diagnosis.base.pnl) - Fraction(diagnosis.reference_pnl)

    def test_a_ledger_without_trades(self):
        diagnosis = diagnose(waving(trades=NO_TRADES))
        assert diagnosis.reference_trades == 0
        assert diagnosis.base.differing == diagnosis.base.trades > 0
        assert diagnosis.parting.reference == "no trade"

    def test_a_pnl_that_is_no_number_has_no_way_to_ours(self):
        case = under(waving(), ("entry_price", "close"))
        trades = case.trades.with_columns(pnl=pl.lit(float("nan")))
        diagnosis = diagnose(replace(case, trades=trades))
        assert diagnosis.explained
        assert diagnosis.steps == ()


def test_rounded_numbers_are_the_same_within_a_tolerance():
    case = under(waving(), ("entry_price", "close"))
    prices = ("entry_price", "exit_price", "quantity", "entry_commission", "exit_commission")
    rounded = case.trades.with_columns(pl.col(prices).round(6))
    assert not diagnose(replace(case, trades=rounded)).explained
    within = diagnose(replace(case, trades=rounded, tolerance=1e-6))
    assert found(within) == [("entry_price", "close")]


def test_two_rules_at_once_need_both():
    case = under(waving(), ("stop_slippage", "none"), ("entry_price", "nextopen"))
    diagnosis = diagnose(case)
    assert diagnosis.explained
    assert found(diagnosis) == [("entry_price", "nextopen"), ("stop_slippage", "none")]


def test_three_rules_at_once():
    changes = (("entry_price", "close"), ("stop_slippage", "none"), ("sizing", "fees_outside"))
    diagnosis = diagnose(under(waving(), *changes))
    assert diagnosis.explained
    assert found(diagnosis) == list(changes)


def test_every_rule_is_tried_in_every_other_reading():
    tried = {(change.rule, change.value) for change in changes_for(waving())}
    for rule, values in READINGS.items():
        own = [value for value in values if (rule, value) not in tried]
        assert len(own) == (0 if rule in ("fees", "slippage") else 1), rule


def test_replays_side_by_side_are_those_one_by_one():
    case = waving(gap=0.01)
    sets = [(), *((change,) for change in changes_for(case))]
    together = replay_sets(case, sets)
    for changes, trades in list(zip(sets, together, strict=True))[::7]:
        (alone,) = replay_sets(case, [changes])
        for name in ("entry_bar", "exit_bar", "quantity", "entry_price", "exit_price", "pnl"):
            assert np.array_equal(alone[name], trades[name])

"""Small market stories, one for each rule of the model and for each value of each open rule.

The platform itself has confirmed none of them: they say what the model does, worked out by hand.
Bars are (open, high, low, close). Cash is 100 and sizes are units unless a story says otherwise.
"""

import math
from pathlib import Path
from types import MappingProxyType

import pytest
from one_symbol import request_of

from engine.execution.records import BadOption, Refused, Unsupported
from engine.execution.vectorbt_pro import run
from engine.execution.vectorbt_pro.options import OPEN_RULES

NAN = math.nan
FLAT = (10, 10, 10, 10)


def fills(ledger):
    """(bar, signed quantity, price) of every fill, to ten digits."""
    return [
        (int(row["bar"]), round(float(row["quantity"]), 10), round(float(row["price"]), 10))
        for row in ledger.fills
    ]


def after_entry(ledger):
    """The fills that follow the entry, as (bar, price)."""
    return [(bar, price) for bar, _, price in fills(ledger)[1:]]


def bought(pro_story, bars, options=None, **told):
    """One unit bought on bar 0."""
    return pro_story(bars, entry=[0], **{"size": 1.0, **told}, options=options or {})


class TestEntries:
    BARS = ((10, 12, 9, 11), (13, 14, 12, 12.5))

    @pytest.mark.parametrize(
        ("entry_price", "fill"),
        [("open", (0, 1, 10.1)), ("close", (0, 1, 11.11)), ("nextopen", (1, 1, 13.13))],
    )
    def test_a_signal_fills_at_a_price_of_its_bar_or_the_next_plus_slippage(
        self, pro_story, entry_price, fill
    ):
        ledger = bought(pro_story, self.BARS, {"entry_price": entry_price}, slippage=0.01)
        assert fills(ledger) == [fill]

    def test_without_a_word_the_open_is_taken(self, pro_story):
        assert fills(bought(pro_story, self.BARS)) == [(0, 1, 10)]
        assert fills(bought(pro_story, self.BARS, price="close")) == [(0, 1, 11)]
        assert fills(bought(pro_story, self.BARS, price=[10.5, NAN])) == [(0, 1, 10.5)]

    def test_a_signal_on_the_last_bar_has_no_next_open(self, pro_story):
        ledger = pro_story(self.BARS, entry=[1], size=1.0, options={"entry_price": "nextopen"})
        assert fills(ledger) == []

    def test_a_stop_that_varies_by_bar_moves_with_its_signal(self, pro_story):
        # The signal's own bar says 10 %, the bar it fills on 50 %: the close 12.5 less 10 %.
        bars = [*self.BARS, (12, 12, 11, 11)]
        told = {"stop_loss": [0.1, 0.5, 0.5], "size": 1.0, "entry": [0]}
        ledger = pro_story(bars, **told, options={"entry_price": "nextopen"})
        assert after_entry(ledger) == [(2, 11.25)]

    def test_a_missing_price_fills_nothing_and_one_of_zero_ends_the_run(self, pro_story):
        assert fills(bought(pro_story, [(NAN, 11, 9, 10)])) == []
        with pytest.raises(Refused, match="above zero"):
            bought(pro_story, [(0, 11, 0, 10)])


class TestMoney:
    def test_all_cash_is_spent_with_the_costs_inside(self, pro_story):
        # 100 / 1.25 = 80 buy at 8 (the open 6.4 and a quarter more): 10 units, and 20 of fees.
        bars = [(6.4, 7, 6, 6.4)]
        ledger = pro_story(bars, entry=[0], fees=0.25, slippage=0.25)
        assert fills(ledger) == [(0, 10, 8)]
        assert ledger.fills["commission"][0] == 20
        assert ledger.orders["cash"][0] == 0

    @pytest.mark.parametrize(
        ("sizing", "units", "cash"),
        [
            ("all_cash", 10.0, 0.0),
            ("fees_outside", 12.5, -25.0),  # 100 / 8; a quarter of 100 on top
            ("costs_outside", 15.625, -56.25),  # 100 / 6.4 for 125, and 31.25 on top
            ("initial_cash", 10.0, 0.0),
        ],
    )
    def test_how_an_entry_is_sized(self, pro_story, sizing, units, cash):
        bars = [(6.4, 7, 6, 6.4)]
        ledger = pro_story(bars, entry=[0], fees=0.25, slippage=0.25, options={"sizing": sizing})
        assert fills(ledger) == [(0, units, 8)]
        assert ledger.orders["cash"][0] == cash

    def test_money_of_the_start_sizes_every_entry(self, pro_story):
        bars = [FLAT, (20, 20, 20, 20), (20, 20, 20, 20)]
        told = {"entry": [0, 2], "exit": [1]}
        assert [row[1] for row in fills(pro_story(bars, **told))] == [10, -10, 10]
        ledger = pro_story(bars, **told, options={"sizing": "initial_cash"})
        assert [row[1] for row in fills(ledger)] == [10, -10, 5]

    def test_cash_below_zero_after_an_entry_does_not_stop_its_exit(self, pro_story):
        bars = [FLAT, (20, 20, 20, 20)]
        ledger = pro_story(bars, entry=[0], exit=[1], fees=0.1, options={"sizing": "fees_outside"})
        assert fills(ledger) == [(0, 10, 10), (1, -10, 20)]
        assert ledger.orders["cash"].tolist() == [-10, 170]

    def test_an_all_in_short_sells_what_free_cash_allows(self, pro_story):
        # 100 / (10 x 1.25) = 8 units; 80 come in, 20 are fees.
        ledger = pro_story([FLAT], short_entry=[0], fees=0.25)
        assert fills(ledger) == [(0, -8, 10)]
        assert ledger.orders["cash"][0] == 160
        outside = pro_story([FLAT], short_entry=[0], fees=0.25, options={"sizing": "fees_outside"})
        assert fills(outside) == [(0, -10, 10)]

    def test_money_of_the_start_sizes_a_short_at_the_price_it_is_sold_for(self, pro_story):
        # Sold a fifth below 10: 100 / 8 = 12.5 units.
        ledger = pro_story(
            [FLAT], short_entry=[0], slippage=0.2, options={"sizing": "initial_cash"}
        )
        assert fills(ledger) == [(0, -12.5, 8)]

    def test_a_reversal_outside_the_cash_closes_and_opens_in_one_fill(self, pro_story):
        bars = [FLAT, (20, 20, 20, 20)]
        told = {"entry": [0], "short_entry": [1]}
        # 10 units are sold for 200; 200 / 20 = 10 more are sold short.
        ledger = pro_story(bars, **told, options={"sizing": "fees_outside"})
        assert fills(ledger) == [(0, 10, 10), (1, -20, 20)]

    def test_a_reversal_that_leaves_no_money_still_closes(self, pro_story):
        bars = [FLAT, (1, 1, 1, 1)]
        told = {"entry": [0], "short_entry": [1], "fixed": 10.0}
        ledger = pro_story(bars, **told, options={"sizing": "fees_outside"})
        # -10 after the entry; 10 units bring 10 less 10 of fees: nothing is left to sell short on.
        assert fills(ledger) == [(0, 10, 10), (1, -10, 1)]
        assert ledger.orders["cash"].tolist() == [-10, -10]


class TestWhereStopsAre:
    @pytest.mark.parametrize(
        ("source", "level"), [("close", 10.8), ("price", 9.0), ("fillprice", 9.9)]
    )
    def test_what_they_are_measured_from(self, pro_story, source, level):
        # Bought at the open 10, paid 11 with slippage, on a bar that closes at 12; 10 % below.
        bars = [(10, 12, 10, 12), (12, 12, 8, 8)]
        options = {"stop_entry_price": source, "stop_slippage": "none"}
        ledger = bought(pro_story, bars, options, slippage=0.1, stop_loss=0.1)
        assert after_entry(ledger) == [(1, level)]

    def test_all_three_are_set_at_once(self, pro_story):
        told = {"stop_loss": 0.2, "trailing_stop": 0.1, "take_profit": 0.3}
        # Stop-loss 8, trailing stop 9 until the peak of 12 lifts it to 10.8, target 13.
        falls = [FLAT, (10, 10, 8.9, 9.5)]
        assert after_entry(bought(pro_story, falls, **told)) == [(1, 9)]
        rises_and_falls = [FLAT, (10, 12, 10, 12), (12, 12, 10, 10)]
        assert after_entry(bought(pro_story, rises_and_falls, **told)) == [(2, 10.8)]
        rises = [FLAT, (10, 12, 10, 12), (12, 13.5, 11, 13)]
        assert after_entry(bought(pro_story, rises, **told)) == [(2, 13)]

    def test_of_a_short_they_lie_on_the_other_sides(self, pro_story):
        told = {"short_entry": [0], "size": 1.0, "stop_loss": 0.2, "trailing_stop": 0.1}
        falls_and_rises = [FLAT, (10, 10, 8, 8), (8, 9, 8, 9)]
        assert fills(pro_story(falls_and_rises, **told))[1:] == [(2, 1, 8.8)]
        falls = [FLAT, (10, 10, 6.5, 7)]
        assert fills(pro_story(falls, **told, take_profit=0.3))[1:] == [(1, 1, 7)]

    def test_stops_of_a_new_side_start_anew(self, pro_story):
        # Long from 10; at 12 it turns short and the trailing stop is 10 % above 12.
        bars = [FLAT, (12, 12, 12, 12), (12, 13.3, 12, 13)]
        told = {"entry": [0], "short_entry": [1], "size": 1.0, "trailing_stop": 0.1}
        ledger = pro_story(bars, **told)
        assert fills(ledger) == [(0, 1, 10), (1, -2, 12), (2, 1, 13.2)]


class TestWhereStopsFill:
    HIT = ((10, 10, 10, 10), (10, 10, 8, 8.5))
    GAP = ((10, 10, 10, 10), (8.5, 9.5, 8, 8.2))

    @pytest.mark.parametrize(("stop_fill", "price"), [("level", 9), ("close", 8.5)])
    def test_at_the_level_or_at_the_close(self, pro_story, stop_fill, price):
        ledger = bought(pro_story, self.HIT, {"stop_fill": stop_fill}, stop_loss=0.1)
        assert after_entry(ledger) == [(1, price)]

    @pytest.mark.parametrize(("gap_fill", "price"), [("open", 8.5), ("level", 9)])
    def test_a_gap_fills_at_the_open_or_at_the_level(self, pro_story, gap_fill, price):
        ledger = bought(pro_story, self.GAP, {"gap_fill": gap_fill}, stop_loss=0.1)
        assert after_entry(ledger) == [(1, price)]

    def test_a_level_touched_by_the_low_is_reached(self, pro_story):
        bars = [FLAT, (10, 10, 9, 9.5)]
        assert after_entry(bought(pro_story, bars, stop_loss=0.1)) == [(1, 9)]

    def test_a_target_that_is_gapped_over_fills_better_than_asked(self, pro_story):
        bars = [FLAT, (12, 12, 12, 12)]
        assert after_entry(bought(pro_story, bars, take_profit=0.1)) == [(1, 12)]
        kept = bought(pro_story, bars, {"gap_fill": "level"}, take_profit=0.1)
        assert after_entry(kept) == [(1, 11)]

    @pytest.mark.parametrize(
        ("stop_slippage", "loss", "target"),
        [("all", 8.1, 9.9), ("losses", 8.1, 11), ("none", 9, 11)],
    )
    def test_who_pays_slippage(self, pro_story, stop_slippage, loss, target):
        # Measured from the close 10: a loss at 9, a target at 11, a tenth less with slippage.
        told = {"slippage": 0.1, "stop_loss": 0.1, "take_profit": 0.1}
        options = {"stop_slippage": stop_slippage}
        assert after_entry(bought(pro_story, self.HIT, options, **told)) == [(1, loss)]
        rises = [FLAT, (10, 11.5, 10, 11)]
        assert after_entry(bought(pro_story, rises, options, **told)) == [(1, target)]


class TestWhichStopFirst:
    # Long from 10. The peak 12 has the trailing stop (20 %) at 9.6; the stop-loss is at 9.
    BOTH = ((10, 10, 10, 10), (10, 12, 10, 12), (12, 12, 8.5, 9.7))

    @pytest.mark.parametrize(
        ("stop_first", "price"), [("fixed", 9), ("trailing", 9.6), ("nearest", 9.6)]
    )
    def test_of_two_losses(self, pro_story, stop_first, price):
        told = {"stop_loss": 0.1, "trailing_stop": 0.2}
        ledger = bought(pro_story, self.BOTH, {"stop_first": stop_first}, **told)
        assert after_entry(ledger) == [(2, price)]

    def test_the_nearer_one_may_be_the_stop_loss(self, pro_story):
        # 9 is nearer than 10 less 20 %; of a short 11 is nearer than 12.
        told = {"stop_loss": 0.1, "trailing_stop": 0.2}
        falls = [FLAT, (10, 10, 7, 9.5)]
        for stop_first, price in (("trailing", 8), ("nearest", 9)):
            ledger = bought(pro_story, falls, {"stop_first": stop_first}, **told)
            assert after_entry(ledger) == [(1, price)]
        rises = [FLAT, (10, 13, 10, 10.5)]
        short = pro_story(
            rises, short_entry=[0], size=1.0, **told, options={"stop_first": "nearest"}
        )
        assert fills(short)[1:] == [(1, 1, 11)]

    @pytest.mark.parametrize(("target_first", "price"), [(False, 9), (True, 11)])
    def test_of_loss_and_target_in_one_bar(self, pro_story, target_first, price):
        bars = [FLAT, (10, 11.5, 8.5, 10)]
        told = {"stop_loss": 0.1, "take_profit": 0.1}
        ledger = bought(pro_story, bars, {"target_first": target_first}, **told)
        assert after_entry(ledger) == [(1, price)]

    @pytest.mark.parametrize(("gap_first", "price"), [(False, 9), (True, 11.5)])
    def test_an_open_beyond_the_target_before_the_stop_is_reached(
        self, pro_story, gap_first, price
    ):
        bars = [FLAT, (11.5, 12, 8, 10)]
        told = {"stop_loss": 0.1, "take_profit": 0.1}
        ledger = bought(pro_story, bars, {"gap_first": gap_first}, **told)
        assert after_entry(ledger) == [(1, price)]

    def test_an_open_exactly_at_the_target_has_passed_it(self, pro_story):
        bars = [FLAT, (11, 11.5, 8, 10)]
        told = {"stop_loss": 0.1, "take_profit": 0.1}
        assert after_entry(bought(pro_story, bars, {"gap_first": True}, **told)) == [(1, 11)]

    @pytest.mark.parametrize("gap_first", [False, True])
    def test_without_a_gap_the_order_is_the_usual_one(self, pro_story, gap_first):
        bars = [FLAT, (10, 11.5, 8.5, 10)]
        told = {"stop_loss": 0.1, "take_profit": 0.1}
        options = {"gap_first": gap_first}
        assert after_entry(bought(pro_story, bars, options, **told)) == [(1, 9)]

    @pytest.mark.parametrize(("signal_first", "price"), [(False, 9), (True, 10)])
    def test_an_exit_signal_on_the_bar_of_a_stop(self, pro_story, signal_first, price):
        bars = [FLAT, (10, 10, 8.5, 9)]
        ledger = bought(pro_story, bars, {"signal_first": signal_first}, exit=[1], stop_loss=0.1)
        assert after_entry(ledger) == [(1, price)]

    def test_a_reversal_on_the_bar_of_a_stop(self, pro_story):
        bars = [FLAT, (10, 10, 8.5, 9)]
        told = {"short_entry": [1], "stop_loss": 0.1}
        assert fills(bought(pro_story, bars, **told))[1:] == [(1, -1, 9)]
        first = bought(pro_story, bars, {"signal_first": True}, **told)
        assert fills(first)[1:] == [(1, -2, 10)]


class TestTheEntryBar:
    BAR = ((10, 10.2, 8, 9.5),)

    @pytest.mark.parametrize(
        ("entry_bar_stops", "bar", "after"),
        [
            ("none", (10, 10.2, 8, 8.5), []),
            ("range", (10, 10.2, 8, 9.5), [(0, 9)]),
            ("close", (10, 10.2, 8, 9.5), []),
            ("close", (10, 10.2, 8, 8.5), [(0, 8.5)]),
        ],
    )
    def test_whether_the_entry_bar_can_stop(self, pro_story, entry_bar_stops, bar, after):
        options = {"entry_bar_stops": entry_bar_stops, "stop_entry_price": "price"}
        assert after_entry(bought(pro_story, [bar], options, stop_loss=0.1)) == after

    def test_an_entry_at_the_close_leaves_nothing_of_its_bar(self, pro_story):
        options = {"entry_bar_stops": "range", "entry_price": "close"}
        assert after_entry(bought(pro_story, self.BAR, options, stop_loss=0.01)) == []

    def test_two_fills_of_one_bar_count_in_the_equity_once_each(self, pro_story):
        options = {"entry_bar_stops": "range", "stop_entry_price": "price"}
        ledger = bought(pro_story, [self.BAR[0], FLAT], options, stop_loss=0.1)
        assert ledger.equity[:, 0].tolist() == [99, 99]
        assert ledger.trades["pnl"].tolist() == [-1]


class TestTheTrailingStop:
    # The bar rises to 12, 10 % below which is 10.8, and closes at 10.5.
    NEW_HIGH = ((10, 10, 10, 10), (10, 12, 10, 10.5), (10.7, 10.7, 10, 10.2))

    @pytest.mark.parametrize(
        ("trail_check", "after"),
        [
            ("lagged", [(2, 10.7)]),  # 10.8 counts from the next bar on, which opens below it
            ("close", [(1, 10.5)]),  # the close is below 10.8 already
            ("close_last", [(1, 10.5)]),
            ("intrabar", [(1, 10.8)]),
        ],
    )
    def test_a_new_high_and_a_fall_in_one_bar(self, pro_story, trail_check, after):
        options = {"trail_check": trail_check}
        ledger = bought(pro_story, self.NEW_HIGH, options, trailing_stop=0.1)
        assert after_entry(ledger) == after

    @pytest.mark.parametrize(("close_look_fill", "price"), [("close", 10.5), ("level", 10.8)])
    def test_where_the_second_look_fills(self, pro_story, close_look_fill, price):
        options = {"close_look_fill": close_look_fill}
        ledger = bought(pro_story, self.NEW_HIGH, options, trailing_stop=0.1)
        assert after_entry(ledger) == [(1, price)]

    @pytest.mark.parametrize(("trail_check", "price"), [("close", 10.5), ("close_last", 11.5)])
    def test_a_target_in_the_same_bar_comes_after_or_before_the_second_look(
        self, pro_story, trail_check, price
    ):
        options = {"trail_check": trail_check}
        told = {"trailing_stop": 0.1, "take_profit": 0.15}
        assert after_entry(bought(pro_story, self.NEW_HIGH, options, **told)) == [(1, price)]

    def test_a_close_exactly_at_the_new_level_is_beyond_it(self, pro_story):
        # The peak moves to 16, a quarter below which is 12.
        bars = [FLAT, (10, 16, 10, 12)]
        assert after_entry(bought(pro_story, bars, trailing_stop=0.25)) == [(1, 12)]
        # Of a short it moves to 4, a quarter above which is 5.
        short = pro_story([FLAT, (10, 10, 4, 5)], short_entry=[0], size=1.0, trailing_stop=0.25)
        assert fills(short)[1:] == [(1, 1, 5)]

    def test_an_open_below_the_old_level_comes_before_any_new_high(self, pro_story):
        bars = [FLAT, (8.5, 13, 8, 9)]
        for trail_check in ("lagged", "close", "close_last", "intrabar"):
            ledger = bought(pro_story, bars, {"trail_check": trail_check}, trailing_stop=0.1)
            assert after_entry(ledger) == [(1, 8.5)]

    @pytest.mark.parametrize(
        ("stop_slippage", "price"), [("all", 8.1), ("losses", 8.1), ("none", 9)]
    )
    def test_it_pays_slippage_as_a_loss(self, pro_story, stop_slippage, price):
        bars = [FLAT, (10, 10, 8.5, 9.5)]
        options = {"stop_slippage": stop_slippage}
        ledger = bought(pro_story, bars, options, trailing_stop=0.1, slippage=0.1)
        assert after_entry(ledger) == [(1, price)]

    def test_a_stop_comes_before_the_peak_moves(self, pro_story):
        # Both bars hold 9; the peak of the second is of no use to it.
        bars = [FLAT, (10, 12, 8.9, 11.9)]
        assert after_entry(bought(pro_story, bars, trailing_stop=0.1)) == [(1, 9)]

    @pytest.mark.parametrize(
        ("trail_start", "after"), [("base", [(1, 9)]), ("extreme", [(1, 10.8)])]
    )
    def test_whether_the_high_of_the_entry_bar_is_a_peak(self, pro_story, trail_start, after):
        bars = [(10, 12, 10, 10), (11, 11, 8.5, 9)]
        options = {"trail_start": trail_start}
        assert after_entry(bought(pro_story, bars, options, trailing_stop=0.1)) == after

    def test_of_a_short_the_low_of_the_entry_bar_is_its_peak(self, pro_story):
        # From 8 the stop is at 8.8, which the next bar opens above; from 10 it is at 11.
        bars = [(10, 10, 8, 10), (9, 10.5, 9, 9)]
        told = {"short_entry": [0], "size": 1.0, "trailing_stop": 0.1}
        options = {"trail_start": "extreme"}
        assert fills(pro_story(bars, **told, options=options))[1:] == [(1, 1, 9)]
        assert fills(pro_story(bars, **told))[1:] == []

    def test_it_works_from_its_threshold_on(self, pro_story):
        # With a threshold of 20 % nothing happens until the peak has come to 12.
        told = {"trailing_stop": 0.1}
        falls = [FLAT, (10, 11.9, 10, 11.9), (11, 11, 8.5, 9)]
        assert after_entry(bought(pro_story, falls, **told)) == [(2, 10.71)]
        assert after_entry(bought(pro_story, falls, {"tsl_th": 0.2}, **told)) == []
        enough = [FLAT, (10, 12, 10, 12), (11, 11, 8.5, 9)]
        assert after_entry(bought(pro_story, enough, {"tsl_th": 0.2}, **told)) == [(2, 10.8)]
        short = pro_story(
            [FLAT, (10, 10, 8, 8), (8, 9, 8, 9)],
            short_entry=[0], size=1.0, **told, options={"tsl_th": 0.2},
        )  # fmt: skip
        assert fills(short)[1:] == [(2, 1, 8.8)]


class TestAfterAnExit:
    # Stopped on bar 1; the signal stays on to bar 3 and comes back on bar 5.
    BARS = (FLAT, (10, 10, 8.5, 9), FLAT, FLAT, FLAT, FLAT, FLAT)
    TOLD = MappingProxyType({"entry": [0, 1, 2, 3, 5, 6], "size": 1.0, "stop_loss": 0.1})

    @pytest.mark.parametrize(
        ("options", "bar"),
        [
            ({"reentry_signal": "any"}, 2),
            ({"reentry_bars": 0}, 1),
            ({"reentry_bars": 2}, 3),
            ({"reentry_bars": 3}, 5),
            ({"reentry_bars": 5}, 6),
            ({"reentry_signal": "fresh"}, 5),
            ({"reentry_signal": "fresh", "reentry_bars": 5}, 6),
        ],
    )
    def test_from_which_bar_on_an_entry_is_heard(self, pro_story, options, bar):
        ledger = pro_story(self.BARS, **self.TOLD, options=options)
        entries = [fill for fill in fills(ledger) if fill[1] > 0]
        assert entries[:2] == [(0, 1, 10), (bar, 1, 10)]

    def test_a_signal_that_comes_on_after_the_exit_is_fresh(self, pro_story):
        told = {**self.TOLD, "entry": [0, 2, 3]}
        ledger = pro_story(self.BARS, **told, options={"reentry_signal": "fresh"})
        assert fills(ledger)[2] == (2, 1, 10)

    def test_a_position_opened_again_on_the_bar_of_its_exit_is_safe_to_its_end(self, pro_story):
        # Out at 9, in again at the open 10 of the same bar, whose range is not looked at again.
        options = {"reentry_bars": 0, "entry_bar_stops": "range", "stop_entry_price": "price"}
        ledger = pro_story(self.BARS[:2], entry=[0, 1], size=1.0, stop_loss=0.1, options=options)
        assert fills(ledger) == [(0, 1, 10), (1, -1, 9), (1, 1, 10)]

    def test_an_exit_signal_of_that_bar_has_nothing_left_to_close(self, pro_story):
        told = {"entry": [0, 1], "exit": [1], "size": 1.0, "stop_loss": 0.1}
        ledger = pro_story(self.BARS[:2], **told, options={"reentry_bars": 0})
        assert fills(ledger)[1:] == [(1, -1, 9), (1, 1, 10)]

    def test_shorts_wait_as_longs_do(self, pro_story):
        bars = [FLAT, (10, 11.5, 10, 11), FLAT, FLAT, FLAT]
        told = {"short_entry": [0, 1, 2, 4], "size": 1.0, "stop_loss": 0.1}
        for options, bar in (({}, 2), ({"reentry_bars": 2}, 4), ({"reentry_signal": "fresh"}, 4)):
            ledger = pro_story(bars, **told, options=options)
            assert fills(ledger)[:3] == [(0, -1, 10), (1, 1, 11), (bar, -1, 10)]

    def test_an_exit_by_signal_counts_as_well(self, pro_story):
        told = {"entry": [0, 2, 3], "exit": [1], "size": 1.0}
        ledger = pro_story(self.BARS, **told, options={"reentry_bars": 2})
        assert [fill[0] for fill in fills(ledger)] == [0, 1, 3]

    def test_a_reversal_is_no_exit(self, pro_story):
        told = {"entry": [0], "short_entry": [1], "size": 1.0}
        ledger = pro_story(self.BARS, **told, options={"reentry_bars": 5})
        assert fills(ledger) == [(0, 1, 10), (1, -2, 10)]


class TestSignals:
    BARS = (FLAT, FLAT, FLAT)

    def test_an_entry_of_the_side_held_does_nothing(self, pro_story):
        assert fills(pro_story(self.BARS, entry=[0, 1], size=1.0)) == [(0, 1, 10)]

    @pytest.mark.parametrize(
        ("upon_opposite_entry", "after"),
        [
            ("reversereduce", [(1, -2, 10)]),
            ("reverse", [(1, -2, 10)]),
            ("close", [(1, -1, 10)]),
            ("closereduce", [(1, -1, 10)]),
            ("ignore", []),
        ],
    )
    def test_an_entry_of_the_other_side(self, pro_story, upon_opposite_entry, after):
        told = {"entry": [0], "short_entry": [1], "size": 1.0}
        options = {"upon_opposite_entry": upon_opposite_entry}
        assert fills(pro_story(self.BARS, **told, options=options))[1:] == after

    @pytest.mark.parametrize(
        ("mode", "count"),
        [("ignore", 0), ("entry", 1), ("exit", 0), ("adjacent", 0), ("opposite", 0)],
    )
    def test_entry_and_exit_on_one_bar(self, pro_story, mode, count):
        options = {"upon_long_conflict": mode}
        ledger = pro_story(self.BARS, entry=[0], exit=[0], size=1.0, options=options)
        assert len(ledger.fills) == count
        options = {"upon_short_conflict": mode}
        ledger = pro_story(self.BARS, short_entry=[0], short_exit=[0], size=1.0, options=options)
        assert len(ledger.fills) == count

    @pytest.mark.parametrize(
        ("mode", "after"),
        [("ignore", []), ("long", [1]), ("short", [-1]), ("adjacent", []), ("opposite", [])],
    )
    def test_long_and_short_on_one_bar(self, pro_story, mode, after):
        options = {"upon_dir_conflict": mode}
        ledger = pro_story(self.BARS, entry=[0], short_entry=[0], size=1.0, options=options)
        assert [fill[1] for fill in fills(ledger)] == after

    @pytest.mark.parametrize(
        ("direction", "after"),
        [("longonly", [1, -1]), ("shortonly", [-1, 1]), ("both", [1, -2])],
    )
    def test_one_word_says_the_direction(self, pro_story, direction, after):
        options = {"direction": direction}
        ledger = pro_story(self.BARS, entry=[0], exit=[1], size=1.0, options=options)
        assert [fill[1] for fill in fills(ledger)] == after

    def test_least_size(self, pro_story):
        assert fills(pro_story(self.BARS, entry=[0], size=0.5, options={"min_size": 1.0})) == []


class TestWhatCannotBeUsed:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"reentry_bars": -1}, "whole number"),
            ({"reentry_bars": 1.5}, "whole number"),
            ({"tsl_th": -0.1}, "tsl_th"),
            ({"init_cash": -5}, "init_cash"),
            ({"stop_first": "target"}, "one of fixed, trailing, nearest"),
            ({"sizing": 3}, "one of all_cash"),
            ({"trailing": 1}, "no option 'trailing'"),
            ({"stop_fill": [["level"], ["close"], ["level"]]}, "varies by bar"),
        ],
    )
    def test_an_option_that_does_not_exist_is_named(self, pro_story, options, message):
        with pytest.raises(BadOption, match=message):
            pro_story([FLAT, FLAT, FLAT], entry=[0], options=options)

    def test_directions_beside_short_signals(self, pro_story):
        with pytest.raises(BadOption, match="one or the other"):
            pro_story([FLAT], short_entry=[0], options={"direction": "both"})

    def test_a_price_that_is_no_word(self, pro_story):
        with pytest.raises(BadOption, match="open or close"):
            pro_story([FLAT], entry=[0], price="high")

    def test_a_negative_stop(self, pro_story):
        with pytest.raises(Refused, match="negative"):
            pro_story([FLAT], entry=[0], stop_loss=-0.1)

    def test_an_order_tape(self):
        with pytest.raises(Unsupported, match="order tape"):
            run(request_of([FLAT], [{}]))


def test_every_open_rule_has_a_story_for_each_of_its_values():
    """Read off this file: the name of the rule, and each of its words."""
    text = Path(__file__).read_text()
    for name, option in OPEN_RULES.items():
        assert name in text
        for word in getattr(option, "words", ()):
            assert f'"{word}"' in text, (name, word)

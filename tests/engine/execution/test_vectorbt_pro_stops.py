"""Small market stories of VectorBT Pro's model: where its stops are, which is hit, where it fills.

The platform itself has confirmed none of them: they say what the model does, worked out by hand.
Bars are (open, high, low, close). Cash is 100 and sizes are units unless a story says otherwise.
"""

import pytest
from pro_told import FLAT, after_entry, bought, fills


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

"""Small market stories, each a rule of vectorbt that surprises somebody.

Their outcomes come from vectorbt 1.2.0 and can be followed by hand. Prices are closes unless a bar
is (open, high, low, close). Cash is 100 and sizes are units.
"""

import math

import numpy as np
import pytest

from engine.execution.records import Refused

NAN, INF = math.nan, math.inf


def fills(ledger):
    """(bar, signed quantity, price) of every fill, to ten digits."""
    rounded = [(row["quantity"], row["price"]) for row in ledger.fills]
    return [
        (int(row["bar"]), round(quantity, 10), round(price, 10))
        for row, (quantity, price) in zip(ledger.fills, rounded, strict=True)
    ]


def failures(ledger):
    """(bar, reason) of every order that was not filled."""
    rows = ledger.orders[ledger.orders["status"] != 0]
    return [(int(row["bar"]), ledger.reasons[row["reason"]]) for row in rows]


class TestStops:
    def test_the_entry_bar_itself_is_not_looked_at(self, story):
        bars = [(10, 10, 8, 10), (10, 10.5, 9.5, 10)]
        assert fills(story(bars, entry=[0], size=1.0, stop_loss=0.1)) == [(0, 1, 10)]

    def test_a_stop_is_measured_from_the_close_not_from_the_fill(self, story):
        bars = [(10, 12, 10, 12), (11, 11.2, 10.7, 11)]
        told = {"entry": [0], "size": 1.0, "price": "open", "stop_loss": 0.1}
        assert fills(story(bars, **told)) == [(0, 1, 10), (1, -1, 10.8)]
        from_fill = story(bars, **told, options={"stop_entry_price": "fillprice"})
        assert fills(from_fill) == [(0, 1, 10)]

    @pytest.mark.parametrize(
        ("options", "bar", "price"),
        [
            ({}, (8.5, 9, 8, 8), 8.5),  # gapped: the open, no slippage
            ({"stop_exit_price": "stopmarket"}, (8.5, 9, 8, 8), 8.415),
            ({"stop_exit_price": "close"}, (9.5, 10, 8, 8), 7.92),
        ],
    )
    def test_where_a_stop_fills(self, story, options, bar, price):
        bars = [(10, 10, 10, 10), bar]
        told = {"entry": [0], "size": 1.0, "slippage": 0.01, "stop_loss": 0.1}
        assert fills(story(bars, **told, options=options)) == [(0, 1, 10.1), (1, -1, price)]

    def test_a_target_that_is_gapped_over_fills_better_than_asked(self, story):
        bars = [(10, 10, 10, 10), (12, 12.5, 11.5, 12)]
        assert fills(story(bars, entry=[0], size=1.0, take_profit=0.1))[1] == (1, -1, 12)

    @pytest.mark.parametrize("opening", [10, 11.5])
    def test_the_stop_comes_before_the_target_even_when_the_open_is_past_the_target(
        self, story, opening
    ):
        bars = [(10, 10, 10, 10), (opening, 12, 8, 10)]
        ledger = story(bars, entry=[0], size=1.0, stop_loss=0.1, take_profit=0.1)
        assert fills(ledger)[1] == (1, -1, 9)

    def test_a_trailing_stop_looks_first_and_moves_then(self, story):
        bars = [(10, 10, 10, 10), (10, 12, 10, 10.5), (11, 11, 10.7, 10.9)]
        ledger = story(bars, entry=[0], size=1.0, trailing_stop=0.1)
        assert fills(ledger)[1] == (2, -1, 10.8)

    def test_the_high_of_the_entry_bar_does_not_count_for_the_trailing_base(self, story):
        bars = [(10, 20, 10, 10), (10, 10, 9.5, 9.8), (9.8, 9.8, 9.2, 9.2)]
        assert fills(story(bars, entry=[0], size=1.0, trailing_stop=0.1)) == [(0, 1, 10)]

    def test_a_trailing_stop_is_gapped_like_any_other(self, story):
        bars = [(10, 10, 10, 10), (10, 12, 10, 11), (10, 10, 9.5, 9.6)]
        assert fills(story(bars, entry=[0], size=1.0, trailing_stop=0.1))[1] == (2, -1, 10)

    def test_the_open_of_a_bad_bar_does_not_move_the_trailing_base(self, story):
        bars = [(10, 10.1, 9.9, 10)] * 600
        bars[100] = (12, 10.1, 9.9, 10)
        bars[500] = (10, 10.1, 9.3, 9.5)  # 10.1 less a tenth is 9.09, 12 less a tenth 10.8
        assert fills(story(bars, entry=[0], size=1.0, trailing_stop=0.1)) == [(0, 1, 10)]

    def test_a_stop_uses_up_its_bar(self, story):
        bars = [(10, 10, 10, 10), (10, 10, 8, 9.5), (9.5, 9.6, 9.4, 9.5)]
        ledger = story(bars, entry=[0, 1, 2], size=1.0, stop_loss=0.1)
        assert fills(ledger) == [(0, 1, 10), (1, -1, 9), (2, 1, 9.5)]

    def test_a_trailing_base_starts_anew_when_the_position_turns(self, story):
        bars = [
            (10, 10, 10, 10), (10, 13, 11.8, 12), (12, 12, 11, 11.2), (11.2, 13.3, 11.1, 13),
        ]  # fmt: skip
        ledger = story(bars, entry=[0], short_entry=[1], size=1.0, trailing_stop=0.1)
        assert fills(ledger) == [(0, 1, 10), (1, -2, 12), (3, 1, 12.1)]

    def test_a_rejected_stop_stays_armed_and_fires_again(self, story):
        # One unit sells for 8, less than the fee of 9; later it sells for 9.5.
        bars = [(10, 10, 10, 10), (8, 8, 8, 8), (9.5, 9.5, 8, 9.5)]
        ledger = story(bars, entry=[0], size=1.0, fixed=9.0, stop_loss=0.05)
        assert failures(ledger) == [(1, "cant_cover_fees")]
        assert fills(ledger) == [(0, 1, 10), (2, -1, 9.5)]

    def test_without_an_open_a_close_beyond_the_stop_fills_at_the_close(self, story):
        beyond = [(NAN, 10, 10, 10), (NAN, 9.8, 8.9, 9)]
        within = [(NAN, 10, 10, 10), (NAN, 9.9, 8.9, 9.8)]
        told = {"entry": [0], "size": 1.0, "stop_loss": 0.05}
        assert fills(story(beyond, **told))[1] == (1, -1, 9)
        assert fills(story(within, **told))[1] == (1, -1, 9.5)

    def test_a_capped_exit_goes_slice_by_slice_while_the_level_is_met(self, story):
        bars = [(10, 10, 10, 10), (9, 9, 9, 9), (8.5, 8.5, 8.5, 8.5), (9.5, 9.5, 9.4, 9.5)]
        options = {"max_size": np.array([[INF], [2.0], [2.0], [2.0]])}
        ledger = story(bars, entry=[0], size=5.0, stop_loss=0.1, options=options)
        assert fills(ledger) == [(0, 5, 10), (1, -2, 9), (2, -2, 8.5)]

    def test_adding_moves_the_stop_to_the_new_close(self, story):
        bars = [(10, 10, 10, 10), (12, 12, 12, 12), (11.9, 12, 10.8, 11)]
        ledger = story(bars, entry=[0, 1], size=1.0, stop_loss=0.1, options={"accumulate": True})
        assert fills(ledger) == [(0, 1, 10), (1, 1, 12), (2, -2, 10.8)]

    def test_a_stop_of_zero_exits_when_the_price_is_back(self, story):
        bars = [(10, 10, 10, 10), (10.5, 11, 10.2, 10.8), (10.5, 10.6, 9.9, 10.2)]
        assert fills(story(bars, entry=[0], size=1.0, stop_loss=0.0))[1] == (2, -1, 10)

    def test_only_the_fraction_of_the_entry_bar_counts(self, story):
        bars = [(10, 10, 10, 10), (10, 10, 9.8, 9.9), (9.5, 9.5, 9, 9.2)]
        ledger = story(bars, entry=[0], size=1.0, stop_loss=[0.1, 0.01, 0.01])
        assert fills(ledger)[1] == (2, -1, 9)

    def test_an_open_outside_its_bar_still_fills(self, story):
        bars = [(10, 10, 10, 10), (12, 11, 10, 10.5)]
        assert fills(story(bars, entry=[0], size=1.0, take_profit=0.1))[1] == (1, -1, 12)

    def test_exit_at_the_price_asked_for_looks_ahead_with_open_prices(self, story):
        bars = [(10, 10, 10, 10), (10, 10, 8, 8.5)]
        ledger = story(
            bars, entry=[0], size=1.0, price="open", stop_loss=0.1,
            options={"stop_exit_price": "price"},
        )  # fmt: skip
        assert fills(ledger)[1] == (1, -1, 10)

    def test_a_bar_without_prices_hits_nothing_and_the_next_open_fills(self, story):
        bars = [(10, 10, 10, 10), (NAN, NAN, NAN, NAN), (8, 8.5, 7, 8)]
        assert fills(story(bars, entry=[0], size=1.0, stop_loss=0.1))[1] == (2, -1, 8)

    def test_a_bar_without_a_close_can_hit(self, story):
        bars = [(10, 10, 10, 10), (9.5, 9.6, 8.8, NAN)]
        assert fills(story(bars, entry=[0], size=1.0, stop_loss=0.1))[1] == (1, -1, 9)


class TestSignals:
    def test_conflicting_signals_are_dropped_also_in_a_position(self, story):
        assert fills(story([10, 11], entry=[0], exit=[0])) == []
        assert fills(story([10, 11], entry=[0], short_entry=[0])) == []
        both = story([10, 11, 12], entry=[0, 1], exit=[1], size=1.0)
        assert fills(both) == [(0, 1, 10)]

    def test_reversing_spends_everything_twice(self, story):
        bought = 100 / 1.01 / 10
        short = bought * 12 * 0.99 / (12 * 1.01)
        ledger = story([10, 12], entry=[0], short_entry=[1], fees=0.01)
        assert ledger.fills["quantity"] == pytest.approx([bought, -(bought + short)])
        assert ledger.fills["quantity"] == pytest.approx([9.9009901, -19.60592099])
        assert ledger.fills["commission"][1] == pytest.approx(2.3527105186)
        assert ledger.trades["exit_commission"][0] == pytest.approx(1.1881188119)
        assert ledger.trades["quantity"][1] == pytest.approx(-9.7049308892)

    def test_exit_means_short_entry_when_the_direction_is_both(self, story):
        ledger = story([10, 11], entry=[0], exit=[1], size=1.0, options={"direction": "both"})
        assert fills(ledger) == [(0, 1, 10), (1, -2, 11)]
        long_only = story(
            [10, 11], entry=[0], exit=[1], size=1.0, options={"direction": "longonly"}
        )
        assert fills(long_only) == [(0, 1, 10), (1, -1, 11)]


class TestCash:
    def test_buying_all_there_is_leaves_exactly_nothing(self, story):
        ledger = story([7], entry=[0], fees=0.001, fixed=1.5, slippage=0.002)
        assert ledger.fills["price"][0] == pytest.approx(7 * 1.002)
        assert ledger.fills["quantity"][0] == pytest.approx((100 - 1.5) / 1.001 / 7.014)
        assert ledger.fills["commission"][0] == pytest.approx(1.5984015984)
        assert ledger.orders["cash"][0] == 0.0

    def test_lots_can_leave_a_fill_of_nothing_and_then_there_are_no_trades(self, story):
        bars, lots = [10.0], {"size_granularity": 100.0, "min_size": 0.0}
        ledger = story(bars, entry=[0], size=200.0, options=lots)
        assert fills(ledger) == [(0, 0, 10)]
        assert (ledger.trades, ledger.entry_trades, ledger.positions) == (None, None, None)
        default = story(bars, entry=[0], size=200.0, options={"size_granularity": 100.0})
        assert failures(default) == [(0, "min_size_not_reached")]

    @pytest.mark.parametrize(("engine", "sizes"), [("numba", [0.9, -0.8]), ("rust", [1.0, -1.0])])
    def test_the_engines_floor_lots_differently(self, story, engine, sizes):
        options = {"size_granularity": 0.1, "engine": engine}
        ledger = story([10, 11], entry=[0], exit=[1], size=1.0, options=options)
        assert ledger.fills["quantity"] == pytest.approx(sizes)

    def test_a_fee_as_large_as_the_cash_is_rejected(self, story):
        assert failures(story([10], entry=[0], fixed=100.0)) == [(0, "cant_cover_fees")]

    def test_a_tiny_position_is_rejected_by_a_hidden_minimum(self, story):
        assert failures(story([1e11], entry=[0])) == [(0, "min_size_not_reached")]

    def test_what_costs_a_hair_more_than_the_cash_is_filled_in_full(self, story):
        ledger = story([10], entry=[0], size=10.000000005)
        assert ledger.fills["quantity"][0] == 10.000000005
        assert ledger.orders["cash"][0] == 0.0
        assert story([10], entry=[0], size=10.00000002).fills["quantity"][0] == 10.0

    def test_a_short_that_costs_more_than_there_is_is_covered_in_part(self, story):
        bars = [10, 30, 30, 12]
        ledger = story(bars, short_entry=[0], short_exit=[1, 2, 3], size=10.0)
        assert fills(ledger) == [(0, -10, 10), (1, 6.6666666667, 30)]
        assert failures(ledger) == [(2, "cant_cover_fees"), (3, "cant_cover_fees")]

    def test_with_locked_cash_the_cover_waits_until_free_cash_pays_the_loss(self, story):
        bars, options = [10, 30, 12], {"lock_cash": True}
        ledger = story(bars, short_entry=[0], short_exit=[1, 2], size=10.0, options=options)
        assert fills(ledger) == [(0, -10, 10), (2, 10, 12)]
        assert failures(ledger)[0][0] == 1

    def test_automatic_cash_never_ends_and_is_found_afterwards(self, story):
        ledger = story([10, 11], entry=[0], size=3.0, options={"init_cash": "auto"})
        assert fills(ledger) == [(0, 3, 10)]
        assert ledger.cash[:, 0].tolist() == [0.0, 0.0]
        assert ledger.equity[:, 0].tolist() == [30.0, 33.0]
        assert fills(story([10], entry=[0], size=3.0, cash=1.0)) == [(0, 0.1, 10)]

    def test_slippage_is_not_clipped_to_the_bar(self, story):
        ledger = story([(10, 10.1, 9.9, 10)], entry=[0], size=1.0, slippage=0.05)
        assert fills(ledger) == [(0, 1, 10.5)]


class TestMissingPrices:
    def test_an_order_without_a_price_is_dropped_and_not_tried_again(self, story):
        ledger = story([10, NAN, 12, NAN], entry=[1, 2], exit=[3], size=1.0)
        assert failures(ledger) == [(1, "price_nan"), (3, "price_nan")]
        assert fills(ledger) == [(2, 1, 12)]

    def test_the_open_is_not_known_before_the_first_bar(self, story):
        assert failures(story([10, 11], entry=[0], price=-INF)) == [(0, "price_nan")]
        late = story([10, 11], entry=[1], size=1.0, price=-INF)
        assert fills(late) == [(1, 1, 10)]  # without an open, the close before

    def test_an_open_trade_is_valued_at_the_last_close_even_when_that_is_missing(self, story):
        ledger = story([10, 12, NAN], entry=[0], size=1.0)
        trade = ledger.trades[0]
        assert trade["open"] == 1
        assert trade["exit_commission"] == 0.0
        assert math.isnan(trade["exit_price"])
        assert ledger.equity[:, 0].tolist() == [100.0, 102.0, 102.0]  # the series fills it


class TestRefusals:
    @pytest.mark.parametrize(
        ("reason", "told"),
        [
            ("price_not_positive", {"bars": [10, 0], "entry": [1]}),
            ("stop_negative", {"bars": [10, 11], "entry": [0], "stop_loss": -0.1}),
            ("size_negative", {"bars": [10, 11], "size": [1.0, -1.0]}),
            ("percent_reversal",
             {"bars": [10, 11], "entry": [0], "short_entry": [1], "size": 0.5,
              "options": {"size_type": "percent"}}),
            ("long_infinite", {"bars": [10], "entry": [0], "options": {"init_cash": "auto"}}),
            ("short_infinite", {"bars": [10], "short_entry": [0],
                                "options": {"init_cash": "auto"}}),
            ("val_price_not_positive",
             {"bars": [10], "entry": [0], "size": 5.0,
              "options": {"size_type": "value", "val_price": 0.0}}),
            ("fees_not_finite", {"bars": [10], "entry": [0], "fees": INF}),
            ("fixed_fees_not_finite", {"bars": [10], "entry": [0], "fixed": NAN}),
            ("slippage_invalid", {"bars": [10], "entry": [0], "slippage": -0.1}),
            ("min_size_invalid", {"bars": [10], "entry": [0], "options": {"min_size": -1.0}}),
            ("max_size_invalid", {"bars": [10], "entry": [0], "options": {"max_size": 0.0}}),
            ("granularity_invalid",
             {"bars": [10], "entry": [0], "options": {"size_granularity": 0.0}}),
            ("size_type_unsupported", {"bars": [10], "options": {"size_type": "targetamount"}}),
            ("rejected", {"bars": [10], "entry": [0], "cash": 0.0,
                          "options": {"raise_reject": True}}),
            ("cash_negative", {"bars": [10], "entry": [0], "cash": -1.0}),
            ("division_by_zero", {"bars": [10], "entry": [0], "fees": -1.0, "fixed": 1.0}),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )  # fmt: skip
    def test_what_stops_the_whole_run(self, story, reason, told):
        with pytest.raises(Refused) as refusal:
            story(told.pop("bars"), **told)
        assert refusal.value.reason == reason

    def test_a_price_of_zero_harms_nobody_without_an_order(self, story):
        assert fills(story([10, 0, 11], entry=[0], exit=[2], size=1.0)) == [(0, 1, 10), (2, -1, 11)]

    def test_the_refusal_names_its_bar(self, story):
        with pytest.raises(Refused) as refusal:
            story([10, 11, 0], entry=[0], exit=[2], size=1.0)
        assert (refusal.value.bar, refusal.value.column) == (2, 0)

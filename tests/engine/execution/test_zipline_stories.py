"""Small market stories, each a rule of zipline that surprises somebody.

Their outcomes come from zipline-reloaded 3.2.1 and can be followed by hand. Numbers are closes, a
million shares are traded a bar, and cash is 1000, unless a story says otherwise.
"""

import math

import numpy as np
import pytest
from zipline_told import buy, fills, limit, states, stop, told

from engine.execution.records import Refused, Unsupported

NAN = math.nan


class TestTheClose:
    def test_an_order_fills_at_the_close_of_the_next_bar(self):
        assert fills(told([10, 11, 12], [buy(0, 5)])) == [(1, 5, 11)]

    def test_an_order_of_the_last_bar_never_fills(self):
        assert states(told([10, 11, 12], [buy(2, 5)])) == [("open", 2, 5)]

    @pytest.mark.parametrize(
        ("order", "bar"),
        [
            (limit(0, 5, 10), 2), (limit(0, -5, 12), 1), (stop(0, 5, 12), 1),
            (stop(0, -5, 10), 2), (limit(0, 5, 9.98), None), (stop(0, 5, 12.02), None),
        ],
    )  # fmt: skip
    def test_a_close_on_the_price_counts(self, order, bar):
        got = fills(told([11, 12, 10, 11], [order]))
        assert got == ([] if bar is None else [(bar, order["quantity"], {1: 12, 2: 10}[bar])])

    def test_a_limit_is_no_bound_for_the_fill(self):
        ledger = told([10.2, 9.999], [limit(0, 5, 10)], basis_points=5.0)
        assert fills(ledger) == [(1, 5, 10.0039995)]

    def test_a_stop_limit_forgets_its_stop(self):
        order = {**stop(0, 5, 11), "kind": "stop_limit", "limit_price": 11.0}
        assert fills(told([10, 12, 11.2, 10.9], [order])) == [(3, 5, 10.9)]

    def test_a_limit_that_was_met_fills_on_beyond_it(self):
        ledger = told([10, 9.9, 10.4], [limit(0, 150, 10)], volume=1000)
        assert fills(ledger) == [(1, 100, 9.9), (2, 50, 10.4)]


class TestVolume:
    def test_a_tenth_of_the_volume_and_the_rest_later(self):
        ledger = told([10] * 5, [buy(0, 250)], volume=1000)
        assert [row[:2] for row in fills(ledger)] == [(1, 100), (2, 100), (3, 50)]
        assert states(ledger) == [("filled", 3, 250)]

    def test_nine_shares_of_volume_are_none(self):
        assert states(told([10] * 9, [buy(0, 1)], volume=9)) == [("open", 0, 1)]

    def test_sales_wait_behind_buys_that_take_all_volume(self):
        ledger = told([10, 10, 10], [buy(0, 60), buy(0, 60), buy(0, -30)], volume=1000)
        assert [row[:2] for row in fills(ledger)] == [(1, 60), (1, 40), (2, 20), (2, -30)]

    def test_nothing_fills_without_volume_but_the_close_is_believed(self):
        ledger = told([10, 10, 15, 12], [buy(0, 10), buy(1, 5)], volume=[1e6, 1e6, 0, 1e6])
        assert fills(ledger) == [(1, 10, 10), (3, 5, 12)]
        assert ledger.equity[:, 0].tolist() == [1000, 1000, 1050, 1020]

    def test_nothing_fills_without_a_close_and_the_last_one_is_carried(self):
        ledger = told([10, 10, NAN, 12], [buy(0, 10), buy(1, 5)])
        assert fills(ledger) == [(1, 10, 10), (3, 5, 12)]
        assert ledger.equity[:, 0].tolist() == [1000, 1000, 1000, 1020]

    def test_the_price_moves_with_the_square_of_the_share(self):
        told_so = {"slippage_model": "volume_share", "volume_limit": 0.5, "price_impact": 0.4}
        ledger = told([10, 10], [buy(0, 250), buy(0, -250)], volume=1000, **told_so)
        assert fills(ledger) == [(1, 250, 10.25), (1, -250, 9.0)]

    def test_an_impact_beyond_the_limit_is_left_out(self):
        told_so = {"slippage_model": "volume_share", "volume_limit": 0.5, "price_impact": 0.4}
        ledger = told([10, 10, 9.5], [limit(0, 250, 10)], volume=1000, **told_so)
        assert fills(ledger) == [(2, 250, 9.7375)]

    def test_a_spread_fills_everything_at_once(self):
        ledger = told([10, 10], [buy(0, 5000)], volume=1, slippage_model="fixed", spread=0.5)
        assert fills(ledger) == [(1, 5000, 10.25)]


class TestShares:
    @pytest.mark.parametrize(
        ("asked", "shares"),
        [(3.99995, 4), (5.7, 5), (-5.7, -5), (2.9998, 2), (-0.99995, -1), (1.00005, 1)],
    )
    def test_shares_are_whole(self, asked, shares):
        assert fills(told([10, 10], [buy(0, asked)])) == [(1, shares, 10)]

    def test_half_a_share_is_no_order(self):
        ledger = told([10, 10], [buy(0, 0.5)])
        assert states(ledger) == [("ignored", 0, 0)]
        assert ledger.reasons[ledger.orders["reason"][0]] == "no_whole_share"

    def test_targets_do_not_see_each_other(self):
        target = {"unit": "target_units"}
        ledger = told([10] * 4, [buy(0, 10, **target), buy(0, 10, **target), buy(1, 10, **target)])
        assert fills(ledger) == [(1, 10, 10), (1, 10, 10), (2, -10, 10)]

    def test_percents_are_of_the_worth_at_the_close_before_the_fill(self):
        orders = [buy(0, 0.5, unit="percent"), buy(1, 0.5, unit="target_percent")]
        ledger = told([10, 12.5, 10], orders)
        # 500 of 1000 are 50 shares; 500 of 1000 at 12.5 are 40, and 50 are held.
        assert fills(ledger) == [(1, 50, 12.5), (2, -10, 10)]

    def test_limits_and_stops_are_put_on_cents(self):
        ledger = told([10.02, 10.0, 9.99], [limit(0, 1, 9.9951), limit(0, 2, 9.9995)])
        assert [row[:2] for row in fills(ledger)] == [(1, 2), (2, 1)]


class TestMoney:
    def test_cash_is_not_checked(self):
        ledger = told([10, 10], [buy(0, 100000)])
        assert ledger.cash[:, 0].tolist() == [1000, -999000]

    def test_fills_go_by_symbol_as_they_came_into_the_book(self):
        orders = [buy(0, 1, column=2), buy(0, 2), buy(0, 3, column=2), buy(0, 4, column=1)]
        ledger = told([[10, 10], [20, 20], [30, 30]], orders)
        assert ledger.fills["quantity"].tolist() == [1, 3, 2, 4]

    def test_the_least_commission_is_paid_once_and_then_made_up_for(self):
        told_so = {"commission_model": "per_share", "commission_cost": 0.01, "min_trade_cost": 1.5}
        ledger = told([10] * 5, [buy(0, 250)], volume=1000, **told_so)
        assert ledger.fills["commission"].tolist() == [1.5, 0.5, 0.5]

    def test_by_trade_the_first_part_pays(self):
        ledger = told([10] * 5, [buy(0, 250)], volume=1000, fixed=4.0)
        assert ledger.fills["commission"].tolist() == [4, 0, 0]

    def test_by_dollar_every_part_pays(self):
        ledger = told([10, 10, 20], [buy(0, 150)], volume=1000, commission=0.01)
        assert ledger.fills["commission"].tolist() == [10, 10]

    def test_a_rebate_is_not_paid(self):
        told_so = {"commission_model": "per_trade", "commission_cost": -2.0}
        assert told([10, 10], [buy(0, 5)], **told_so).cash[-1, 0] == 950

    def test_zipline_stops_after_a_day_that_left_nothing(self):
        with pytest.raises(Refused) as refusal:
            told([10, 10, 20, 15, 15], [buy(0, -100)])
        assert (refusal.value.reason, refusal.value.bar) == ("worth_nothing", 3)


class TestTies:
    def test_a_child_is_placed_when_its_parent_is_filled_whole(self):
        orders = [buy(0, 150), stop(0, -150, 9.5, parent_id=0)]
        ledger = told([10, 10, 9, 9.4, 9], orders, volume=1000)
        assert [row[:2] for row in fills(ledger)] == [(1, 100), (2, 50), (3, -100), (4, -50)]

    def test_a_rival_that_trades_ends_the_other(self):
        orders = [
            buy(0, 5),
            stop(0, -5, 9, parent_id=0, oco_id=7),
            limit(0, -5, 12, parent_id=0, oco_id=7),
        ]
        ledger = told([10, 10, 12, 8], orders)
        assert states(ledger) == [("filled", 1, 5), ("cancelled", 2, -5), ("filled", 2, -5)]

    def test_one_close_may_fill_both_rivals(self):
        orders = [limit(0, 5, 10, oco_id=1), limit(0, 6, 9.5, oco_id=1)]
        assert fills(told([11, 9, 9], orders)) == [(1, 5, 9), (1, 6, 9)]

    def test_a_split_may_forget_that_a_rival_traded(self):
        # 3 of 500 shares are filled; at 100 for one that is none of 4, and the rival is placed.
        orders = [limit(0, 500, 10, oco_id=1), limit(3, 6, 900, oco_id=1)]
        ledger = told([11, 9, 900, 900, 900], orders, volume=[30, 30, 0, 0, 1e6], splits="2:100")
        assert [row[:2] for row in fills(ledger)] == [(1, 3), (4, 4), (4, 6)]

    def test_an_order_ends_after_its_last_bar(self):
        orders = [limit(0, 5, 9, expires_bar=2), limit(0, 6, 9, expires_bar=3)]
        assert states(told([10, 10, 10, 9, 9], orders)) == [("cancelled", 2, 5), ("filled", 3, 6)]

    def test_a_cancel_keeps_what_was_filled(self):
        cancel = {"bar": 1, "kind": "cancel", "parent_id": 0, "quantity": np.nan}
        ledger = told([10] * 4, [buy(0, 250), cancel], volume=1000)
        assert states(ledger) == [("cancelled", 1, 250)]
        assert fills(ledger) == [(1, 100, 10)]

    def test_the_end_of_a_day_takes_the_oldest_of_several(self):
        orders = [limit(0, n, 8) for n in (1, 2, 3)]
        ledger = told([10, 10, 10, 10, 7], orders, cancel_policy="end_of_day")
        assert states(ledger) == [("cancelled", 0, 1), ("cancelled", 1, 2), ("filled", 4, 3)]


class TestActions:
    def test_a_split_cuts_orders_to_whole_shares_and_prices_to_cents(self):
        orders = [limit(0, 33, 4.01), stop(0, -55, 3.33)]
        ledger = told([4.5, 2.3, 2.0, 1.6], orders, splits="1:0.5")
        assert fills(ledger) == [(2, 66, 2), (3, -110, 1.6)]

    def test_a_reverse_split_pays_for_the_fraction(self):
        ledger = told([10, 10, 30], [buy(0, 101)], splits="2:3", cash=2000.0)
        # 101 shares at 10 are 33 at 30; the two thirds are worth 20.
        assert ledger.cash[:, 0].tolist() == [2000, 990, 1010]
        assert ledger.equity[-1, 0] == 2000

    def test_an_order_left_with_nothing_counts_as_filled(self):
        ledger = told([10, 100, 100], [buy(0, 7)], splits="1:10")
        assert states(ledger) == [("filled", 0, 0)]
        assert len(ledger.fills) == 0

    def test_a_dividend_is_earned_before_the_bar_and_paid_on_its_day(self):
        orders = [buy(0, 100), buy(1, 50), buy(2, -150)]
        ledger = told([10] * 5, orders, dividends="2:4:0.5")
        # 100 shares were held when bar 2 began; the 50 came at its close.
        assert ledger.cash[:, 0].tolist() == [1000, 0, -500, 1000, 1050]

    def test_a_dividend_without_a_day_is_never_paid(self):
        ledger = told([10] * 5, [buy(0, 100)], dividends="2:never:0.5")
        assert ledger.cash[-1, 0] == 0

    def test_over_a_missing_close_a_split_scales_the_price(self):
        ledger = told([10, 10, NAN, 5], [buy(0, 50)], splits="2:0.5")
        assert ledger.equity[:, 0].tolist() == [1000, 1000, 1000, 1000]


class TestBundles:
    def test_prices_are_thousandths_with_halves_to_the_even_one(self):
        ledger = told([10, 10.1235, 11.2345, 10.0005], [buy(n, 1) for n in range(3)],
                      route="bundle")  # fmt: skip
        assert fills(ledger) == [(1, 1, 10.124), (2, 1, 11.234), (3, 1, 10.0)]

    def test_what_comes_to_no_thousandth_is_no_price(self):
        assert fills(told([1, 0.0004, 1], [buy(0, 5)], route="bundle")) == [(2, 5, 1)]

    def test_volume_is_cut_to_whole_shares(self):
        assert fills(told([1, 1, 1], [buy(0, 5)], volume=19.9, route="bundle"))[0] == (1, 1, 1)
        assert fills(told([1, 1, 1], [buy(0, 5)], volume=20.5, route="bundle"))[0] == (1, 2, 1)

    def test_a_price_that_is_too_large_is_unsupported(self):
        with pytest.raises(Unsupported, match=r"4294967\.295"):
            told([5e6, 5e6], [buy(0, 5)], route="bundle")


@pytest.mark.parametrize(
    ("orders", "more", "reason"),
    [
        ([buy(0, 1e12)], {}, "too_many_shares"),
        ([buy(0, 1e308, unit="target_percent")], {"cash": 1e300}, "amount_not_finite"),
        ([buy(0, 5)], {"cash": 0.0}, "no_capital"),
        ([buy(0, 5)], {"basis_points": -1.0}, "slippage_out_of_bounds"),
        ([buy(0, 5)], {"volume_limit": 0.0}, "slippage_out_of_bounds"),
    ],
)
def test_what_zipline_does_not_take_stops_the_run(orders, more, reason):
    with pytest.raises(Refused) as refusal:
        told([10, 10], orders, **more)
    assert refusal.value.reason == reason


def test_a_value_without_a_price_stops_the_run():
    with pytest.raises(Refused) as refusal:
        told([NAN, 10], [buy(0, 5, unit="value")])
    assert refusal.value.reason == "no_price"


@pytest.mark.parametrize(
    ("orders", "more"),
    [
        ([{**buy(0, 5), "kind": "trailing_stop", "trail_percent": 0.1}], {}),
        ([buy(0, 5)], {"commission": 0.1, "fixed": 1.0}),
        ([buy(0, 5)], {"fixed": 1.0, "commission_model": "per_share"}),
        ([buy(0, 5)], {"slippage": 0.1, "slippage_model": "none"}),
        ([buy(0, -1e16)], {}),
    ],
)
def test_what_zipline_cannot_express_is_unsupported(orders, more):
    with pytest.raises(Unsupported):
        told([10, 10], orders, **more)

"""Small market stories of VectorBT Pro's model: entries, money, signals, exits.

The platform itself has confirmed none of them: they say what the model does, worked out by hand.
Bars are (open, high, low, close). Cash is 100 and sizes are units unless a story says otherwise.
"""

import math
from pathlib import Path
from types import MappingProxyType

import pytest
from one_symbol import request_of
from pro_told import FLAT, after_entry, bought, fills

from engine.execution.records import BadOption, Refused, Unsupported
from engine.execution.vectorbt_pro import run
from engine.execution.vectorbt_pro.options import OPEN_RULES

NAN = math.nan
FILES = ("stories", "stops")


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
    """Read off the two files of stories: the name of the rule, and each of its words."""
    here = Path(__file__).parent
    text = "".join((here / f"test_vectorbt_pro_{name}.py").read_text() for name in FILES)
    for name, option in OPEN_RULES.items():
        assert name in text
        for word in getattr(option, "words", ()):
            assert f'"{word}"' in text, (name, word)

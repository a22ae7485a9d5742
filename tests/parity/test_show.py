"""A close look: which bars, which rows, and enough digits to see what differs."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from parity import select, suite
from parity.check import check
from parity.known import KnownDivergences
from parity.outcome import Missing, Recorded
from parity.report.words import moment, tell, told_apart
from parity.show import view
from tests import fakes


def look(play, load=fakes.agrees, story=None):
    story = story or fakes.story()
    verdict = check(story, fakes.FAKE, Path(), known=KnownDivergences(), load=load, play=play)
    return view(story, fakes.FAKE, reference=load(), replay=play(), cause=verdict.first)


def test_the_look_is_at_the_first_diverging_bar():
    seen = look(fakes.one_tick_off)
    assert seen["focus"] == "2024-01-02T14:33:00+00:00"
    assert seen["cause"]["reference"] == 11.0
    assert seen["cause"]["replay"] == 11.01


def test_both_ledgers_stand_side_by_side():
    rows = look(fakes.one_tick_off)["ledgers"]["fills"]
    assert [row["class"] for row in rows] == ["equal", "price", "equal"]
    assert [(row["reference"]["price"], row["replay"]["price"]) for row in rows] == [
        (11.0, 11.0),
        (11.0, 11.01),
        (9.0, 9.0),
    ]


def test_a_row_that_one_side_lacks_has_an_empty_place():
    last = look(fakes.drops_last_trade)["ledgers"]["fills"][-1]
    assert last["class"] == "missing"
    assert last["reference"]["quantity"] == 2.0
    assert last["replay"] is None


def test_where_all_agree_the_look_is_at_the_first_fill():
    seen = look(fakes.agrees)
    assert seen["focus"] == "2024-01-02T14:31:00+00:00"
    assert seen["cause"] is None


def test_where_nothing_was_traded_the_look_is_at_the_first_bar():
    def idle(*_):
        return Recorded(fakes.book([], refused=False))

    assert look(idle, load=idle)["focus"] == "2024-01-02T14:30:00+00:00"


def test_a_missing_reference_makes_no_row_extra():
    def gone(*_):
        return Missing("reference", "never recorded")

    seen = look(fakes.agrees, load=gone)
    assert {row["class"] for row in seen["ledgers"]["fills"]} == {""}


def test_five_bars_on_each_side_are_enough():
    story = fakes.story()
    long = pl.concat(
        story.bars.with_columns(pl.col("timestamp") + timedelta(minutes=6 * lap))
        for lap in range(10)
    )
    seen = look(fakes.one_tick_off, story=fakes.story(bars=long))
    minutes = [bar["timestamp"][14:16] for bar in seen["bars"]]
    assert minutes == [f"{minute}" for minute in range(30, 41)]
    later = view(
        fakes.story(bars=long.slice(20)),
        fakes.FAKE,
        reference=Recorded(fakes.book([fakes.Fill(40, 1.0, 10.0)], refused=False)),
        replay=Missing("tables", ""),
        cause=None,
    )
    assert [bar["timestamp"][11:16] for bar in later["bars"]][0::5] == ["15:05", "15:10", "15:15"]


def test_values_that_look_alike_get_all_their_digits():
    assert told_apart(0.1 + 0.2, 0.3) == ("0.30000000000000004", "0.3")
    assert told_apart(11.0, 11.01) == ("11", "11.01")
    assert told_apart(1 / 3, 1 / 3) == ("0.33333333", "0.33333333")


def test_a_row_reads_as_a_phrase():
    fill = {"quantity": -2.0, "price": 11.0, "commission": 0.22}
    assert tell("fills", fill) == "-2 @ 11 fee 0.22"
    assert tell("fills", fill | {"quantity": 2.0, "commission": 0.0}) == "+2 @ 11"
    order = {"quantity": 2.0, "price": 10.0, "status": "rejected", "reason": "no_cash_long"}
    assert tell("orders", order) == "+2 @ 10 rejected no_cash_long"
    assert tell("orders", None) == ""


def test_times_leave_out_what_they_share():
    assert moment("2024-01-02T14:33:00+00:00") == "2024-01-02 14:33"
    assert moment("2024-01-02T14:33:07.250000+00:00") == "2024-01-02 14:33:07.250000"
    assert moment(None) == ""


def test_a_misspelt_selection_names_close_ones():
    with pytest.raises(select.ScenarioError, match=r"no scenario matches 'trigers'; .* triggers"):
        select.choose("trigers")


def test_one_scenario_is_meant_by_its_name_or_by_what_only_it_matches():
    assert select.choose_one("base/003_stop_orders").name == "003_stop_orders"
    assert select.choose_one("003_stop").name == "003_stop_orders"
    with pytest.raises(select.ScenarioError, match=r"'gap' matches \d+ scenarios \("):
        select.choose_one("gap")


def test_a_platform_that_a_scenario_does_not_ask_is_bad_input(monkeypatch):
    monkeypatch.setattr(suite, "choose_one", lambda _name: fakes.story())
    with pytest.raises(suite.InputError, match="six_bars is not played on vectorbt"):
        suite.show_scenario("six_bars", "vectorbt")

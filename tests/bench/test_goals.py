"""A goal stands beside its figure, and a missed one is an exit code."""

import math
from io import StringIO

import pytest
from rich.console import Console

from parity.bench.goals import Figure, at_least, at_most, draw_report, report_of, spell

FAST = Figure("race", "times as fast", 412.0, "x", at_least(300), "ours")
SLOW = Figure("race", "times as fast", 299.9, "x", at_least(300), "ours")
LARGE = Figure("race", "peak memory", 1.51, "GB", at_most(1.5), "ours")
FREE = Figure("race", "fills", 34_295, side="theirs")


def test_all_goals_met_is_exit_code_0():
    document = report_of("race", [FAST, FREE])
    assert document["exit_code"] == 0
    assert document["missed"] == []


@pytest.mark.parametrize("figure", [SLOW, LARGE])
def test_one_missed_goal_is_exit_code_1_and_named(figure):
    document = report_of("race", [FAST, figure])
    assert document["exit_code"] == 1
    assert document["missed"] == [f"race, ours, {figure.name}"]


def test_a_goal_is_met_at_its_bound_and_never_by_nan():
    assert at_least(300).met_by(300)
    assert at_most(1.5).met_by(1.5)
    assert not at_least(300).met_by(math.nan)
    assert not at_most(1.5).met_by(math.nan)


def test_the_goal_is_printed_beside_its_figure():
    console = Console(width=100, record=True, file=StringIO())
    console.print(*draw_report(report_of("race", [FAST, LARGE, FREE], told=["ten bars"])))
    text = console.export_text()
    assert "412 x (goal >= 300, met)" in text
    assert "1.51 GB (goal <= 1.5, missed)" in text
    assert "34,295" in text
    assert "1 goals missed: race, ours, peak memory" in text
    assert text.startswith("ten bars")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.28, "ns", "0.28 ns"),
        (25_100.4, "ms", "25,100 ms"),
        (1_112_627, "", "1,112,627"),
        ("ed9b927d283c", "", "ed9b927d283c"),
        (61.25, "ms", "61.2 ms"),
    ],
)
def test_numbers_read_as_people_write_them(value, unit, text):
    assert spell(value, unit) == text

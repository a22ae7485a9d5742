"""Every option of zipline's model has a stored story that changes when the option flips."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from engine import PlatformRefusal, UnsupportedScript, simulate
from engine.execution.zipline import OPTIONS
from scenarios import Scenario
from scenarios.load import load_library

# Of each option the values it is flipped to; a story that has the value already proves nothing.
FLIPS: dict[str, list[Any]] = {
    "route": ["bundle"],
    "slippage_model": ["fixed_basis_points", "volume_share", "fixed", "none"],
    "basis_points": [0.0, 50.0],
    "volume_limit": [0.05, 0.5],
    "price_impact": [0.0, 1.0],
    "spread": [0.0, 1.0],
    "commission_model": ["per_share", "per_trade", "per_dollar", "none"],
    "commission_cost": [0.0, 2.0],
    "min_trade_cost": [0.0, 9.0],
    "cancel_policy": ["never", "end_of_day"],
    "splits": ["", "1:0.25"],
    "dividends": ["", "1:2:0.75"],
    "delisting": ["", "2:3"],
    "data_frequency": ["daily", "minute"],
    "calendar": ["XNYS", "24/7"],
}


@functools.cache
def stories() -> list[Scenario]:
    return [story for story in load_library() if "zipline" in story.platforms]


def outcome(story: Scenario, options: dict[str, Any]) -> Any:
    """Fills and cash as text, or why there are none."""
    try:
        result = simulate(
            story.bars,
            story.script,
            "zipline",
            account=story.account,
            symbols=story.symbols,
            options=options,
        )
    except (PlatformRefusal, UnsupportedScript) as answer:
        return answer.reason
    fills = result.fills.select("timestamp", "symbol", "quantity", "price", "commission")
    return fills.rows(), result.equity.select(pl.col("cash")).rows()


@functools.cache
def told(position: int) -> Any:
    story = stories()[position]
    return outcome(story, dict(story.options.get("zipline", {})))


def test_every_option_is_flipped() -> None:
    assert set(FLIPS) == set(OPTIONS)


@pytest.mark.parametrize(
    ("option", "value"), [(option, value) for option, values in FLIPS.items() for value in values]
)
def test_each_value_matters_in_some_recorded_story(option: str, value: Any) -> None:
    def moves(position: int, story: Scenario) -> bool:
        options = {**story.options.get("zipline", {}), option: value}
        before = told(position)
        return not isinstance(before, str) and outcome(story, options) != before

    assert any(moves(position, story) for position, story in enumerate(stories())), (
        f"no stored story changes when {option} becomes {value!r}"
    )


@pytest.mark.parametrize(("option", "value"), [("data_frequency", "daily"), ("calendar", "24/7")])
def test_the_clock_matters_where_both_clocks_can_be_played(option: str, value: str) -> None:
    """Most bars are minutes of one calendar only; that the other refuses them proves little."""
    both = [
        (before, flipped)
        for position, story in enumerate(stories())
        if not isinstance(before := told(position), str)
        and not isinstance(
            flipped := outcome(story, {**story.options.get("zipline", {}), option: value}), str
        )
    ]
    assert any(before != flipped for before, flipped in both)


@pytest.mark.parametrize(
    ("option", "value"),
    [("slippage_model", word) for word in ("volume_share", "fixed", "none")]
    + [("commission_model", word) for word in ("per_share", "per_trade", "per_dollar", "none")]
    + [("cancel_policy", "end_of_day")],
)
def test_each_word_is_recorded(option: str, value: str) -> None:
    """A word that no reference was recorded under would be proven by nothing."""
    assert any(story.options.get("zipline", {}).get(option) == value for story in stories())


def test_taking_an_option_away_moves_the_story_that_has_it() -> None:
    for option in FLIPS:
        having = [
            (position, story)
            for position, story in enumerate(stories())
            if option in story.options.get("zipline", {})
        ]
        without = [
            (position, replace(story, options={"zipline": _less(story, option)}))
            for position, story in having
        ]
        if option != "route":
            assert any(
                outcome(story, dict(story.options["zipline"])) != told(position)
                for position, story in without
            ), f"no story needs its {option}"


def _less(story: Scenario, option: str) -> dict[str, Any]:
    return {name: value for name, value in story.options["zipline"].items() if name != option}

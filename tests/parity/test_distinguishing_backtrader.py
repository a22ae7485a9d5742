"""Every choice of backtrader's user has a story whose fills move when it flips."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from engine import PlatformRefusal, UnsupportedScript, simulate
from engine.errors import TruefillError
from engine.execution.backtrader import DEFAULTS, OPTIONS
from engine.execution.backtrader.options import Choice, Flag
from scenarios import Scenario
from scenarios.load import load_library

SMALL = 60

CHOICES: dict[str, list[Any]] = {
    name: list(option.words) if isinstance(option, Choice) else [False, True]
    for name, option in OPTIONS.items()
    if isinstance(option, Choice | Flag) and name != "idiom"
}
NUMBERS: dict[str, list[float]] = {
    "slip_perc": [0.0, 0.02],
    "slip_fixed": [0.0, 0.25],
    "filler_size": [0.0, 2.0],
    "filler_perc": [100.0, 12.0],
    "filler_minmov": [0.0, 0.25],
    "sizer_stake": [1.0, 4.0],
    "sizer_percents": [20.0, 60.0],
    "commission": [0.0, 0.05],
    "margin": [0.0, 3000.0],
    "mult": [1.0, 4.0],
    "leverage": [1.0, 3.0],
    "automargin": [0.0, 30.0],
}


@functools.cache
def stories() -> list[Scenario]:
    return [
        scenario
        for scenario in load_library()
        if "backtrader" in scenario.platforms and scenario.bars.height <= SMALL
    ]


def outcome(scenario: Scenario) -> Any:
    """The fills, or why there are none."""
    try:
        fills = simulate(
            scenario.bars,
            scenario.script,
            "backtrader",
            account=scenario.account,
            symbols=scenario.symbols,
            options=scenario.options.get("backtrader", {}),
        ).fills
    except (PlatformRefusal, UnsupportedScript) as answer:
        return getattr(answer, "reason", "")
    return fills.select("timestamp", "symbol", "quantity", "price", "commission")


@functools.cache
def told(position: int) -> Any:
    return outcome(stories()[position])


def with_option(scenario: Scenario, name: str, value: Any) -> Scenario:
    options = {**scenario.options.get("backtrader", {}), name: value}
    return replace(scenario, options={**scenario.options, "backtrader": options})


def moves(position: int, name: str, value: Any) -> bool:
    try:
        after = outcome(with_option(stories()[position], name, value))
    except TruefillError:
        return False  # the value does not go with this story; it proves nothing
    before = told(position)
    if isinstance(before, pl.DataFrame) and isinstance(after, pl.DataFrame):
        return not before.equals(after)
    return type(before) is not type(after) or bool(before != after)


def test_every_option_is_looked_at() -> None:
    assert {*CHOICES, *NUMBERS, "idiom"} == set(OPTIONS)


@pytest.mark.parametrize(
    ("option", "value"), [(option, value) for option, values in CHOICES.items() for value in values]
)
def test_each_value_of_a_choice_matters_somewhere(option: str, value: Any) -> None:
    """A story that has the value gives other fills with another one."""
    others = [other for other in CHOICES[option] if other != value]
    asked = [
        position
        for position, scenario in enumerate(stories())
        if scenario.options.get("backtrader", {}).get(option, DEFAULTS[option]) == value
    ]
    assert any(moves(position, option, other) for position in asked for other in others), (
        f"no stored scenario has {option}={value!r} and changes when it flips"
    )


@pytest.mark.parametrize(
    ("option", "value"), [(option, value) for option, values in NUMBERS.items() for value in values]
)
def test_each_number_matters_somewhere(option: str, value: float) -> None:
    assert any(moves(position, option, value) for position in range(len(stories()))), (
        f"no stored scenario changes when {option} becomes {value}"
    )


def test_the_idiom_matters_somewhere() -> None:
    """It is not an option of a story but the way under which it is recorded."""
    assert any(moves(position, "idiom", "bracket") for position in range(len(stories())))

"""Every choice has a distinguishing case: some stored scenario changes when the option flips.

An option that could take another value in every stored scenario without any fill moving would be a
rule that nothing proves.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from engine import PlatformRefusal, UnsupportedScript, simulate
from engine.errors import TruefillError
from scenarios import Scenario
from scenarios.load import load_library

SMALL = 400

CHOICES: dict[str, list[Any]] = {
    "direction": ["longonly", "shortonly", "both"],
    "size_type": ["amount", "value", "percent"],
    "lock_cash": [False, True],
    "allow_partial": [False, True],
    "raise_reject": [False, True],
    "accumulate": ["disabled", "both", "addonly", "removeonly"],
    "upon_long_conflict": ["ignore", "entry", "exit", "adjacent", "opposite"],
    "upon_short_conflict": ["ignore", "entry", "exit", "adjacent", "opposite"],
    "upon_dir_conflict": ["ignore", "long", "short", "adjacent", "opposite"],
    "upon_opposite_entry": ["ignore", "close", "closereduce", "reverse", "reversereduce"],
    "stop_entry_price": ["valprice", "price", "fillprice", "close"],
    "stop_exit_price": ["stoplimit", "stopmarket", "price", "close"],
    "upon_stop_exit": ["close", "closereduce", "reverse", "reversereduce"],
    "upon_stop_update": ["keep", "override", "overridenan"],
    "cash_sharing": [False, True],
    "call_seq": ["default", "reversed", "auto"],
    "ffill_val_price": [False, True],
    "update_value": [False, True],
}
NUMBERS: dict[str, list[float]] = {
    "fees": [0.0, 0.01],
    "fixed_fees": [0.0, 0.7],
    "slippage": [0.0, 0.01],
    "min_size": [1e-8, 3.0],
    "max_size": [float("inf"), 1.0],
    "size_granularity": [float("nan"), 0.4],
    "val_price": [float("inf"), float("-inf")],
    "init_cash": [100.0, 37.0],
}
DEFAULTS = {
    "size_type": "amount",
    "lock_cash": False,
    "allow_partial": True,
    "raise_reject": False,
    "accumulate": "disabled",
    "upon_long_conflict": "ignore",
    "upon_short_conflict": "ignore",
    "upon_dir_conflict": "ignore",
    "upon_opposite_entry": "reversereduce",
    "stop_entry_price": "close",
    "stop_exit_price": "stoplimit",
    "upon_stop_exit": "close",
    "upon_stop_update": "override",
    "cash_sharing": False,
    "call_seq": "default",
    "ffill_val_price": True,
    "update_value": False,
    "engine": "numba",
}


@functools.cache
def stories() -> list[Scenario]:
    return [
        scenario
        for scenario in load_library()
        if "vectorbt" in scenario.platforms
        and scenario.bars.height <= SMALL
        and scenario.script.kind == "signals"
    ]


def outcome(scenario: Scenario) -> Any:
    """The fills, or why there are none."""
    try:
        fills = simulate(
            scenario.bars,
            scenario.script,
            "vectorbt",
            account=scenario.account,
            symbols=scenario.symbols,
            options=scenario.options.get("vectorbt", {}),
        ).fills
    except (PlatformRefusal, UnsupportedScript) as answer:
        return getattr(answer, "reason", "")
    return fills.select("timestamp", "symbol", "quantity", "price", "commission")


def flipped(scenario: Scenario, option: str, old: Any, new: Any) -> Scenario | None:
    """The scenario with ``new`` wherever the option was ``old``; None if it never was."""
    options = dict(scenario.options.get("vectorbt", {}))
    given = options.get(option, DEFAULTS.get(option))
    column = f"vectorbt.{option}"
    if column in scenario.script.frame.columns:
        cells = scenario.script.frame[column]
        text = pl.lit(new, dtype=cells.dtype)
        frame = scenario.script.frame.with_columns(
            pl.when(pl.col(column) == old).then(text).otherwise(column).alias(column)
        )
        if frame.equals(scenario.script.frame):
            return None
        return replace(scenario, script=replace(scenario.script, frame=frame))
    if isinstance(given, list):
        if old not in given:
            return None
        options[option] = [new if item == old else item for item in given]
    elif given != old:
        return None
    else:
        options[option] = new
    return replace(scenario, options={**scenario.options, "vectorbt": options})


@functools.cache
def told(position: int) -> Any:
    return outcome(stories()[position])


def same(left: Any, right: Any) -> bool:
    if isinstance(left, pl.DataFrame) and isinstance(right, pl.DataFrame):
        return left.equals(right)
    return type(left) is type(right) and bool(left == right)


def moves(position: int, changed: Scenario | None) -> bool:
    if changed is None:
        return False
    try:
        return not same(told(position), outcome(changed))
    except TruefillError:
        return False  # the flipped option does not go with this scenario; it proves nothing


@pytest.mark.parametrize(
    ("option", "value"), [(option, value) for option, values in CHOICES.items() for value in values]
)
def test_each_value_of_a_choice_matters_somewhere(option: str, value: Any) -> None:
    others = [other for other in CHOICES[option] if other != value]
    assert any(
        moves(position, flipped(scenario, option, value, other))
        for position, scenario in enumerate(stories())
        for other in others
    ), f"no stored scenario has {option}={value!r} and changes when it flips"


@pytest.mark.parametrize(
    ("option", "value"), [(option, value) for option, values in NUMBERS.items() for value in values]
)
def test_each_number_matters_somewhere(option: str, value: float) -> None:
    def with_number(scenario: Scenario) -> Scenario:
        options = {**scenario.options.get("vectorbt", {}), option: value}
        return replace(scenario, options={**scenario.options, "vectorbt": options})

    assert any(
        moves(position, with_number(scenario)) for position, scenario in enumerate(stories())
    ), f"no stored scenario changes when {option} becomes {value}"


def test_each_idiom_matters_somewhere() -> None:
    """The engine is not an option of a scenario but the idiom under which it is recorded."""
    assert any(
        moves(position, flipped(scenario, "engine", "numba", "rust"))
        for position, scenario in enumerate(stories())
        if "rust" in scenario.platforms["vectorbt"]
    )

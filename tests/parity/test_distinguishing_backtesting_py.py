"""Every option of backtesting.py has a distinguishing case among the stored scenarios."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import pytest

from engine import PlatformRefusal, UnsupportedScript, simulate
from engine.execution.backtesting_py import DEFAULTS
from scenarios import Scenario
from scenarios.load import load_library

FLAGS = ["trade_on_close", "hedging", "exclusive_orders", "finalize_trades"]
NUMBERS = {"spread": [0.0, 0.01], "margin": [0.1, 0.5]}
COSTS = {"commission": [0.0, 0.01], "fixed": [0.0, 3.0], "slippage": [0.0, 0.01]}
SMALL = 400


@functools.cache
def stories() -> list[Scenario]:
    return [
        scenario
        for scenario in load_library()
        if "backtesting_py" in scenario.platforms and scenario.bars.height <= SMALL
    ]


def outcome(scenario: Scenario) -> Any:
    """The fills as plain rows, or why there are none."""
    try:
        fills = simulate(
            scenario.bars,
            scenario.script,
            "backtesting_py",
            account=scenario.account,
            symbols=scenario.symbols,
            options=scenario.options.get("backtesting_py", {}),
        ).fills
    except (PlatformRefusal, UnsupportedScript) as answer:
        return answer.reason
    return fills.select("timestamp", "quantity", "price", "commission").rows()


@functools.cache
def told(position: int) -> Any:
    return outcome(stories()[position])


def with_option(scenario: Scenario, option: str, value: Any) -> Scenario:
    options = {**scenario.options.get("backtesting_py", {}), option: value}
    return replace(scenario, options={**scenario.options, "backtesting_py": options})


def test_the_options_are_these() -> None:
    assert set(DEFAULTS) == {*FLAGS, *NUMBERS}


@pytest.mark.parametrize("option", FLAGS)
@pytest.mark.parametrize("value", [False, True])
def test_each_value_of_a_flag_matters_somewhere(option: str, value: bool) -> None:
    assert any(
        told(position) != outcome(with_option(scenario, option, not value))
        for position, scenario in enumerate(stories())
        if scenario.options.get("backtesting_py", {}).get(option, False) is value
    ), f"no stored scenario has {option}={value} and changes when it flips"


@pytest.mark.parametrize(
    ("option", "value"), [(option, value) for option, values in NUMBERS.items() for value in values]
)
def test_each_number_matters_somewhere(option: str, value: float) -> None:
    assert any(
        told(position) != outcome(with_option(scenario, option, value))
        for position, scenario in enumerate(stories())
    ), f"no stored scenario changes when {option} becomes {value}"


@pytest.mark.parametrize(
    ("cost", "value"), [(cost, value) for cost, values in COSTS.items() for value in values]
)
def test_each_cost_matters_somewhere(cost: str, value: float) -> None:
    assert any(
        told(position)
        != outcome(replace(scenario, account=replace(scenario.account, **{cost: value})))
        for position, scenario in enumerate(stories())
    ), f"no stored scenario changes when {cost} becomes {value}"

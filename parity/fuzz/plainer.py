"""Edits that take settings back to their defaults, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl

from engine.schema import SIGNAL_VALUES
from engine.script import Account
from parity.fuzz.fewer import MOST_PARTS, Edit
from scenarios import Scenario

FLAGS = ("entry", "exit", "short_entry", "short_exit")
COSTS = ("cash", "commission", "fixed", "slippage")
PLAIN = Account()


def plainer_script(scenario: Scenario) -> Iterator[Edit]:
    """Without a default, a column of values, a kind of signal, or one signal."""
    frame = scenario.script.frame
    for name in scenario.script.defaults:
        yield partial(_no_default, name=name)
    for name in frame.columns:
        if is_value(name):
            yield partial(_no_column, name=name)
        if name in FLAGS and frame[name].any():
            yield partial(_no_flag, name=name, key=None)
            places = frame.filter(pl.col(name)).select("timestamp", "symbol").rows()
            if len(places) <= MOST_PARTS:
                yield from (partial(_no_flag, name=name, key=key) for key in places)


def plainer_account(scenario: Scenario) -> Iterator[Edit]:
    """The usual cash, no costs."""
    for name in COSTS:
        yield partial(_plain_cost, name=name)


def plainer_options(scenario: Scenario) -> Iterator[Edit]:
    """Without an option, or with one value of it for all symbols."""
    for platform, options in scenario.options.items():
        for name, value in options.items():
            yield partial(_with_option, platform=platform, name=name, value=None)
            if isinstance(value, list):
                values: list[Any] = [*value]
                for first in {str(item): item for item in values}.values():
                    yield partial(_with_option, platform=platform, name=name, value=first)


def settings_of(scenario: Scenario) -> int:
    """How many settings are not at their defaults; a list counts twice."""
    given = [value for options in scenario.options.values() for value in options.values()]
    costs = sum(bool(getattr(scenario.account, n) != getattr(PLAIN, n)) for n in COSTS)
    lists = sum(isinstance(value, list) for value in given)
    columns = sum(is_value(name) for name in scenario.script.frame.columns)
    return len(given) + lists + costs + len(scenario.script.defaults) + columns


def signals_of(scenario: Scenario) -> int:
    """How many signals are true."""
    frame = scenario.script.frame
    return sum(int(frame[flag].sum()) for flag in FLAGS if flag in frame.columns)


def is_value(name: str) -> bool:
    """A column of a script that may be left out."""
    return name in SIGNAL_VALUES or "." in name


def _no_default(scenario: Scenario, *, name: str) -> Scenario:
    kept = {key: value for key, value in scenario.script.defaults.items() if key != name}
    return replace(scenario, script=replace(scenario.script, defaults=kept))


def _no_column(scenario: Scenario, *, name: str) -> Scenario:
    rows = scenario.script.frame.drop(name, strict=False)
    return replace(scenario, script=replace(scenario.script, frame=rows))


def _no_flag(scenario: Scenario, *, name: str, key: tuple[Any, ...] | None) -> Scenario:
    here = pl.lit(value=True)
    if key is not None:
        here = (pl.col("timestamp") == key[0]) & (pl.col("symbol") == key[1])
    rows = scenario.script.frame.with_columns((pl.col(name) & ~here).alias(name))
    return replace(scenario, script=replace(scenario.script, frame=rows))


def _plain_cost(scenario: Scenario, *, name: str) -> Scenario:
    return replace(scenario, account=replace(scenario.account, **{name: getattr(PLAIN, name)}))


def _with_option(scenario: Scenario, *, platform: str, name: str, value: Any) -> Scenario:
    """The option set anew, or left out for None; one that is gone already stays gone."""
    options = dict(scenario.options.get(platform, {}))
    if name not in options:
        return scenario
    options.pop(name)
    if value is not None:
        options[name] = value
    return replace(scenario, options={**scenario.options, platform: options})

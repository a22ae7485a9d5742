"""Edits that leave bars and settings alone but make their numbers easy to check by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any

import polars as pl

from parity.fuzz.fewer import Edit
from scenarios import Scenario

PRICES = ("open", "high", "low", "close")


def rounder(scenario: Scenario) -> Iterator[Edit]:
    """Fewer digits, flat bars, bars that repeat the one before them."""
    yield _no_volume
    for digits in (1, 2, 3, 5):
        for edit in (_round_bars, _round_script, _round_options):
            yield partial(edit, digits=digits)
    yield _flat_bars
    clock = scenario.bars["timestamp"].unique().sort().to_list()
    yield from (partial(_quiet_bar, before=a, time=b) for a, b in pairwise(clock))


def digits_of(scenario: Scenario) -> int:
    """The digits of all numbers, written as short as can be."""
    rows = scenario.script.frame
    columns = [scenario.bars[name] for name in (*PRICES, "volume")]
    columns += [rows[name] for name, dtype in rows.schema.items() if dtype == pl.Float64()]
    numbers = [value for column in columns for value in column.drop_nulls().to_list()]
    settings: list[Any] = [*scenario.script.defaults.values()]
    settings += [value for options in scenario.options.values() for value in options.values()]
    numbers += [item for value in settings for item in _floats(value)]
    return sum(
        len(f"{value:.17g}") if value != round_to(value, 6) else len(f"{value:g}")
        for value in numbers
    )


def round_to(value: float, digits: int) -> float:
    """A number of so many significant digits; what is not finite stays."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else value


def _floats(value: Any) -> list[float]:
    return [item for item in (value if isinstance(value, list) else [value]) if type(item) is float]


def _no_volume(scenario: Scenario) -> Scenario:
    return replace(scenario, bars=scenario.bars.with_columns(volume=pl.lit(0.0)))


def _round_bars(scenario: Scenario, *, digits: int) -> Scenario:
    return replace(scenario, bars=_rounded(scenario.bars, list(PRICES), digits))


def _round_script(scenario: Scenario, *, digits: int) -> Scenario:
    frame, defaults = scenario.script.frame, scenario.script.defaults
    names = [name for name, dtype in frame.schema.items() if dtype == pl.Float64()]
    rounded = {name: _round_value(value, digits) for name, value in defaults.items()}
    rows = _rounded(frame, names, digits)
    return replace(scenario, script=replace(scenario.script, frame=rows, defaults=rounded))


def _round_options(scenario: Scenario, *, digits: int) -> Scenario:
    options = {
        platform: {name: _round_value(value, digits) for name, value in given.items()}
        for platform, given in scenario.options.items()
    }
    return replace(scenario, options=options)


def _rounded(frame: pl.DataFrame, names: list[str], digits: int) -> pl.DataFrame:
    return frame.with_columns(
        pl.Series(name, [_round_value(v, digits) for v in frame[name].to_list()], pl.Float64())
        for name in names
    )


def _round_value(value: Any, digits: int) -> Any:
    if isinstance(value, list):
        return [_round_value(item, digits) for item in value]
    return round_to(value, digits) if type(value) is float else value


def _flat_bars(scenario: Scenario) -> Scenario:
    """Every bar is its close."""
    close = pl.col("close")
    return replace(scenario, bars=scenario.bars.with_columns(open=close, high=close, low=close))


def _quiet_bar(scenario: Scenario, *, before: datetime, time: datetime) -> Scenario:
    """A bar has the prices of the one before it."""
    bars = scenario.bars
    earlier = bars.filter(pl.col("timestamp") == before).with_columns(
        pl.lit(time, dtype=bars.schema["timestamp"]).alias("timestamp")
    )
    return replace(scenario, bars=bars.update(earlier, on=["timestamp", "symbol"], how="left"))

"""Edits that leave out symbols, bars and rows of the script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl

from scenarios import Scenario

Edit = Callable[[Scenario], Scenario]

# Parts smaller than this share are tried in later rounds, when less is left.
MOST_PARTS = 24


def fewer_symbols(scenario: Scenario) -> Iterator[Edit]:
    """One symbol less."""
    for symbol in scenario.symbols:
        yield partial(without_symbol, symbol=symbol)


def fewer_bars(scenario: Scenario) -> Iterator[Edit]:
    """Without halves, quarters and so on of the bars."""
    clock = scenario.bars["timestamp"].unique().sort().to_list()
    for part in parts(clock):
        yield partial(without_bars, times=frozenset(part))


def fewer_rows(scenario: Scenario) -> Iterator[Edit]:
    """Without halves, quarters and so on of the script's rows."""
    for part in parts(_keys(scenario)):
        yield partial(without_rows, gone=frozenset(part))


def parts(items: list[Any]) -> Iterator[list[Any]]:
    """Halves, quarters and so on, down to single items while there are not too many."""
    size = len(items) // 2
    while size >= 1 and len(items) / size <= MOST_PARTS:
        yield from (items[at : at + size] for at in range(0, len(items), size))
        size //= 2


def without_symbol(scenario: Scenario, *, symbol: str) -> Scenario:
    """The other symbols, each with its own options."""
    if symbol not in scenario.symbols or len(scenario.symbols) == 1:
        return scenario
    place, width = scenario.symbols.index(symbol), len(scenario.symbols)
    rows = scenario.script.frame.filter(pl.col("symbol") != symbol)
    return replace(
        scenario,
        symbols=tuple(name for name in scenario.symbols if name != symbol),
        bars=scenario.bars.filter(pl.col("symbol") != symbol),
        script=replace(scenario.script, frame=rows),
        options={
            platform: {name: _cut(value, place, width) for name, value in options.items()}
            for platform, options in scenario.options.items()
        },
    )


def _cut(value: Any, place: int, width: int) -> Any:
    """A list per symbol loses its place; one per account, whose count may stay, loses none."""
    if not isinstance(value, list) or len(value) != width:
        return value
    return value[:place] + value[place + 1 :]


def without_bars(scenario: Scenario, *, times: frozenset[datetime]) -> Scenario:
    """The other bars and the rows of the script on them; every symbol keeps a bar."""
    gone = pl.col("timestamp").is_in(list(times))
    bars = scenario.bars.filter(~gone)
    if set(bars["symbol"]) != set(scenario.symbols):
        return scenario
    return _with_rows(replace(scenario, bars=bars), scenario.script.frame.filter(~gone))


def without_rows(scenario: Scenario, *, gone: frozenset[Any]) -> Scenario:
    """The other rows of the script."""
    stay = pl.Series([key not in gone for key in _keys(scenario)], dtype=pl.Boolean())
    return _with_rows(scenario, scenario.script.frame.filter(stay))


def _keys(scenario: Scenario) -> list[Any]:
    """What names a row of the script, also after others are gone."""
    rows = scenario.script.frame
    names = ("order_id",) if scenario.script.kind == "orders" else ("timestamp", "symbol")
    return list(zip(*(rows[name] for name in names), strict=True))


def _with_rows(scenario: Scenario, rows: pl.DataFrame) -> Scenario:
    """A tape loses the children of an order it lost."""
    if scenario.script.kind == "orders":
        parent = pl.col("parent_id")
        rows = rows.filter(parent.is_null() | parent.is_in(rows["order_id"].to_list()))
    return replace(scenario, script=replace(scenario.script, frame=rows))

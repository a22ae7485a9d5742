"""The features a scenario exercises, and how often each pair of them meets in one story."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl

from engine.errors import ScenarioError
from scenarios.scenario import Scenario
from scenarios.toml import only, read_toml, take, typed

PRICES = ("open", "high", "low", "close")
REASONS = Path(__file__).parent / "pairs.toml"

# What a story shows only when it is played; its author says so, and nothing else is said by hand.
DECLARED = {
    "both_stops": "a stop and a target are reached inside one bar",
    "entry_bar_stop": "the entry bar itself reaches the stop or the target",
    "gap": "the open jumps over a stop or a target",
    "re_entry": "a position is opened again on the bar of its exit or on the next one",
    "reversal": "one order turns a long position into a short one, or back",
    "tight_cash": "an order asks for more than the cash can pay",
}


def features_of(scenario: Scenario, declared: list[Any], *, stored: bool) -> Scenario:
    """The scenario with its features: those its data shows, and those its author declares."""
    words = set(typed(declared, list, f"{scenario.source}: features"))
    unknown = sorted(str(word) for word in words if word not in DECLARED)
    if unknown:
        raise ScenarioError(
            f"{scenario.source}: features {unknown} cannot be declared; what can is "
            f"{sorted(DECLARED)}, the rest is read from the data"
        )
    shown = {word for word, (_, test) in DERIVED.items() if test(scenario)}
    if stored:
        shown.add("real_bars")
    return replace(scenario, features=tuple(sorted(words | shown)))


def _flag(*names: str) -> Callable[[Scenario], bool]:
    def test(scenario: Scenario) -> bool:
        frame = scenario.script.frame
        return any(name in frame.columns and bool(frame[name].any()) for name in names)

    return test


def _value(name: str) -> Callable[[Scenario], bool]:
    """The script gives this value somewhere, as a cell or as its default."""
    return lambda scenario: any(item == item for item in _values(scenario, name))


def _values(scenario: Scenario, name: str) -> list[Any]:
    frame = scenario.script.frame
    cells = frame[name].drop_nulls().unique().to_list() if name in frame.columns else []
    default = scenario.script.defaults.get(name)
    return cells if default is None else [*cells, default]


def _options(scenario: Scenario, name: str) -> list[Any]:
    """Every value an option takes: per run, per symbol or per bar, on any platform."""
    found: list[Any] = []
    for options in scenario.options.values():
        given = options.get(name, [])
        found += given if isinstance(given, list) else [given]
    for column in scenario.script.frame.columns:
        if column.endswith(f".{name}"):
            found += _values(scenario, column)
    return found


def _option(name: str, *usual: Any) -> Callable[[Scenario], bool]:
    """An option takes a value that is not the usual one."""
    return lambda scenario: any(value not in usual for value in _options(scenario, name))


def _word(name: str, word: str) -> Callable[[Scenario], bool]:
    return lambda scenario: word in _options(scenario, name)


def _child(kind: str) -> Callable[[Scenario], bool]:
    """A tape has an order of this kind that waits for its parent's fill."""

    def test(scenario: Scenario) -> bool:
        if scenario.script.kind == "signals":
            return False
        orders = scenario.script.frame
        return kind in orders.filter(pl.col("parent_id").is_not_null())["kind"].to_list()

    return test


def _either(*tests: Callable[[Scenario], bool]) -> Callable[[Scenario], bool]:
    return lambda scenario: any(test(scenario) for test in tests)


def _cost(scenario: Scenario) -> bool:
    account = scenario.account
    charged = [account.commission, account.fixed]
    charged += _options(scenario, "fees") + _options(scenario, "fixed_fees")
    return any(value != 0 for value in charged)


def _slippage(scenario: Scenario) -> bool:
    return any(value != 0 for value in [scenario.account.slippage, *_options(scenario, "slippage")])


def _short(scenario: Scenario) -> bool:
    if scenario.script.kind == "orders":
        market = scenario.script.frame.filter(pl.col("parent_id").is_null())
        held = market.select(pl.col("quantity").cum_sum().over("symbol"))
        return bool((held["quantity"] < 0).any())
    directions = set(_options(scenario, "direction"))
    return _flag("short_entry")(scenario) or bool(directions & {"both", "shortonly"})


def _conflict(scenario: Scenario) -> bool:
    """Two signals of one bar that cannot both be followed."""
    frame = scenario.script.frame
    if scenario.script.kind == "orders":
        return False
    sides = pl.col("entry") & (pl.col("exit") | pl.col("short_entry"))
    return not frame.filter(sides | (pl.col("short_entry") & pl.col("short_exit"))).is_empty()


def _nan_price(scenario: Scenario) -> bool:
    holes = scenario.bars.select(pl.any_horizontal(pl.col(PRICES).is_nan()).any()).item()
    return bool(holes) or any(value != value for value in _values(scenario, "price"))


def _missing_bar(scenario: Scenario) -> bool:
    bars = scenario.bars
    return bars.height < bars["timestamp"].n_unique() * len(scenario.symbols)


def _custom_price(scenario: Scenario) -> bool:
    prices = _values(scenario, "price")
    return any(isinstance(value, float) and not math.isinf(value) for value in prices)


def _open_price(scenario: Scenario) -> bool:
    """A tape's market orders fill at the next bar's open."""
    prices = _values(scenario, "price")
    return _tape(scenario) or any(value in ("open", -math.inf) for value in prices)


def _cash_sharing(scenario: Scenario) -> bool:
    """A tape plays several symbols from one account."""
    tape_of_several = _tape(scenario) and len(scenario.symbols) > 1
    return tape_of_several or _option("cash_sharing", False)(scenario)


def _tape(scenario: Scenario) -> bool:
    return scenario.script.kind == "orders"


DERIVED: dict[str, tuple[str, Callable[[Scenario], bool]]] = {
    "accumulate": ("positions grow or shrink in steps", _option("accumulate", False, "disabled")),
    "call_sequence": ("symbols are not called in order", _option("call_seq", "default")),
    "cash_sharing": ("several symbols share one account", _cash_sharing),
    "conflict": ("two signals of one bar exclude each other", _conflict),
    "cost": ("orders pay a share or a fixed fee", _cost),
    "custom_price": ("orders ask for a price of their own", _custom_price),
    "exit_signal": ("positions are closed by a signal", _flag("exit", "short_exit")),
    "granularity": ("sizes are whole steps", _option("size_granularity")),
    "lock_cash": ("shorts are limited to free cash", _option("lock_cash", False)),
    "missing_bar": ("a symbol lacks a bar that another has", _missing_bar),
    "multi_asset": ("more than one symbol", lambda scenario: len(scenario.symbols) > 1),
    "nan_price": ("a price is not a number", _nan_price),
    "no_partial": ("orders fill whole or not at all", _option("allow_partial", True)),
    "open_price": ("orders fill at the open of their bar", _open_price),
    "order_tape": ("the script is an order tape", _tape),
    "percent_size": ("sizes are shares of the cash", _word("size_type", "percent")),
    "short": ("positions below zero are asked for", _short),
    "size_limits": (
        "sizes have a least or a greatest value",
        _either(_option("min_size"), _option("max_size")),
    ),
    "slippage": ("prices slip against the order", _slippage),
    "stop_loss": ("a fixed stop", _either(_value("stop_loss"), _child("stop"))),
    "take_profit": ("a target", _either(_value("take_profit"), _child("limit"))),
    "trailing": ("a stop that follows", _either(_value("trailing_stop"), _child("trailing_stop"))),
    "value_size": ("sizes are amounts of money", _word("size_type", "value")),
}

FEATURES: dict[str, str] = dict(
    sorted(
        {
            **DECLARED,
            **{word: meaning for word, (meaning, _) in DERIVED.items()},
            "real_bars": "the bars were recorded in a market",
        }.items()
    )
)

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PairTable:
    """How many scenarios exercise each pair of features; why a pair without any has none."""

    counts: Mapping[Pair, int]
    reasons: Mapping[Pair, str]

    @property
    def unexplained(self) -> list[Pair]:
        """Empty cells without a written reason."""
        return [pair for pair, count in self.counts.items() if not count | (pair in self.reasons)]

    @property
    def overtaken(self) -> list[Pair]:
        """Reasons for pairs that some scenario does exercise."""
        return [pair for pair in self.reasons if self.counts[pair]]


def pair_table(
    scenarios: Iterable[Scenario], reasons: Mapping[Pair, str] | None = None
) -> PairTable:
    """Count, for each pair of features, the scenarios that have both."""
    counts = dict.fromkeys(combinations(FEATURES, 2), 0)
    for scenario in scenarios:
        for pair in combinations(sorted(scenario.features), 2):
            if pair in counts:
                counts[pair] += 1
    return PairTable(counts, read_reasons() if reasons is None else reasons)


def read_reasons(path: Path = REASONS) -> dict[Pair, str]:
    """Why a pair of features cannot meet, as ``feature.other = "reason"``."""
    table = read_toml(path)
    only(table, set(FEATURES), str(path))
    reasons: dict[Pair, str] = {}
    for first in table:
        others = take(table, first, dict, str(path))
        only(others, set(FEATURES) - {first}, f"{path}: {first}")
        for second in others:
            pair = (min(first, second), max(first, second))
            reasons[pair] = take(others, second, str, f"{path}: {first}")
    return reasons

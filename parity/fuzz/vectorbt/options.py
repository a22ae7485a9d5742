"""What a vectorbt user can set for a symbol or a bar, and the values random cases give it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from parity.fuzz.plan import Plan, pick

INF, NAN = math.inf, math.nan
Scalar = bool | int | float | str


def _words(*words: str) -> dict[str, tuple[Scalar, ...]]:
    return {word: (word,) for word in words}


# Option -> level -> the values the level draws from.
DIALS: dict[str, dict[str, tuple[Scalar, ...]]] = {
    "fees": {"small": (0.001, 0.0025, 1 / 3000), "large": (0.05, 0.1), "negative": (-0.001, -0.02)},
    "fixed_fees": {"small": (0.01, 0.5), "large": (2.0, 15.0), "negative": (-0.25,)},
    "slippage": {"small": (0.001, 0.0005), "large": (0.03, 0.1)},
    "min_size": {"zero": (0.0,), "some": (0.001, 0.1, 1.0)},
    "max_size": {"some": (1.0, 2.5, 7.0), "small": (0.2,), "inf": (INF,)},
    "size_granularity": {
        "whole": (1.0, 2.0), "tenth": (0.1,), "odd": (0.3, 0.001, 0.25), "none": (NAN,),
    },
    "lock_cash": {"on": (True,), "off": (False,)},
    "allow_partial": {"off": (False,), "on": (True,)},
    "accumulate": {**_words("both", "addonly", "removeonly", "disabled"), "flag": (True, False)},
    "upon_long_conflict": _words("ignore", "entry", "exit", "adjacent", "opposite"),
    "upon_short_conflict": _words("ignore", "entry", "exit", "adjacent", "opposite"),
    "upon_dir_conflict": _words("ignore", "long", "short", "adjacent", "opposite"),
    "upon_opposite_entry": _words("ignore", "close", "closereduce", "reverse", "reversereduce"),
    "stop_entry_price": _words("valprice", "price", "fillprice", "close"),
    "stop_exit_price": _words("stoplimit", "stopmarket", "price", "close"),
    "upon_stop_exit": _words("close", "closereduce", "reverse", "reversereduce"),
    "upon_stop_update": _words("keep", "override", "overridenan"),
    "val_price": {"previous": (-INF,), "now": (INF,), "custom": (), "holes": ()},
}  # fmt: skip
# Counted in units of the symbol, so scaled to its price.
SIZED = ("min_size", "max_size", "size_granularity")
COSTS = {"fees": "commission", "fixed_fees": "fixed", "slippage": "slippage"}

# Whole-run options.
SHARING = {"off": 50, "all": 25, "groups": 20, "labels": 5}
CALLS = {"-": 30, "default": 10, "reversed": 25, "auto": 35}
FLAG = {"-": 70, "on": 15, "off": 15}
CASH = {"ample": 37, "tight": 37, "tiny": 6, "list": 10, "auto": 5, "autoalign": 5}
REVERSING = ("reverse", "reversereduce")


def factors_of(names: list[str]) -> dict[str, dict[str, int]]:
    """The factors of some options: left alone in six of ten plans, else each level alike."""
    return {name: {"-": 6 * len(DIALS[name]), **dict.fromkeys(DIALS[name], 4)} for name in names}


class Settings:
    """The options of one case as they are drawn: for the run, per symbol, or by bar."""

    def __init__(self, plan: Plan, rng: np.random.Generator, bars: pl.DataFrame) -> None:
        self.plan, self.rng, self.bars = plan, rng, bars
        self.symbols = int(plan["symbols"])
        self.price = max([*bars["close"].drop_nans()[:1], 1e-12])
        self.wealth = {"ample": 1e4, "tiny": 3.0}.get(plan["cash"], 60.0)
        self.unit = 10.0 ** math.floor(math.log10(self.wealth / self.price))
        self.run: dict[str, Any] = {}
        self.account: dict[str, float] = {"cash": 100.0}
        self.by_bar: dict[str, list[Scalar]] = {}
        self.banned: set[str] = set()

    def add_dials(self, names: list[str]) -> None:
        """Set each option its plan does not leave alone."""
        for name in names:
            if self.plan[name] != "-":
                self.add(name, DIALS[name], self.plan[name])

    def add(self, name: str, levels: Mapping[str, tuple[Scalar, ...]], level: str) -> None:
        """One option at a level: once, or per symbol or bar with other levels between."""
        if name in SIZED and self.unit != 1:
            levels = {key: tuple(float(v) * self.unit for v in levels[key]) for key in levels}
        if name == "val_price" and level in ("custom", "holes"):
            return
        spread = pick(self.rng, SPREADS[self.plan["spread"]])
        if spread == "run":
            self._put(name, self._one(levels, level))
        elif spread == "symbols":
            self._put(name, [self._any(levels, level) for _ in range(self.symbols)])
        else:
            self.by_bar[name] = [self._any(levels, level) for _ in range(4)]

    def add_money(self) -> None:
        """Cash at the start, who shares it and in which order symbols are asked."""
        share = self.plan["sharing"]
        accounts = self.symbols
        if share == "labels" or share == "groups":
            cuts = np.sort(self.rng.integers(0, 3, self.symbols))
            self.run["group_by"] = [f"g{cut}" for cut in cuts]
        if share in ("all", "groups"):
            self.run["cash_sharing"] = True
            accounts = len(set(self.run.get("group_by", ["all"])))
        for name in ("call_seq", "ffill_val_price", "update_value"):
            level = self.plan[name]
            if level != "-":
                self.run[name] = {"on": True, "off": False}.get(level, level)
        cash = self.plan["cash"]
        if cash in ("auto", "autoalign"):
            self.run["init_cash"] = cash
        elif cash == "list":
            self.run["init_cash"] = [
                float(self.rng.choice([20.0, 100.0, 5000.0])) for _ in range(accounts)
            ]
        else:
            self.account["cash"] = {"ample": 1e5, "tight": 100.0, "tiny": 3.0}[cash]

    def _put(self, name: str, value: Any) -> None:
        if name in COSTS and not isinstance(value, list) and self.rng.random() < 0.6:
            self.account[COSTS[name]] = float(value)
        else:
            self.run[name] = value

    def _one(self, levels: Mapping[str, tuple[Scalar, ...]], level: str) -> Scalar:
        values = [value for value in levels[level] if value not in self.banned]
        if not values:
            values = [v for group in levels.values() for v in group if v not in self.banned]
        return values[int(self.rng.integers(len(values)))]

    def _any(self, levels: Mapping[str, tuple[Scalar, ...]], level: str) -> Scalar:
        """Mostly the plan's own level; flags and words are never mixed in one list."""
        kinds = [name for name, values in levels.items() if values and name != "flag"]
        if level == "flag":
            return self._one(levels, level)
        return self._one(levels, level if self.rng.random() < 0.5 else str(self.rng.choice(kinds)))


SPREADS = {
    "run": {"run": 1},
    "symbols": {"run": 2, "symbols": 3},
    "bars": {"run": 2, "bars": 3},
    "mixed": {"run": 1, "symbols": 1, "bars": 1},
}

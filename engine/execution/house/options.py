"""What a user of the house model can choose: one rule an option, each by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.execution.house.codes import (
    BASES,
    CASH_RULES,
    ENTRY_BAR,
    OPPOSITE,
    REENTRIES,
    SAME_BAR,
    SIZINGS,
    STOP_FILLS,
    TIMINGS,
)
from engine.execution.records import BadOption, Floats


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words; its place is its number in the kernels."""

    words: tuple[str, ...]
    default: str

    def read(self, name: str, given: Any) -> int:
        """The place of the word, or an error that names the option and its words."""
        if given not in self.words:
            raise BadOption(f"{name} is {given!r}; it is one of {', '.join(self.words)}")
        return self.words.index(given)


@dataclass(frozen=True, slots=True)
class Number:
    """A number not below ``least``; default None: the account says it."""

    default: float | None
    least: float = 0.0

    def read(self, name: str, given: Any) -> float:
        """The number, or an error that names the option."""
        plain = isinstance(given, int | float) and not isinstance(given, bool)
        if not plain or not self.least <= given < float("inf"):
            raise BadOption(f"{name} is {given!r}; it is a number not below {self.least:g}")
        return float(given)


RULES: Mapping[str, Choice] = {
    "timing": Choice(TIMINGS, "next_open"),
    "stop_basis": Choice(BASES, "fill"),
    "stop_fill": Choice(STOP_FILLS, "level"),
    "same_bar": Choice(SAME_BAR, "stop_first"),
    "entry_bar": Choice(ENTRY_BAR, "check"),
    "reentry": Choice(REENTRIES, "free"),
    "opposite": Choice(OPPOSITE, "reverse"),
    "sizing": Choice(SIZINGS, "units"),
    "cash_rule": Choice(CASH_RULES, "shrink"),
}
LEVERAGE = Number(1.0, 1.0)
# One value for all symbols, a list with one for each, or a value for every bar and symbol.
COSTS: Mapping[str, Number] = {
    "commission": Number(None),
    "fixed": Number(None),
    "slippage": Number(None),
    "lot": Number(0.0),
}
OPTIONS: Mapping[str, Choice | Number] = {**RULES, "leverage": LEVERAGE, **COSTS}

# What an option takes from the account when nobody says otherwise.
ACCOUNT: Mapping[str, str] = {
    "commission": "commission",
    "fixed": "fixed",
    "slippage": "slippage",
}

# What a script's cell takes when it is empty; a size that is no number is all the cash.
VALUES: Mapping[str, float] = {
    "size": float("nan"),
    "stop_loss": float("nan"),
    "take_profit": float("nan"),
    "trailing_stop": float("nan"),
}
DEFAULTS: Mapping[str, Any] = {
    **VALUES,
    "price": None,
    **{name: option.default for name, option in OPTIONS.items()},
}


def chosen(options: Mapping[str, Any], name: str) -> int:
    """The number of a rule's choice."""
    option, given = RULES[name], options.get(name)
    return option.read(name, option.default if given is None else given)


def cost_of(options: Mapping[str, Any], name: str, account: float | None) -> Any:
    """A cost as the user gave it, or as the account says."""
    given, default = options.get(name), COSTS[name].default
    if given is not None:
        return given
    return account if default is None else default


def grid_of(name: str, given: Any, bars: int, symbols: int, *, least: float = 0.0) -> Floats:
    """Numbers as (symbols, bars), or (symbols, 1) where they do not vary by bar."""
    values = np.asarray(given)
    if values.dtype.kind not in "iuf":
        raise BadOption(f"{name} is {given!r}; it is a number")
    values = values.astype(np.float64, copy=False)
    if values.ndim == 2 and values.shape != (bars, symbols):
        raise BadOption(f"{name} has shape {values.shape}; give one value for each bar and symbol")
    if values.ndim == 1 and len(values) != symbols:
        raise BadOption(f"{name} has {len(values)} values for {symbols} symbols")
    low = values[~np.isnan(values)] if values.ndim else values
    if np.any(low < least) or np.isinf(values).any():
        raise BadOption(f"{name} has a value below {least:g} or an infinite one; give it others")
    if values.ndim == 2:
        return np.ascontiguousarray(values.T)
    return np.ascontiguousarray(np.broadcast_to(values, (symbols,))[:, None])

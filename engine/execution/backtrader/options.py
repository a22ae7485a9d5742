"""What a user of backtrader can set: on the broker, on a symbol's commission scheme, as sizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.execution.backtrader.codes import FILLERS, SIZERS
from engine.execution.records import BadOption


@dataclass(frozen=True, slots=True)
class Number:
    """A number not below ``least``, or ``above`` it; default None: the account says it."""

    default: float | None
    least: float = float("-inf")
    above: bool = False

    def read(self, name: str, given: Any) -> float:
        """The number, or an error that names the option."""
        plain = isinstance(given, int | float) and not isinstance(given, bool)
        if not plain or not (given > self.least if self.above else given >= self.least):
            bound = "" if self.least == float("-inf") else f" {self._bound()}"
            raise BadOption(f"{name} is {given!r}; it is a number{bound}")
        return float(given)

    def _bound(self) -> str:
        return f"above {self.least:g}" if self.above else f"not below {self.least:g}"


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    default: bool

    def read(self, name: str, given: Any) -> bool:
        """The flag, or an error that names the option."""
        if not isinstance(given, bool):
            raise BadOption(f"{name} is {given!r}; it is true or false")
        return given


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


Kind = Number | Flag | Choice

WHOLE_RUN: Mapping[str, Kind] = {
    "idiom": Choice(("siblings", "bracket"), "siblings"),
    "cheat_on_open": Flag(False),
    "cheat_on_close": Flag(False),
    "checksubmit": Flag(True),
    "shortcash": Flag(True),
    "slip_perc": Number(None),
    "slip_fixed": Number(0.0),
    "slip_open": Flag(True),
    "slip_limit": Flag(True),
    "slip_match": Flag(True),
    "slip_out": Flag(False),
    "filler": Choice(FILLERS, "none"),
    "filler_size": Number(0.0, 0.0),
    "filler_perc": Number(100.0, 0.0),
    "filler_minmov": Number(0.0, 0.0),
    "sizer": Choice(SIZERS, "none"),
    "sizer_stake": Number(1.0),
    "sizer_percents": Number(20.0),
}
# One value for all symbols, or a list with one for each.
PER_SYMBOL: Mapping[str, Kind] = {
    "commission": Number(None),
    "margin": Number(0.0),
    "mult": Number(1.0),
    "commtype": Choice(("auto", "percent", "fixed"), "auto"),
    "percabs": Flag(True),
    "stocklike": Flag(False),
    "leverage": Number(1.0, 0.0, above=True),
    "automargin": Number(0.0),
}
OPTIONS = {**WHOLE_RUN, **PER_SYMBOL}

# What an option takes from the account when nobody says otherwise.
ACCOUNT: Mapping[str, str] = {"slip_perc": "slippage", "commission": "commission"}

# A tape has no cells that could be empty; these are what options take when they are not given.
DEFAULTS: Mapping[str, Any] = {
    "size": float("nan"),
    "price": "close",
    "stop_loss": float("nan"),
    "take_profit": float("nan"),
    "trailing_stop": float("nan"),
    **{name: option.default for name, option in OPTIONS.items()},
}


def single(options: Mapping[str, Any], name: str, account: float | None = None) -> Any:
    """An option of the whole run; ``account`` is what the account says in its place."""
    option, given = WHOLE_RUN[name], options.get(name)
    if given is None:
        given = account if option.default is None else option.default
    return option.read(name, given)


def per_symbol(
    options: Mapping[str, Any], name: str, symbols: int, account: float | None = None
) -> list[Any]:
    """An option of every symbol."""
    option, given = PER_SYMBOL[name], options.get(name)
    if given is None:
        given = account if option.default is None else option.default
    listed = given if isinstance(given, list) else [given] * symbols
    if len(listed) != symbols:
        raise BadOption(f"{name} has {len(listed)} values for {symbols} symbols")
    return [option.read(name, value) for value in listed]

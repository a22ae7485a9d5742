"""What a user of vectorbt can set, and how it is said in numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.records import BadOption, Floats


@dataclass(frozen=True, slots=True)
class Number:
    """A number; ``default`` None means the account says it."""

    default: float | None

    allowed = "a number"


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    default: bool

    allowed = "true or false"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words; the place of a word is its number in the kernels."""

    words: tuple[str, ...]
    default: str | None

    @property
    def allowed(self) -> str:
        """The words, as a message lists them."""
        return f"one of {', '.join(self.words)}"


CONFLICT = ("ignore", "entry", "exit", "adjacent", "opposite")

# Each of these is one value, one per column, or an array (bars, columns).
PER_COLUMN: Mapping[str, Number | Flag | Choice] = {
    "direction": Choice(("longonly", "shortonly", "both"), "longonly"),
    "size_type": Choice(
        ("amount", "value", "percent", "targetamount", "targetvalue", "targetpercent"), "amount"
    ),
    "fees": Number(None),
    "fixed_fees": Number(None),
    "slippage": Number(None),
    "min_size": Number(1e-8),
    "max_size": Number(math.inf),
    "size_granularity": Number(math.nan),
    "lock_cash": Flag(False),
    "allow_partial": Flag(True),
    "raise_reject": Flag(False),
    "accumulate": Choice(("disabled", "both", "addonly", "removeonly"), "disabled"),
    "upon_long_conflict": Choice(CONFLICT, "ignore"),
    "upon_short_conflict": Choice(CONFLICT, "ignore"),
    "upon_dir_conflict": Choice(("ignore", "long", "short", "adjacent", "opposite"), "ignore"),
    "upon_opposite_entry": Choice(
        ("ignore", "close", "closereduce", "reverse", "reversereduce"), "reversereduce"
    ),
    "val_price": Number(math.inf),
    "stop_entry_price": Choice(("valprice", "price", "fillprice", "close"), "close"),
    "stop_exit_price": Choice(("stoplimit", "stopmarket", "price", "close"), "stoplimit"),
    "upon_stop_exit": Choice(("close", "closereduce", "reverse", "reversereduce"), "close"),
    "upon_stop_update": Choice(("keep", "override", "overridenan"), "override"),
}
# These are one value for the whole run; init_cash and group_by may be lists.
WHOLE_RUN: Mapping[str, Number | Flag | Choice | None] = {
    "init_cash": None,
    "cash_sharing": Flag(False),
    "group_by": None,
    "call_seq": Choice(("default", "reversed", "auto"), "default"),
    "ffill_val_price": Flag(True),
    "update_value": Flag(False),
    "engine": Choice(("numba", "rust"), "numba"),
}
OPTIONS = {**PER_COLUMN, **WHOLE_RUN}

# What an option takes from the account when nobody says otherwise.
ACCOUNT: Mapping[str, str] = {"fees": "commission", "fixed_fees": "fixed", "slippage": "slippage"}

# What a script's cell takes when it is empty.
VALUES: Mapping[str, Any] = {
    "size": math.inf,
    "price": "close",
    "stop_loss": math.nan,
    "take_profit": math.nan,
    "trailing_stop": math.nan,
}
DEFAULTS: Mapping[str, Any] = {
    **VALUES,
    **{name: option.default for name, option in OPTIONS.items() if option is not None},
}


def single(options: Mapping[str, Any], name: str) -> float:
    """An option of the whole run, in numbers."""
    option = WHOLE_RUN[name]
    assert option is not None
    given = options.get(name)
    given = option.default if given is None else given
    if not isinstance(given, str | bool):
        raise BadOption(f"{name} is {given!r}; it is one value for the run, {option.allowed}")
    return float(encoded(name, option, given))


def per_column(
    options: Mapping[str, Any], name: str, default: Any, shape: tuple[int, int]
) -> Floats:
    """An option in numbers: (columns,) where it is constant, (bars, columns) where it varies."""
    given = options.get(name)
    given = default if given is None else given
    return fitted(name, encoded(name, PER_COLUMN[name], given), shape)


def fitted(name: str, numbers: Floats, shape: tuple[int, int]) -> Floats:
    """A value for all, one per column, or one per bar and column; anything else is an error."""
    bars, columns = shape
    if numbers.ndim == 0:
        return np.full(columns, numbers)
    if numbers.shape == (columns,):
        return numbers
    if numbers.shape != (bars, columns):
        raise BadOption(
            f"{name} has shape {numbers.shape}; give one value, one for each of {columns} columns, "
            f"or one for each of {bars} bars and {columns} columns"
        )
    if bars and (same(numbers, numbers[0])).all():
        return numbers[0]
    return numbers


def same(a: Floats, b: Floats) -> NDArray[np.bool_]:
    """Equal, NaN included."""
    equal: NDArray[np.bool_] = (a == b) | (np.isnan(a) & np.isnan(b))
    return equal


def encoded(name: str, option: Number | Flag | Choice, given: Any) -> Floats:
    """What was given as numbers, whatever its shape."""
    if isinstance(option, Choice):
        return _words(name, option, np.asarray(given, dtype=object))
    values = np.asarray(given)
    return _numbers(name, values) if isinstance(option, Number) else _flags(name, values)


def _numbers(name: str, values: NDArray[Any]) -> Floats:
    if values.dtype.kind not in "iuf":
        raise BadOption(f"{name} is {_first(values)!r}; it is a number")
    return values.astype(np.float64)


def _flags(name: str, values: NDArray[Any]) -> Floats:
    if values.dtype.kind in "iufb" and np.isin(values, (0, 1)).all():
        return values.astype(np.float64)
    raise BadOption(f"{name} is {_first(values)!r}; it is true or false")


def _words(name: str, option: Choice, values: NDArray[Any]) -> Floats:
    codes: dict[Any, int] = {word: place for place, word in enumerate(option.words)}
    if option.words[0] == "disabled":
        codes.update({False: 0, True: 1})
    found = np.empty(values.shape)
    for word in dict.fromkeys(map(_plain, values.ravel().tolist())):
        if word not in codes:
            raise BadOption(f"{name} is {word!r}; it is {option.allowed}")
        found[values == word] = codes[word]
    return found


def _plain(word: Any) -> Any:
    """A word as it is; anything that is no word or flag as its text, which is none of the words."""
    return word if isinstance(word, str | bool | float) else repr(word)


def _first(values: NDArray[Any]) -> Any:
    return values.ravel()[0] if values.size else None

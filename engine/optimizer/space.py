"""Where parameters come from: whole numbers, real numbers, choices; each can be drawn or listed.

As text, with both ends included: ``5:50:5`` (from, to, step), ``5:500:log`` (spread evenly by
ratio), ``0.01:0.5`` (any number between), ``a,b,c`` (one of these).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import SearchError

Plain = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Integers:
    """Whole numbers from ``low`` to ``high``, both included; ``log`` draws them by ratio."""

    low: int
    high: int
    step: int = 1
    log: bool = False

    def __post_init__(self) -> None:
        if self.low > self.high or self.step < 1:
            raise SearchError(f"{self}: it is empty; give low <= high and a step of at least 1")
        if self.log and (self.low < 1 or self.step != 1):
            raise SearchError(f"{self}: by ratio needs a low of at least 1 and no step")

    def values(self) -> list[int]:
        """All of them, rising."""
        return list(range(self.low, self.high + 1, self.step))

    def draw(self, rng: np.random.Generator, count: int) -> NDArray[Any]:
        """So many at random."""
        if self.log:
            ends = math.log(self.low - 0.5), math.log(self.high + 0.5)
            drawn = np.rint(np.exp(rng.uniform(*ends, count)))
            return np.clip(drawn, self.low, self.high).astype(np.int64)
        steps = rng.integers(0, (self.high - self.low) // self.step + 1, count)
        return self.low + steps * self.step


@dataclass(frozen=True, slots=True)
class Reals:
    """Numbers from ``low`` to ``high``; with a ``step`` they can be listed."""

    low: float
    high: float
    step: float | None = None
    log: bool = False

    def __post_init__(self) -> None:
        ends = math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high
        if not ends or (self.step is not None and not self.step > 0):
            raise SearchError(f"{self}: it is empty; give low <= high and a step above 0")
        if self.log and (self.low <= 0 or self.step is not None):
            raise SearchError(f"{self}: by ratio needs a low above 0 and no step")

    def values(self) -> list[float]:
        """All of them, rising; there is no list without a step."""
        if self.step is None:
            raise SearchError(
                f"{self.low}:{self.high} has no step, so it is no part of a grid; "
                "add one, or search at random"
            )
        count = math.floor((self.high - self.low) / self.step + 1e-9) + 1
        # Twelve digits, so that 3 x 0.1 is 0.3 as it was written.
        return [float(f"{self.low + place * self.step:.12g}") for place in range(count)]

    def draw(self, rng: np.random.Generator, count: int) -> NDArray[Any]:
        """So many at random."""
        if self.step is not None:
            return np.asarray(self.values())[rng.integers(0, len(self.values()), count)]
        if self.log:
            return np.exp(rng.uniform(math.log(self.low), math.log(self.high), count))
        return rng.uniform(self.low, self.high, count)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some values, in no order."""

    options: tuple[Plain, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", tuple(self.options))
        if not self.options:
            raise SearchError("a choice without options is empty; give at least one")

    def values(self) -> list[Plain]:
        """All of them, as given."""
        return list(self.options)

    def draw(self, rng: np.random.Generator, count: int) -> NDArray[Any]:
        """So many at random, by their place."""
        options = np.empty(len(self.options), dtype=object)
        options[:] = self.options
        return options[rng.integers(0, len(self.options), count)]


Space = Integers | Reals | Choice
Ranges = Mapping[str, Space | str | Iterable[Plain]]


def spaces_of(ranges: Ranges) -> dict[str, Space]:
    """Every range as a space: text is read, a ``range`` is whole numbers, a list is a choice."""
    if not ranges:
        raise SearchError("there is no parameter to search; name one as fast=5:50:5")
    return {name: space_of(name, given) for name, given in ranges.items()}


def space_of(name: str, given: Space | str | Iterable[Plain]) -> Space:
    """One range as a space."""
    if isinstance(given, Integers | Reals | Choice):
        return given
    if isinstance(given, str):
        return read_space(name, given)
    if isinstance(given, range) and len(given) and given.step > 0:
        return Integers(given[0], given[-1], given.step)
    options = [one.item() if isinstance(one, np.generic) else one for one in given]
    if not options:
        raise SearchError(f"{name}: the range is empty; give at least one value")
    strange = [one for one in options if not isinstance(one, Plain)]
    if strange:
        raise SearchError(f"{name}: {strange[0]!r} is no number, text, truth value or None")
    return Choice(tuple(options))


def read_space(name: str, text: str) -> Space:
    """A space from text, as this module's own description says."""
    parts = [part.strip() for part in text.split(":")]
    if len(parts) == 1:
        words = [word.strip() for word in text.split(",") if word.strip()]
        if not words:
            raise SearchError(f"{name}: the range is empty; write 5:50:5 or 1,2,3")
        return Choice(tuple(_same_kind([_plain(word) for word in words])))
    log = parts[-1] == "log"
    numbers = [_plain(part) for part in parts[: len(parts) - log]]
    if len(numbers) not in (2, 3) or not all(type(one) in (int, float) for one in numbers):
        raise SearchError(f"{name}={text}: write from:to, from:to:step, from:to:log or a,b,c")
    return _numbers(f"{name}={text}", numbers, log=log)


def _numbers(where: str, numbers: Sequence[Any], *, log: bool) -> Space:
    low, high, *step = numbers
    try:
        if all(isinstance(one, int) for one in numbers):
            return Integers(low, high, step[0] if step else 1, log)
        return Reals(float(low), float(high), float(step[0]) if step else None, log)
    except SearchError as error:
        # Its own words for itself are those of Python; the user wrote others.
        raise SearchError(f"{where}:{str(error).partition(':')[2]}") from error


def _plain(word: str) -> Plain:
    known: dict[str, Plain] = {"true": True, "false": False, "none": None}
    if word.lower() in known:
        return known[word.lower()]
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def _same_kind(values: list[Plain]) -> list[Plain]:
    """Whole numbers among other numbers are numbers too."""
    kinds = {type(one) for one in values}
    return [float(one) for one in values] if kinds == {int, float} else values  # type: ignore[arg-type]


__all__ = ["Choice", "Integers", "Ranges", "Reals", "Space", "read_space", "spaces_of"]

"""What an indicator is: a function that gives an expression and declares its warm-up."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec

import polars as pl

from engine.errors import InputError

P = ParamSpec("P")
Source = str | pl.Expr


@dataclass(frozen=True, slots=True)
class Prices:
    """Where an indicator of whole bars finds them: names of columns, or expressions."""

    open: Source = "open"
    high: Source = "high"
    low: Source = "low"
    close: Source = "close"
    volume: Source = "volume"


BARS = Prices()


class Indicator(Generic[P]):
    """Called, it gives an expression over the bars of one symbol; several symbols need ``.over``.

    ``warmup``, called with the same arguments, says how many bars pass before the first value.
    """

    def __init__(
        self, function: Callable[P, pl.Expr], warmup: Callable[..., int], least: int
    ) -> None:
        functools.update_wrapper(self, function)
        self.name = function.__name__
        self._function, self._warmup, self._least = function, warmup, least
        self._signature = inspect.signature(function)
        self._wanted = tuple(inspect.signature(warmup).parameters)
        # Annotations are text here: every number of bars is declared as int.
        parameters = self._signature.parameters.values()
        self._lengths = tuple(one.name for one in parameters if one.annotation in (int, "int"))

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> pl.Expr:
        """The expression; raises InputError for a length that is none."""
        self._bind(*args, **kwargs)
        return self._function(*args, **kwargs)

    def warmup(self, *args: P.args, **kwargs: P.kwargs) -> int:
        """How many bars of a symbol have no value yet."""
        given = self._bind(*args, **kwargs)
        return self._warmup(**{name: given[name] for name in self._wanted})

    def _bind(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        for name in self._lengths:
            length = bound.arguments[name]
            if type(length) is not int or length < self._least:
                raise InputError(
                    f"{self.name}: {name} is {length!r}; give a number of bars, "
                    f"{self._least} or more"
                )
        return bound.arguments


def indicator(
    warmup: Callable[..., int], *, least: int = 1
) -> Callable[[Callable[P, pl.Expr]], Indicator[P]]:
    """Declare an indicator; ``warmup`` takes those of its arguments that it needs, by name."""
    return lambda function: Indicator(function, warmup, least)


def prices_of(bars: Prices, *names: str) -> list[pl.Expr]:
    """Some columns of bars as numbers."""
    return [numbers(getattr(bars, name)) for name in names]


def numbers(source: Source) -> pl.Expr:
    """A column as Float64 in which NaN is missing, as everywhere in an indicator."""
    return values(source).fill_nan(None)


def values(source: Source) -> pl.Expr:
    """A column as Float64."""
    return (pl.col(source) if isinstance(source, str) else source).cast(pl.Float64())

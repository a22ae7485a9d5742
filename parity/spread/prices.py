"""Which price of the market a fill has: the bar's open, its close, a limit, a stop, ..."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import polars as pl

from parity.tolerance import ROUNDING
from scenarios import Scenario

OPEN, CLOSE, BEFORE = "the open", "the close", "the close before"


class Basis(NamedTuple):
    """The price a fill is made from, and whether the account's slippage was added to it.

    ``name`` is "" where the price is none that we know.
    """

    name: str
    slipped: bool = False

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.name} with slippage" if self.slipped else self.name


def basis_of(scenario: Scenario, fill: Mapping[str, Any]) -> Basis:
    """Where a fill's price comes from; where several prices are the same, the likeliest."""
    sign = 1.0 if fill["quantity"] > 0 else -1.0
    slip = scenario.account.slippage
    found = list(_candidates(scenario, fill))
    for slipped in (False, True) if slip else (False,):
        for name, price in found:
            if _is(fill["price"], price * (1.0 + sign * slip * slipped)):
                return Basis(name, slipped)
    return Basis("")


def bar_at(scenario: Scenario, symbol: str, time: Any) -> dict[str, Any] | None:
    """The bar of a symbol at a time, if it has one."""
    rows = scenario.bars.filter(pl.col("symbol") == symbol, pl.col("timestamp") == time)
    return rows.row(0, named=True) if rows.height else None


def _candidates(scenario: Scenario, fill: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    symbol, time = fill["symbol"], fill["timestamp"]
    yield from _asked(scenario, fill)
    own = scenario.bars.filter(pl.col("symbol") == symbol, pl.col("timestamp") <= time).tail(2)
    here = own.filter(pl.col("timestamp") == time).to_dicts()
    decided = _decided(scenario, symbol, time)
    for bar in here:
        # What is decided at the close of a bar cannot have had its open.
        for name in (CLOSE, OPEN) if decided else (OPEN, CLOSE):
            yield name, bar[name.removeprefix("the ")]
    for bar in own.filter(pl.col("timestamp") < time).tail(1).to_dicts():
        yield BEFORE, bar["close"]
    for bar in here:
        yield "the high", bar["high"]
        yield "the low", bar["low"]
        yield "the middle of open and close", (bar["open"] + bar["close"]) / 2
        yield "the middle of the bar", (bar["high"] + bar["low"]) / 2


def _decided(scenario: Scenario, symbol: str, time: Any) -> bool:
    """Whether the script has a row for the symbol on this very bar."""
    rows = scenario.script.frame.filter(pl.col("symbol") == symbol, pl.col("timestamp") == time)
    return rows.height > 0


def _asked(scenario: Scenario, fill: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The prices that a tape's orders of this side ask for, the latest first."""
    if scenario.script.kind != "orders":
        return
    tape = scenario.script.frame.filter(
        pl.col("symbol") == fill["symbol"],
        pl.col("timestamp") <= fill["timestamp"],
        (pl.col("quantity") > 0) == (fill["quantity"] > 0),
    )
    for name, told in (("limit_price", "its limit"), ("stop_price", "its stop")):
        for price in tape[name].drop_nulls().unique(maintain_order=True).reverse():
            yield told, price


def _is(price: float, other: float) -> bool:
    return abs(price - other) <= ROUNDING.relative * abs(other)

"""Exposures times returns, in one pass: the fast screen before orders are simulated.

Exposure is a share of equity and kept at that share on every bar, which costs nothing; only a
change of the wanted exposure does. The signal of a bar uses its close. It is traded

- ``close``: at that very close, which is only possible in auctions. The position of bar t is
  signal[t-1]; return = position x (close[t] / close[t-1] - 1).
- ``next_open`` (default): at the next bar's open. The position of bar t is signal[t-1] from its
  open on; return = (1 + position[t-1] x (open[t] / close[t-1] - 1))
  x (1 + position[t] x (close[t] / open[t] - 1)) - 1.
- ``next_close``: at the next bar's close. The position of bar t is signal[t-2]; return as for
  ``close``.

Cost of a bar = |position[t] - position[t-1]| x (fee + slippage); net = gross - cost; equity is the
cumulative product of 1 + net. A bar without a price is one on which nothing moves.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl

from engine.errors import InputError
from engine.legs.rows import DELAY, Cost, Execution, Rows, rows_of
from engine.legs.tables import (
    account_of,
    account_schema,
    frame_of,
    frame_schema,
    trades_of,
    trades_schema,
)
from engine.metrics.catalogue import lengthen
from engine.metrics.clock import days_in_market
from engine.metrics.convention import Convention, chosen_for
from engine.metrics.returns import ratio, returns_metrics
from engine.metrics.trades import trade_metrics


@dataclass(frozen=True, slots=True)
class VectorizedEngine:
    """How signals are traded and what it costs.

    ``fee`` and ``slippage`` are shares of what is traded: a number, one number per symbol, or the
    name of a column that has one for every bar. ``weights`` are each symbol's share of the account,
    equal parts if None.
    """

    execution: Execution = "next_open"
    fee: Cost = 0.0
    slippage: Cost = 0.0
    weights: Mapping[str, float] | None = None
    convention: Convention = field(default_factory=Convention)

    def __post_init__(self) -> None:
        if self.execution not in DELAY:
            raise InputError(f"execution is {self.execution!r}; it is one of {list(DELAY)}")

    def run(self, bars: pl.LazyFrame | pl.DataFrame) -> Screen:
        """Trade the ``signal`` column of bars, sorted by time within each symbol.

        Needs timestamp, symbol, signal, close, and open if it is traded at the open. Raises
        InputError for a column, a weight or a cost that is missing.
        """
        lazy = bars.lazy()
        have = lazy.collect_schema().names()
        needed = ["timestamp", "symbol", "signal", "close"]
        needed += ["open"] * (self.execution == "next_open")
        needed += [cost for cost in (self.fee, self.slippage) if isinstance(cost, str)]
        lacking = [name for name in needed if name not in have]
        if lacking:
            raise InputError(f"bars lack {lacking}; {self.execution} needs {needed}, not {have}")
        self._check_symbols(lazy)
        return Screen(self, lazy.select(*dict.fromkeys(needed)))

    def units(self, bars: pl.DataFrame) -> pl.DataFrame:
        """What a unit held all along earns on each row, and what trading one costs.

        ``carried`` until the moment of the bar's trades, ``held`` from then to its close, ``rate``.
        """
        screen = self.run(bars.with_columns(signal=pl.lit(0.0)))
        return screen.rows(screen.bars.collect()).units()

    def _check_symbols(self, bars: pl.LazyFrame) -> None:
        """What is told per symbol is told for every symbol; else no bar need be read."""
        told = {"fee": self.fee, "slippage": self.slippage, "weights": self.weights}
        maps = {name: values for name, values in told.items() if isinstance(values, Mapping)}
        if not maps:
            return
        symbols = set(bars.select(pl.col("symbol").unique()).collect()["symbol"])
        for name, values in maps.items():
            lacking = sorted(symbols - set(values))
            if lacking:
                raise InputError(f"{name} has nothing for {lacking}; it has {sorted(values)}")


@dataclass(frozen=True)
class Screen:
    """What came of it; every part is computed when it is asked for, and only that part."""

    engine: VectorizedEngine
    bars: pl.LazyFrame

    @property
    def frame(self) -> pl.LazyFrame:
        """Per symbol and bar: signal, position, asset return, gross, cost, net, equity."""
        return self._later(lambda bars: frame_of(bars, self.rows(bars)), frame_schema)

    @property
    def account(self) -> pl.LazyFrame:
        """Symbols by weight, bar by bar: exposure, turnover, gross, cost, net, equity."""
        return self._later(lambda bars: account_of(bars, self.rows(bars))[0], account_schema)

    @property
    def trades(self) -> pl.LazyFrame:
        """One row from flat, or from the other side, until flat or the other side again.

        Times are those of the bars at whose open or close it was traded. ``return`` has the costs
        of both ends in it; ``entry_signal`` is the exposure it began with.
        """
        return self._later(lambda bars: trades_of(bars, self.rows(bars).play()[1]), trades_schema)

    @functools.cached_property
    def metrics(self) -> pl.DataFrame:
        """The catalogue of the whole account, long; money is in units of the start equity."""
        return self.outcome.metrics

    @functools.cached_property
    def outcome(self) -> Outcome:
        """Account, trades and metrics in hand; what they share is computed once."""
        bars = self.bars.collect()
        account, trips = account_of(bars, self.rows(bars))
        trades = trades_of(bars, trips)
        return Outcome(account, trades, account_metrics(account, trades, self.engine))

    def rows(self, bars: pl.DataFrame) -> Rows:
        """Collected bars as arrays, with the engine's costs and weights."""
        engine = self.engine
        return rows_of(bars, engine.execution, (engine.fee, engine.slippage), engine.weights)

    def _later(
        self,
        make: Callable[[pl.DataFrame], pl.DataFrame],
        schema_of: Callable[[pl.Schema], pl.Schema],
    ) -> pl.LazyFrame:
        """A table that is made of the bars when it is collected."""
        return self.bars.map_batches(
            make,
            predicate_pushdown=False,
            projection_pushdown=False,
            schema=schema_of(self.bars.collect_schema()),
        )


class Outcome(NamedTuple):
    """What came of it, collected: the account bar by bar, the trades, and the catalogue, long."""

    account: pl.DataFrame
    trades: pl.DataFrame
    metrics: pl.DataFrame


def account_metrics(
    account: pl.DataFrame, trades: pl.DataFrame, engine: VectorizedEngine
) -> pl.DataFrame:
    """The catalogue of an account bar by bar and of its trades, long."""
    convention = chosen_for(account["timestamp"], engine.convention)
    net, turnover = account["net"].to_numpy(), float(account["turnover"].sum())
    held = account["exposure"].to_numpy() > 0
    gross, cost = float(account["gross"].sum()), float(account["cost"].sum())
    values = {
        "start_equity": 1.0,
        "end_equity": float(account["equity"].to_numpy()[-1]) if account.height else 1.0,
        **returns_metrics(net, convention),
        "turnover": turnover,
        "annual_turnover": ratio(turnover * convention.year, account.height),
        "commission": cost,
        "cost_share": cost / gross if gross > 0 else float("nan"),
        "exposure": ratio(float(np.count_nonzero(held)), account.height),
        "n_days_in_market": float(days_in_market(account["timestamp"], held)),
        **trade_metrics(trades.with_columns(pl.col("return").alias("pnl"))),
    }
    return lengthen(values)


__all__ = ["DELAY", "Cost", "Execution", "Outcome", "Screen", "VectorizedEngine", "account_metrics"]

"""Exposures times returns, without a loop: the fast screen before orders are simulated.

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
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import polars as pl

from engine.errors import InputError
from engine.metrics.catalogue import lengthen
from engine.metrics.convention import Convention, chosen_for
from engine.metrics.returns import checked, ratio, returns_metrics
from engine.metrics.trades import trade_metrics

Execution = Literal["close", "next_open", "next_close"]
Cost = float | str | Mapping[str, float]
DELAY: Final = {"close": 1, "next_open": 1, "next_close": 2}
ALIGNED: Final = ("signal", "position", "asset_return", "gross", "cost", "net", "equity")


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
        alone = isinstance(bars, pl.DataFrame) and _one_symbol(bars)
        return Screen(self, _legs(lazy, self, alone=alone), alone=alone)

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
    """What came of it; every part is computed when it is asked for, and only that part.

    ``alone`` says that there is one symbol, so that nothing need be grouped.
    """

    engine: VectorizedEngine
    legs: pl.LazyFrame
    alone: bool = False

    @property
    def frame(self) -> pl.LazyFrame:
        """Per symbol and bar: signal, position, asset return, gross, cost, net, equity."""
        return self.legs.select("timestamp", "symbol", *ALIGNED)

    @property
    def account(self) -> pl.LazyFrame:
        """Symbols by weight, bar by bar: exposure, turnover, gross, cost, net, equity."""
        weight = _weight(self.engine.weights)
        sums = {
            name: (pl.col(name) * weight).sum() for name in ("turnover", "gross", "cost", "net")
        }
        if self.alone:
            return self._alone(1.0 if self.engine.weights is None else weight)
        exposure = (pl.col("position").abs() * weight).sum().alias("exposure")
        return (
            self.legs.with_columns(pl.col("symbol").n_unique().alias("symbols"))
            .group_by("timestamp")
            .agg(exposure, *(sum_.alias(name) for name, sum_ in sums.items()))
            .sort("timestamp")
            .with_columns((1.0 + pl.col("net")).cum_prod().alias("equity"))
        )

    def _alone(self, weight: pl.Expr | float) -> pl.LazyFrame:
        """The account of one symbol, which is its legs."""
        parts = ("turnover", "gross", "cost", "net")
        return self.legs.select(
            "timestamp",
            (pl.col("position").abs() * weight).alias("exposure"),
            *((pl.col(name) * weight).alias(name) for name in parts),
        ).with_columns((1.0 + pl.col("net")).cum_prod().alias("equity"))

    @property
    def trades(self) -> pl.LazyFrame:
        """One row from flat, or from the other side, until flat or the other side again.

        Times are those of the bars at whose open or close it was traded. ``return`` has the costs
        of both ends in it; ``entry_signal`` is the exposure it began with.
        """
        side = pl.col("position").sign()
        number = _within((side != side.shift(fill_value=0)).cum_sum(), alone=self.alone)
        keys = ["trade"] if self.alone else ["symbol", "trade"]
        first = [pl.col("symbol").first()] if self.alone else []
        return (
            self.legs.with_columns(number.alias("trade"))
            .filter(pl.col("position") != 0)
            .with_columns(pl.col("trade").set_sorted() if self.alone else pl.col("trade"))
            .group_by(keys, maintain_order=True)
            .agg(
                *first,
                pl.col("enters").first().alias("entry_time"),
                pl.when(~pl.col("last").any()).then(pl.col("leaves").last()).alias("exit_time"),
                pl.len().alias("bars"),
                pl.col("position").first().alias("entry_signal"),
                (pl.col("worth").product() - 1.0).alias("return"),
                pl.when(pl.col("last").any())
                .then(pl.lit("open"))
                .otherwise(pl.lit("closed"))
                .alias("status"),
            )
            .with_columns((pl.col("exit_time") - pl.col("entry_time")).alias("duration"))
            .drop("trade")
        )

    @functools.cached_property
    def metrics(self) -> pl.DataFrame:
        """The catalogue of the whole account, long; money is in units of the start equity."""
        return self.outcome.metrics

    @functools.cached_property
    def outcome(self) -> Outcome:
        """Account, trades and metrics in hand; what they share is computed once."""
        account, trades = pl.collect_all([self.account, self.trades])
        return Outcome(account, trades, account_metrics(account, trades, self.engine))


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
    net, turnover = checked(account["net"].to_numpy()), float(account["turnover"].sum())
    held = account["exposure"] > 0
    gross, cost = float(account["gross"].sum()), float(account["cost"].sum())
    values = {
        "start_equity": 1.0,
        "end_equity": float(account["equity"].to_numpy()[-1]) if account.height else 1.0,
        **returns_metrics(net, convention),
        "turnover": turnover,
        "annual_turnover": ratio(turnover * convention.year, account.height),
        "commission": cost,
        "cost_share": cost / gross if gross > 0 else float("nan"),
        "exposure": ratio(float(held.sum()), account.height),
        "n_days_in_market": float(account.filter(held)["timestamp"].dt.date().n_unique()),
        **trade_metrics(trades.with_columns(pl.col("return").alias("pnl"))),
    }
    return lengthen(values)


def _legs(bars: pl.LazyFrame, engine: VectorizedEngine, *, alone: bool) -> pl.LazyFrame:
    """Every column of the arithmetic; what a trade needs of the next bar is shifted back to it."""

    def within(expression: pl.Expr) -> pl.Expr:
        return _within(expression, alone=alone)

    def previous(name: str, first: float | None = 0.0) -> pl.Expr:
        return within(pl.col(name).shift(fill_value=first))

    def following(name: str) -> pl.Expr:
        return within(pl.col(name).shift(-1))

    position, before = pl.col("position"), previous("position")
    opened = engine.execution == "next_open"
    rate = _rate(engine.fee) + _rate(engine.slippage)
    close = within(pl.col("close").cast(pl.Float64()).fill_nan(None).forward_fill())
    signal = pl.col("signal").cast(pl.Float64()).fill_nan(None).fill_null(0.0)
    last_close = within(pl.col("close").shift())
    start = pl.coalesce(_open(), last_close) if opened else last_close
    flips = position.sign() != before.sign()
    leaving = pl.when(flips).then(before.abs()).otherwise(0.0)
    return (
        bars.with_columns(signal.alias("signal"), close.alias("close"))
        .with_columns(
            within(pl.col("signal").shift(DELAY[engine.execution], fill_value=0.0)).alias(
                "position"
            ),
            start.alias("start"),
            last_close.alias("since"),
            rate.alias("rate"),
        )
        .with_columns(
            (pl.col("close") / pl.col("since") - 1.0).fill_null(0.0).alias("asset_return"),
            (before * (pl.col("start") / pl.col("since") - 1.0)).fill_null(0.0).alias("carried"),
            (position * (pl.col("close") / pl.col("start") - 1.0)).fill_null(0.0).alias("held"),
            (position - before).abs().alias("turnover"),
            (leaving * pl.col("rate")).alias("exit_cost"),
        )
        .with_columns(
            ((1.0 + pl.col("carried")) * (1.0 + pl.col("held")) - 1.0).alias("gross"),
            (pl.col("turnover") * pl.col("rate")).alias("cost"),
        )
        .with_columns((pl.col("gross") - pl.col("cost")).alias("net"))
        .with_columns(
            within((1.0 + pl.col("net")).cum_prod()).alias("equity"),
            _worth(following("carried"), following("exit_cost")).alias("worth"),
            (pl.col("timestamp") if opened else previous("timestamp", None)).alias("enters"),
            (following("timestamp") if opened else pl.col("timestamp")).alias("leaves"),
            following("timestamp").is_null().alias("last"),
        )
    )


def _worth(carried: pl.Expr, exit_cost: pl.Expr) -> pl.Expr:
    """What this bar makes of a unit in this bar's trade, until it is left at the next."""
    own = 1.0 + pl.col("held") - (pl.col("cost") - pl.col("exit_cost"))
    return own * (1.0 + carried.fill_null(0.0) - exit_cost.fill_null(0.0))


def _open() -> pl.Expr:
    return pl.col("open").cast(pl.Float64()).fill_nan(None)


def _within(expression: pl.Expr, *, alone: bool) -> pl.Expr:
    """Symbol by symbol; one alone needs no grouping."""
    return expression if alone else expression.over("symbol")


def _one_symbol(bars: pl.DataFrame) -> bool:
    symbols = bars["symbol"]
    return bars.height > 0 and bool((symbols == symbols[0]).all())


def _rate(cost: Cost) -> pl.Expr:
    if isinstance(cost, str):
        return pl.col(cost).cast(pl.Float64())
    if isinstance(cost, Mapping):
        return _of_symbol(cost)
    return pl.lit(float(cost))


def _weight(weights: Mapping[str, float] | None) -> pl.Expr:
    return 1.0 / pl.col("symbols") if weights is None else _of_symbol(weights)


def _of_symbol(values: Mapping[str, float]) -> pl.Expr:
    return pl.col("symbol").replace_strict(dict(values), return_dtype=pl.Float64())

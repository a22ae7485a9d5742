"""What a tear sheet shows, whoever computed it: the screen of a strategy or a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from engine.errors import InputError
from engine.metrics import Convention, measure
from engine.metrics.activity import DUST
from engine.research.words import moment, number, percent
from engine.schema import TRADES

if TYPE_CHECKING:
    from engine.backtest import BacktestRun
    from engine.result import Result


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The content of a page.

    ``account``: timestamp, equity and benchmark (both from 1), exposure. ``values``: metrics by
    name. ``trades``: symbol, entry_time, exit_time, entry_signal (its sign is the side), return,
    status. ``frame``: timestamp, symbol, close, position. ``shares`` says that money is counted in
    units of the first equity, ``costs`` are all costs as a share ``costs_of``. ``foot`` is what the
    page says it is a page of.
    """

    title: str
    subtitle: str
    account: pl.DataFrame
    benchmark: str
    values: Mapping[str, float]
    trades: pl.DataFrame
    frame: pl.DataFrame
    costs: float
    costs_of: str = "of equity, summed up"
    shares: bool = True
    convention: Convention = field(default_factory=Convention)
    foot: Mapping[str, str] = field(default_factory=dict)


def sheet_of_run(run: BacktestRun) -> Sheet:
    """What ``backtest`` gave."""
    return Sheet(
        title=f"{run.identity.strategy} on {_universe(run.identity.universe)}",
        subtitle=_subtitle(run),
        account=run.account,
        benchmark=run.benchmark,
        values=run.values,
        trades=run.trades,
        frame=run.frame,
        costs=run.values["commission"],
        convention=run.engine.convention,
        foot=_foot(run),
    )


def sheet_of_result(
    result: Result,
    bars: pl.DataFrame,
    *,
    title: str,
    convention: Convention | None = None,
    foot: Mapping[str, str] | None = None,
) -> Sheet:
    """What ``simulate`` gave, on the bars it was played on; all accounts together.

    The benchmark holds all symbols in equal parts. ``foot`` says what was run: model, options,
    where the bars come from. Raises InputError where the bars are not those of the result.
    """
    frame = _positions(result.fills, bars)
    account = _account(result.equity, frame)
    held = _held(bars)
    account = account.join(held, on="timestamp", how="left", maintain_order="left")
    if account["benchmark"].null_count():
        raise InputError(f"{title}: the bars lack times that the result has; give the same bars")
    chosen = convention or Convention()
    returns = (account["benchmark"] / account["benchmark"].shift(fill_value=1.0) - 1.0).to_numpy()
    told = measure(result.equity, result.fills, result.trades, benchmark=returns, convention=chosen)
    values = dict(told.iter_rows())
    start = values["start_equity"]
    clock = account["timestamp"]
    return Sheet(
        title=title,
        subtitle=f"{moment(clock[0])} to {moment(clock[-1])}, simulated order by order",
        account=account.with_columns(pl.col("equity") / start),
        benchmark="buy and hold",
        values=values,
        trades=_trades(result.trades),
        frame=frame,
        costs=values["commission"] / start,
        costs_of="commission, of the first equity",
        shares=False,
        convention=chosen,
        foot=foot or {},
    )


def _positions(fills: pl.DataFrame, bars: pl.DataFrame) -> pl.DataFrame:
    """The position of each symbol at each close."""
    changes = fills.group_by("timestamp", "symbol").agg(pl.col("quantity").sum())
    joined = bars.select("timestamp", "symbol", pl.col("close").fill_nan(None)).join(
        changes, on=("timestamp", "symbol"), how="left", maintain_order="left"
    )
    bought = pl.col("quantity").fill_null(0.0)
    held, traded = (one.cum_sum().over("symbol") for one in (bought, bought.abs()))
    # What rounding leaves of a position that was closed is none.
    position = pl.when(held.abs() > DUST * traded).then(held).otherwise(0.0).alias("position")
    close = pl.col("close").forward_fill().over("symbol")
    return joined.with_columns(position, close).drop("quantity")


def _account(equity: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Equity of all accounts, and the share of it that was at work."""
    totals = equity.group_by("timestamp", maintain_order=True).agg(pl.col("equity").sum())
    worth = (pl.col("position") * pl.col("close")).abs().sum().alias("worth")
    at_work = frame.group_by("timestamp").agg(worth)
    joined = totals.join(at_work, on="timestamp", how="left", maintain_order="left")
    share = (pl.col("worth").fill_null(0.0) / pl.col("equity")).alias("exposure")
    return joined.select("timestamp", "equity", share)


def _held(bars: pl.DataFrame) -> pl.DataFrame:
    """All symbols in equal parts, from 1."""
    close = pl.col("close").fill_nan(None).forward_fill()
    change = (close / close.shift() - 1.0).over("symbol").fill_null(0.0)
    means = (
        bars.select("timestamp", change.alias("change"))
        .group_by("timestamp")
        .agg(pl.col("change").mean())
    )
    grown = (1.0 + pl.col("change")).cum_prod().alias("benchmark")
    return means.sort("timestamp").select("timestamp", grown)


def _trades(trades: pl.DataFrame | None) -> pl.DataFrame:
    known = TRADES.to_frame() if trades is None else trades
    return known.with_columns(pl.col("quantity").sign().alias("entry_signal"))


def _subtitle(run: BacktestRun) -> str:
    identity = run.identity
    params = ", ".join(
        f"{name} {value}" for name, value in identity.params.items() if name != "warmup"
    )
    times = f"{moment(identity.start)} to {moment(identity.end)}"
    traded = run.engine.execution.replace("_", " ")
    return f"{times}, {identity.frequency} bars, traded at the {traded}" + (
        f"; {params}" if params else ""
    )


def _universe(symbols: tuple[str, ...]) -> str:
    return ", ".join(symbols) if len(symbols) <= 4 else f"{len(symbols)} symbols"


def _foot(run: BacktestRun) -> dict[str, str]:
    identity = run.identity
    return {
        "Run": identity.run_id,
        "Strategy": f"{identity.strategy} {identity.strategy_version}, "
        f"code {identity.strategy_code[:12]}",
        "Data": identity.data_version,
        "Universe": ", ".join(identity.universe),
        "Costs": f"{identity.cost_model}: fee {_cost(run.engine.fee)}, "
        f"slippage {_cost(run.engine.slippage)}",
        "Conventions": f"{number(run.values['periods_per_year'], 0)} bars a year; "
        "returns net of costs; times in UTC",
        "Computed by": identity.code_version,
    }


def _cost(cost: object) -> str:
    return percent(cost, 3) if isinstance(cost, float | int) else str(cost)


__all__ = ["Sheet", "sheet_of_result", "sheet_of_run"]

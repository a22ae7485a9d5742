"""Metrics and daily returns of every strategy, in vectorbt's definitions, and how theirs compare.

Sums over bars are taken in blocks between fills, where vectorbt adds bar after bar; what rests on
them (Sharpe, Sortino) may differ in the last digits, and so may a fall that vectorbt finds on
compounded returns instead of values. Everything else has the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.execution.records import Floats, Ints
from engine.execution.vectorbt.exits import Exits, tally
from engine.execution.vectorbt.measure import Measured
from parity.replicate.layout import DAILY, METRICS, Batch
from parity.replicate.ledger import strategy_places
from parity.replicate.names import find_column
from parity.replicate.prices import DAY_MS, Prices
from parity.replicate.settings import Settings
from parity.replicate.store import Place
from parity.replicate.tables import (
    check_unique,
    floats,
    ids_of,
    named_columns,
    need,
    read_parquet,
    time_values,
)

# Relative, where a metric rests on sums over bars: a million additions in another order.
TOLERANCE: Final = 1e-9
# A year of vectorbt has 365 days.
YEAR_MS: Final = 365 * DAY_MS

# What vectorbt's stats() calls them, and by what it multiplies; its trades there are closed ones.
TITLES: Final[Mapping[str, tuple[str, float]]] = {
    "End Value": ("end_value", 1.0),
    "Total Return [%]": ("total_return", 100.0),
    "Total Fees Paid": ("total_fees", 1.0),
    "Max Drawdown [%]": ("max_drawdown", -100.0),
    "Total Trades": ("total_trades", 1.0),
    "Total Closed Trades": ("closed_trades", 1.0),
    "Total Open Trades": ("open_trades", 1.0),
    "Win Rate [%]": ("closed_win_rate", 100.0),
    "Best Trade [%]": ("closed_best_trade", 100.0),
    "Worst Trade [%]": ("closed_worst_trade", 100.0),
    "Profit Factor": ("closed_profit_factor", 1.0),
    "Sharpe Ratio": ("sharpe_ratio", 1.0),
    "Sortino Ratio": ("sortino_ratio", 1.0),
}
Columns = Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Told:
    """How one of their metrics compares: per strategy the bits, and within the tolerance.

    ``unknown`` are columns that are no metric of ours.
    """

    rows: pl.DataFrame
    unknown: tuple[str, ...]


def metrics_of(exits: Exits, money: Measured, prices: Prices, cash: float) -> dict[str, Floats]:
    """One number per strategy and metric; what is undefined is NaN."""
    rows, count = money.rows, len(prices.times)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = rows["returns"] / count
        spread = np.sqrt((rows["squares"] - count * mean * mean) / (count - 1))
        year = YEAR_MS / step_of(prices.times)
        down = np.sqrt(rows["downs"] / count) * np.sqrt(year)
        return {
            "end_value": cash + rows["profit"],
            "total_return": rows["profit"] / cash,
            "total_fees": rows["fees"],
            "max_drawdown": rows["drawdown"],
            "sharpe_ratio": np.where(spread > 0, mean / spread * np.sqrt(year), np.inf),
            "sortino_ratio": np.where(down > 0, mean * year / down, np.inf),
            **trade_metrics(exits),
        }


def step_of(times: Ints) -> float:
    """The length of a bar in milliseconds: the most frequent distance of two bars."""
    steps, counts = np.unique(np.diff(times), return_counts=True)
    return float(steps[counts.argmax()]) if len(steps) else float("nan")


def trade_metrics(exits: Exits) -> dict[str, Floats]:
    """What is told by the trades alone."""
    sums = tally(exits)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "total_trades": sums["trades"],
            "closed_trades": sums["closed"],
            "open_trades": sums["trades"] - sums["closed"],
            "win_rate": sums["wins"] / sums["trades"],
            "closed_win_rate": sums["closed_wins"] / sums["closed"],
            "profit_factor": sums["gain"] / np.abs(sums["loss"]),
            "closed_profit_factor": sums["closed_gain"] / np.abs(sums["closed_loss"]),
            "best_trade": sums["best"],
            "worst_trade": sums["worst"],
            "closed_best_trade": sums["closed_best"],
            "closed_worst_trade": sums["closed_worst"],
        }


def compare_metrics(
    place: Place, batch: Batch, settings: Settings, strategies: Sequence[str], ours: Columns
) -> Told:
    """Their metrics.parquet against ours: one row per strategy and metric that both know."""
    address = place.at(f"{batch.name}/{METRICS}")
    frame = read_parquet(address)
    names = named_columns("metrics", frame, settings.columns)
    need(address, names, ["strategy"], frame.columns)
    check_unique(address, ids_of(frame, names["strategy"]))
    rows = strategy_places(frame[names["strategy"]], strategies, address)
    given = {told: name for name, told in settings.columns.get("metrics", {}).items()}
    parts, unknown = [], []
    for column in frame.columns:
        name, scale = TITLES.get(column, (given.get(column, column), 1.0))
        if column == names["strategy"] or name not in ours:
            unknown += [column] * (column != names["strategy"])
            continue
        theirs = floats(frame, column, address)
        parts.append(compared(name, theirs, scale_of(ours[name][rows], scale), rows, strategies))
    return Told(pl.concat(parts) if parts else empty(), tuple(unknown))


def scale_of(values: Floats, scale: float) -> Floats:
    """A fraction as percent, or with its sign turned."""
    return values if scale == 1.0 else values * scale


def compared(
    name: str, theirs: Floats, ours: Floats, rows: Ints, strategies: Sequence[str]
) -> pl.DataFrame:
    """One metric of all strategies: theirs, ours, whether the bits agree, or the tolerance."""
    exact, near = agreement(theirs, ours)
    return pl.DataFrame(
        {
            "strategy": [strategies[row] for row in rows],
            "metric": [name] * len(rows),
            "theirs": theirs,
            "ours": ours,
            "exact": exact,
            "near": near,
        },
        schema=empty().schema,
    )


def empty() -> pl.DataFrame:
    """No metric compared."""
    number, text, flag = pl.Float64(), pl.String(), pl.Boolean()
    return pl.DataFrame(
        schema={
            "strategy": text,
            "metric": text,
            "theirs": number,
            "ours": number,
            "exact": flag,
            "near": flag,
        }
    )


def agreement(theirs: Floats, ours: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Equal, NaN included; and within the tolerance, which is relative."""
    with np.errstate(invalid="ignore"):
        exact = (theirs == ours) | (np.isnan(theirs) & np.isnan(ours))
        near = exact | (np.abs(theirs - ours) <= TOLERANCE * np.abs(theirs) + 1e-15)
    return exact, near


def compare_daily(
    place: Place,
    batch: Batch,
    settings: Settings,
    strategies: Sequence[str],
    days: Ints,
    ours: Floats,
) -> dict[str, NDArray[Any]]:
    """Their daily returns against ours, per strategy: days compared, exact, near.

    A day without a bar, which pandas' calendar has and ours has not, counts only if it has a value.
    """
    address = place.at(f"{batch.name}/{DAILY}")
    frame = read_parquet(address)
    time = find_column("daily_returns", "time", frame.columns, settings.columns)
    need(address, {"time": time} if time else {}, ["time"], frame.columns)
    when = time_values(frame[str(time)], address) // DAY_MS * DAY_MS
    columns = [name for name in frame.columns if name != time]
    check_unique(address, columns)
    places = strategy_places(pl.Series(columns), strategies, address)
    rows = np.searchsorted(days, when)
    there = rows < len(days)
    there[there] = days[rows[there]] == when[there]
    told = {name: np.zeros(len(strategies), dtype=np.int64) for name in ("days", "exact", "near")}
    for column, strategy in zip(columns, places, strict=True):
        theirs = floats(frame, column, address)
        mine = np.where(there, ours[strategy][np.where(there, rows, 0)], np.nan)
        exact, near = agreement(theirs, mine)
        told["days"][strategy] = max(len(theirs), len(days))
        told["exact"][strategy], told["near"][strategy] = exact.sum(), near.sum()
    return told

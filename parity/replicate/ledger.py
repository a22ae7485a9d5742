"""Trades as numbers, theirs and ours alike: one row a trade, one column a field, by strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from engine.errors import StrategyUnknown
from engine.execution.records import Floats, Ints
from engine.execution.vectorbt.exits import EXIT_FIELDS
from parity.replicate.layout import TRADES, Batch
from parity.replicate.settings import Settings
from parity.replicate.store import Place
from parity.replicate.tables import floats, milliseconds, named_columns, need, read_parquet

FIELDS: Final = EXIT_FIELDS
NEEDED: Final = ("strategy", "entry_time", "exit_time", "size", "entry_price", "exit_price", "pnl")
SOURCES: Final = {"entry_bar": "entry_time", "exit_bar": "exit_time", "side": "direction"}


@dataclass(frozen=True, slots=True)
class Ledger:
    """Trades (FIELDS, trades) of all strategies; those of s are ``first[s]:first[s + 1]``.

    ``fields`` are those that the source tells; ``single`` those it keeps in 32 bits.
    """

    rows: Floats
    first: Ints
    fields: tuple[str, ...] = FIELDS
    single: tuple[str, ...] = ()

    def of(self, strategy: int) -> Floats:
        """One strategy's trades."""
        return self.rows[:, self.first[strategy] : self.first[strategy + 1]]


def read_trades(
    place: Place, batch: Batch, settings: Settings, strategies: Sequence[str], times: Ints
) -> Ledger:
    """Their trades in their own order; a time that is no bar has bar number -1.

    Raises FileCorrupt, and StrategyUnknown for a strategy without signals.
    """
    address = place.at(f"{batch.name}/{TRADES}")
    frame = read_parquet(address)
    names = named_columns("trades", frame, settings.columns)
    need(address, names, NEEDED, frame.columns)
    column = strategy_places(frame[names["strategy"]], strategies, address)
    rows = np.full((len(FIELDS), frame.height), np.nan)
    single = []
    for field, name in enumerate(FIELDS):
        source = names.get(SOURCES.get(name, "status" if name == "open" else name))
        if source is None:
            continue
        rows[field] = field_values(name, frame, source, times, address)
        if frame[source].dtype == pl.Float32():
            single.append(name)
    if "direction" not in names:
        rows[2] = -1.0 if batch.direction == "short" else 1.0
    if (column[1:] < column[:-1]).any():
        order = np.argsort(column, kind="stable")
        column, rows = column[order], np.ascontiguousarray(rows[:, order])
    first = np.searchsorted(column, np.arange(len(strategies) + 1))
    told = tuple(name for name in FIELDS if _told(name, names, batch.direction))
    return Ledger(rows, first.astype(np.int64), told, tuple(single))


def _told(name: str, names: Mapping[str, str], direction: str) -> bool:
    """Whether the file tells a field; the side is also told by the folder."""
    if name == "side":
        return "direction" in names or direction != "longshort"
    return SOURCES.get(name, "status" if name == "open" else name) in names


def field_values(name: str, frame: pl.DataFrame, source: str, times: Ints, address: str) -> Floats:
    """One field of all rows as numbers."""
    if name in ("entry_bar", "exit_bar"):
        return bar_numbers(milliseconds(frame, source, times, address), times)
    if name in ("side", "open") and frame[source].dtype in (pl.String(), pl.Categorical()):
        words = frame[source].cast(pl.String()).str.to_lowercase()
        if name == "open":
            return (words == "open").to_numpy().astype(np.float64)
        return np.where((words == "short").to_numpy(), -1.0, 1.0)
    values = floats(frame, source, address)
    if name == "side":
        # vectorbt's own numbers: 0 long, 1 short.
        return np.where(values == 1.0, -1.0, 1.0)
    return (values == 0.0).astype(np.float64) if name == "open" else values


def bar_numbers(when: Ints, times: Ints) -> Floats:
    """The bar of each time, -1 where there is none.

    On a clock without gaps a bar is found by division; only what is not there is searched.
    """
    last = len(times) - 1
    if last < 0:
        return np.full(len(when), -1.0)
    step = max(int(times[last] - times[0]) // max(last, 1), 1)
    bars = np.clip((when - times[0]) // step, 0, last)
    lost = np.flatnonzero(times[bars] != when)
    found = np.minimum(np.searchsorted(times, when[lost]), last)
    bars[lost] = np.where(times[found] == when[lost], found, -1)
    numbers: Floats = bars.astype(np.float64)
    return numbers


def strategy_places(ids: pl.Series, strategies: Sequence[str], address: str) -> Ints:
    """The place of each id among the strategies."""
    known = pl.DataFrame({"id": strategies, "place": np.arange(len(strategies))})
    asked = pl.DataFrame({"id": ids.cast(pl.String())})
    found = asked.join(known, on="id", how="left", maintain_order="left")["place"]
    if found.null_count():
        row = int(found.is_null().arg_true()[0])
        raise StrategyUnknown(f"{address}: row {row}: strategy {asked['id'][row]!r} has no signals")
    places: Ints = found.to_numpy()
    return places


def frame_of(ledger: Ledger, strategies: Sequence[str], times: Ints) -> pl.DataFrame:
    """A ledger in the columns of a tree's trades.parquet."""
    rows = ledger.rows
    counts = np.diff(ledger.first)
    return pl.DataFrame(
        {
            "strategy": pl.Series(list(strategies), dtype=pl.String()).gather(
                np.repeat(np.arange(len(counts)), counts)
            ),
            **{
                name: _times(rows[place], times)
                for place, name in ((0, "entry_time"), (1, "exit_time"))
            },
            "direction": pl.Series(["long", "short"]).gather((rows[2] < 0).astype(np.int64)),
            **{name: rows[place] for place, name in enumerate(FIELDS) if 3 <= place <= 9},
            "status": pl.Series(["closed", "open"]).gather(rows[10].astype(np.int64)),
        }
    )


def _times(bars: Floats, times: Ints) -> pl.Series:
    """Bar numbers as times without a zone, as the files carry them."""
    return pl.Series(times[bars.astype(np.int64)]).cast(pl.Datetime("ms"))


def pnl_of(ledger: Ledger) -> Floats:
    """What each strategy earned over all its trades."""
    total: Any = np.concatenate(([0.0], np.cumsum(ledger.rows[FIELDS.index("pnl")])))
    sums: Floats = total[ledger.first[1:]] - total[ledger.first[:-1]]
    return sums
